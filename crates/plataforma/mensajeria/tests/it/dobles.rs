//! A handler and a quarantine that work, in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use contratos::EventoSuscripcionPagada;
use mensajeria::{BoxError, Carta, Cuarentena, Desenlace, Entrante, ErrorManejo, Manejador, Motivo, Posicion, tipados};

use crate::broker::hasta;

/// Remembers what it handled and what was parked.
#[derive(Default)]
pub struct Oficina {
    pub lotes: Mutex<Vec<Vec<Entrante>>>,
    pub cartas: Mutex<Vec<Carta>>,
    pub intentos: Mutex<BTreeMap<String, u32>>,
    /// While set, nothing can be handled.
    pub caida: AtomicBool,
    /// The batches that could not be handled meanwhile.
    pub caidas: Mutex<Vec<Vec<Posicion>>>,
    /// The message with this number is rejected.
    pub rechaza: Option<usize>,
    /// With the message of this number in hand the process stops.
    pub muere_con: Option<usize>,
    pub muriendo: AtomicBool,
}

impl Oficina {
    pub fn nueva() -> Arc<Self> {
        Arc::default()
    }

    pub fn caida() -> Arc<Self> {
        Arc::new(Self { caida: AtomicBool::new(true), ..Self::default() })
    }

    pub fn que_rechaza(numero: usize) -> Arc<Self> {
        Arc::new(Self { rechaza: Some(numero), ..Self::default() })
    }

    pub fn que_muere_con(numero: usize) -> Arc<Self> {
        Arc::new(Self { muere_con: Some(numero), ..Self::default() })
    }

    /// The numbers of the messages handled, in order of their number.
    pub fn numeros(&self) -> Vec<usize> {
        let lotes = self.lotes.lock().expect("lock");
        let mut numeros: Vec<usize> = lotes.iter().flatten().filter_map(numero).collect();
        numeros.sort_unstable();
        numeros
    }

    pub fn manejados(&self) -> usize {
        self.lotes.lock().expect("lock").iter().map(Vec::len).sum()
    }

    pub async fn espera_caidas(&self, cuantas: usize) {
        hasta("handling fails", || async { self.caidas.lock().expect("lock").len() >= cuantas }).await;
    }

    pub async fn espera_manejados(&self, cuantos: usize) {
        hasta("the messages are handled", || async { self.manejados() >= cuantos }).await;
    }
}

fn numero(entrante: &Entrante) -> Option<usize> {
    entrante.decodificar::<EventoSuscripcionPagada>().ok()?.datos.factura_numero?.parse().ok()
}

#[async_trait]
impl Manejador for Oficina {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        if self.caida.load(Ordering::Relaxed) {
            let posiciones = lote.iter().map(|entrante| entrante.posicion).collect();
            self.caidas.lock().expect("lock").push(posiciones);
            return Err(ErrorManejo::Infraestructura("the database is down".into()));
        }
        if self.muere_con.is_some_and(|mortal| lote.iter().any(|entrante| numero(entrante) == Some(mortal))) {
            self.muriendo.store(true, Ordering::Relaxed);
            std::future::pending::<()>().await;
        }
        self.lotes.lock().expect("lock").push(lote.to_vec());
        let tipado = tipados::<EventoSuscripcionPagada>(lote);
        let rechazada = self.rechaza.map(|numero| numero.to_string());
        let desenlaces = tipado.recibidos.iter().map(|recibido| match &recibido.datos.factura_numero {
            numero if *numero == rechazada && numero.is_some() => {
                Desenlace::Rechazado(Motivo { codigo: "no_existe", detalle: String::new() })
            }
            _ => Desenlace::Hecho,
        });
        let desenlaces = desenlaces.collect();
        Ok(tipado.desenlaces(desenlaces))
    }
}

#[async_trait]
impl Cuarentena for Oficina {
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), BoxError> {
        self.cartas.lock().expect("lock").extend(cartas);
        Ok(())
    }

    async fn anotar_intento(&self, _: &str, entrante: &Entrante) -> Result<u32, BoxError> {
        let mut intentos = self.intentos.lock().expect("lock");
        let veces = intentos.entry(entrante.posicion.to_string()).or_default();
        *veces += 1;
        Ok(*veces)
    }
}
