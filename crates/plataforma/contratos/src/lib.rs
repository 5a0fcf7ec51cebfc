#![doc = include_str!("../README.md")]

mod avro_json;
mod codec;
mod evento_nube;
mod identidad;
mod imagen;
mod mensaje;
mod notificacion;
mod saga;
mod servicio_datos;
mod sobre;
mod suscripcion;
pub mod temas;

pub use apache_avro::Schema;
pub use avro_json::{ErrorConversion, a_avro, a_json};
pub use codec::{ErrorCodec, Procedencia, codificar, codificar_json, decodificar, decodificar_json, esquema_de};
pub use evento_nube::{ErrorEventoNube, a_cloudevent, desde_cloudevent};
pub use identidad::{ahora, huella, id_comando, id_derivado, id_nuevo, id_respuesta, id_serviciodatos};
pub use imagen::{
    ComandoAnonimizarImagen, EventoAnonimizacion, EventoAnonimizacionFallida, EventoConsultaAnonimizacion,
};
pub use mensaje::Mensaje;
pub use notificacion::{
    ComandoEnviarNotificacion, EventoNotificacionConfirmacion, EventoNotificacionCreada, EventoNotificacionEnviada,
    EventoNotificacionError,
};
pub use saga::{CabeceraSaga, EstadoSaga, RegistroSaga, TransicionSaga};
pub use servicio_datos::{
    ComandoAsignarExperto, ComandoCrearServicioDatos, ComandoIniciarServicioDatos, ComandoTerminarServicioDatos,
    Dataset, EventoExpertoAsignado, EventoServicioDatosCreada, EventoServicioDatosFallida, EventoServicioDatosIniciado,
    EventoServicioDatosTerminado, Nube, Suscripcion,
};
pub use sobre::{Cabecera, Recibido, Saliente};
pub use suscripcion::{
    ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoCrearSuscripcion, ComandoDesistirOperacion,
    ComandoPagarSuscripcion, EventoOperacionIniciada, EventoSuscripcionCancelada, EventoSuscripcionCreada,
    EventoSuscripcionFallida, EventoSuscripcionPagada, EventoSuscripcionPlanModificado,
};
