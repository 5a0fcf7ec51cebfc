use super::puertos::{Lectores, Pregunta};
use crate::dominio::{Contexto, Fragmento, IdSuscripcion, Parte};
use std::sync::Arc;

/// A subscription and everything that grew from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetalleSuscripcion {
    pub suscripcion: Fragmento,
    pub saga: Fragmento,
    pub servicio: Fragmento,
    pub notificaciones: Fragmento,
    /// The services that did not answer, once per missing part.
    pub ausentes: Vec<Parte>,
}

/// Composes what four readers know of one subscription.
pub struct DetallarSuscripcion {
    lectores: Arc<dyn Lectores>,
}

impl DetallarSuscripcion {
    pub fn nuevo(lectores: Arc<dyn Lectores>) -> Self {
        Self { lectores }
    }

    pub async fn ejecutar(&self, id: IdSuscripcion, contexto: &Contexto) -> DetalleSuscripcion {
        let preguntas =
            [Pregunta::Suscripcion(id), Pregunta::SagaDe(id), Pregunta::ServicioDe(id), Pregunta::NotificacionesDe(id)];
        let respuestas = self.lectores.leer(&preguntas, contexto).await;
        let ausentes = ausentes(&preguntas, &respuestas);
        let [suscripcion, saga, servicio, notificaciones] =
            respuestas.try_into().unwrap_or([const { Fragmento::NoDisponible }; 4]);
        DetalleSuscripcion { suscripcion, saga, servicio, notificaciones, ausentes }
    }
}

fn ausentes(preguntas: &[Pregunta], respuestas: &[Fragmento]) -> Vec<Parte> {
    let pares = preguntas.iter().zip(respuestas);
    pares
        .filter(|(_, respuesta)| **respuesta == Fragmento::NoDisponible)
        .map(|(pregunta, _)| pregunta.parte())
        .collect()
}
