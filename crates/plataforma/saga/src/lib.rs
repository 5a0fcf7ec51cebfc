//! Pure saga engine: a flow is data, a decision is a function, the state is a fold of the log.
//!
//! Nothing here reads a clock, waits or sends. The caller loads a [`Definicion`], folds its log into
//! an [`EstadoSaga`], asks [`decidir`] what an [`Evento`] means or [`ordenar`] what an operator's
//! [`Mando`] does, stores the [`Entrada`] and sends its [`intenciones`].

mod actor;
mod borrador;
mod carga;
mod codigo;
mod decision;
mod definicion;
pub mod diagrama;
mod documento;
mod entrada;
mod estado;
mod evento;
mod grafo;
mod mando;
pub mod migracion;
pub mod modelo;
mod regla;
mod restauracion;
mod validacion;
mod violacion;

pub use actor::{Actor, ActorInvalido};
pub use carga::{CampoSaga, Fuente, MapaCarga, construir_carga};
pub use codigo::{Codigo, CodigoInvalido};
pub use decision::decidir;
pub use definicion::{Clase, Definicion, Orden, Paso, Reintento, Reversa, SalidaIlegible};
pub use documento::Examen;
pub use entrada::{Cambio, Causa, Entrada, Intencion, intenciones};
pub use estado::{EstadoPaso, EstadoSaga, Fase, Motivo, aplicar};
pub use evento::{Desenlace, Direccion, Evento, Salida, TipoRespuesta};
pub use mando::{Mando, MandoRechazado, ordenar};
pub use restauracion::{Indicios, restaurar};
/// What a reply carries, as JSON.
pub use serde_json::Value as Datos;
pub use violacion::{DefinicionInvalida, Falta, Violacion};
