use async_trait::async_trait;
use chrono::{DateTime, Utc};
use servicio_datos::aplicacion::{
    Cambio, ErrorRepositorio, Guardado, IdOrden, Orden, Panorama, RepositorioServicios, Respuesta, Versionado,
};
use servicio_datos::dominio::{
    Catalogo, CodigoDataset, CodigoExperto, CodigoNube, Disponibilidad, Especialidad, Hecho, IdServicioDatos,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// Data services in memory. Passes the same contract as Postgres.
#[derive(Default)]
pub struct Memoria {
    datos: Mutex<Datos>,
}

#[derive(Clone, Default)]
struct Datos {
    servicios: HashMap<IdServicioDatos, Versionado>,
    respuestas: HashMap<IdOrden, Respuesta>,
    enviadas: Vec<(IdOrden, Respuesta)>,
    nubes: BTreeMap<CodigoNube, u32>,
    datasets: BTreeMap<CodigoDataset, Disponibilidad>,
    expertos: BTreeMap<CodigoExperto, (BTreeSet<Especialidad>, u32)>,
}

impl Memoria {
    pub fn con_nube(self, codigo: CodigoNube, cupos: u32) -> Self {
        self.cambiar(|datos| datos.nubes.insert(codigo, cupos));
        self
    }

    pub fn con_dataset(self, codigo: CodigoDataset, disponibilidad: Disponibilidad) -> Self {
        self.cambiar(|datos| datos.datasets.insert(codigo, disponibilidad));
        self
    }

    pub fn con_experto(self, codigo: CodigoExperto, especialidad: Especialidad, cupos: u32) -> Self {
        self.cambiar(|datos| datos.expertos.insert(codigo, ([especialidad].into(), cupos)));
        self
    }

    /// The answers to one order, each time it was sent.
    pub fn enviadas_a(&self, id: IdOrden) -> Vec<Respuesta> {
        let enviadas = self.cambiar(|datos| datos.enviadas.clone());
        enviadas.into_iter().filter(|(orden, _)| *orden == id).map(|(_, respuesta)| respuesta).collect()
    }

    pub fn servicio(&self, id: IdServicioDatos) -> Versionado {
        self.cambiar(|datos| datos.servicios.get(&id).cloned()).unwrap_or_default()
    }

    fn cambiar<T>(&self, f: impl FnOnce(&mut Datos) -> T) -> T {
        f(&mut self.datos.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl RepositorioServicios for Memoria {
    async fn obtener(&self, _: &[Orden]) -> Result<Panorama, ErrorRepositorio> {
        Ok(self.cambiar(|datos| datos.panorama()))
    }

    async fn guardar(&self, cambios: &[Cambio], _: DateTime<Utc>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        Ok(self.cambiar(|datos| datos.guardar(cambios)))
    }
}

impl Datos {
    fn panorama(&self) -> Panorama {
        let mut catalogo = Catalogo::default();
        for (codigo, libres) in &self.nubes {
            catalogo = catalogo.con_nube(codigo.clone(), *libres);
        }
        for (codigo, disponibilidad) in &self.datasets {
            catalogo = catalogo.con_dataset(codigo.clone(), *disponibilidad);
        }
        for (codigo, (especialidades, libres)) in &self.expertos {
            catalogo = catalogo.con_experto(codigo.clone(), especialidades.clone(), *libres);
        }
        Panorama { servicios: self.servicios.clone(), respuestas: self.respuestas.clone(), catalogo }
    }

    fn guardar(&mut self, cambios: &[Cambio]) -> Vec<Guardado> {
        let mut despues = self.clone();
        let mut guardados = vec![];
        for cambio in cambios {
            let guardado = if despues.escribir(cambio) { Guardado::Escrito } else { Guardado::Conflicto };
            let repetida = guardado == Guardado::Escrito && !despues.responder(cambio);
            if repetida {
                return vec![Guardado::Conflicto; cambios.len()];
            }
            guardados.push(guardado);
        }
        *self = despues;
        guardados
    }

    fn escribir(&mut self, cambio: &Cambio) -> bool {
        if cambio.hechos.is_empty() {
            return true;
        }
        let leida = self.servicios.get(&cambio.id).map_or(0, |versionado| versionado.version);
        let antes = self.clone();
        if leida != cambio.leida || !cambio.hechos.iter().all(|hecho| self.mover_cupos(cambio, hecho)) {
            *self = antes;
            return false;
        }
        let versionado = Versionado { version: cambio.version(), servicio: cambio.servicio.clone() };
        self.servicios.insert(cambio.id, versionado);
        true
    }

    fn mover_cupos(&mut self, cambio: &Cambio, hecho: &Hecho) -> bool {
        match hecho {
            Hecho::Creado(contrato) => self.nubes.get_mut(&contrato.nube).is_some_and(tomar),
            Hecho::ExpertoAsignado(asignacion) => {
                self.expertos.get_mut(&asignacion.experto).is_some_and(|(_, libres)| tomar(libres))
            }
            Hecho::Iniciado => true,
            Hecho::Terminado { .. } => {
                let nube = cambio.servicio.contrato().and_then(|contrato| self.nubes.get_mut(&contrato.nube));
                nube.into_iter().for_each(|libres| *libres += 1);
                let experto = cambio.servicio.asignacion().and_then(|de| self.expertos.get_mut(&de.experto));
                experto.into_iter().for_each(|(_, libres)| *libres += 1);
                true
            }
        }
    }

    fn responder(&mut self, cambio: &Cambio) -> bool {
        cambio.atendidas.iter().all(|atendida| {
            self.enviadas.push((atendida.orden.id, atendida.respuesta.clone()));
            let lapida = atendida.cancela.map(|id| (id, Respuesta::cancelada()));
            let propia = (atendida.orden.id, atendida.respuesta.clone());
            let nuevas = lapida.into_iter().chain([propia]);
            atendida.repetida || nuevas.fold(true, |bien, (id, de)| self.respuestas.insert(id, de).is_none() && bien)
        })
    }
}

fn tomar(libres: &mut u32) -> bool {
    let hay = *libres > 0;
    *libres = libres.saturating_sub(1);
    hay
}
