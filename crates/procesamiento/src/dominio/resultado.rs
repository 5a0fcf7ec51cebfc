use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Archivo, Modalidad, Paciente, RegionAnatomica};

/// What an anonymisation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resultado {
    pub perfil: Perfil,
    pub retirados: Retirados,
    pub cuando: DateTime<Utc>,
    /// The clean file of an image that came with one.
    pub archivo: Option<Archivo>,
}

/// The rules that an anonymisation follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perfil {
    /// Only metadata: the patient's id becomes a pseudonym, the clinical history is withheld.
    Metadatos,
    /// The file too: Basic Application Level Confidentiality Profile (PS3.15, Annex E), pixels included.
    Basico,
}

impl Perfil {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadatos => "metadatos-v1",
            Self::Basico => "basico-v1",
        }
    }

    pub fn leer(texto: &str) -> Option<Self> {
        [Self::Metadatos, Self::Basico].into_iter().find(|perfil| perfil.as_str() == texto)
    }
}

/// How many values of each kind were taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retirados {
    /// Ids of patients that became pseudonyms.
    pub id_paciente: u32,
    /// Clinical histories withheld.
    pub antecedentes: u32,
    /// What was taken out of the file, by kind.
    pub del_archivo: BTreeMap<String, u64>,
}

/// Why an image did not become fit to be seen; free of personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Causa {
    /// Stable, for programs.
    pub codigo: String,
    /// What was found, as a JSON document; none where the file was not looked into.
    pub informe: Option<String>,
}

/// What came of cleaning a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limpieza {
    Limpia {
        archivo: Archivo,
        retirados: BTreeMap<String, u64>,
        hallado: Box<Hallado>,
    },
    /// It could not be proved clean.
    Dudosa(Causa),
    /// There is nothing to work on.
    Imposible(Causa),
}

/// What a clean file tells of its image, where nobody had told it at intake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hallado {
    pub paciente: Option<Paciente>,
    pub modalidad: Option<Modalidad>,
    pub region_anatomica: Option<RegionAnatomica>,
}

impl Retirados {
    pub(super) fn de_la_ficha(con_antecedentes: bool) -> Self {
        Self { id_paciente: 1, antecedentes: u32::from(con_antecedentes), del_archivo: BTreeMap::new() }
    }
}
