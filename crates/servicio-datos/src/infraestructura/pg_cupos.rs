//! The places of clouds and experts, one row each: taking them and giving them back.

use crate::aplicacion::Cambio;
use crate::dominio::Hecho;
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recurso {
    Nube,
    Experto,
}

impl Recurso {
    pub(super) fn nombre(self) -> &'static str {
        match self {
            Self::Nube => "nube",
            Self::Experto => "experto",
        }
    }
}

/// Takes a free place for each one that the facts ask for and returns the services that miss one.
///
/// Never waits for a place that somebody else is taking.
pub(super) async fn tomar(con: &mut PgConnection, cambios: &[&Cambio]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let pedidos: Vec<_> = cambios.iter().copied().flat_map(pedidos).collect();
    if pedidos.is_empty() {
        return Ok(HashSet::new());
    }
    let recursos: Vec<_> = pedidos.iter().map(|(recurso, _, _)| recurso.nombre()).collect();
    let codigos: Vec<_> = pedidos.iter().map(|(_, codigo, _)| *codigo).collect();
    let servicios: Vec<_> = pedidos.iter().map(|(_, _, servicio)| *servicio).collect();
    let filas = sqlx::query!(
        r#"with pedido as (
               select recurso, codigo, servicio,
                      row_number() over (partition by recurso, codigo order by servicio) as turno
               from unnest($1::text[], $2::text[], $3::uuid[]) as p (recurso, codigo, servicio)
           ), demanda as (
               select recurso, codigo, count(*) as cuantos from pedido group by recurso, codigo
           ), libre as materialized (
               select d.recurso, d.codigo, l.id, row_number() over (partition by d.recurso, d.codigo) as turno
               from demanda d cross join lateral (
                   select c.id from cupo c
                   where c.recurso = d.recurso and c.codigo = d.codigo and c.ocupado_por is null
                   order by c.id limit d.cuantos for update skip locked
               ) l
           )
           update cupo c set ocupado_por = p.servicio
           from pedido p join libre l using (recurso, codigo, turno)
           where c.recurso = l.recurso and c.id = l.id
           returning c.recurso, p.servicio as "servicio!""#,
        &recursos as &[&str],
        &codigos as &[&str],
        &servicios,
    )
    .fetch_all(con)
    .await?;
    let tenidos: HashSet<_> = filas.iter().map(|fila| (fila.recurso.as_str(), fila.servicio)).collect();
    let faltos = pedidos.iter().filter(|(recurso, _, servicio)| !tenidos.contains(&(recurso.nombre(), *servicio)));
    Ok(faltos.map(|(_, _, servicio)| *servicio).collect())
}

fn pedidos(cambio: &Cambio) -> impl Iterator<Item = (Recurso, &str, Uuid)> {
    cambio.hechos.iter().filter_map(|hecho| match hecho {
        Hecho::Creado(contrato) => Some((Recurso::Nube, contrato.nube.as_str(), cambio.id.0)),
        Hecho::ExpertoAsignado(asignacion) => Some((Recurso::Experto, asignacion.experto.as_str(), cambio.id.0)),
        Hecho::Iniciado | Hecho::Terminado { .. } => None,
    })
}

/// Gives back what the services hold that end.
pub(super) async fn devolver(con: &mut PgConnection, cambios: &[&Cambio]) -> Result<(), sqlx::Error> {
    let termina = |cambio: &&&Cambio| cambio.hechos.iter().any(|hecho| matches!(hecho, Hecho::Terminado { .. }));
    let servicios: Vec<Uuid> = cambios.iter().filter(termina).map(|cambio| cambio.id.0).collect();
    if servicios.is_empty() {
        return Ok(());
    }
    sqlx::query!("update cupo set ocupado_por = null where ocupado_por = any($1)", &servicios).execute(con).await?;
    Ok(())
}
