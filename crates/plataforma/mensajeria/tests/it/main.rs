//! Against a real broker: `PULSAR_URL` and `PULSAR_ADMIN_URL` say where it is.

mod broker;
mod consumo;
mod dobles;
mod lectura;
mod publicacion;
mod veneno;
