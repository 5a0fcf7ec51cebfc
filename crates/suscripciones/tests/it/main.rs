//! Subscriptions over a real Postgres: use cases, store and routes.

mod api;
mod arrendamientos;
mod banco;
mod ordenes;
mod publicacion;
mod repetidas;
mod sagas;
