//! What a reprocessing reads and writes: the topics of the sagas, and their tables with a bench beside them.

mod banco;
mod comparacion;
mod drenaje;
mod moldes;
pub(super) mod pausa;
mod perdidas;
mod publicado;
mod reconstruccion;
mod tablas;

pub use pausa::{detener, reanudar};
pub use publicado::PublicadoPulsar;
pub use tablas::TablasSagasPg;

use crate::aplicacion::reproceso::puertos::ErrorReproceso;
use crate::infraestructura::errores::{de_datos, de_sql};

fn almacen(error: sqlx::Error) -> ErrorReproceso {
    ErrorReproceso::Almacen(de_sql(error))
}

fn datos(error: impl std::error::Error + Send + Sync + 'static) -> ErrorReproceso {
    ErrorReproceso::Almacen(de_datos(error))
}
