use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use super::{Bus, Mensaje, Via};
use crate::Defecto;
use crate::nucleo::{IdTarea, Nucleo, cerrojo};

/// Rows older than this belong to whichever sweeper finds them.
const EDAD_DE_BARRIDO_MS: i64 = 5_000;
const LOTE: usize = 16;

/// The outbox of a database: rows are inserted and deleted, never updated.
#[derive(Default)]
pub struct Bandeja {
    filas: BTreeMap<u64, (i64, Arc<Mensaje>)>,
    siguiente: u64,
}

impl Bandeja {
    pub fn encolar(&mut self, ahora_ms: i64, mensajes: Vec<Mensaje>) -> Vec<u64> {
        let mut ids = Vec::with_capacity(mensajes.len());
        for mensaje in mensajes {
            self.siguiente += 1;
            self.filas.insert(self.siguiente, (ahora_ms, Arc::new(mensaje)));
            ids.push(self.siguiente);
        }
        ids
    }

    pub fn quedan(&self) -> usize {
        self.filas.len()
    }

    fn leer(&self, ids: &[u64]) -> Vec<(u64, Arc<Mensaje>)> {
        ids.iter().filter_map(|id| Some((*id, self.filas.get(id)?.1.clone()))).collect()
    }

    fn atrasadas(&self, ahora_ms: i64) -> Vec<(u64, Arc<Mensaje>)> {
        let viejas = self.filas.iter().filter(|(_, (puesta, _))| puesta + EDAD_DE_BARRIDO_MS <= ahora_ms);
        viejas.take(LOTE).map(|(id, (_, mensaje))| (*id, mensaje.clone())).collect()
    }

    fn borrar(&mut self, ids: &[u64]) {
        ids.iter().for_each(|id| drop(self.filas.remove(id)));
    }
}

/// A database with an outbox.
pub trait ConBandeja: Send {
    fn bandeja(&mut self) -> &mut Bandeja;
}

/// What a process committed and still has to publish; memory, so it dies with the process.
#[derive(Clone)]
pub struct Despachador {
    nucleo: Nucleo,
    cola: Arc<Mutex<(VecDeque<u64>, Option<IdTarea>)>>,
}

impl Despachador {
    pub fn nuevo(nucleo: Nucleo) -> Self {
        Self { nucleo, cola: Arc::default() }
    }

    pub fn entregar(&self, ids: Vec<u64>) {
        let mut cola = cerrojo(&self.cola);
        cola.0.extend(ids);
        if let Some(tarea) = cola.1.take() {
            let mut agenda = self.nucleo.agenda();
            let ahora = agenda.ahora;
            agenda.apuntar(tarea, ahora);
        }
    }

    /// Waits for something to publish.
    async fn tomar(&self) -> Vec<u64> {
        poll_fn(|_| {
            let mut cola = cerrojo(&self.cola);
            if cola.0.is_empty() {
                cola.1 = Some(self.nucleo.agenda().actual());
                return Poll::Pending;
            }
            let cuantos = cola.0.len().min(LOTE);
            Poll::Ready(cola.0.drain(..cuantos).collect())
        })
        .await
    }
}

/// The fast way: publishes what this process committed, and deletes what the broker confirmed.
pub async fn despachar<B: ConBandeja>(
    via: Via,
    bus: Bus,
    base: Arc<Mutex<B>>,
    despachador: Despachador,
    defecto: Defecto,
) {
    loop {
        let ids = despachador.tomar().await;
        let filas = cerrojo(&base).bandeja().leer(&ids);
        enviar(&via, &bus, &base, filas, defecto).await;
    }
}

/// The safe way: publishes what stayed behind, whoever wrote it.
pub async fn barrer<B: ConBandeja>(via: Via, bus: Bus, base: Arc<Mutex<B>>, ritmo_ms: i64, defecto: Defecto) {
    loop {
        via.nucleo.dormir(ritmo_ms).await;
        if defecto == Defecto::SinBarrido {
            continue;
        }
        let ahora = via.nucleo.ahora();
        let filas = cerrojo(&base).bandeja().atrasadas(ahora);
        enviar(&via, &bus, &base, filas, defecto).await;
    }
}

async fn enviar<B: ConBandeja>(
    via: &Via,
    bus: &Bus,
    base: &Mutex<B>,
    filas: Vec<(u64, Arc<Mensaje>)>,
    defecto: Defecto,
) {
    let mut confirmadas = Vec::with_capacity(filas.len());
    for (id, mensaje) in &filas {
        let recibo = bus.publicar(via, mensaje).await;
        if recibo.is_ok() || defecto == Defecto::BorraSinRecibo {
            confirmadas.push(*id);
        }
    }
    if confirmadas.is_empty() {
        return;
    }
    let borrado = via.transaccion("borrar de la bandeja", || cerrojo(base).bandeja().borrar(&confirmadas)).await;
    if borrado.is_err() {
        via.anotar(format_args!("{} filas de la bandeja se enviarán otra vez", confirmadas.len()));
    }
}
