//! Subscriptions over a real Postgres: use cases, store and routes.

mod api;
mod arrendamientos;
mod auditoria;
mod banco;
mod cambio_de_plan;
mod circuito;
mod definiciones;
mod diagramas;
mod facturas;
mod informes;
mod interferencia;
mod listado;
mod lotes;
mod mandos;
mod migraciones;
mod ordenes;
mod pausa;
mod publicacion;
mod repetidas;
mod reproceso;
mod revision;
mod sagas;
