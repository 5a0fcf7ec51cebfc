//! Routes that one service answers as they are: a table, and the one handler that reads it.

mod entrada;
mod paso;
mod tabla;

pub use paso::rutas;
