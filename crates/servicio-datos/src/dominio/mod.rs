//! What a data service is, what may happen to it and what it takes from the catalogue.

mod catalogo;
mod codigos;
mod cupos;
mod dataset;
mod experto;
mod nube;
mod rechazo;
mod servicio_datos;

pub use catalogo::Catalogo;
pub use codigos::{
    CodigoCliente, CodigoDataset, CodigoExperto, CodigoInvalido, CodigoNube, CodigoPlan, Especialidad, IdServicioDatos,
    IdSuscripcion, Inquilino,
};
pub use cupos::{Cupos, CuposExcesivos, Ocupacion};
pub use dataset::{Dataset, Disponibilidad, DisponibilidadDesconocida};
pub use experto::{Experto, Persona, SinEspecialidad};
pub use nube::Nube;
pub use rechazo::{Campo, Rechazo};
pub use servicio_datos::{
    Asignacion, Busqueda, Comando, Contrato, Estado, EstadoDesconocido, Hecho, Motivo, ServicioDatos, Titular,
};
