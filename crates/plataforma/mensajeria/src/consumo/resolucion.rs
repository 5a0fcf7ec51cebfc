use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::contrato::{Carta, Desenlace, ErrorManejo, Grupo, Motivo};
use super::entrante::{Entrante, Llegado, Recibo};
use crate::error::BoxError;
use crate::espera::Espera;
use crate::fallos;

/// How many times a message that may kill its process is tried.
const LIMITE_INTENTOS: u32 = 5;

/// Brings each message of a batch to its end: handled, or in quarantine; and then acknowledges it.
pub(super) struct Resolucion<'a> {
    grupo: &'a Grupo,
    cierre: &'a CancellationToken,
}

/// Messages that are handled together, with how to acknowledge each.
#[derive(Default)]
pub(super) struct Tanda {
    entrantes: Vec<Entrante>,
    recibos: Vec<Recibo>,
}

impl FromIterator<Llegado> for Tanda {
    fn from_iter<I: IntoIterator<Item = Llegado>>(llegados: I) -> Self {
        let (entrantes, recibos) = llegados.into_iter().map(|llegado| (llegado.entrante, llegado.recibo)).unzip();
        Self { entrantes, recibos }
    }
}

/// The process is closing: what is not finished will be delivered again.
struct Cerrado;

enum Intento {
    Resuelto(Vec<Desenlace>),
    Imposible(Motivo),
}

#[derive(Debug, thiserror::Error)]
#[error("panic")]
struct Panico;

impl<'a> Resolucion<'a> {
    pub(super) fn nueva(grupo: &'a Grupo, cierre: &'a CancellationToken) -> Self {
        Self { grupo, cierre }
    }

    /// Halves the batch while it cannot be handled, down to the messages that cannot be handled alone.
    pub(super) async fn resolver(&self, tanda: &Tanda) {
        let mut partes: Vec<Range<usize>> = std::iter::once(0..tanda.entrantes.len()).collect();
        while let Some(parte) = partes.pop() {
            if !parte.is_empty() && self.resolver_parte(tanda, parte, &mut partes).await.is_err() {
                return;
            }
        }
    }

    async fn resolver_parte(
        &self,
        tanda: &Tanda,
        parte: Range<usize>,
        partes: &mut Vec<Range<usize>>,
    ) -> Result<(), Cerrado> {
        let lote = &tanda.entrantes[parte.clone()];
        match (self.intentar(lote).await?, lote) {
            (Intento::Resuelto(desenlaces), _) => self.aparcar(rechazos(self.grupo, lote, desenlaces)).await?,
            (Intento::Imposible(motivo), [entrante]) => {
                self.aparcar(vec![carta(self.grupo, entrante, motivo, true)]).await?;
            }
            (Intento::Imposible(_), _) => {
                let medio = parte.start + lote.len() / 2;
                partes.push(medio..parte.end);
                partes.push(parte.start..medio);
                return Ok(());
            }
        }
        fallos::punto("antes-de-ack").await;
        tanda.recibos[parte].iter().for_each(Recibo::confirmar);
        Ok(())
    }

    /// Tries messages that may have killed a process, each attempt recorded beforehand.
    ///
    /// The first time they share a batch: most are innocent, and after a restart there are many. One that
    /// comes back runs alone, so that the next death accuses nobody else.
    pub(super) async fn resolver_sospechosos(&self, llegados: Vec<Llegado>) {
        let mut primera_vez = Vec::new();
        for llegado in llegados {
            match self.anotar(&llegado.entrante).await {
                Err(Cerrado) => return,
                Ok(..=1) => primera_vez.push(llegado),
                Ok(2..=LIMITE_INTENTOS) => self.resolver(&Tanda::from_iter([llegado])).await,
                Ok(_) => {
                    let motivo = Motivo {
                        codigo: "intentos_agotados",
                        detalle: format!("{LIMITE_INTENTOS} intentos sin terminar"),
                    };
                    if self.aparcar(vec![carta(self.grupo, &llegado.entrante, motivo, false)]).await.is_err() {
                        return;
                    }
                    llegado.recibo.confirmar();
                }
            }
        }
        self.resolver(&Tanda::from_iter(primera_vez)).await;
    }

