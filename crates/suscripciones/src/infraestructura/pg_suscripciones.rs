use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bandejas::efecto::{Efecto, Estado as EstadoEfecto};
use bandejas::{Despachador, efecto};
use contratos::Saliente;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::clientes::Clientes;
use super::compuerta::Compuerta;
use super::errores::{de_datos, de_sql};
use super::filas::{FilaVersionada, motivo};
use super::respuesta_guardada::RespuestaGuardada;
use super::{emisor::Emisor, mensajes, pg_contrataciones, pg_facturas, pg_sagas};
use crate::aplicacion::puertos::{
    Avance, Cambio, CambioNuevo, Consulta, Contenido, ErrorRepositorio, Escritura, Guardado, Lectura,
    RepositorioSuscripciones, Respuesta, Versionada,
};
use crate::dominio::{Factura, IdSuscripcion};

/// Subscriptions in Postgres: one statement per table, one transaction per batch.
pub struct SuscripcionesPg {
    pool: PgPool,
    despachador: Despachador,
    clientes: Arc<Clientes>,
    emisor: Arc<Emisor>,
    compuerta: Arc<Compuerta>,
}

/// A stored effect that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("efecto {id}: unreadable stored answer")]
struct EfectoIlegible {
    id: Uuid,
    #[source]
    causa: Option<serde_json::Error>,
}

impl SuscripcionesPg {
    pub fn nuevo(pool: PgPool, despachador: Despachador, clientes: Arc<Clientes>, emisor: Arc<Emisor>) -> Self {
        Self { pool, despachador, clientes, emisor, compuerta: Arc::new(Compuerta::abierta()) }
    }

    /// Works only while the gate lets it: a subscription's command may begin a saga.
    pub fn tras(self, compuerta: Arc<Compuerta>) -> Self {
        Self { compuerta, ..self }
    }

    /// Everything but the state itself; `None` if something of it was somebody else's.
    async fn completar(
        &self,
        con: &mut PgConnection,
        cambios: &[&CambioNuevo],
        finales: &HashMap<IdSuscripcion, Escritura>,
    ) -> Result<Option<(HashSet<Uuid>, Vec<Saliente>)>, ErrorRepositorio> {
        let nuevos = efecto::registrar(con, &efectos(cambios)?).await.map_err(de_sql)?;
        let pisado = |cambio: &&&CambioNuevo| {
            let con_estado = cambio.escritura.is_some() && !nuevos.contains(&cambio.contexto.comando);
            con_estado || cambio.anula.is_some_and(|anulado| !nuevos.contains(&anulado))
        };
        if cambios.iter().find(pisado).is_some() {
            return Ok(None);
        }
        let escritos: Vec<&CambioNuevo> =
            cambios.iter().copied().filter(|cambio| nuevos.contains(&cambio.contexto.comando)).collect();
        self.clientes.guardar(con, escritos.iter().filter_map(|cambio| cambio.cliente.as_ref())).await?;
        let avances: Vec<&Avance> = escritos.iter().filter_map(|cambio| cambio.saga.as_ref()).collect();
        let propio = pg_facturas::guardar(con, &escritos).await?
            && pg_sagas::insertar(con, &avances).await?
            && contratar(con, &escritos, finales).await?;
        if !propio {
            return Ok(None);
        }
        let mut salientes = self.emisor.comandos(con, &avances).await?;
        for cambio in &escritos {
            salientes.push(mensajes::evento(&cambio.contexto, &cambio.respuesta).map_err(de_datos)?);
        }
        Ok(Some((nuevos, salientes)))
    }
}

