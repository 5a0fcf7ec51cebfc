use saga::Definicion;

use super::puertos::{CatalogoEditable, ErrorRepositorio};
use crate::dominio::{Caso, Operacion};

/// Why a flow cannot carry an operation out.
#[derive(Debug, thiserror::Error)]
pub enum FlujoRechazado {
    #[error("no hay una definición de saga activa con clave {0}")]
    Desconocido(String),
    #[error("el flujo {flujo} no empieza con {comando}")]
    Ajeno { flujo: String, comando: &'static str },
    #[error("la operación {} no toma ningún flujo", .0.nombre())]
    SinFlujo(Operacion),
    #[error("cancelar no lleva a ningún plan")]
    SinDestino,
    #[error(transparent)]
    Repositorio(#[from] ErrorRepositorio),
}

/// The command that asks for a subscription: the flow of a plan begins with it.
pub(super) const CREAR: &str = "ComandoCrearSuscripcion";

/// Says which flow carries an operation out, or that none does.
///
/// A flow fits when it is active and begins with the command that asks for the operation. Sagas that already run
/// keep theirs.
pub async fn fijar_flujo(
    catalogo: &dyn CatalogoEditable,
    caso: &Caso,
    flujo: Option<&str>,
) -> Result<(), FlujoRechazado> {
    let comando = match caso.operacion {
        Operacion::Cancelar if caso.hacia.is_some() => return Err(FlujoRechazado::SinDestino),
        Operacion::Cancelar => "ComandoCancelarSuscripcion",
        Operacion::CambiarPlan => "ComandoCambiarPlanSuscripcion",
        Operacion::Crear | Operacion::Pagar => return Err(FlujoRechazado::SinFlujo(caso.operacion)),
    };
    for clave in caso.desde.iter().chain(&caso.hacia) {
        exigir(catalogo, clave, CREAR).await?;
    }
    if let Some(flujo) = flujo {
        exigir(catalogo, flujo, comando).await?;
    }
    Ok(catalogo.fijar_flujo(caso, flujo).await?)
}

async fn exigir(catalogo: &dyn CatalogoEditable, clave: &str, comando: &'static str) -> Result<(), FlujoRechazado> {
    let definicion = catalogo.definicion(clave).await?;
    let definicion = definicion.ok_or_else(|| FlujoRechazado::Desconocido(clave.to_owned()))?;
    match empieza_con(&definicion, comando) {
        true => Ok(()),
        false => Err(FlujoRechazado::Ajeno { flujo: clave.to_owned(), comando }),
    }
}

/// Whether the first step of a flow is what that command does.
pub(super) fn empieza_con(definicion: &Definicion, comando: &str) -> bool {
    definicion.pasos().iter().any(|paso| paso.inicial && paso.hacer.comando == comando)
}
