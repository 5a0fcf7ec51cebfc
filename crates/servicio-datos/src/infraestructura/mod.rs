//! Messages, Postgres and the seed of the catalogue: everything outside the process.

mod consumidor;
mod efectos;
mod errores;
mod ordenes;
mod pg_catalogo;
mod pg_consultas;
mod pg_cupos;
mod pg_datasets;
mod pg_dotacion;
mod pg_expertos;
mod pg_filas;
mod pg_nubes;
mod pg_panorama;
mod pg_servicios;
mod respuestas;
mod semilla;

pub use consumidor::{GRUPO, ManejadorOrdenes, tipos_de_ordenes};
pub use pg_catalogo::PgCatalogo;
pub use pg_consultas::PgConsultas;
pub use pg_servicios::PgServicios;
pub use respuestas::{PUBLICADOS, SERVICIO};
pub use semilla::{ErrorSemilla, semilla};