#[async_trait]
impl RepositorioSuscripciones for SuscripcionesPg {
    #[tracing::instrument(name = "db.suscripciones.leer", skip_all, fields(comandos = consulta.comandos.len()))]
    async fn leer(&self, consulta: &Consulta) -> Result<Lectura, ErrorRepositorio> {
        let _paso = self.compuerta.pasar().await?;
        let mut con = self.pool.acquire().await.map_err(de_sql)?;
        let contrataciones = pg_contrataciones::titulares(&mut con, &consulta.productos, &consulta.cambios).await?;
        let ids: Vec<Uuid> = consulta.suscripciones.iter().chain(contrataciones.values()).map(|id| id.0).collect();
        let filas = sqlx::query_as!(
            FilaVersionada,
            "select id, codigo_cliente, codigo_plan, estado, motivo, id_serviciodatos, version
             from suscripcion where id = any($1)",
            &ids
        )
        .fetch_all(&mut *con)
        .await
        .map_err(de_sql)?;
        let mut suscripciones: HashMap<IdSuscripcion, Versionada> =
            filas.into_iter().map(TryFrom::try_from).collect::<Result<_, _>>().map_err(de_datos)?;
        let leidas: Vec<Uuid> = suscripciones.keys().map(|id| id.0).collect();
        let facturas = pg_facturas::leer(&mut con, &leidas, &consulta.facturas).await?;
        let facturas = repartir(&mut suscripciones, facturas);
        let efectos = efecto::buscar(&mut con, &consulta.comandos).await.map_err(de_sql)?;
        let respuestas =
            efectos.into_iter().map(|(id, efecto)| Ok((id, respuesta_de(efecto)?))).collect::<Result<_, _>>()?;
        let condiciones = self.clientes.condiciones(&mut con, &consulta.clientes, &ids).await?;
        let (en_curso, terminadas) = pg_sagas::situacion(&mut con, &ids, &consulta.remitentes).await?;
        Ok(Lectura { suscripciones, respuestas, condiciones, contrataciones, facturas, en_curso, terminadas })
    }

    #[tracing::instrument(name = "db.suscripciones.guardar", skip_all, fields(cambios = cambios.len()))]
    async fn guardar(&self, cambios: &[Cambio]) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let _paso = self.compuerta.pasar().await?;
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        let nuevos: Vec<&CambioNuevo> = cambios.iter().filter_map(nuevo).collect();
        let finales = finales(&nuevos);
        let completado = match escribir_estado(&mut tx, &finales).await.map_err(de_sql)? {
            true => self.completar(&mut tx, &nuevos, &finales).await?,
            false => None,
        };
        let Some((nuevos, mut salientes)) = completado else {
            tx.rollback().await.map_err(de_sql)?;
            return Ok(vec![Guardado::Conflicto; cambios.len()]);
        };
        for cambio in cambios {
            if let Cambio::Repetido { contexto, respuesta } = cambio {
                salientes.push(mensajes::evento(contexto, respuesta).map_err(de_datos)?);
            }
        }
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(de_sql)?;
        let guardado = |cambio: &Cambio| match cambio {
            Cambio::Nuevo(nuevo) if !nuevos.contains(&nuevo.contexto.comando) => Guardado::Conflicto,
            _ => Guardado::Escrito,
        };
        Ok(cambios.iter().map(guardado).collect())
    }
}

/// Puts each invoice on the card of its subscription; whose each one is.
fn repartir(
    suscripciones: &mut HashMap<IdSuscripcion, Versionada>,
    facturas: Vec<(IdSuscripcion, Factura)>,
) -> HashMap<String, IdSuscripcion> {
    let mut titulares = HashMap::with_capacity(facturas.len());
    for (id, factura) in facturas {
        titulares.insert(factura.numero.clone(), id);
        let leida = suscripciones.get_mut(&id);
        if let Some(ficha) = leida.and_then(|versionada| versionada.suscripcion.ficha_mut()) {
            ficha.facturas.push(factura);
        }
    }
    titulares
}

fn nuevo(cambio: &Cambio) -> Option<&CambioNuevo> {
    match cambio {
        Cambio::Nuevo(nuevo) => Some(nuevo),
        Cambio::Repetido { .. } => None,
    }
}

