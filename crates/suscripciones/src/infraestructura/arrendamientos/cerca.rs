use sqlx::PgConnection;

use crate::aplicacion::Tenencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::errores::de_sql;

/// The part of a holding that is still true, and stays so until this transaction ends: whoever takes one of these
/// partitions waits for it.
///
/// Epochs never repeat, so that the epoch alone says who holds.
pub(in crate::infraestructura) async fn cercar(
    con: &mut PgConnection,
    tenencia: &Tenencia,
) -> Result<Tenencia, ErrorRepositorio> {
    let vigentes = sqlx::query!(
        "select a.particion, a.epoca from arrendamiento a
         where a.dueno is not null
           and (a.particion, a.epoca) in (select * from unnest($1::smallint[], $2::bigint[]))
         order by a.particion
         for share",
        &tenencia.particiones(),
        &tenencia.epocas(),
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    Ok(vigentes.into_iter().map(|fila| (fila.particion, fila.epoca)).collect())
}
