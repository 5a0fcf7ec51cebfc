use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use servidor::{Campos, Cuerpo, Operador, Problema};

use super::Estado;
use super::problemas::{inaceptable, problema};
use crate::aplicacion::{FlujoRechazado, fijar_flujo};
use crate::dominio::{Caso, Operacion};

/// `GET /admin/flujos`: which flow carries out each operation, by the flows of the plan left and the plan taken.
pub async fn listar(State(estado): State<Estado>) -> Result<Json<Value>, Problema> {
    let mut flujos = estado.catalogo.flujos().await.map_err(problema)?;
    flujos.sort_unstable_by_key(|(caso, _)| (caso.operacion.nombre(), caso.desde.clone(), caso.hacia.clone()));
    let elementos: Vec<Value> = flujos.iter().map(|(caso, flujo)| vista(caso, Some(flujo))).collect();
    Ok(Json(json!({ "elementos": elementos })))
}

/// `PUT /admin/flujos`: sets the flow of one case; `null` says that nothing carries it out.
pub async fn fijar(
    State(estado): State<Estado>,
    operador: Operador,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Value>, Problema> {
    let mut campos = Campos::de(&cuerpo);
    let operacion = Operacion::de_nombre(&campos.texto("operacion"));
    if operacion.is_none() {
        campos.invalido("operacion", "es cambiar_plan o cancelar");
    }
    let (desde, hacia) = (campos.texto_opcional("desde"), campos.texto_opcional("hacia"));
    let flujo = campos.texto_opcional("flujo");
    campos.terminar()?;
    let caso = Caso { operacion: operacion.ok_or_else(Problema::interno)?, desde, hacia };
    fijar_flujo(&*estado.catalogo, &caso, flujo.as_deref()).await.map_err(rechazo)?;
    tracing::info!(
        operador = operador.codigo(),
        operacion = caso.operacion.nombre(),
        desde = caso.desde,
        hacia = caso.hacia,
        flujo,
        "an operation got another flow"
    );
    Ok(Json(vista(&caso, flujo.as_deref())))
}

fn rechazo(error: FlujoRechazado) -> Problema {
    let codigo = match error {
        FlujoRechazado::Repositorio(error) => return problema(error),
        FlujoRechazado::Desconocido(_) => "flujo_desconocido",
        FlujoRechazado::Ajeno { .. } => "flujo_ajeno",
        FlujoRechazado::SinFlujo(_) => "operacion_sin_flujo",
        FlujoRechazado::SinDestino => "sin_destino",
    };
    inaceptable(codigo, "El flujo no sirve para esa operación", error.to_string())
}

fn vista(caso: &Caso, flujo: Option<&str>) -> Value {
    json!({
        "operacion": caso.operacion.nombre(),
        "desde": caso.desde,
        "hacia": caso.hacia,
        "flujo": flujo,
    })
}
