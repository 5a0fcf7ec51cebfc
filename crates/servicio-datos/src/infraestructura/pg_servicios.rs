use super::errores::de_base;
use super::{efectos, pg_cupos, pg_panorama, respuestas};
use crate::aplicacion::{Atendida, Cambio, ErrorRepositorio, Guardado, Orden, Panorama, RepositorioServicios};
use crate::dominio::{Contrato, Motivo, Rechazo};
use async_trait::async_trait;
use bandejas::{Despachador, efecto};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::collections::HashSet;
use uuid::Uuid;

/// Data services in Postgres; answers leave through the outbox.
pub struct PgServicios {
    pool: PgPool,
    despachador: Despachador,
}

impl PgServicios {
    pub fn nuevo(pool: PgPool, despachador: Despachador) -> Self {
        Self { pool, despachador }
    }
}

#[async_trait]
impl RepositorioServicios for PgServicios {
    #[tracing::instrument(name = "db.servicios.obtener", skip_all, fields(ordenes = ordenes.len()))]
    async fn obtener(&self, ordenes: &[Orden]) -> Result<Panorama, ErrorRepositorio> {
        let mut con = self.pool.acquire().await.map_err(de_base)?;
        // Answers first: an undo that sees the answer to a creation must see the service that it created.
        let respuestas = pg_panorama::respuestas(&mut con, ordenes).await?;
        let servicios = pg_panorama::servicios(&mut con, ordenes).await?;
        let catalogo = pg_panorama::catalogo(&mut con, ordenes).await?;
        Ok(Panorama { servicios, respuestas, catalogo })
    }

    #[tracing::instrument(name = "db.servicios.guardar", skip_all, fields(cambios = cambios.len()))]
    async fn guardar(&self, cambios: &[Cambio], instante: DateTime<Utc>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let (mut tx, firmes) = self.escribir_con_cupos(cambios, instante).await.map_err(de_base)?;
        pg_cupos::devolver(&mut tx, &firmes).await.map_err(de_base)?;
        if !registrar(&mut tx, &firmes).await? {
            // Another transaction has just answered one of these orders: everything is decided again.
            tx.rollback().await.map_err(de_base)?;
            return Ok(vec![Guardado::Conflicto; cambios.len()]);
        }
        let mensajes = respuestas::de_cambios(&firmes, instante)?;
        bandejas::confirmar(tx, &self.despachador, mensajes).await.map_err(de_base)?;
        contar(&firmes);
        let escritos: HashSet<_> = firmes.iter().map(|cambio| cambio.id).collect();
        let guardado = |id| if escritos.contains(id) { Guardado::Escrito } else { Guardado::Conflicto };
        Ok(cambios.iter().map(|cambio| guardado(&cambio.id)).collect())
    }
}

impl PgServicios {
    /// Writes the services and takes their places; returns the changes that have both, in the open transaction.
    ///
    /// Only who holds the version of a service takes its places: two instances that both took some for the same
    /// service would wait for each other. A change whose place cannot be had is left out and the rest begins again.
    async fn escribir_con_cupos<'a>(
        &self,
        cambios: &'a [Cambio],
        instante: DateTime<Utc>,
    ) -> Result<(Transaction<'static, Postgres>, Vec<&'a Cambio>), sqlx::Error> {
        let mut candidatos: Vec<&Cambio> = cambios.iter().collect();
        loop {
            let mut tx = self.pool.begin().await?;
            let escritos = escribir(&mut tx, &candidatos, instante).await?;
            let firme = |cambio: &&Cambio| cambio.hechos.is_empty() || escritos.contains(&cambio.id.0);
            let firmes: Vec<&Cambio> = candidatos.iter().copied().filter(firme).collect();
            let faltos = pg_cupos::tomar(&mut tx, &firmes).await?;
            if faltos.is_empty() {
                return Ok((tx, firmes));
            }
            tx.rollback().await?;
            candidatos.retain(|cambio| !faltos.contains(&cambio.id.0));
        }
    }
}

/// Stores the new answers; false when one of the orders has an answer already.
async fn registrar(con: &mut PgConnection, firmes: &[&Cambio]) -> Result<bool, ErrorRepositorio> {
    let nuevas = firmes.iter().flat_map(|cambio| &cambio.atendidas).filter(|atendida| !atendida.repetida);
    let efectos = nuevas.map(efectos::de_atendida).collect::<Result<Vec<_>, _>>()?.concat();
    let registrados = efecto::registrar(con, &efectos).await.map_err(de_base)?;
    Ok(registrados.len() == efectos.len())
}

