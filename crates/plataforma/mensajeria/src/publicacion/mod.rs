mod publicador;
mod salud;
mod sonda;
mod tema;

pub use publicador::{Publicador, Publicar};
