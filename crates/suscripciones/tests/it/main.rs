//! Subscriptions over a real Postgres: use cases, store and routes.

mod api;
mod banco;
mod definiciones;
mod informes;
mod listado;
mod ordenes;
mod publicacion;
mod repetidas;
mod revision;
mod sagas;
