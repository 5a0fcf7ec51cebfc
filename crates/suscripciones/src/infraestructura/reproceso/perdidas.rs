//! Sagas that the ledger of effects knows to have begun, and nobody knows any more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::SubsecRound;
use saga::Definicion;
use sqlx::PgPool;
use uuid::Uuid;

use super::{almacen, datos};
use crate::aplicacion::desenlace_inicial;
use crate::aplicacion::puertos::{Catalogo, ClaveCliente, Contenido, Saga};
use crate::aplicacion::reproceso::puertos::{ErrorReproceso, Perdida, Perdidas};
use crate::dominio::{Caso, CodigoCliente, CodigoPlan, IdSaga, IdSuscripcion, Operacion};
use crate::infraestructura::catalogo::CatalogoPg;
use crate::infraestructura::respuesta_guardada::RespuestaGuardada;

/// The field of a stored reply that names the saga which the command began.
const CAMPO: &str = "id_saga";
const PAGINA: i64 = 1_000;

pub(super) async fn buscar(pool: &PgPool, catalogo: &CatalogoPg) -> Result<Perdidas, ErrorReproceso> {
    let mut perdidas = Perdidas::default();
    let mut desde = Uuid::nil();
    loop {
        let mut con = pool.acquire().await.map_err(almacen)?;
        let efectos = bandejas::efecto::con_campo(&mut con, CAMPO, desde, PAGINA).await.map_err(almacen)?;
        let Some(ultimo) = efectos.last() else { return Ok(perdidas) };
        desde = ultimo.id;
        let de_saga: HashMap<Uuid, &bandejas::efecto::Anotado> = efectos
            .iter()
            .filter_map(|efecto| Some((Uuid::parse_str(efecto.respuesta[CAMPO].as_str()?).ok()?, efecto)))
            .collect();
        let ids: Vec<Uuid> = de_saga.keys().copied().collect();
        let conocidas = conocidas(pool, &ids).await?;
        for (id, efecto) in de_saga.into_iter().filter(|(id, _)| !conocidas.contains(id)) {
            match perdida(pool, catalogo, IdSaga(id), efecto).await? {
                Some(perdida) => perdidas.sagas.push(perdida),
                None => perdidas.sin_flujo.push(IdSaga(id)),
            }
        }
    }
}

/// Those that have a row, or of which something was published.
async fn conocidas(pool: &PgPool, ids: &[Uuid]) -> Result<HashSet<Uuid>, ErrorReproceso> {
    let conocidas = sqlx::query_scalar!(
        r#"select id as "id!" from saga where id = any($1)
           union select saga from reproceso.saga_log where saga = any($1) and version = 1"#,
        ids,
    )
    .fetch_all(pool)
    .await
    .map_err(almacen)?;
    Ok(conocidas.into_iter().collect())
}

/// The saga as its creating command left it; its trace is lost.
async fn perdida(
    pool: &PgPool,
    catalogo: &CatalogoPg,
    id: IdSaga,
    efecto: &bandejas::efecto::Anotado,
) -> Result<Option<Perdida>, ErrorReproceso> {
    let guardada: RespuestaGuardada = serde_json::from_value(efecto.respuesta.clone()).map_err(datos)?;
    let contenido = guardada.clone().leer().map(|respuesta| respuesta.contenido);
    let fila = sqlx::query!(
        "select inquilino, codigo_cliente, codigo_plan from suscripcion where id = $1",
        guardada.id_suscripcion,
    )
    .fetch_optional(pool)
    .await
    .map_err(almacen)?;
    let Some(fila) = fila else { return Ok(None) };
    // As it was then: the subscription may have changed since.
    let suyo = guardada.codigo_plan.as_deref().unwrap_or(&fila.codigo_plan);
    let suyo = CodigoPlan::try_from(suyo).map_err(datos)?;
    let Some((plan, definicion)) = encauzar(catalogo, &contenido, suyo).await? else { return Ok(None) };
    let desenlace = match &contenido {
        Some(Contenido::Fallida { codigo, .. }) => {
            saga::Desenlace::Fallo { codigo: saga::Codigo::try_from(codigo.codigo()).map_err(datos)? }
        }
        Some(Contenido::Iniciada(iniciada)) => desenlace_inicial(&definicion, iniciada)?,
        _ => saga::Desenlace::Exito { salida: saga::Salida::new() },
    };
    let cliente = ClaveCliente {
        inquilino: fila.inquilino,
        codigo: CodigoCliente::try_from(fila.codigo_cliente.as_str()).map_err(datos)?,
    };
    let saga = Saga {
        id,
        definicion,
        suscripcion: IdSuscripcion(guardada.id_suscripcion),
        cliente,
        plan,
        traza: None,
        estado: saga::EstadoSaga::default(),
    };
    // Published times have no more than milliseconds.
    let instante = efecto.creado.trunc_subsecs(3);
    Ok(Some(Perdida { saga, desenlace, instante }))
}

/// The plan that the saga is about and the flow that it follows: that of its operation, or of the plan that it creates.
async fn encauzar(
    catalogo: &CatalogoPg,
    contenido: &Option<Contenido>,
    suyo: CodigoPlan,
) -> Result<Option<(CodigoPlan, Arc<Definicion>)>, ErrorReproceso> {
    let (plan, flujo) = match contenido {
        Some(Contenido::Iniciada(iniciada)) => {
            let desde = flujo_de_plan(catalogo, &iniciada.anterior).await?;
            let hacia = match iniciada.operacion {
                Operacion::CambiarPlan => flujo_de_plan(catalogo, &iniciada.plan).await?,
                _ => None,
            };
            let caso = Caso { operacion: iniciada.operacion, desde, hacia };
            (iniciada.plan.clone(), catalogo.flujo_de(&caso).await?)
        }
        _ => {
            let flujo = flujo_de_plan(catalogo, &suyo).await?;
            (suyo, flujo)
        }
    };
    let Some(flujo) = flujo else { return Ok(None) };
    Ok(catalogo.definicion(&flujo).await?.map(|definicion| (plan, definicion)))
}

async fn flujo_de_plan(catalogo: &CatalogoPg, plan: &CodigoPlan) -> Result<Option<String>, ErrorReproceso> {
    Ok(catalogo.plan(plan).await?.and_then(|plan| plan.flujo))
}