    async fn intentar(&self, lote: &[Entrante]) -> Result<Intento, Cerrado> {
        let mut espera = espera();
        loop {
            let motivo = match AssertUnwindSafe(self.grupo.manejador.manejar(lote)).catch_unwind().await {
                Ok(Ok(desenlaces)) if desenlaces.len() == lote.len() => return Ok(Intento::Resuelto(desenlaces)),
                Ok(Ok(_)) => Motivo { codigo: "respuesta_incompleta", detalle: String::new() },
                Ok(Err(ErrorManejo::Datos(error))) => {
                    Motivo { codigo: "error_de_datos", detalle: sin_citas(&error.to_string()) }
                }
                Err(_) => Motivo { codigo: "panico", detalle: String::new() },
                Ok(Err(ErrorManejo::Infraestructura(error))) => {
                    self.pausar(&mut espera, "handling a batch", &error).await?;
                    continue;
                }
            };
            return Ok(Intento::Imposible(motivo));
        }
    }

    /// Stores the letters, however long it takes: without them there is no acknowledgement.
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), Cerrado> {
        if cartas.is_empty() {
            return Ok(());
        }
        let mut espera = espera();
        while let Err(error) = sin_panico(self.grupo.cuarentena.aparcar(cartas.clone())).await {
            self.pausar(&mut espera, "parking messages", &error).await?;
        }
        for Carta { entrante, motivo, reintentable, .. } in cartas {
            let (grupo, codigo) = (self.grupo.nombre, motivo.codigo);
            tracing::warn!(grupo, ?entrante, codigo, motivo.detalle, reintentable, "message parked");
            metrics::counter!("mensajeria_aparcados_total", "grupo" => grupo, "codigo" => codigo).increment(1);
        }
        Ok(())
    }

    async fn anotar(&self, entrante: &Entrante) -> Result<u32, Cerrado> {
        let mut espera = espera();
        loop {
            match sin_panico(self.grupo.cuarentena.anotar_intento(self.grupo.nombre, entrante)).await {
                Ok(veces) => return Ok(veces),
                Err(error) => self.pausar(&mut espera, "recording an attempt", &error).await?,
            }
        }
    }

    async fn pausar(&self, espera: &mut Espera, haciendo: &str, error: &BoxError) -> Result<(), Cerrado> {
        let (grupo, error) = (self.grupo.nombre, sin_citas(&error.to_string()));
        tracing::warn!(grupo, error, "infrastructure failure {haciendo}");
        metrics::counter!("mensajeria_fallos_infraestructura_total", "grupo" => grupo).increment(1);
        if espera.pausar(self.cierre).await { Ok(()) } else { Err(Cerrado) }
    }
}

fn espera() -> Espera {
    Espera::nueva(Duration::from_millis(100), Duration::from_secs(5))
}

fn carta(grupo: &Grupo, entrante: &Entrante, motivo: Motivo, reintentable: bool) -> Carta {
    Carta { grupo: grupo.nombre.to_owned(), entrante: entrante.clone(), motivo, reintentable }
}

fn rechazos(grupo: &Grupo, lote: &[Entrante], desenlaces: Vec<Desenlace>) -> Vec<Carta> {
    let pares = lote.iter().zip(desenlaces);
    pares
        .filter_map(|(entrante, desenlace)| match desenlace {
            Desenlace::Hecho => None,
            Desenlace::Rechazado(motivo) => Some(carta(grupo, entrante, motivo, false)),
        })
        .collect()
}

async fn sin_panico<T>(accion: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
    AssertUnwindSafe(accion).catch_unwind().await.unwrap_or_else(|_| Err(Box::new(Panico)))
}

/// An error text without what it quotes, which may be personal data.
fn sin_citas(texto: &str) -> String {
    let mut cierre = None;
    let mut limpio = String::new();
    for letra in texto.chars().take(400) {
        match cierre {
            Some(esperado) if letra == esperado => cierre = None,
            Some(_) => continue,
            None => cierre = CITAS.iter().find(|(abre, _)| *abre == letra).map(|(_, cierra)| *cierra),
        }
        limpio.push(letra);
    }
    limpio
}

const CITAS: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('(', ')'), ('«', '»'), ('“', '”')];

#[cfg(test)]
mod tests;
