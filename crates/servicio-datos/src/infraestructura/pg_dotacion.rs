//! The places of clouds and experts, one row each: how many there are.

use super::pg_cupos::Recurso;
use crate::dominio::{Cupos, Ocupacion};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Counts the places of every cloud or expert by its code; one without any place is left out.
pub(super) async fn contar(
    con: &mut PgConnection,
    recurso: Recurso,
) -> Result<HashMap<String, Ocupacion>, sqlx::Error> {
    let filas = sqlx::query!(
        r#"select codigo, count(*) as "total!", count(ocupado_por) as "ocupados!"
           from cupo where recurso = $1 group by codigo"#,
        recurso.nombre(),
    )
    .fetch_all(con)
    .await?;
    let ocupacion = |total: i64, ocupados: i64| Ocupacion { total: acotado(total), ocupados: acotado(ocupados) };
    Ok(filas.into_iter().map(|fila| (fila.codigo, ocupacion(fila.total, fila.ocupados))).collect())
}

/// A count of rows, which never comes near the limit of the type.
pub(super) fn acotado(filas: i64) -> u32 {
    u32::try_from(filas).unwrap_or(u32::MAX)
}

/// Adds places where there are too few and takes away free ones where there are too many.
///
/// The caller holds the rows of the clouds or experts, so that two of these never count at the same time.
pub(super) async fn ajustar(
    con: &mut PgConnection,
    recurso: Recurso,
    metas: &[(&str, Cupos)],
) -> Result<Vec<Ocupacion>, sqlx::Error> {
    let hay = contar(&mut *con, recurso).await?;
    let codigos: Vec<&str> = metas.iter().map(|(codigo, _)| *codigo).collect();
    let faltan: Vec<i64> = metas
        .iter()
        .map(|(codigo, cupos)| i64::from(cupos.get()) - hay.get(*codigo).map_or(0, |hay| i64::from(hay.total)))
        .collect();
    crecer(&mut *con, recurso, &codigos, &faltan).await?;
    encoger(&mut *con, recurso, &codigos, &faltan).await?;
    let hay = contar(con, recurso).await?;
    Ok(codigos.iter().map(|codigo| hay.get(*codigo).copied().unwrap_or_default()).collect())
}

async fn crecer(con: &mut PgConnection, recurso: Recurso, codigos: &[&str], faltan: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into cupo (recurso, codigo)
         select $1, m.codigo
         from unnest($2::text[], $3::bigint[]) as m (codigo, faltan) cross join generate_series(1, m.faltan)",
        recurso.nombre(),
        codigos as &[&str],
        faltan,
    )
    .execute(con)
    .await?;
    Ok(())
}

async fn encoger(
    con: &mut PgConnection,
    recurso: Recurso,
    codigos: &[&str],
    faltan: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from cupo c using (
             select l.id
             from unnest($2::text[], $3::bigint[]) as m (codigo, faltan) cross join lateral (
                 select id from cupo
                 where recurso = $1 and codigo = m.codigo and ocupado_por is null
                 limit greatest(-m.faltan, 0) for update skip locked
             ) l
         ) sobra
         where c.recurso = $1 and c.id = sobra.id",
        recurso.nombre(),
        codigos as &[&str],
        faltan,
    )
    .execute(con)
    .await?;
    Ok(())
}
