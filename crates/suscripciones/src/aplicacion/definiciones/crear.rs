use saga::{Datos, Definicion};

use super::{Definiciones, ErrorDefinicion};
use crate::aplicacion::puertos::{Borrador, Incumplimiento};
use crate::dominio::VersionDefinicion;

/// Keys are part of paths.
const LARGO_CLAVE: usize = 64;

impl Definiciones {
    /// Stores a draft under the key and version that it says. It may still break rules, but must have the shape of a
    /// definition: a version is never written twice.
    pub async fn crear(&self, documento: Datos, actor: &str) -> Result<Borrador, ErrorDefinicion> {
        let id = identidad(&documento).map_err(|falta| ErrorDefinicion::Incumple(vec![falta]))?;
        Definicion::examinar(&documento).map_err(|causa| ErrorDefinicion::Incumple(vec![ilegible(causa)]))?;
        match self.repositorio.crear(&id, documento, actor).await? {
            Borrador::Existente { guardada, igual: false } => {
                Err(ErrorDefinicion::Distinta { id, sha256: guardada.sha256 })
            }
            borrador => Ok(borrador),
        }
    }
}

fn identidad(documento: &Datos) -> Result<VersionDefinicion, Incumplimiento> {
    let falta = |regla: &str, ruta: &str, texto: &str| Incumplimiento {
        regla: regla.to_owned(),
        ruta: ruta.to_owned(),
        texto: texto.to_owned(),
    };
    let clave = documento["clave"].as_str().filter(|clave| es_clave(clave)).ok_or_else(|| {
        falta(
            "clave_invalida",
            "clave",
            "debe ser un texto de 1 a 64 minúsculas, cifras y guiones, que empiece por letra",
        )
    })?;
    let version = documento["version"].as_u64().and_then(|version| i32::try_from(version).ok());
    let version = version.filter(|version| *version > 0).map(i32::unsigned_abs);
    let version = version.ok_or_else(|| falta("version_cero", "version", "debe ser un entero mayor que cero"))?;
    Ok(VersionDefinicion { clave: clave.to_owned(), version })
}

fn es_clave(texto: &str) -> bool {
    texto.len() <= LARGO_CLAVE
        && texto.starts_with(|letra: char| letra.is_ascii_lowercase())
        && texto.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The reader's own words: which member is missing, unknown or of another type.
pub(super) fn ilegible(causa: impl std::error::Error) -> Incumplimiento {
    Incumplimiento {
        regla: "documento_ilegible".to_owned(),
        ruta: String::new(),
        texto: format!("no tiene la forma de una definición: {causa}"),
    }
}
