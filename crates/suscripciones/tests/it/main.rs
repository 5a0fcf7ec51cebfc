//! Subscriptions over a real Postgres: use cases, store and routes.

mod api;
mod auditoria;
mod banco;
mod listado;
mod ordenes;
mod publicacion;
mod repetidas;
mod sagas;
