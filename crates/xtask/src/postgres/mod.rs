//! An own Postgres cluster on loopback.

mod cluster;
mod consulta;
mod usuario;

use std::path::Path;

pub use cluster::arrancar;
pub use consulta::{Conexion, Fila};

/// The local superuser; it has no password because only this machine can connect.
pub const USUARIO: &str = "saludtech";

/// Deletes the data of an environment's cluster that lies outside its folder.
pub fn borrar_datos(carpeta: &Path) -> anyhow::Result<()> {
    usuario::borrar_alternativa(&carpeta.join("datos/postgres"))
}

pub fn url(puerto: u16, base: &str) -> String {
    format!("postgres://{USUARIO}@127.0.0.1:{puerto}/{base}")
}
