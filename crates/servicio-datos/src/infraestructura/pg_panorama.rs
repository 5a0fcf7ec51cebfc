//! Reads what a batch of orders is decided on.

use super::efectos;
use super::errores::{de_base, incoherente};
use super::pg_datasets::disponibilidad;
use super::pg_dotacion::acotado;
use super::pg_expertos::especialidades;
use super::pg_filas::FilaServicio;
use crate::aplicacion::{ErrorRepositorio, Ficha, IdOrden, Orden, Respuesta, Versionado};
use crate::dominio::{Busqueda, Catalogo, CodigoDataset, CodigoExperto, CodigoNube, Comando, IdServicioDatos};
use bandejas::efecto;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

pub(super) async fn servicios(
    con: &mut PgConnection,
    ordenes: &[Orden],
) -> Result<HashMap<IdServicioDatos, Versionado>, ErrorRepositorio> {
    let ids: Vec<Uuid> = ordenes.iter().map(|orden| orden.servicio.0).collect();
    let filas = sqlx::query_as!(FilaServicio, "select * from servicio_datos where id = any($1)", &ids)
        .fetch_all(con)
        .await
        .map_err(de_base)?;
    let fichas = filas.into_iter().map(Ficha::try_from);
    let versionado = |ficha: Ficha| (ficha.id, Versionado { version: ficha.version, servicio: ficha.servicio });
    fichas.map(|ficha| ficha.map(versionado)).collect()
}

/// The answers already given to the orders themselves and to those that they undo.
pub(super) async fn respuestas(
    con: &mut PgConnection,
    ordenes: &[Orden],
) -> Result<HashMap<IdOrden, Respuesta>, ErrorRepositorio> {
    let ids: Vec<Uuid> =
        ordenes.iter().flat_map(|orden| [Some(orden.id), orden.deshace]).flatten().map(|id| id.0).collect();
    let efectos = efecto::buscar(con, &ids).await.map_err(de_base)?;
    efectos.into_iter().map(|(id, efecto)| Ok((IdOrden(id), efectos::a_operacion(efecto)?.respuesta))).collect()
}

pub(super) async fn catalogo(con: &mut PgConnection, ordenes: &[Orden]) -> Result<Catalogo, ErrorRepositorio> {
    let pedido = Pedido::de(ordenes);
    let catalogo = nubes(&mut *con, &pedido, Catalogo::default()).await?;
    let catalogo = datasets(&mut *con, &pedido, catalogo).await?;
    expertos(con, &pedido, catalogo).await
}

/// What the orders of a batch name.
#[derive(Default)]
struct Pedido<'a> {
    nubes: Vec<&'a str>,
    datasets: Vec<&'a str>,
    por_iniciar: Vec<Uuid>,
    especialidades: Vec<&'a str>,
    expertos: Vec<&'a str>,
}

impl<'a> Pedido<'a> {
    fn de(ordenes: &'a [Orden]) -> Self {
        let mut pedido = Self::default();
        for orden in ordenes {
            match &orden.comando {
                Ok(Comando::Crear(contrato)) => {
                    pedido.nubes.push(contrato.nube.as_str());
                    pedido.datasets.push(contrato.dataset.as_str());
                }
                Ok(Comando::AsignarExperto(Busqueda::DeEspecialidad(especialidad))) => {
                    pedido.especialidades.push(especialidad.as_str());
                }
                Ok(Comando::AsignarExperto(Busqueda::Nombrado { experto, .. })) => {
                    pedido.expertos.push(experto.as_str());
                }
                Ok(Comando::Iniciar) => pedido.por_iniciar.push(orden.servicio.0),
                Ok(Comando::Terminar { .. } | Comando::Deshacer { .. }) | Err(_) => {}
            }
        }
        pedido
    }
}

/// Counts free places only as far as a batch could use them, here and of experts: there may be very many.
async fn nubes(con: &mut PgConnection, pedido: &Pedido<'_>, catalogo: Catalogo) -> Result<Catalogo, ErrorRepositorio> {
    if pedido.nubes.is_empty() {
        return Ok(catalogo);
    }
    let filas = sqlx::query!(
        r#"select n.codigo, (select count(*) from (
               select from cupo c where c.recurso = 'nube' and c.codigo = n.codigo and c.ocupado_por is null limit 64
           ) libre) as "libres!"
           from nube n where n.codigo = any($1)"#,
        &pedido.nubes as &[&str],
    )
    .fetch_all(con)
    .await
    .map_err(de_base)?;
    filas.into_iter().try_fold(catalogo, |catalogo, fila| {
        let codigo = CodigoNube::try_from(fila.codigo.as_str()).map_err(incoherente("nube", &fila.codigo))?;
        Ok(catalogo.con_nube(codigo, acotado(fila.libres)))
    })
}

async fn datasets(
    con: &mut PgConnection,
    pedido: &Pedido<'_>,
    catalogo: Catalogo,
) -> Result<Catalogo, ErrorRepositorio> {
    if pedido.datasets.is_empty() && pedido.por_iniciar.is_empty() {
        return Ok(catalogo);
    }
    let filas = sqlx::query!(
        "select codigo, retirado from dataset
         where codigo = any($1) or codigo in (select codigo_dataset from servicio_datos where id = any($2))",
        &pedido.datasets as &[&str],
        &pedido.por_iniciar,
    )
    .fetch_all(con)
    .await
    .map_err(de_base)?;
    filas.into_iter().try_fold(catalogo, |catalogo, fila| {
        let codigo = CodigoDataset::try_from(fila.codigo.as_str()).map_err(incoherente("dataset", &fila.codigo))?;
        Ok(catalogo.con_dataset(codigo, disponibilidad(fila.retirado)))
    })
}

async fn expertos(
    con: &mut PgConnection,
    pedido: &Pedido<'_>,
    catalogo: Catalogo,
) -> Result<Catalogo, ErrorRepositorio> {
    if pedido.especialidades.is_empty() && pedido.expertos.is_empty() {
        return Ok(catalogo);
    }
    let filas = sqlx::query!(
        r#"select e.codigo, e.especialidades, (select count(*) from (
               select from cupo c where c.recurso = 'experto' and c.codigo = e.codigo and c.ocupado_por is null limit 64
           ) libre) as "libres!"
           from experto e where e.especialidades && $1 or e.codigo = any($2)"#,
        &pedido.especialidades as &[&str],
        &pedido.expertos as &[&str],
    )
    .fetch_all(con)
    .await
    .map_err(de_base)?;
    filas.into_iter().try_fold(catalogo, |catalogo, fila| {
        let codigo = CodigoExperto::try_from(fila.codigo.as_str()).map_err(incoherente("experto", &fila.codigo))?;
        let suyas = especialidades(fila.especialidades).map_err(incoherente("experto", &fila.codigo))?;
        Ok(catalogo.con_experto(codigo, suyas, acotado(fila.libres)))
    })
}
