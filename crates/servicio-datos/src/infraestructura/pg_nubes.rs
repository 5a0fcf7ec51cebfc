use super::errores::{de_base, incoherente};
use super::pg_cupos::Recurso;
use super::pg_dotacion;
use crate::aplicacion::{ConCupos, ErrorRepositorio, FichaNube};
use crate::dominio::{CodigoNube, Nube, Ocupacion};
use sqlx::PgConnection;

pub(super) async fn listar(con: &mut PgConnection) -> Result<Vec<FichaNube>, ErrorRepositorio> {
    let cupos = pg_dotacion::contar(&mut *con, Recurso::Nube).await.map_err(de_base)?;
    let filas =
        sqlx::query!("select codigo, nombre, tipo from nube order by codigo").fetch_all(con).await.map_err(de_base)?;
    let fichas = filas.into_iter().map(|fila| {
        let ocupacion = cupos.get(&fila.codigo).copied().unwrap_or_default();
        let codigo = CodigoNube::try_from(fila.codigo.as_str()).map_err(incoherente("nube", fila.codigo))?;
        Ok(FichaNube { nube: Nube { codigo, nombre: fila.nombre, tipo: fila.tipo }, ocupacion })
    });
    fichas.collect()
}

pub(super) async fn poner(
    con: &mut PgConnection,
    nubes: &[ConCupos<Nube>],
) -> Result<Vec<Ocupacion>, ErrorRepositorio> {
    let codigos: Vec<&str> = nubes.iter().map(|nube| nube.de.codigo.as_str()).collect();
    let nombres: Vec<&str> = nubes.iter().map(|nube| nube.de.nombre.as_str()).collect();
    let tipos: Vec<&str> = nubes.iter().map(|nube| nube.de.tipo.as_str()).collect();
    sqlx::query!(
        "insert into nube (codigo, nombre, tipo)
         select * from unnest($1::text[], $2::text[], $3::text[]) as n (codigo, nombre, tipo) order by codigo
         on conflict (codigo) do update set nombre = excluded.nombre, tipo = excluded.tipo",
        &codigos as &[&str],
        &nombres as &[&str],
        &tipos as &[&str],
    )
    .execute(&mut *con)
    .await
    .map_err(de_base)?;
    let metas: Vec<_> = nubes.iter().map(|nube| (nube.de.codigo.as_str(), nube.cupos)).collect();
    pg_dotacion::ajustar(con, Recurso::Nube, &metas).await.map_err(de_base)
}
