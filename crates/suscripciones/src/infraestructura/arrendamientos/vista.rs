use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::aplicacion::puertos::ErrorRepositorio;
use crate::infraestructura::consultas::Consultas;
use crate::infraestructura::errores::de_sql;

/// Who orchestrates, and what nobody holds.
#[derive(Serialize)]
pub struct Orquestadores {
    pub instancias: Vec<FilaOrquestador>,
    pub libres: Vec<ParticionArrendada>,
}

#[derive(Serialize)]
pub struct FilaOrquestador {
    pub instancia: Uuid,
    /// Where it listens.
    pub direccion: String,
    /// Its heartbeat is recent enough; what a silent one holds is taken by the others.
    pub viva: bool,
    pub desde: DateTime<Utc>,
    pub latido: DateTime<Utc>,
    pub vence: DateTime<Utc>,
    pub particiones: Vec<ParticionArrendada>,
}

#[derive(Serialize)]
pub struct ParticionArrendada {
    pub particion: i16,
    pub epoca: i64,
    /// Since when it is held, or free.
    pub desde: DateTime<Utc>,
}

impl Consultas {
    /// The orchestrators, oldest first, with the partitions that each holds.
    pub async fn orquestadores(&self) -> Result<Orquestadores, ErrorRepositorio> {
        let filas = sqlx::query!("select particion, dueno, epoca, desde from arrendamiento order by particion")
            .fetch_all(&self.pool)
            .await
            .map_err(de_sql)?;
        let mut de_dueno: BTreeMap<Option<Uuid>, Vec<ParticionArrendada>> = BTreeMap::new();
        for fila in filas {
            let particion = ParticionArrendada { particion: fila.particion, epoca: fila.epoca, desde: fila.desde };
            de_dueno.entry(fila.dueno).or_default().push(particion);
        }
        let filas = sqlx::query!(
            r#"select instancia, direccion, desde, latido, vence, vence > clock_timestamp() as "viva!"
               from orquestador order by desde, instancia"#,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        let instancias = filas.into_iter().map(|fila| FilaOrquestador {
            particiones: de_dueno.remove(&Some(fila.instancia)).unwrap_or_default(),
            instancia: fila.instancia,
            direccion: fila.direccion,
            viva: fila.viva,
            desde: fila.desde,
            latido: fila.latido,
            vence: fila.vence,
        });
        Ok(Orquestadores { instancias: instancias.collect(), libres: de_dueno.into_values().flatten().collect() })
    }
}
