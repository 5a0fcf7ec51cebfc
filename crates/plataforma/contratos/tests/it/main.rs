//! The contract tests: every type against its schema, every schema against its published version.

mod compatibilidad;
mod esquemas;
mod tipos;
