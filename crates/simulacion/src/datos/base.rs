use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use servicio_datos::aplicacion::{Cambio, IdOrden, Orden, Panorama, Respuesta, Versionado};
use servicio_datos::dominio::{
    Catalogo, CodigoDataset, CodigoExperto, CodigoNube, Comando, Disponibilidad, Especialidad, Hecho, IdServicioDatos,
};
use uuid::Uuid;

use crate::Defecto;
use crate::tuberia::{Bandeja, ConBandeja};

/// The database of servicio-datos.
#[derive(Default)]
pub struct Base {
    pub servicios: BTreeMap<IdServicioDatos, Versionado>,
    pub respuestas: BTreeMap<IdOrden, Respuesta>,
    pub nubes: BTreeMap<CodigoNube, Cupo>,
    pub datasets: BTreeMap<CodigoDataset, Disponibilidad>,
    pub expertos: BTreeMap<CodigoExperto, (BTreeSet<Especialidad>, Cupo)>,
    pub bandeja: Bandeja,
    /// Every order that changed something, once per change.
    pub obradas: Vec<Uuid>,
}

/// Places, and how many of them are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cupo {
    pub total: u32,
    pub libres: u32,
}

pub type Tablas = Arc<Mutex<Base>>;

impl ConBandeja for Base {
    fn bandeja(&mut self) -> &mut Bandeja {
        &mut self.bandeja
    }
}

impl Cupo {
    pub fn de(total: u32) -> Self {
        Self { total, libres: total }
    }

    fn tomar(&mut self) -> bool {
        let hay = self.libres > 0;
        self.libres = self.libres.saturating_sub(1);
        hay
    }

    fn devolver(&mut self) {
        self.libres += 1;
    }
}

impl Base {
    pub fn panorama(&self, ordenes: &[Orden]) -> Panorama {
        let ids = ordenes.iter().flat_map(|orden| [Some(orden.id), orden.deshace]).flatten();
        Panorama {
            servicios: ordenes
                .iter()
                .filter_map(|orden| Some((orden.servicio, self.servicios.get(&orden.servicio)?.clone())))
                .collect(),
            respuestas: ids.filter_map(|id| Some((id, self.respuestas.get(&id)?.clone()))).collect(),
            catalogo: self.catalogo(),
        }
    }

    fn catalogo(&self) -> Catalogo {
        let mut catalogo = Catalogo::default();
        for (codigo, cupo) in &self.nubes {
            catalogo = catalogo.con_nube(codigo.clone(), cupo.libres);
        }
        for (codigo, disponibilidad) in &self.datasets {
            catalogo = catalogo.con_dataset(codigo.clone(), *disponibilidad);
        }
        for (codigo, (especialidades, cupo)) in &self.expertos {
            catalogo = catalogo.con_experto(codigo.clone(), especialidades.clone(), cupo.libres);
        }
        catalogo
    }

    /// An answer that exists already costs the whole batch; a lost version or place costs its change.
    pub fn pisa(&self, cambios: &[Cambio]) -> bool {
        let nuevas = cambios.iter().flat_map(|cambio| &cambio.atendidas).filter(|atendida| !atendida.repetida);
        nuevas
            .flat_map(|nueva| [Some(nueva.orden.id), nueva.cancela])
            .flatten()
            .any(|id| self.respuestas.contains_key(&id))
    }

    /// Writes the state if its version and places are still there.
    pub fn escribir(&mut self, cambio: &Cambio, defecto: Defecto) -> bool {
        if cambio.hechos.is_empty() {
            return true;
        }
        if self.servicios.get(&cambio.id).map_or(0, |fila| fila.version) != cambio.leida {
            return false;
        }
        let (nubes, expertos) = (self.nubes.clone(), self.expertos.clone());
        let movidos = cambio.hechos.iter().all(|hecho| self.mover_cupos(cambio, hecho, defecto));
        if !movidos && defecto != Defecto::CuposSinCandado {
            (self.nubes, self.expertos) = (nubes, expertos);
            return false;
        }
        self.servicios.insert(cambio.id, Versionado { version: cambio.version(), servicio: cambio.servicio.clone() });
        true
    }

    fn mover_cupos(&mut self, cambio: &Cambio, hecho: &Hecho, defecto: Defecto) -> bool {
        match hecho {
            Hecho::Creado(contrato) => self.nubes.get_mut(&contrato.nube).is_some_and(Cupo::tomar),
            Hecho::ExpertoAsignado(asignacion) => {
                self.expertos.get_mut(&asignacion.experto).is_some_and(|(_, cupo)| cupo.tomar())
            }
            Hecho::Iniciado => true,
            Hecho::Terminado { .. } => {
                let nube = cambio.servicio.contrato().and_then(|contrato| self.nubes.get_mut(&contrato.nube));
                nube.into_iter().for_each(Cupo::devolver);
                let asignacion = cambio.servicio.asignacion().filter(|_| defecto != Defecto::CupoSinDevolver);
                let experto = asignacion.and_then(|de| self.expertos.get_mut(&de.experto));
                experto.into_iter().for_each(|(_, cupo)| cupo.devolver());
                true
            }
        }
    }

    pub fn responder(&mut self, cambio: &Cambio, defecto: Defecto) {
        let hizo = |comando: &Result<Comando, _>| comando.is_ok() && !cambio.hechos.is_empty();
        for atendida in cambio.atendidas.iter().filter(|atendida| !atendida.repetida) {
            if defecto != Defecto::SinEfectos {
                self.respuestas.insert(atendida.orden.id, atendida.respuesta.clone());
            }
            if let Some(cancelada) = atendida.cancela.filter(|_| defecto != Defecto::SinLapida) {
                self.respuestas.insert(cancelada, Respuesta::cancelada());
            }
            if hizo(&atendida.orden.comando) && atendida.respuesta.rechazo.is_none() {
                self.obradas.push(atendida.orden.id.0);
            }
        }
    }
}
