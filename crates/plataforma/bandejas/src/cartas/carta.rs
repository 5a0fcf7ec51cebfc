//! A message as it rests in the table, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cifrado::{Cifrador, ErrorCifrado};
use contratos::Schema;
use mensajeria::{BoxError, Carta, Entrante, Posicion};
use uuid::Uuid;

use super::EstadoCarta;

const LARGO_DE_DETALLE: usize = 1000;
const PREFIJO_DE_CABECERA: &str = "ce_";

/// Why a message could not be sealed, or a row not be turned back into its message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ErrorCarta {
    #[error("the bytes of bandejas.dead_letter {id} could not be sealed or opened")]
    Sello { id: Uuid, source: ErrorCifrado },
    #[error("the writer's schema of bandejas.dead_letter {id} cannot be used")]
    Escritor { id: Uuid, source: BoxError },
    #[error("bandejas.dead_letter {id} has an incoherent position")]
    Posicion { id: Uuid },
}

/// A new row, its bytes already encrypted.
pub(super) struct CartaSellada {
    pub(super) id: Uuid,
    pub(super) grupo: String,
    pub(super) tema: String,
    pub(super) posicion: String,
    pub(super) propiedades: BTreeMap<String, String>,
    pub(super) carga: Vec<u8>,
    pub(super) escritor: Option<String>,
    pub(super) publicado: DateTime<Utc>,
    pub(super) codigo: &'static str,
    pub(super) detalle: String,
    pub(super) estado: EstadoCarta,
}

impl CartaSellada {
    pub(super) fn de(carta: &Carta, cifrador: &Cifrador) -> Result<Self, ErrorCarta> {
        let id = contratos::id_nuevo();
        let entrante = &carta.entrante;
        let carga =
            cifrador.sellar(&entrante.carga, &contexto(id)).map_err(|source| ErrorCarta::Sello { id, source })?;
        let escritor = entrante.escritor.as_deref().map(serde_json::to_string).transpose();
        let escritor = escritor.map_err(|error| ErrorCarta::Escritor { id, source: error.into() })?;
        let estado = if carta.reintentable { EstadoCarta::Reintento } else { EstadoCarta::Muerta };
        Ok(Self {
            id,
            grupo: carta.grupo.clone(),
            tema: entrante.tema.to_string(),
            posicion: entrante.posicion.to_string(),
            propiedades: cabeceras(&entrante.propiedades),
            carga,
            escritor,
            publicado: entrante.publicado,
            codigo: carta.motivo.codigo,
            detalle: sin_nulos(&carta.motivo.detalle).chars().take(LARGO_DE_DETALLE).collect(),
            estado,
        })
    }

    pub(super) fn cabecera(&self, nombre: &str) -> Option<&str> {
        self.propiedades.get(nombre).map(String::as_str)
    }
}

/// A stored message with its sealed bytes.
pub(super) struct CartaGuardada {
    pub(super) id: Uuid,
    pub(super) grupo: String,
    pub(super) tema: String,
    pub(super) posicion: String,
    pub(super) tipo: Option<String>,
    pub(super) propiedades: sqlx::types::Json<BTreeMap<String, String>>,
    pub(super) carga: Vec<u8>,
    pub(super) escritor: Option<String>,
    pub(super) publicado: DateTime<Utc>,
    pub(super) intentos: i32,
}

impl CartaGuardada {
    /// Rebuilds the message for its handler; of its properties only the `ce_*` headers are left.
    pub(super) fn abrir(&self, cifrador: &Cifrador) -> Result<Entrante, ErrorCarta> {
        let id = self.id;
        let carga = cifrador.abrir(&self.carga, &contexto(id)).map_err(|source| ErrorCarta::Sello { id, source })?;
        let escritor = self.escritor.as_deref().map(Schema::parse_str).transpose();
        let escritor = escritor.map_err(|error| ErrorCarta::Escritor { id, source: error.into() })?;
        Ok(Entrante {
            tema: Arc::from(self.tema.as_str()),
            posicion: posicion_de(&self.posicion).ok_or(ErrorCarta::Posicion { id })?,
            propiedades: self.propiedades.0.clone(),
            carga: carga.to_vec(),
            escritor: escritor.map(Arc::new),
            publicado: self.publicado,
        })
    }
}

fn contexto(id: Uuid) -> Vec<u8> {
    format!("bandejas.dead_letter:{id}").into_bytes()
}

/// Other headers are the sender's own and may hold anything.
fn cabeceras(propiedades: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let propias = propiedades.iter().filter(|(nombre, _)| nombre.starts_with(PREFIJO_DE_CABECERA));
    propias.map(|(nombre, valor)| (sin_nulos(nombre), sin_nulos(valor))).collect()
}

/// Postgres refuses NUL in text, and a foreign sender must not be able to stop the quarantine with one.
pub(super) fn sin_nulos(texto: &str) -> String {
    texto.replace('\0', "\u{fffd}")
}

/// The reverse of its `Display`, `ledger:entry:index`.
fn posicion_de(texto: &str) -> Option<Posicion> {
    let mut partes = texto.split(':');
    let posicion = Posicion {
        ledger: partes.next()?.parse().ok()?,
        entry: partes.next()?.parse().ok()?,
        indice: partes.next()?.parse().ok()?,
    };
    partes.next().is_none().then_some(posicion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn una_posicion_vuelve_de_su_texto() {
        let posicion = posicion_de("7:42:-1").expect("position");
        assert_eq!(posicion.to_string(), "7:42:-1");
        assert!(posicion_de("7:42").is_none());
        assert!(posicion_de("7:42:1:0").is_none());
    }

    #[test]
    fn solo_se_guardan_las_cabeceras_de_la_envoltura() {
        let propiedades = [("ce_id", "a\0b"), ("paciente", "Pablo Perez")];
        let propiedades = propiedades.map(|(nombre, valor)| (nombre.to_owned(), valor.to_owned()));
        let guardadas = cabeceras(&propiedades.into_iter().collect());
        assert_eq!(guardadas.into_iter().collect::<Vec<_>>(), [("ce_id".to_owned(), "a\u{fffd}b".to_owned())]);
    }
}
