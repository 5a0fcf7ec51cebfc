use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use super::{Mensaje, Via};
use crate::nucleo::{IdTarea, Nucleo, Proceso, cerrojo};

/// Nobody knows whether the message arrived.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no receipt")]
pub struct SinRecibo;

/// A subscription: its name, and the types that it gets a copy of.
pub struct Suscripcion {
    pub nombre: &'static str,
    pub tipos: &'static [&'static str],
}

/// The broker. It loses, repeats, delays and reorders; what it confirmed it delivers at least once.
#[derive(Clone)]
pub struct Bus {
    nucleo: Nucleo,
    interior: Arc<Mutex<Interior>>,
}

#[derive(Default)]
struct Interior {
    colas: BTreeMap<&'static str, Cola>,
    historia: Vec<Arc<Mensaje>>,
    caido: bool,
    orden: u64,
}

struct Cola {
    tipos: &'static [&'static str],
    /// By the time at which it may be delivered.
    pendientes: BTreeMap<(i64, u64, u64), Arc<Mensaje>>,
    sin_acuse: BTreeMap<u64, (Proceso, Arc<Mensaje>)>,
    esperan: Vec<(Proceso, IdTarea)>,
}

/// A message in the hands of a consumer.
#[derive(Clone)]
pub struct Entrega {
    pub id: u64,
    pub mensaje: Arc<Mensaje>,
}

impl Bus {
    pub fn nuevo(nucleo: Nucleo, suscripciones: &[Suscripcion]) -> Self {
        let cola = |suscripcion: &Suscripcion| {
            let cola = Cola {
                tipos: suscripcion.tipos,
                pendientes: BTreeMap::new(),
                sin_acuse: BTreeMap::new(),
                esperan: Vec::new(),
            };
            (suscripcion.nombre, cola)
        };
        let interior = Interior { colas: suscripciones.iter().map(cola).collect(), ..Interior::default() };
        Self { nucleo, interior: Arc::new(Mutex::new(interior)) }
    }

    fn interior(&self) -> MutexGuard<'_, Interior> {
        cerrojo(&self.interior)
    }

    /// `Ok` is a receipt: the message will be delivered. `Err` says nothing.
    pub async fn publicar(&self, via: &Via, mensaje: &Arc<Mensaje>) -> Result<(), SinRecibo> {
        via.paso().await;
        let caos = self.nucleo.caos();
        let perdido = self.nucleo.azar(|azar| azar.ocurre(caos.perdida));
        if perdido || self.interior().caido {
            via.anotar(format_args!("publica {} {}: no llega", mensaje.tipo, corto(mensaje)));
            self.nucleo.contar("mensaje perdido");
            return Err(SinRecibo);
        }
        self.aceptar(mensaje);
        if self.nucleo.azar(|azar| azar.ocurre(caos.sin_recibo)) {
            via.anotar(format_args!("publica {} {}: llega sin recibo", mensaje.tipo, corto(mensaje)));
            self.nucleo.contar("mensaje sin recibo");
            return Err(SinRecibo);
        }
        via.anotar(format_args!("publica {} {}", mensaje.tipo, corto(mensaje)));
        via.paso().await;
        Ok(())
    }

    fn aceptar(&self, mensaje: &Arc<Mensaje>) {
        let mut interior = self.interior();
        interior.historia.push(mensaje.clone());
        let Interior { colas, orden, .. } = &mut *interior;
        for cola in colas.values_mut().filter(|cola| cola.tipos.contains(&&*mensaje.tipo)) {
            cola.poner(&self.nucleo, orden, mensaje);
            let caos = self.nucleo.caos();
            if self.nucleo.azar(|azar| azar.ocurre(caos.duplicado)) {
                self.nucleo.contar("mensaje doblado");
                cola.poner(&self.nucleo, orden, mensaje);
            }
        }
    }

    /// Waits for messages; up to `maximo` of those that have arrived.
    pub fn recibir<'b>(&'b self, cola: &'static str, proceso: Proceso, maximo: u64) -> Recibir<'b> {
        Recibir { bus: self, cola, proceso, maximo, cita: None }
    }

    pub fn acusar(&self, cola: &'static str, entrega: &Entrega) {
        if let Some(cola) = self.interior().colas.get_mut(cola) {
            cola.sin_acuse.remove(&entrega.id);
        }
    }

    /// Delivers again, later, what a consumer could not handle.
    pub fn aparcar(&self, cola: &'static str, entrega: &Entrega, espera_ms: i64) {
        let mut interior = self.interior();
        let Interior { colas, orden, .. } = &mut *interior;
        let Some(cola) = colas.get_mut(cola) else { return };
        cola.sin_acuse.remove(&entrega.id);
        *orden += 1;
        cola.pendientes.insert((self.nucleo.ahora() + espera_ms, 0, *orden), entrega.mensaje.clone());
        cola.despertar(&self.nucleo);
    }

    /// The connection of a process is lost: what it had not acknowledged goes to whoever asks next.
    pub fn soltar(&self, proceso: Proceso) {
        let mut interior = self.interior();
        let Interior { colas, orden, .. } = &mut *interior;
        for cola in colas.values_mut() {
            let suyas: Vec<u64> =
                cola.sin_acuse.iter().filter(|(_, (dueno, _))| *dueno == proceso).map(|(id, _)| *id).collect();
            for id in suyas {
                if let Some((_, mensaje)) = cola.sin_acuse.remove(&id) {
                    cola.poner(&self.nucleo, orden, &mensaje);
                }
            }
        }
    }

    /// A dead process waits for nothing.
    pub fn olvidar(&self, proceso: Proceso) {
        self.interior().colas.values_mut().for_each(|cola| cola.esperan.retain(|(quien, _)| *quien != proceso));
    }

    pub fn caer(&self, caido: bool) {
        self.interior().caido = caido;
    }

    pub fn caido(&self) -> bool {
        self.interior().caido
    }

    /// How many messages somebody still has to handle.
    pub fn pendientes(&self) -> usize {
        self.interior().colas.values().map(|cola| cola.pendientes.len() + cola.sin_acuse.len()).sum()
    }

    pub fn historia(&self) -> Vec<Arc<Mensaje>> {
        self.interior().historia.clone()
    }

    /// Delivers everything that was ever published once more, to every subscription.
    pub fn releer_todo(&self) {
        let mut interior = self.interior();
        let Interior { colas, orden, historia, .. } = &mut *interior;
        for mensaje in historia.iter() {
            for cola in colas.values_mut().filter(|cola| cola.tipos.contains(&&*mensaje.tipo)) {
                cola.poner(&self.nucleo, orden, mensaje);
            }
        }
    }
}

