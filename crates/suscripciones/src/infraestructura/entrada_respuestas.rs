use std::sync::Arc;

use async_trait::async_trait;
use mensajeria::{Desenlace, Entrante, ErrorManejo, Manejador, Motivo};

use super::errores::de_manejo;
use crate::aplicacion::puertos::RespuestaDeSaga;
use crate::aplicacion::{Atendida, ResponderSaga};
use crate::dominio::IdSaga;

/// The events that answer sagas, of any type: whatever topic a definition names.
pub struct EntradaRespuestas {
    responder: Arc<ResponderSaga>,
}

impl EntradaRespuestas {
    pub fn nueva(responder: Arc<ResponderSaga>) -> Self {
        Self { responder }
    }
}

#[async_trait]
impl Manejador for EntradaRespuestas {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let leidas: Vec<Result<Option<RespuestaDeSaga>, Motivo>> = lote.iter().map(leer).collect();
        let respuestas: Vec<_> = leidas.iter().filter_map(|leida| leida.as_ref().ok()?.clone()).collect();
        let mut atendidas =
            self.responder.ejecutar(&respuestas, contratos::ahora()).await.map_err(de_manejo)?.into_iter();
        let ignoradas = metrics::counter!("saga_respuestas_ignoradas_total");
        let mut desenlace = |leida| match leida {
            Err(motivo) => Desenlace::Rechazado(motivo),
            Ok(None) => Desenlace::Hecho,
            Ok(Some(_)) => match atendidas.next() {
                Some(Atendida::Ilegible(error)) => {
                    Desenlace::Rechazado(Motivo { codigo: "salida_ilegible", detalle: error.to_string() })
                }
                Some(Atendida::Avanzo) => Desenlace::Hecho,
                Some(Atendida::Ignorada) | None => {
                    ignoradas.increment(1);
                    Desenlace::Hecho
                }
            },
        };
        Ok(leidas.into_iter().map(&mut desenlace).collect())
    }
}

/// An event that names no saga or no command answers none: it is somebody's fact, not a reply.
fn leer(entrante: &Entrante) -> Result<Option<RespuestaDeSaga>, Motivo> {
    let recibido =
        entrante.decodificar_json().map_err(|error| Motivo { codigo: "indescifrable", detalle: error.to_string() })?;
    let (Some(saga), Some(comando)) = (recibido.cabecera.correlacion, recibido.cabecera.causa) else { return Ok(None) };
    Ok(Some(RespuestaDeSaga { saga: IdSaga(saga), comando, tipo: recibido.cabecera.tipo, datos: recibido.datos }))
}
