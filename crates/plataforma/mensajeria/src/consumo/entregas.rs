use std::collections::{HashMap, HashSet, VecDeque};

use pulsar::proto::MessageIdData;

use super::entrante::Posicion;

/// How many finished entries are remembered, to acknowledge again the ones whose ack got lost.
const RECORDADAS: usize = 4096;

type Entrada = (u64, u64);

/// What to tell the broker when an entry is finished.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Acuse {
    /// The topic as the client calls it, partition included.
    pub(super) tema: String,
    pub(super) id: MessageIdData,
}

#[derive(Debug, PartialEq)]
pub(super) enum Llegada {
    Nueva,
    /// It is in this process's hands already.
    EnCurso,
    /// This process finished it, and the broker does not know.
    Terminada(Acuse),
}

/// What this process holds of one subscription.
///
/// The broker acknowledges whole entries, so one that its sender filled with several messages is
/// acknowledged when all of them are finished. It survives reconnections, after which the broker delivers
/// again everything that is not acknowledged.
#[derive(Default)]
pub(super) struct Entregas {
    abiertas: HashMap<Entrada, Abierta>,
    terminadas: HashSet<Entrada>,
    orden: VecDeque<Entrada>,
}

struct Abierta {
    acuse: Acuse,
    miembros: usize,
    llegados: HashSet<i32>,
    terminados: HashSet<i32>,
}

impl Entregas {
    /// Takes note of a message of an entry of `miembros`.
    pub(super) fn recibir(&mut self, posicion: Posicion, miembros: usize, acuse: Acuse) -> Llegada {
        let entrada = (posicion.ledger, posicion.entry);
        if self.terminadas.contains(&entrada) {
            return Llegada::Terminada(acuse);
        }
        let abierta = self.abiertas.entry(entrada).or_insert_with(|| Abierta {
            acuse,
            miembros: miembros.max(1),
            llegados: HashSet::new(),
            terminados: HashSet::new(),
        });
        if abierta.llegados.insert(posicion.indice) { Llegada::Nueva } else { Llegada::EnCurso }
    }

    /// Takes note that a message is finished; the answer is there when its whole entry is.
    pub(super) fn terminar(&mut self, posicion: Posicion) -> Option<Acuse> {
        let entrada = (posicion.ledger, posicion.entry);
        let abierta = self.abiertas.get_mut(&entrada)?;
        abierta.terminados.insert(posicion.indice);
        if abierta.terminados.len() < abierta.miembros {
            return None;
        }
        self.recordar(entrada);
        self.abiertas.remove(&entrada).map(|abierta| abierta.acuse)
    }

    fn recordar(&mut self, entrada: Entrada) {
        if self.orden.len() == RECORDADAS
            && let Some(antigua) = self.orden.pop_front()
        {
            self.terminadas.remove(&antigua);
        }
        self.terminadas.insert(entrada);
        self.orden.push_back(entrada);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posicion(entry: u64, indice: i32) -> Posicion {
        Posicion { ledger: 7, entry, indice }
    }

    fn acuse(entry: u64) -> Acuse {
        Acuse { tema: "t".into(), id: MessageIdData { ledger_id: 7, entry_id: entry, ..MessageIdData::default() } }
    }

    #[test]
    fn una_entrada_de_varios_mensajes_se_confirma_con_el_ultimo() {
        let mut entregas = Entregas::default();
        for indice in 0..3 {
            assert_eq!(entregas.recibir(posicion(1, indice), 3, acuse(1)), Llegada::Nueva);
        }
        assert_eq!(entregas.terminar(posicion(1, 2)), None);
        assert_eq!(entregas.terminar(posicion(1, 0)), None);
        assert_eq!(entregas.terminar(posicion(1, 1)), Some(acuse(1)));
    }

    #[test]
    fn lo_que_vuelve_a_llegar_mientras_esta_en_curso_no_cuenta_dos_veces() {
        let mut entregas = Entregas::default();
        entregas.recibir(posicion(1, 0), 2, acuse(1));
        assert_eq!(entregas.recibir(posicion(1, 0), 2, acuse(1)), Llegada::EnCurso);
        assert_eq!(entregas.recibir(posicion(1, 1), 2, acuse(1)), Llegada::Nueva);
        entregas.terminar(posicion(1, 0));
        assert_eq!(entregas.terminar(posicion(1, 0)), None);
        assert_eq!(entregas.terminar(posicion(1, 1)), Some(acuse(1)));
    }

    #[test]
    fn lo_terminado_que_vuelve_solo_se_confirma_otra_vez() {
        let mut entregas = Entregas::default();
        entregas.recibir(posicion(1, -1), 1, acuse(1));
        assert_eq!(entregas.terminar(posicion(1, -1)), Some(acuse(1)));
        assert_eq!(entregas.recibir(posicion(1, -1), 1, acuse(1)), Llegada::Terminada(acuse(1)));
    }

    #[test]
    fn solo_se_recuerdan_las_ultimas_terminadas() {
        let mut entregas = Entregas::default();
        for entry in 0..=RECORDADAS as u64 {
            entregas.recibir(posicion(entry, -1), 1, acuse(entry));
            entregas.terminar(posicion(entry, -1));
        }
        assert_eq!(entregas.recibir(posicion(0, -1), 1, acuse(0)), Llegada::Nueva);
        assert_eq!(entregas.terminadas.len(), RECORDADAS);
    }
}
