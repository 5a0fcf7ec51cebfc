use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use saga::migracion::{self, Diferencia, Mapa, NoMigrable, Razon};
use serde_json::{Value, json};
use servidor::{CampoInvalido, Campos, Cuerpo, Operador, Problema};

use super::definiciones::leer;
use super::mandos::{confirmar, leer_motivo};
use super::problemas::problema;
use super::{Estado, comprobacion, filtro};
use crate::aplicacion::{Encargo, FiltroSagas, MAXIMO, Mudanza, Orden, Propuesta, Rechazadas, Rechazo};
use crate::dominio::{INQUILINO_PUBLICO, IdSaga, VersionDefinicion};

/// How many sagas of each kind a plan names.
const NOMBRADAS: usize = 20;

/// `POST /admin/definiciones/{clave}/{version}/migraciones`: with `{a, mapa?, motivo, filtro?}`, what would become of the
/// live sagas of that version and a `testigo`; with that `testigo`, has those that may move moved.
pub async fn migrar(
    State(estado): State<Estado>,
    operador: Operador,
    Path((clave, version)): Path<(String, String)>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Response, Problema> {
    let id = leer(&clave, &version)?;
    if cuerpo.get("testigo").is_some() {
        let mut campos = Campos::de(&cuerpo);
        let testigo = campos.uuid("testigo");
        campos.terminar()?;
        return confirmar(&estado, testigo, &operador).await;
    }
    let ahora = contratos::ahora();
    let encargo = leer_encargo(id, &cuerpo, &operador)?;
    let Orden::Migrar(mudanza) = &encargo.orden else { return Err(Problema::interno()) };
    let Some(versiones) = estado.mudanzas.versiones(mudanza).await.map_err(problema)? else {
        return Err(Problema::nuevo(
            StatusCode::CONFLICT,
            "estado_inadecuado",
            "Solo se muda entre versiones que están activas o retiradas",
        ));
    };
    let diferencias = migracion::comparar(&versiones.de, &versiones.a, &mudanza.mapa);
    let filtro = leer_filtro(mudanza, cuerpo.get("filtro"), ahora)?;
    let propuesta = estado.lotes.proponer(contratos::id_nuevo(), encargo, filtro, ahora).await.map_err(problema)?;
    Ok(Json(vista(&propuesta, &diferencias)).into_response())
}

fn leer_encargo(id: VersionDefinicion, cuerpo: &Value, operador: &Operador) -> Result<Encargo, Problema> {
    let mut campos = Campos::de(cuerpo);
    let a = campos.entero("a");
    let a = u32::try_from(a).ok().filter(|a| *a > 0);
    if a.is_none() {
        campos.invalido("a", "debe ser el número de una versión");
    }
    let mapa: Mapa = campos.mapa_textos_opcional("mapa").unwrap_or_default().into_iter().collect();
    let motivo = leer_motivo(&mut campos, true);
    campos.terminar()?;
    let a = a.ok_or_else(Problema::interno)?;
    let orden = Orden::Migrar(Mudanza { definicion: id.clave, de: id.version, a, mapa });
    let (inquilino, actor) = (INQUILINO_PUBLICO.to_owned(), operador.codigo().to_owned());
    Ok(Encargo { inquilino, orden, actor, motivo, lote: None })
}

/// Sagas of the old version, and of them those that the operator means.
fn leer_filtro(
    mudanza: &Mudanza,
    pedido: Option<&Value>,
    ahora: chrono::DateTime<chrono::Utc>,
) -> Result<FiltroSagas, Problema> {
    let (filtro, malos) = pedido.map(|pedido| filtro::leer(pedido, ahora)).unwrap_or_default();
    if !malos.is_empty() {
        return Err(filtro::invalidos_bajo("filtro", malos));
    }
    if filtro.definicion.is_some() || filtro.definicion_version.is_some() {
        let motivo = "la definición y su versión las dice la ruta";
        return Err(Problema::campos_invalidos(vec![CampoInvalido::nuevo("filtro.definicion", motivo)]));
    }
    Ok(FiltroSagas {
        definicion: Some(mudanza.definicion.clone()),
        definicion_version: Some(mudanza.de.cast_signed()),
        ..filtro
    })
}

fn vista(propuesta: &Propuesta, diferencias: &[Diferencia]) -> Value {
    let total = propuesta.lote.sagas.len() + propuesta.rechazadas.iter().map(|grupo| grupo.sagas.len()).sum::<usize>();
    let de_clase = |con_mapa: bool| {
        propuesta
            .rechazadas
            .iter()
            .filter(move |grupo| con_mapa == matches!(grupo.rechazo, Rechazo::Mudanza(NoMigrable::RequiereMapa(_))))
    };
    json!({
        "testigo": propuesta.lote.id,
        "vence": propuesta.lote.vence,
        "diferencias": diferencias.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "total": total,
        "maximo": MAXIMO,
        "hay_mas": propuesta.hay_mas,
        "seguras": { "cuantas": propuesta.lote.sagas.len(), "sagas": nombradas(&propuesta.lote.sagas) },
        "requieren_mapa": de_clase(true).map(grupo).collect::<Vec<_>>(),
        "fijadas": de_clase(false).map(grupo).collect::<Vec<_>>(),
    })
}

fn grupo(grupo: &Rechazadas) -> Value {
    let mut vista = json!({
        "codigo": grupo.rechazo.codigo(),
        "razon": grupo.rechazo.to_string(),
        "cuantas": grupo.sagas.len(),
        "sagas": nombradas(&grupo.sagas),
    });
    match &grupo.rechazo {
        Rechazo::Mudanza(NoMigrable::RequiereMapa(pasos)) => {
            let paso = |paso: &migracion::SinDestino| json!({ "paso": paso.paso, "candidatos": paso.candidatos });
            vista["pasos"] = pasos.iter().map(paso).collect();
        }
        Rechazo::Mudanza(NoMigrable::Fijada(Razon::AcabaMal(traza))) => {
            vista["contraejemplo"] = comprobacion::recorrido(traza);
        }
        _ => {}
    }
    vista
}

fn nombradas(sagas: &[IdSaga]) -> Vec<uuid::Uuid> {
    sagas.iter().take(NOMBRADAS).map(|saga| saga.0).collect()
}
