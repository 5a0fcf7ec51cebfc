//! This service's own ledger of some subscriptions, read at one moment.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contratos::{
    ComandoAsignarExperto, ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoCrearServicioDatos,
    ComandoCrearSuscripcion, ComandoEnviarNotificacion, ComandoIniciarServicioDatos, ComandoPagarSuscripcion,
    ComandoTerminarServicioDatos, Mensaje,
};
use saga::{Direccion, Fuente, Orden, Paso};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::aplicacion::auditoria::{Cobro, Columnas, Expediente, Flujo, Papel, Registro};
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::dominio::{Estado, IdSaga, IdSuscripcion};
use crate::infraestructura::catalogo::CatalogoPg;
use crate::infraestructura::errores::de_sql;

struct FilaSaga {
    id: Uuid,
    id_suscripcion: Uuid,
    definicion: String,
    definicion_version: i32,
    fase: String,
    atascada: bool,
    version: i64,
    estado: Value,
    proximo_plazo: Option<DateTime<Utc>>,
}

/// One file per subscription that was asked for, whether it exists or not.
pub async fn leer(
    pool: &PgPool,
    catalogo: &CatalogoPg,
    ids: &[IdSuscripcion],
) -> Result<Vec<Expediente>, ErrorRepositorio> {
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut tx = pool.begin_with("begin isolation level repeatable read read only").await.map_err(de_sql)?;
    let mut suscripciones = suscripciones(&mut tx, &uuids).await?;
    let sagas = sagas(&mut tx, &uuids).await?;
    let mut registros = registros(&mut tx, &sagas).await?;
    let cobros = cobros(&mut tx, &uuids).await?;
    tx.commit().await.map_err(de_sql)?;
    let mut flujos: HashMap<Uuid, Vec<Flujo>> = HashMap::new();
    for fila in sagas {
        let registro = registros.remove(&fila.id).unwrap_or_default();
        let (suscripcion, cobro) = (fila.id_suscripcion, cobros.get(&fila.id).copied());
        flujos.entry(suscripcion).or_default().push(flujo(catalogo, fila, registro, cobro).await?);
    }
    let expediente = |id: &IdSuscripcion| {
        let (suscripcion, pagos) = suscripciones.remove(&id.0).unwrap_or_default();
        let flujos = flujos.remove(&id.0).unwrap_or_default();
        Expediente { id: *id, suscripcion, pagos, flujos, servicios: None, avisos: None }
    };
    Ok(ids.iter().map(expediente).collect())
}

/// State and payments of each subscription.
async fn suscripciones(
    con: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, (Option<Estado>, usize)>, ErrorRepositorio> {
    let filas = sqlx::query!(
        r#"select s.id, s.estado,
                  (select count(*) from factura f where f.id_suscripcion = s.id and f.estado = 'pagada'
                     and not (f.saga is null and exists (
                       select from bandejas.efecto e
                       where e.id = case when f.numero ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then f.numero::uuid end
                     ))) as "pagos!"
           from suscripcion s where s.id = any($1)"#,
        ids,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    let leida = |pagos: i64| usize::try_from(pagos).unwrap_or_default();
    Ok(filas.into_iter().map(|fila| (fila.id, (Estado::de_nombre(&fila.estado), leida(fila.pagos)))).collect())
}

/// The invoice that each saga of these subscriptions issued.
async fn cobros(con: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Cobro>, ErrorRepositorio> {
    let filas = sqlx::query!(
        r#"select saga as "saga!", estado from factura where id_suscripcion = any($1) and saga is not null"#,
        ids,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    let cobro = |estado: &str| match estado {
        "pagada" => Cobro::Pagado,
        "anulada" => Cobro::Anulado,
        _ => Cobro::Pendiente,
    };
    Ok(filas.into_iter().map(|fila| (fila.saga, cobro(&fila.estado))).collect())
}

async fn sagas(con: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<FilaSaga>, ErrorRepositorio> {
    sqlx::query_as!(
        FilaSaga,
        "select id, id_suscripcion, definicion, definicion_version, fase, atascada, version, estado, proximo_plazo
         from saga where id_suscripcion = any($1) order by creada, id",
        ids,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)
}

async fn registros(
    con: &mut PgConnection,
    sagas: &[FilaSaga],
) -> Result<HashMap<Uuid, Vec<Registro>>, ErrorRepositorio> {
    let ids: Vec<Uuid> = sagas.iter().map(|saga| saga.id).collect();
    let filas = sqlx::query!("select saga, version, entrada from saga_log where saga = any($1) order by version", &ids)
        .fetch_all(con)
        .await
        .map_err(de_sql)?;
    let mut registros: HashMap<Uuid, Vec<Registro>> = HashMap::with_capacity(ids.len());
    for fila in filas {
        let entrada = serde_json::from_value(fila.entrada).ok();
        registros.entry(fila.saga).or_default().push(Registro { version: fila.version, entrada });
    }
    Ok(registros)
}

async fn flujo(
    catalogo: &CatalogoPg,
    fila: FilaSaga,
    registro: Vec<Registro>,
    cobro: Option<Cobro>,
) -> Result<Flujo, ErrorRepositorio> {
    let cargada = catalogo.version(&fila.definicion, fila.definicion_version.unsigned_abs()).await?;
    let papel = |paso: &Paso| (paso.clave.clone(), papel(paso));
    Ok(Flujo {
        id: IdSaga(fila.id),
        columnas: Columnas {
            fase: serde_json::from_value(Value::String(fila.fase)).ok(),
            atascada: fila.atascada,
            version: fila.version,
            proximo_plazo: fila.proximo_plazo,
        },
        estado: serde_json::from_value(fila.estado).ok(),
        registro,
        cobro,
        papeles: cargada.map(|cargada| cargada.definicion.pasos().iter().map(papel).collect()).unwrap_or_default(),
    })
}

fn papel(paso: &Paso) -> Papel {
    let orden = &paso.hacer;
    match orden.comando.as_str() {
        ComandoCambiarPlanSuscripcion::TIPO | ComandoCancelarSuscripcion::TIPO if paso.inicial => {
            let desistir = paso.orden(Direccion::Deshacer);
            Papel::Solicitar(desistir.and_then(|orden| literal(orden, "operacion")))
        }
        ComandoCambiarPlanSuscripcion::TIPO => Papel::CambiarPlan,
        ComandoCrearSuscripcion::TIPO => Papel::CrearSuscripcion,
        ComandoPagarSuscripcion::TIPO => Papel::PagarSuscripcion,
        ComandoCancelarSuscripcion::TIPO => Papel::CancelarSuscripcion,
        ComandoCrearServicioDatos::TIPO => Papel::CrearServicio,
        ComandoAsignarExperto::TIPO => Papel::AsignarExperto,
        ComandoIniciarServicioDatos::TIPO => Papel::IniciarServicio,
        ComandoTerminarServicioDatos::TIPO => Papel::TerminarServicio,
        ComandoEnviarNotificacion::TIPO => Papel::Avisar(literal(orden, "plantilla")),
        _ => Papel::Ajeno,
    }
}

/// What a payload states there, if it is the same for every saga.
fn literal(orden: &Orden, campo: &str) -> Option<String> {
    match orden.carga.get(campo) {
        Some(Fuente::Literal(texto)) => Some(texto.clone()),
        _ => None,
    }
}
