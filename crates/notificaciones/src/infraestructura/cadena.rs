//! The hash chain of a stream: each event's digest covers the event and the digest before it.

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::pg_errores::ErrorFila;
use crate::aplicacion::puertos::Marca;
use crate::dominio::{Hecho, IdNotificacion};

/// A row of the event store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Eslabon {
    pub id: Uuid,
    pub version: i32,
    pub tipo: String,
    pub datos: Value,
    pub instante: DateTime<Utc>,
    pub huella_previa: [u8; 32],
    pub huella: [u8; 32],
}

impl Eslabon {
    /// The event that follows `previa`.
    fn nuevo(id: IdNotificacion, previa: Marca, hecho: &Hecho, instante: DateTime<Utc>) -> Result<Self, ErrorFila> {
        let id = id.uuid();
        let version = i32::try_from(previa.version + 1).map_err(|_| ErrorFila::Salto { id })?;
        let (tipo, datos) = a_columnas(hecho).map_err(|causa| ErrorFila::Hecho { id, version, causa })?;
        let mut eslabon = Self { id, version, tipo, datos, instante, huella_previa: previa.cabeza, huella: [0; 32] };
        eslabon.huella = eslabon.calcular();
        Ok(eslabon)
    }

    /// SHA-256 over the digest before, id, version, microseconds, type and the canonical data.
    fn calcular(&self) -> [u8; 32] {
        let mut contexto = Context::new(&SHA256);
        contexto.update(&self.huella_previa);
        contexto.update(self.id.as_bytes());
        contexto.update(&self.version.to_be_bytes());
        contexto.update(&self.instante.timestamp_micros().to_be_bytes());
        contexto.update(self.tipo.as_bytes());
        contexto.update(&[0]);
        contexto.update(contratos::huella(&self.datos).as_bytes());
        let mut huella = [0; 32];
        huella.copy_from_slice(contexto.finish().as_ref());
        huella
    }

    pub fn hecho(&self) -> Result<Hecho, ErrorFila> {
        serde_json::from_value(json!({ "tipo": self.tipo, "datos": self.datos })).map_err(|causa| ErrorFila::Hecho {
            id: self.id,
            version: self.version,
            causa,
        })
    }

    pub fn marca(&self) -> Result<Marca, ErrorFila> {
        let version = u32::try_from(self.version).map_err(|_| ErrorFila::Salto { id: self.id })?;
        Ok(Marca { version, cabeza: self.huella })
    }
}

/// The rows of facts that follow `previa`, and the mark after them.
pub(super) fn encadenar(
    id: IdNotificacion,
    previa: Marca,
    hechos: &[Hecho],
    instante: DateTime<Utc>,
) -> Result<(Vec<Eslabon>, Marca), ErrorFila> {
    let mut marca = previa;
    let mut eslabones = Vec::with_capacity(hechos.len());
    for hecho in hechos {
        let eslabon = Eslabon::nuevo(id, marca, hecho, instante)?;
        marca = eslabon.marca()?;
        eslabones.push(eslabon);
    }
    Ok((eslabones, marca))
}

/// Whether the rows of one stream, in order, are exactly what was appended.
pub(super) fn es_integra(eslabones: &[Eslabon]) -> bool {
    let mut previa = Marca::INICIO;
    eslabones.iter().all(|eslabon| {
        let sigue = i64::from(eslabon.version) == i64::from(previa.version) + 1
            && eslabon.huella_previa == previa.cabeza
            && eslabon.huella == eslabon.calcular();
        previa = Marca { version: previa.version + 1, cabeza: eslabon.huella };
        sigue
    })
}

fn a_columnas(hecho: &Hecho) -> Result<(String, Value), serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Columnas {
        tipo: String,
        datos: Value,
    }
    let Columnas { tipo, datos } = serde_json::from_value(serde_json::to_value(hecho)?)?;
    Ok((tipo, datos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadena() -> Vec<Eslabon> {
        let hechos = [Hecho::Confirmada {}, Hecho::Confirmada {}, Hecho::Confirmada {}];
        let id = IdNotificacion::from(Uuid::from_u128(7));
        encadenar(id, Marca::INICIO, &hechos, DateTime::UNIX_EPOCH).expect("chain").0
    }

    #[test]
    fn una_cadena_recien_escrita_es_integra() {
        assert!(es_integra(&cadena()));
        assert!(es_integra(&[]));
    }

    #[test]
    fn cambiar_quitar_o_mover_un_evento_rompe_la_cadena() {
        let alteraciones: [fn(&mut Vec<Eslabon>); 5] = [
            |c| c[1].datos = json!({"otro": 1}),
            |c| c[2].instante += chrono::TimeDelta::microseconds(1),
            |c| c[0].tipo = "Enviada".to_owned(),
            |c| drop(c.remove(1)),
            |c| c.swap(1, 2),
        ];
        for alterar in alteraciones {
            let mut eslabones = cadena();
            alterar(&mut eslabones);
            assert!(!es_integra(&eslabones));
        }
    }
}