fn contar(firmes: &[&Cambio]) {
    for Atendida { orden, respuesta, repetida, .. } in firmes.iter().flat_map(|cambio| &cambio.atendidas) {
        let codigo = respuesta.rechazo.as_ref().map_or("hecho", Rechazo::codigo);
        let repetida = if *repetida { "si" } else { "no" };
        let paso = orden.paso.nombre();
        metrics::counter!("servicio_datos_ordenes_total", "paso" => paso, "codigo" => codigo, "repetida" => repetida)
            .increment(1);
    }
}

/// Writes the services whose version is still the one that was read, and returns which these are.
async fn escribir(
    con: &mut PgConnection,
    cambios: &[&Cambio],
    instante: DateTime<Utc>,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let mut columnas = Columnas::default();
    for cambio in cambios.iter().filter(|cambio| !cambio.hechos.is_empty()) {
        if let Some(contrato) = cambio.servicio.contrato() {
            columnas.anadir(cambio, contrato);
        }
    }
    if columnas.ids.is_empty() {
        return Ok(HashSet::new());
    }
    columnas.guardar(con, instante).await
}

/// The rows of a batch, column by column as `unnest` takes them.
#[derive(Default)]
struct Columnas<'a> {
    ids: Vec<Uuid>,
    leidas: Vec<i64>,
    versiones: Vec<i64>,
    suscripciones: Vec<Uuid>,
    inquilinos: Vec<&'a str>,
    clientes: Vec<&'a str>,
    planes: Vec<&'a str>,
    nubes: Vec<&'a str>,
    datasets: Vec<&'a str>,
    estados: Vec<&'static str>,
    expertos: Vec<Option<&'a str>>,
    especialidades: Vec<Option<&'a str>>,
    motivos: Vec<Option<&'a str>>,
}

impl<'a> Columnas<'a> {
    fn anadir(&mut self, cambio: &'a Cambio, contrato: &'a Contrato) {
        let asignacion = cambio.servicio.asignacion();
        self.ids.push(cambio.id.0);
        self.leidas.push(cambio.leida);
        self.versiones.push(cambio.version());
        self.suscripciones.push(contrato.titular.suscripcion.0);
        self.inquilinos.push(contrato.titular.inquilino.as_str());
        self.clientes.push(contrato.cliente.as_str());
        self.planes.push(contrato.plan.as_str());
        self.nubes.push(contrato.nube.as_str());
        self.datasets.push(contrato.dataset.as_str());
        self.estados.push(cambio.servicio.estado().nombre());
        self.expertos.push(asignacion.map(|asignacion| asignacion.experto.as_str()));
        self.especialidades.push(asignacion.map(|asignacion| asignacion.especialidad.as_str()));
        self.motivos.push(cambio.servicio.motivo().map(Motivo::as_str));
    }

    /// A service that was never read (version 0) is inserted; then an existing row is a lost race as well.
    async fn guardar(self, con: &mut PgConnection, instante: DateTime<Utc>) -> Result<HashSet<Uuid>, sqlx::Error> {
        // Sorted, so that two transactions with services in common wait for each other instead of deadlocking.
        let escritos = sqlx::query_scalar!(
            "with cambio as (
                 select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[],
                                      $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                                      $13::text[])
                     as c (id, leida, version, id_suscripcion, inquilino, codigo_cliente, codigo_plan, codigo_nube,
                           codigo_dataset, estado, codigo_experto, especialidad, motivo)
             )
             insert into servicio_datos as s (id, version, id_suscripcion, inquilino, codigo_cliente, codigo_plan,
                 codigo_nube, codigo_dataset, estado, codigo_experto, especialidad, motivo, creado, actualizado)
             select id, version, id_suscripcion, inquilino, codigo_cliente, codigo_plan,
                 codigo_nube, codigo_dataset, estado, codigo_experto, especialidad, motivo, $14, $14
             from cambio order by id
             on conflict (id) do update set
                 version = excluded.version, estado = excluded.estado, codigo_experto = excluded.codigo_experto,
                 especialidad = excluded.especialidad, motivo = excluded.motivo, actualizado = excluded.actualizado
             where s.version = (select leida from cambio where cambio.id = excluded.id)
             returning id",
            &self.ids,
            &self.leidas,
            &self.versiones,
            &self.suscripciones,
            &self.inquilinos as &[&str],
            &self.clientes as &[&str],
            &self.planes as &[&str],
            &self.nubes as &[&str],
            &self.datasets as &[&str],
            &self.estados as &[&str],
            &self.expertos as &[Option<&str>],
            &self.especialidades as &[Option<&str>],
            &self.motivos as &[Option<&str>],
            instante,
        )
        .fetch_all(con)
        .await?;
        Ok(escritos.into_iter().collect())
    }
}
