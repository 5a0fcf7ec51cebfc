use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contratos::{
    ComandoEnviarNotificacion, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida,
    EventoSuscripcionPlanModificado, Mensaje, Recibido, ahora,
};
use mensajeria::{Desenlace, Entrante, ErrorManejo, Manejador, tipados};

use super::pg_errores::manejo;
use super::remitente::Remitente;
use super::solicitudes::{self, Lectura};
use crate::aplicacion::CrearNotificaciones;

/// Turns the messages of one type into notifications.
pub struct Entrada<D> {
    crear: Arc<CrearNotificaciones>,
    remitente: Remitente,
    leer: fn(Recibido<D>, DateTime<Utc>) -> Lectura,
}

impl Entrada<ComandoEnviarNotificacion> {
    pub fn de_comandos(crear: Arc<CrearNotificaciones>, remitente: Remitente) -> Self {
        Self { crear, remitente, leer: solicitudes::de_comando }
    }
}

impl Entrada<EventoSuscripcionCreada> {
    pub fn de_creadas(crear: Arc<CrearNotificaciones>, remitente: Remitente) -> Self {
        Self { crear, remitente, leer: solicitudes::de_creada }
    }
}

impl Entrada<EventoSuscripcionFallida> {
    pub fn de_fallidas(crear: Arc<CrearNotificaciones>, remitente: Remitente) -> Self {
        Self { crear, remitente, leer: solicitudes::de_fallida }
    }
}

impl Entrada<EventoSuscripcionPlanModificado> {
    pub fn de_cambios(crear: Arc<CrearNotificaciones>, remitente: Remitente) -> Self {
        Self { crear, remitente, leer: solicitudes::de_plan_modificado }
    }
}

impl Entrada<EventoSuscripcionCancelada> {
    pub fn de_canceladas(crear: Arc<CrearNotificaciones>, remitente: Remitente) -> Self {
        Self { crear, remitente, leer: solicitudes::de_cancelada }
    }
}

#[async_trait]
impl<D: Mensaje> Manejador for Entrada<D> {
    #[tracing::instrument(name = "notificaciones.entrada", skip_all, fields(tipo = D::TIPO, mensajes = lote.len()))]
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let mut lote = tipados::<D>(lote);
        let ahora = ahora();
        let (mut solicitudes, mut respuestas, mut desenlaces) = (Vec::new(), Vec::new(), Vec::new());
        for recibido in std::mem::take(&mut lote.recibidos) {
            let mut desenlace = Desenlace::Hecho;
            match (self.leer)(recibido, ahora) {
                Lectura::Solicitud(solicitud) => solicitudes.push(*solicitud),
                Lectura::Ignorada => {}
                Lectura::Respuesta(respuesta) => respuestas.push(*respuesta),
                Lectura::Rechazada(motivo) => desenlace = Desenlace::Rechazado(motivo),
            }
            desenlaces.push(desenlace);
        }
        self.crear.responder(respuestas).await.map_err(manejo)?;
        let creadas = self.crear.ejecutar(solicitudes).await.map_err(manejo)?;
        self.remitente.entregar(creadas);
        Ok(lote.desenlaces(desenlaces))
    }
}