/// The last state of each subscription of the batch, over the version that the first one read.
fn finales(cambios: &[&CambioNuevo]) -> HashMap<IdSuscripcion, Escritura> {
    let mut finales: HashMap<IdSuscripcion, Escritura> = HashMap::new();
    for escritura in cambios.iter().filter_map(|cambio| cambio.escritura.as_ref()) {
        let leida = finales.get(&escritura.id).map_or(escritura.leida, |previa| previa.leida);
        finales.insert(escritura.id, Escritura { leida, ..escritura.clone() });
    }
    finales
}

/// Writes the states whose row still has the version that was read; false if one has another.
async fn escribir_estado(
    con: &mut PgConnection,
    finales: &HashMap<IdSuscripcion, Escritura>,
) -> Result<bool, sqlx::Error> {
    let mut ordenadas: Vec<Escritura> = finales.values().cloned().collect();
    ordenadas.sort_unstable_by_key(|escritura| escritura.id);
    let (nuevas, cambiadas): (Vec<_>, Vec<_>) = ordenadas.into_iter().partition(|escritura| escritura.leida == 0);
    let escritas = insertar(con, &nuevas).await?.len() + actualizar(con, &cambiadas).await?.len();
    Ok(escritas == finales.len())
}

/// Gives back the products of what ended and takes those of what began; false if one is somebody else's.
async fn contratar(
    con: &mut PgConnection,
    cambios: &[&CambioNuevo],
    finales: &HashMap<IdSuscripcion, Escritura>,
) -> Result<bool, ErrorRepositorio> {
    let plan = |id: &IdSuscripcion| {
        let suscripcion = &finales.get(id)?.suscripcion;
        suscripcion.ficha().filter(|_| suscripcion.estado().es_vigente()).map(|ficha| &ficha.plan)
    };
    let cambiadas = cambios.iter().filter(|cambio| cambio.contrata.is_some()).map(|cambio| cambio.respuesta.id);
    let acabadas = finales.keys().copied().filter(|id| plan(id).is_none());
    let dejan: HashSet<Uuid> = cambiadas
        .chain(acabadas)
        .filter(|id| finales.get(id).is_some_and(|fila| fila.leida > 0))
        .map(|id| id.0)
        .collect();
    pg_contrataciones::soltar(con, &dejan.into_iter().collect::<Vec<_>>()).await?;
    // What a saga is about is taken before the subscription stands on it.
    let suyo = |cambio: &&&CambioNuevo| {
        let tomado = cambio.contrata.as_ref().map(|producto| &producto.plan);
        plan(&cambio.respuesta.id).is_some_and(|plan| cambio.saga.is_some() || tomado == Some(plan))
    };
    let tomas: Vec<_> = cambios
        .iter()
        .filter(suyo)
        .filter_map(|cambio| Some((cambio.contrata.as_ref()?, cambio.respuesta.id)))
        .collect();
    pg_contrataciones::tomar(con, &tomas).await
}

async fn insertar(con: &mut PgConnection, filas: &[Escritura]) -> Result<Vec<Uuid>, sqlx::Error> {
    if filas.is_empty() {
        return Ok(Vec::new());
    }
    let fichas: Vec<_> = filas.iter().filter_map(|fila| Some((fila, fila.suscripcion.ficha()?))).collect();
    let columna = |f: &dyn Fn(&Escritura) -> String| fichas.iter().map(|(fila, _)| f(fila)).collect::<Vec<_>>();
    sqlx::query_scalar!(
        r#"insert into suscripcion (id, inquilino, codigo_cliente, codigo_plan, estado, motivo, version, creada, actualizada)
           select id, inquilino, cliente, plan, estado, motivo, version, now(), now()
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
             as f (id, inquilino, cliente, plan, estado, motivo, version)
           on conflict (id) do nothing
           returning id"#,
        &fichas.iter().map(|(fila, _)| fila.id.0).collect::<Vec<_>>(),
        &columna(&|fila| fila.inquilino.clone()),
        &fichas.iter().map(|(_, ficha)| ficha.cliente.to_string()).collect::<Vec<_>>(),
        &fichas.iter().map(|(_, ficha)| ficha.plan.to_string()).collect::<Vec<_>>(),
        &columna(&|fila| fila.suscripcion.estado().nombre().to_owned()),
        &fichas.iter().map(|(fila, _)| motivo(&fila.suscripcion)).collect::<Vec<_>>() as &[Option<String>],
        &fichas.iter().map(|(fila, _)| fila.nueva).collect::<Vec<_>>(),
    )
    .fetch_all(con)
    .await
}

