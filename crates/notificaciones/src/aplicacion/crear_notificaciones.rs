use std::collections::HashMap;
use std::sync::Arc;

use super::escritura::escribir;
use super::puertos::{AlmacenNotificaciones, Cambio, ErrorAlmacen, Respuesta, Versionada};
use crate::dominio::{ClaseOrigen, Comando, ErrorNotificacion, IdNotificacion, Solicitud};

/// Turns requests into notifications that wait to be sent, once each however often they are repeated.
pub struct CrearNotificaciones {
    almacen: Arc<dyn AlmacenNotificaciones>,
}

/// What a batch amounts to against the states it was decided on.
#[derive(Default)]
struct Plan {
    cambios: Vec<Cambio>,
    /// Answers to commands whose notification has ended already.
    respuestas: Vec<(IdNotificacion, Respuesta)>,
}

impl CrearNotificaciones {
    pub fn nuevo(almacen: Arc<dyn AlmacenNotificaciones>) -> Self {
        Self { almacen }
    }

    /// Creates what does not exist and returns it; answers again the commands that had their answer.
    ///
    /// A new request is the ordinary case, so streams are read only when writing shows that they exist.
    pub async fn ejecutar(&self, solicitudes: Vec<Solicitud>) -> Result<Vec<Versionada>, ErrorAlmacen> {
        let mut creadas = Vec::new();
        let mut restantes = solicitudes;
        let mut estados = HashMap::new();
        while !restantes.is_empty() {
            let plan = planear(&restantes, estados).map_err(|error| ErrorAlmacen::Datos(Box::new(error)))?;
            let escritura = escribir(self.almacen.as_ref(), plan.cambios).await?;
            creadas.extend(escritura.escritas);
            estados = escritura.perdidas;
            let firmes = plan.respuestas.into_iter().filter(|(id, _)| !estados.contains_key(id));
            self.responder(firmes.map(|(_, respuesta)| respuesta).collect()).await?;
            restantes.retain(|solicitud| estados.contains_key(&solicitud.id));
        }
        Ok(creadas)
    }

    /// Answers commands that need no new notification.
    pub async fn responder(&self, respuestas: Vec<Respuesta>) -> Result<(), ErrorAlmacen> {
        if respuestas.is_empty() {
            return Ok(());
        }
        self.almacen.responder(respuestas).await
    }
}

/// Folds the requests in turn over the known states; a state that is missing is an empty stream.
fn planear(
    solicitudes: &[Solicitud],
    mut estados: HashMap<IdNotificacion, Versionada>,
) -> Result<Plan, ErrorNotificacion> {
    let mut plan = Plan::default();
    for solicitud in solicitudes {
        let previa = estados.entry(solicitud.id).or_insert_with(|| Versionada::inexistente(solicitud.id));
        let hechos = previa.notificacion.decidir(Comando::Crear(Box::new(solicitud.clone())))?;
        if hechos.is_empty() {
            plan.respuestas.extend(repetida(previa, solicitud));
            continue;
        }
        previa.notificacion = previa.notificacion.clone().con(&hechos);
        plan.cambios.push(Cambio {
            id: solicitud.id,
            previa: previa.marca,
            hechos,
            notificacion: previa.notificacion.clone(),
            instante: solicitud.instante,
        });
    }
    Ok(plan)
}

/// The answer to a request whose notification exists; `None` while it has none, or when nobody waits for it.
fn repetida(existente: &Versionada, solicitud: &Solicitud) -> Option<(IdNotificacion, Respuesta)> {
    let resultado = existente.notificacion.resultado()?;
    let espera = solicitud.origen.clase == ClaseOrigen::Orden;
    espera.then(|| (solicitud.id, Respuesta::a_solicitud(solicitud.clone(), resultado)))
}
