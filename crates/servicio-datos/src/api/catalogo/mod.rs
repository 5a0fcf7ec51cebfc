//! The catalogue, for the operator.

mod datasets;
mod expertos;
mod nubes;

use super::Puertas;
use crate::api::lectura::anotar;
use crate::dominio::{Cupos, Ocupacion};
use axum::Router;
use axum::routing::get;
use serde::Serialize;
use servidor::{Campos, Pagina};

pub(super) fn rutas() -> Router<Puertas> {
    Router::new()
        .route("/admin/nubes", get(nubes::listar))
        .route("/admin/nubes/{codigo}", get(nubes::ver).put(nubes::poner))
        .route("/admin/datasets", get(datasets::listar))
        .route("/admin/datasets/{codigo}", get(datasets::ver).put(datasets::poner))
        .route("/admin/expertos", get(expertos::listar))
        .route("/admin/expertos/{codigo}", get(expertos::ver).put(expertos::poner))
        .route("/admin/expertos/{codigo}/persona", get(expertos::ver_persona).delete(expertos::olvidar_persona))
}

/// The places of a cloud or an expert. `cupos` may be more than was asked for: occupied ones are not taken away.
#[derive(Serialize)]
struct VistaCupos {
    cupos: u32,
    ocupados: u32,
    libres: u32,
}

impl From<Ocupacion> for VistaCupos {
    fn from(Ocupacion { total, ocupados }: Ocupacion) -> Self {
        Self { cupos: total, ocupados, libres: total.saturating_sub(ocupados) }
    }
}

/// The catalogue is small: its lists have one page.
fn pagina<T>(elementos: impl Iterator<Item = T>) -> Pagina<T> {
    Pagina { elementos: elementos.collect(), siguiente: None }
}

fn leer_cupos(campos: &mut Campos<'_>) -> Option<Cupos> {
    let cantidad = campos.entero("cupos");
    anotar(campos, "cupos", Cupos::try_from(cantidad))
}