async fn actualizar(con: &mut PgConnection, filas: &[Escritura]) -> Result<Vec<Uuid>, sqlx::Error> {
    if filas.is_empty() {
        return Ok(Vec::new());
    }
    let fichas: Vec<_> = filas.iter().filter_map(|fila| Some((fila, fila.suscripcion.ficha()?))).collect();
    sqlx::query_scalar!(
        r#"update suscripcion s
           set estado = f.estado, motivo = f.motivo, version = f.nueva, codigo_plan = f.plan,
               id_serviciodatos = f.servicio, actualizada = now()
           from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::uuid[])
             as f (id, estado, motivo, leida, nueva, plan, servicio)
           where s.id = f.id and s.version = f.leida
           returning s.id"#,
        &fichas.iter().map(|(fila, _)| fila.id.0).collect::<Vec<_>>(),
        &fichas.iter().map(|(fila, _)| fila.suscripcion.estado().nombre().to_owned()).collect::<Vec<_>>(),
        &fichas.iter().map(|(fila, _)| motivo(&fila.suscripcion)).collect::<Vec<_>>() as &[Option<String>],
        &fichas.iter().map(|(fila, _)| fila.leida).collect::<Vec<_>>(),
        &fichas.iter().map(|(fila, _)| fila.nueva).collect::<Vec<_>>(),
        &fichas.iter().map(|(_, ficha)| ficha.plan.to_string()).collect::<Vec<_>>(),
        &fichas.iter().map(|(_, ficha)| ficha.servicio.map(|id| id.0)).collect::<Vec<_>>() as &[Option<Uuid>],
    )
    .fetch_all(con)
    .await
}

fn efectos(cambios: &[&CambioNuevo]) -> Result<Vec<Efecto>, ErrorRepositorio> {
    let mut efectos = Vec::with_capacity(cambios.len());
    for cambio in cambios {
        let contexto = &cambio.contexto;
        let estado = match cambio.respuesta.contenido {
            Contenido::Fallida { .. } => EstadoEfecto::Rechazado,
            _ => EstadoEfecto::Hecho,
        };
        efectos.push(Efecto {
            id: contexto.comando,
            tipo: contexto.tipo.clone(),
            estado,
            huella: contexto.huella.clone(),
            correlacion: contexto.correlacion,
            respuesta: serde_json::to_value(RespuestaGuardada::from(&cambio.respuesta)).map_err(de_datos)?,
        });
        efectos.extend(cambio.anula.map(|anulado| Efecto {
            id: anulado,
            tipo: contexto.tipo.clone(),
            estado: EstadoEfecto::Cancelado,
            huella: None,
            correlacion: contexto.correlacion,
            respuesta: serde_json::Value::Null,
        }));
    }
    Ok(efectos)
}

/// The stored answer; `None` for a tombstone.
fn respuesta_de(efecto: Efecto) -> Result<Option<Respuesta>, ErrorRepositorio> {
    if efecto.estado == EstadoEfecto::Cancelado {
        return Ok(None);
    }
    let id = efecto.id;
    let guardada: RespuestaGuardada = serde_json::from_value(efecto.respuesta)
        .map_err(|causa| de_datos(EfectoIlegible { id, causa: Some(causa) }))?;
    guardada.leer().map(Some).ok_or_else(|| de_datos(EfectoIlegible { id, causa: None }))
}
