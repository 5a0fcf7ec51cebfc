//! The audit's store, the ledgers of the other services, and the loop that drives it.

mod avance;
mod expedientes;
mod hallazgos;
mod libros_http;
mod repositorio;
mod vigilancia;

pub use hallazgos::{Consistencia, Hallazgos};
pub use libros_http::LibrosHttp;
pub use repositorio::AuditoriaPg;
pub use vigilancia::vigilar;
