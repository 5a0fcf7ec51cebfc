//! Which product each client has: the constraint of this table is what keeps a product from being had twice.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::{ClaveCliente, ErrorRepositorio, Producto};
use crate::dominio::{CodigoCliente, CodigoPlan, IdSuscripcion};

#[derive(Default)]
struct Columnas {
    inquilinos: Vec<String>,
    clientes: Vec<String>,
    planes: Vec<String>,
}

impl Columnas {
    fn de<'p>(productos: impl Iterator<Item = &'p Producto>) -> Self {
        let mut columnas = Self::default();
        for producto in productos {
            columnas.inquilinos.push(producto.cliente.inquilino.clone());
            columnas.clientes.push(producto.cliente.codigo.to_string());
            columnas.planes.push(producto.plan.to_string());
        }
        columnas
    }
}

/// Who has each of these products, and those that these subscriptions would change to.
pub async fn titulares(
    con: &mut PgConnection,
    productos: &[Producto],
    cambios: &[(IdSuscripcion, CodigoPlan)],
) -> Result<HashMap<Producto, IdSuscripcion>, ErrorRepositorio> {
    if productos.is_empty() && cambios.is_empty() {
        return Ok(HashMap::new());
    }
    let columnas = Columnas::de(productos.iter());
    let filas = sqlx::query!(
        r#"select c.inquilino, c.codigo_cliente, c.codigo_plan, c.id_suscripcion from contratacion c
           where (c.inquilino, c.codigo_cliente, c.codigo_plan) in
             (select * from unnest($1::text[], $2::text[], $3::text[])
              union all
              select s.inquilino, s.codigo_cliente, f.plan from suscripcion s
              join unnest($4::uuid[], $5::text[]) as f (id, plan) on s.id = f.id)"#,
        &columnas.inquilinos,
        &columnas.clientes,
        &columnas.planes,
        &cambios.iter().map(|(id, _)| id.0).collect::<Vec<_>>(),
        &cambios.iter().map(|(_, plan)| plan.to_string()).collect::<Vec<_>>(),
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    let mut titulares = HashMap::with_capacity(filas.len());
    for fila in filas {
        let codigo = CodigoCliente::try_from(fila.codigo_cliente.as_str()).map_err(de_datos)?;
        let plan = CodigoPlan::try_from(fila.codigo_plan.as_str()).map_err(de_datos)?;
        let producto = Producto { cliente: ClaveCliente { inquilino: fila.inquilino, codigo }, plan };
        titulares.insert(producto, IdSuscripcion(fila.id_suscripcion));
    }
    Ok(titulares)
}

/// Takes products for subscriptions; false when one of them is somebody else's.
pub async fn tomar(con: &mut PgConnection, tomas: &[(&Producto, IdSuscripcion)]) -> Result<bool, ErrorRepositorio> {
    if tomas.is_empty() {
        return Ok(true);
    }
    let columnas = Columnas::de(tomas.iter().map(|(producto, _)| *producto));
    // Sorted, so that two transactions with products in common wait for each other instead of deadlocking.
    let tomadas = sqlx::query_scalar!(
        "insert into contratacion as c (inquilino, codigo_cliente, codigo_plan, id_suscripcion)
         select inquilino, cliente, plan, suscripcion
         from unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) as f (inquilino, cliente, plan, suscripcion)
         order by inquilino, cliente, plan
         on conflict (inquilino, codigo_cliente, codigo_plan) do update set id_suscripcion = excluded.id_suscripcion
         where c.id_suscripcion = excluded.id_suscripcion
         returning c.id_suscripcion",
        &columnas.inquilinos,
        &columnas.clientes,
        &columnas.planes,
        &tomas.iter().map(|(_, id)| id.0).collect::<Vec<_>>(),
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    Ok(tomadas.len() == tomas.len())
}

/// Gives back what these subscriptions no longer have; nothing while a saga of theirs lives.
///
/// Whoever ends the subscription and whoever ends its saga both come here with its row locked, so the second of
/// them sees what the first one did.
pub async fn soltar(con: &mut PgConnection, suscripciones: &[Uuid]) -> Result<(), ErrorRepositorio> {
    if suscripciones.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with s as (
           select id, codigo_plan, estado from suscripcion where id = any($1) order by id for update)
         delete from contratacion c using s
         where c.id_suscripcion = s.id and (s.estado not in ('pendiente', 'activa') or s.codigo_plan <> c.codigo_plan)
           and not exists (select from saga g where g.id_suscripcion = s.id and g.fase in ('avanzando', 'deshaciendo'))",
        suscripciones,
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}
