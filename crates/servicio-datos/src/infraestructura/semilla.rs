use crate::aplicacion::{ConCupos, Semilla};
use crate::dominio::{
    CodigoDataset, CodigoExperto, CodigoNube, Cupos, CuposExcesivos, Dataset, Disponibilidad, Especialidad, Experto,
    Nube, Persona, SinEspecialidad,
};
use serde::Deserialize;
use std::collections::BTreeSet;

const CATALOGO: &str = include_str!("../../config/catalogo.json");

/// Why the seed of the catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ErrorSemilla {
    #[error("config/catalogo.json is not a catalogue")]
    Forma(#[from] serde_json::Error),
    #[error("config/catalogo.json has too many places somewhere")]
    Cupos(#[from] CuposExcesivos),
    #[error("config/catalogo.json has an expert without specialty")]
    Experto(#[from] SinEspecialidad),
}

/// The catalogue of a new installation, from `config/catalogo.json`.
pub fn semilla() -> Result<Semilla, ErrorSemilla> {
    let documento: Documento = serde_json::from_str(CATALOGO)?;
    Ok(Semilla {
        nubes: documento.nubes.into_iter().map(FilaNube::convertir).collect::<Result<_, _>>()?,
        datasets: documento.datasets.into_iter().map(FilaDataset::convertir).collect(),
        expertos: documento.expertos.into_iter().map(FilaExperto::convertir).collect::<Result<_, _>>()?,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documento {
    nubes: Vec<FilaNube>,
    datasets: Vec<FilaDataset>,
    expertos: Vec<FilaExperto>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilaNube {
    codigo: CodigoNube,
    nombre: String,
    tipo: String,
    cupos: i64,
}

impl FilaNube {
    fn convertir(self) -> Result<ConCupos<Nube>, ErrorSemilla> {
        let de = Nube { codigo: self.codigo, nombre: self.nombre, tipo: self.tipo };
        Ok(ConCupos { de, cupos: Cupos::try_from(self.cupos)? })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilaDataset {
    codigo: CodigoDataset,
    nombre: String,
    estado: Disponibilidad,
}

impl FilaDataset {
    fn convertir(self) -> Dataset {
        Dataset { codigo: self.codigo, nombre: self.nombre, disponibilidad: self.estado }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilaExperto {
    codigo: CodigoExperto,
    especialidades: BTreeSet<Especialidad>,
    persona: Persona,
    cupos: i64,
}

impl FilaExperto {
    fn convertir(self) -> Result<ConCupos<Experto>, ErrorSemilla> {
        let de = Experto::nuevo(self.codigo, self.especialidades, self.persona)?;
        Ok(ConCupos { de, cupos: Cupos::try_from(self.cupos)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn el_catalogo_de_una_instalacion_nueva_tiene_los_motivos_de_fallo() {
        let semilla = semilla().expect("catalogo");
        let agotadas: Vec<_> = semilla.nubes.iter().filter(|nube| nube.cupos == Cupos::NINGUNO).collect();
        let retirados = semilla.datasets.iter().filter(|d| d.disponibilidad == Disponibilidad::Retirado);
        let neuro = Especialidad::try_from("neurorradiologia").expect("codigo");
        assert_eq!(agotadas.iter().map(|nube| nube.de.codigo.as_str()).collect::<Vec<_>>(), ["nube-agotada"]);
        assert_eq!(retirados.count(), 1);
        assert!(semilla.expertos.iter().all(|experto| !experto.de.especialidades().contains(&neuro)));
    }
}
