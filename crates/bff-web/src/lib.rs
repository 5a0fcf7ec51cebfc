#![doc = include_str!("../README.md")]

mod api;
mod aplicacion;
pub mod composicion;
mod dominio;
mod infraestructura;
