use super::errores::{de_base, incoherente};
use crate::aplicacion::ErrorRepositorio;
use crate::dominio::{CodigoDataset, Dataset, Disponibilidad};
use sqlx::PgConnection;

pub(super) async fn listar(con: &mut PgConnection) -> Result<Vec<Dataset>, ErrorRepositorio> {
    let filas = sqlx::query!("select codigo, nombre, retirado from dataset order by codigo")
        .fetch_all(con)
        .await
        .map_err(de_base)?;
    let datasets = filas.into_iter().map(|fila| {
        let codigo = CodigoDataset::try_from(fila.codigo.as_str()).map_err(incoherente("dataset", fila.codigo))?;
        Ok(Dataset { codigo, nombre: fila.nombre, disponibilidad: disponibilidad(fila.retirado) })
    });
    datasets.collect()
}

pub(super) fn disponibilidad(retirado: bool) -> Disponibilidad {
    if retirado { Disponibilidad::Retirado } else { Disponibilidad::Disponible }
}

pub(super) async fn poner(con: &mut PgConnection, datasets: &[Dataset]) -> Result<(), ErrorRepositorio> {
    let codigos: Vec<&str> = datasets.iter().map(|dataset| dataset.codigo.as_str()).collect();
    let nombres: Vec<&str> = datasets.iter().map(|dataset| dataset.nombre.as_str()).collect();
    let retirados: Vec<bool> =
        datasets.iter().map(|dataset| dataset.disponibilidad == Disponibilidad::Retirado).collect();
    sqlx::query!(
        "insert into dataset (codigo, nombre, retirado)
         select * from unnest($1::text[], $2::text[], $3::bool[]) as d (codigo, nombre, retirado) order by codigo
         on conflict (codigo) do update set nombre = excluded.nombre, retirado = excluded.retirado",
        &codigos as &[&str],
        &nombres as &[&str],
        &retirados,
    )
    .execute(con)
    .await
    .map_err(de_base)?;
    Ok(())
}
