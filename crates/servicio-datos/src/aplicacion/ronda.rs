use super::{Atendida, Cambio, IdOrden, Orden, Panorama, Respuesta, Resumen, Versionado};
use crate::dominio::{Catalogo, Hecho, IdServicioDatos};
use std::collections::{BTreeMap, HashMap};

/// Decides a batch of orders in turn and returns one change per service, ordered by id.
pub(super) fn decidir(ordenes: Vec<Orden>, panorama: Panorama) -> Vec<Cambio> {
    let mut ronda = Ronda {
        servicios: panorama.servicios,
        respuestas: panorama.respuestas,
        catalogo: panorama.catalogo,
        cambios: BTreeMap::new(),
    };
    for orden in ordenes {
        ronda.atender(orden);
    }
    ronda.cambios.into_values().collect()
}

struct Ronda {
    servicios: HashMap<IdServicioDatos, Versionado>,
    respuestas: HashMap<IdOrden, Respuesta>,
    catalogo: Catalogo,
    cambios: BTreeMap<IdServicioDatos, Cambio>,
}

impl Ronda {
    fn atender(&mut self, orden: Orden) {
        let cambio = self.cambios.entry(orden.servicio).or_insert_with(|| {
            let leido = self.servicios.remove(&orden.servicio).unwrap_or_default();
            Cambio::sobre(orden.servicio, leido)
        });
        if let Some(respuesta) = self.respuestas.get(&orden.id) {
            let respuesta = respuesta.clone();
            return cambio.atendidas.push(Atendida { orden, respuesta, repetida: true, cancela: None });
        }
        let respuesta = cambio.obedecer(&orden, &mut self.catalogo);
        self.respuestas.insert(orden.id, respuesta.clone());
        let cancela = orden.deshace.filter(|id| respuesta.rechazo.is_none() && !self.respuestas.contains_key(id));
        if let Some(id) = cancela {
            self.respuestas.insert(id, Respuesta::cancelada());
        }
        cambio.atendidas.push(Atendida { orden, respuesta, repetida: false, cancela });
    }
}

impl Cambio {
    fn sobre(id: IdServicioDatos, leido: Versionado) -> Self {
        Self { id, leida: leido.version, servicio: leido.servicio, hechos: vec![], atendidas: vec![] }
    }

    fn obedecer(&mut self, orden: &Orden, catalogo: &mut Catalogo) -> Respuesta {
        let decision = match &orden.comando {
            Ok(comando) => self.servicio.decidir(&orden.titular, comando, catalogo),
            Err(rechazo) => Err(rechazo.clone()),
        };
        let rechazo = match decision {
            Ok(hechos) => {
                hechos.into_iter().for_each(|hecho| self.anotar(hecho, catalogo));
                None
            }
            Err(rechazo) => Some(rechazo),
        };
        let servicio = Resumen::para(&orden.titular, &self.servicio);
        Respuesta { secuencia: self.version(), servicio, rechazo }
    }

    fn anotar(&mut self, hecho: Hecho, catalogo: &mut Catalogo) {
        catalogo.anotar(&hecho);
        self.servicio = std::mem::take(&mut self.servicio).aplicar(&hecho);
        self.hechos.push(hecho);
    }
}
