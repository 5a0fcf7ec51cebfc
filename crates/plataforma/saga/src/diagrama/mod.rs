//! Drawings of a flow and of a saga: Mermaid text and SVG.
//!
//! Every text that comes from a document or a log is escaped. Instants are shown in UTC.

mod ficha;
mod instancia;
mod mermaid;
mod svg;
mod trazado;

use crate::{Definicion, Entrada};

use ficha::Lamina;

/// An entry of a saga's log and when it was written, in milliseconds since the epoch.
pub type Anotada = (i64, Entrada);

/// A flow as a Mermaid flowchart.
pub fn mermaid(definicion: &Definicion) -> String {
    mermaid::dibujar(definicion, &Lamina::de_definicion(definicion))
}

/// A flow as a complete SVG document.
pub fn svg(definicion: &Definicion) -> String {
    svg::dibujar(definicion, &Lamina::de_definicion(definicion))
}

/// A saga as a Mermaid flowchart: what ran, what was undone, and when.
pub fn mermaid_de_instancia(definicion: &Definicion, log: &[Anotada]) -> String {
    mermaid::dibujar(definicion, &instancia::lamina(definicion, log))
}

/// A saga as a complete SVG document: what ran, what was undone, and when.
pub fn svg_de_instancia(definicion: &Definicion, log: &[Anotada]) -> String {
    svg::dibujar(definicion, &instancia::lamina(definicion, log))
}
