use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::filas::tecnico;
use crate::aplicacion::{Cambio, ErrorRepositorio};
use crate::dominio::{EstadoEnPaquete, Huella, IdImagen, IdOperacion, ImagenDePaquete, Inquilino, Paquete};

/// Begins a packet; `false`: its operation is known.
pub(super) async fn insertar(
    con: &mut PgConnection,
    paquete: &Paquete,
    cambios: &[Cambio],
) -> Result<bool, sqlx::Error> {
    let Some(recibido) = cambios.first().map(|cambio| cambio.origen.instante) else { return Ok(false) };
    let hecho = sqlx::query!(
        "insert into paquete (operacion, inquilino, huella, omitidos, recibido) values ($1, $2, $3, $4, $5)
         on conflict (operacion) do nothing",
        paquete.operacion.0,
        paquete.inquilino.as_str(),
        paquete.huella.as_str(),
        i32::try_from(paquete.omitidos).unwrap_or(i32::MAX),
        recibido,
    )
    .execute(con)
    .await?;
    Ok(hecho.rows_affected() == 1)
}

/// Says of its images that they belong to it, in their order.
pub(super) async fn agrupar(con: &mut PgConnection, paquete: &Paquete, cambios: &[Cambio]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = cambios.iter().map(|cambio| cambio.id.0).collect();
    let posiciones: Vec<i32> = (0_i32..).take(ids.len()).collect();
    sqlx::query!(
        "update imagen set paquete = $1, posicion = p.posicion
         from unnest($2::uuid[], $3::int[]) as p (id, posicion) where imagen.id = p.id",
        paquete.operacion.0,
        &ids,
        &posiciones,
    )
    .execute(con)
    .await?;
    Ok(())
}

pub(super) async fn leer(
    pool: &PgPool,
    operacion: IdOperacion,
) -> Result<Option<(Paquete, Vec<ImagenDePaquete>)>, ErrorRepositorio> {
    let id = operacion.0;
    let incoherente = || ErrorRepositorio::Incoherente { tabla: "paquete", id };
    let fila = sqlx::query!("select inquilino, huella, omitidos from paquete where operacion = $1", id)
        .fetch_optional(pool)
        .await
        .map_err(tecnico)?;
    let Some(fila) = fila else { return Ok(None) };
    let paquete = Paquete {
        operacion,
        inquilino: Inquilino::try_from(fila.inquilino.as_str()).map_err(|_| incoherente())?,
        huella: Huella::try_from(fila.huella.as_str()).map_err(|_| incoherente())?,
        omitidos: u32::try_from(fila.omitidos).map_err(|_| incoherente())?,
    };
    let filas = sqlx::query!(
        r#"select id, posicion as "posicion!", estado, causa from imagen where paquete = $1 order by posicion"#,
        id
    )
    .fetch_all(pool)
    .await
    .map_err(tecnico)?;
    let imagenes = filas.into_iter().map(|fila| {
        let estado = match (fila.estado.as_str(), fila.causa) {
            ("recibida", None) => EstadoEnPaquete::Pendiente,
            ("anonimizada", None) => EstadoEnPaquete::Limpia,
            ("cuarentena", Some(causa)) => EstadoEnPaquete::EnCuarentena(causa),
            ("fallida", Some(causa)) => EstadoEnPaquete::Fallida(causa),
            _ => return Err(ErrorRepositorio::Incoherente { tabla: "imagen", id: fila.id }),
        };
        let posicion = u32::try_from(fila.posicion).map_err(|_| incoherente())?;
        Ok(ImagenDePaquete { id: IdImagen(fila.id), posicion, estado })
    });
    Ok(Some((paquete, imagenes.collect::<Result<_, _>>()?)))
}
