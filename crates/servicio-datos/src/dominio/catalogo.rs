use super::{
    Asignacion, Busqueda, CodigoDataset, CodigoExperto, CodigoNube, Contrato, Disponibilidad, Especialidad, Hecho,
    Rechazo,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the clouds, data sets and experts that a batch of commands asks for.
///
/// Only a place that nobody is known to hold is a reason to accept, and only its absence a reason to refuse.
/// Whether the place can really be had shows when it is taken: several commands may have counted on the last one.
#[derive(Clone, Debug, Default)]
pub struct Catalogo {
    nubes: BTreeMap<CodigoNube, u32>,
    datasets: BTreeMap<CodigoDataset, Disponibilidad>,
    expertos: BTreeMap<CodigoExperto, Agenda>,
}

#[derive(Clone, Debug)]
struct Agenda {
    especialidades: BTreeSet<Especialidad>,
    libres: u32,
    prometidos: u32,
}

impl Catalogo {
    pub fn con_nube(mut self, codigo: CodigoNube, libres: u32) -> Self {
        self.nubes.insert(codigo, libres);
        self
    }

    pub fn con_dataset(mut self, codigo: CodigoDataset, disponibilidad: Disponibilidad) -> Self {
        self.datasets.insert(codigo, disponibilidad);
        self
    }

    pub fn con_experto(mut self, codigo: CodigoExperto, especialidades: BTreeSet<Especialidad>, libres: u32) -> Self {
        self.expertos.insert(codigo, Agenda { especialidades, libres, prometidos: 0 });
        self
    }

    /// Remembers what a fact will take, so that the next assignments of the batch go to other experts.
    pub fn anotar(&mut self, hecho: &Hecho) {
        if let Hecho::ExpertoAsignado(asignacion) = hecho
            && let Some(agenda) = self.expertos.get_mut(&asignacion.experto)
        {
            agenda.prometidos += 1;
        }
    }

    /// A withdrawn data set is no reason to refuse here: it may be offered again before the service starts.
    pub(super) fn admitir(&self, contrato: &Contrato) -> Result<(), Rechazo> {
        self.dataset(&contrato.dataset)?;
        match self.nubes.get(&contrato.nube) {
            None => Err(Rechazo::NubeDesconocida(contrato.nube.clone())),
            Some(0) => Err(Rechazo::SinCupoNube(contrato.nube.clone())),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn exigir_disponible(&self, dataset: &CodigoDataset) -> Result<(), Rechazo> {
        match self.dataset(dataset)? {
            Disponibilidad::Disponible => Ok(()),
            Disponibilidad::Retirado => Err(Rechazo::DatasetRetirado(dataset.clone())),
        }
    }

    fn dataset(&self, codigo: &CodigoDataset) -> Result<Disponibilidad, Rechazo> {
        self.datasets.get(codigo).copied().ok_or_else(|| Rechazo::DatasetDesconocido(codigo.clone()))
    }

    /// Chooses the named expert, or the one of the specialty with the most places left.
    pub(super) fn elegir(&self, busqueda: &Busqueda) -> Result<Asignacion, Rechazo> {
        match busqueda {
            Busqueda::DeEspecialidad(especialidad) => self
                .menos_ocupado(especialidad)
                .map(|experto| Asignacion { experto: experto.clone(), especialidad: especialidad.clone() })
                .ok_or_else(|| Rechazo::SinExperto(especialidad.clone())),
            Busqueda::Nombrado { experto, especialidad } => self
                .especialidad_de(experto, especialidad.as_ref())
                .map(|especialidad| Asignacion { experto: experto.clone(), especialidad: especialidad.clone() })
                .ok_or_else(|| Rechazo::ExpertoNoDisponible(experto.clone())),
        }
    }

    fn menos_ocupado(&self, especialidad: &Especialidad) -> Option<&CodigoExperto> {
        self.expertos
            .iter()
            .filter(|(_, agenda)| agenda.libres > 0 && agenda.especialidades.contains(especialidad))
            .max_by_key(|(codigo, agenda)| (agenda.libres.saturating_sub(agenda.prometidos), Reverse(*codigo)))
            .map(|(codigo, _)| codigo)
    }

    /// The specialty that a free expert attends in: the one asked for, else the first.
    fn especialidad_de(&self, experto: &CodigoExperto, pedida: Option<&Especialidad>) -> Option<&Especialidad> {
        let agenda = self.expertos.get(experto).filter(|agenda| agenda.libres > 0)?;
        match pedida {
            Some(pedida) => agenda.especialidades.get(pedida),
            None => agenda.especialidades.first(),
        }
    }
}