impl Cola {
    fn poner(&mut self, nucleo: &Nucleo, orden: &mut u64, mensaje: &Arc<Mensaje>) {
        *orden += 1;
        let (cuando, azar) = {
            let mut agenda = nucleo.agenda();
            let retardo = agenda.caos.retardo_mensaje_ms;
            (agenda.ahora + agenda.azar.entre(1, retardo.max(1)), agenda.azar.hasta(u64::MAX))
        };
        self.pendientes.insert((cuando, azar, *orden), mensaje.clone());
        self.despertar(nucleo);
    }

    fn despertar(&mut self, nucleo: &Nucleo) {
        let mut agenda = nucleo.agenda();
        let ahora = agenda.ahora;
        for (_, tarea) in self.esperan.drain(..) {
            agenda.apuntar(tarea, ahora);
        }
    }
}

pub struct Recibir<'b> {
    bus: &'b Bus,
    cola: &'static str,
    proceso: Proceso,
    maximo: u64,
    /// When this task will be woken in any case.
    cita: Option<i64>,
}

impl Future for Recibir<'_> {
    type Output = Vec<Entrega>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<Entrega>> {
        let (nucleo, proceso) = (self.bus.nucleo.clone(), self.proceso);
        let mut interior = self.bus.interior();
        let Interior { colas, orden, .. } = &mut *interior;
        let Some(cola) = colas.get_mut(self.cola) else { return Poll::Pending };
        let (ahora, cupo) = {
            let mut agenda = nucleo.agenda();
            (agenda.ahora, agenda.azar.hasta(self.maximo) + 1)
        };
        let mut entregas = Vec::new();
        while (entregas.len() as u64) < cupo {
            let Some(primero) = cola.pendientes.first_entry().filter(|primero| primero.key().0 <= ahora) else { break };
            let mensaje = primero.remove();
            *orden += 1;
            cola.sin_acuse.insert(*orden, (proceso, mensaje.clone()));
            entregas.push(Entrega { id: *orden, mensaje });
        }
        if !entregas.is_empty() {
            return Poll::Ready(entregas);
        }
        let mut agenda = nucleo.agenda();
        let actual = agenda.actual();
        let cita = cola.pendientes.first_key_value().map(|((cuando, ..), _)| *cuando);
        if !cola.esperan.contains(&(proceso, actual)) {
            cola.esperan.push((proceso, actual));
        }
        let puesta = self.cita.is_some_and(|puesta| puesta > ahora && cita.is_none_or(|cita| puesta <= cita));
        if let Some(cita) = cita.filter(|_| !puesta) {
            agenda.apuntar(actual, cita);
        }
        drop(agenda);
        drop(interior);
        if !puesta {
            self.cita = cita;
        }
        Poll::Pending
    }
}

/// The start of an id, enough to follow it in a trace.
fn corto(mensaje: &Mensaje) -> String {
    let mut texto = mensaje.id.simple().to_string();
    texto.truncate(6);
    texto
}
