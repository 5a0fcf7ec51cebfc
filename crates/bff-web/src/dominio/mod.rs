//! What the door understands: commands, the catalogue of plans, operations and composed documents.

mod catalogo;
mod comando;
mod documento;
mod idempotencia;
mod identidad;
mod operacion;
mod parte;
mod valores;

pub use catalogo::{Catalogo, CodigoPlan};
pub use comando::{
    AsignarExperto, CambiarPlanSuscripcion, CancelarSuscripcion, Cliente, ClienteDeServicio, Comando,
    CrearServicioDatos, CrearSuscripcion, Dataset, EnviarNotificacion, Experto, IdServicioDatos, IdSuscripcion,
    IniciarServicioDatos, Nube, PagarSuscripcion, Plan, QuienAsignar, TerminarServicioDatos,
};
pub use documento::{Documento, Fragmento};
pub use idempotencia::ClaveIdempotencia;
pub use identidad::{Actor, Contexto, Inquilino};
pub use operacion::{ClaseComando, Huella, IdOperacion, OperacionConocida, Repetibilidad};
pub use parte::Parte;
pub use valores::{Codigo, ErrorValor};
