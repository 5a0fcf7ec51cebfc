//! The end of sagas, as the database of suscripciones knows it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use crate::postgres::Conexion;

/// Follows the sagas of the clients whose code begins with a prefix.
pub struct Seguimiento {
    base: Conexion,
    prefijo: String,
    /// Every saga created before this instant has ended.
    corte: String,
    /// How many those are.
    antes_del_corte: u32,
}

/// How a saga stands.
pub struct Final {
    pub fase: String,
    /// The instant of its last entry in the log.
    pub instante: DateTime<Utc>,
}

impl Seguimiento {
    /// `prefijo` is pasted into SQL: letters, digits and hyphens.
    pub async fn nuevo(puerto: u16, prefijo: String) -> Result<Self> {
        let mut base = Conexion::abrir(puerto, "suscripciones").await?;
        let corte = uno(base.ejecutar("select clock_timestamp() - interval '1 second'").await?)?;
        Ok(Self { base, prefijo, corte, antes_del_corte: 0 })
    }

    /// How many have ended.
    ///
    /// Reads only the sagas since the oldest that lives, so that asking costs little however many there are; the
    /// margin is for transactions that commit out of order.
    pub async fn terminadas(&mut self) -> Result<u32> {
        let consulta = format!(
            "with vistas as (
               select creada, fase in ('avanzando', 'deshaciendo') as viva from saga
               where creada >= '{}' and codigo_cliente like '{}%'),
             corte as (
               select greatest('{0}'::timestamptz,
                               coalesce(min(creada) filter (where viva), max(creada)) - interval '5 seconds') as corte
               from vistas)
             select corte, count(creada) filter (where not viva), count(creada) filter (where creada < corte)
             from corte left join vistas on true group by corte",
            self.corte, self.prefijo
        );
        let fila = self.base.ejecutar(&consulta).await?.pop().context("la cuenta de sagas no dio filas")?;
        let [Some(corte), Some(terminadas), Some(dejadas)] = fila.as_slice() else {
            anyhow::bail!("la cuenta de sagas no dio valores")
        };
        let total = self.antes_del_corte + terminadas.parse::<u32>()?;
        self.antes_del_corte += dejadas.parse::<u32>()?;
        self.corte.clone_from(corte);
        Ok(total)
    }

    /// Every saga of these clients, by client.
    pub async fn finales(&mut self) -> Result<BTreeMap<String, Final>> {
        let consulta = format!(
            "select s.codigo_cliente, s.fase, (extract(epoch from max(l.instante)) * 1000000)::bigint
             from saga s join saga_log l on l.saga = s.id
             where s.codigo_cliente like '{}%' group by s.id",
            self.prefijo
        );
        let filas = self.base.ejecutar(&consulta).await?;
        filas.into_iter().map(|fila| leer_final(&fila)).collect()
    }
}

fn leer_final(fila: &[Option<String>]) -> Result<(String, Final)> {
    let [Some(cliente), Some(fase), Some(micros)] = fila else { anyhow::bail!("una saga sin valores") };
    let instante = DateTime::from_timestamp_micros(micros.parse()?).context("un instante fuera de rango")?;
    Ok((cliente.clone(), Final { fase: fase.clone(), instante }))
}

fn uno(filas: Vec<Vec<Option<String>>>) -> Result<String> {
    filas.into_iter().next().and_then(|fila| fila.into_iter().next()?).context("la consulta no dio valores")
}
