//! The one table of topics: what each carries, who reads it, how long it is kept.

/// How a topic is used, which decides how long its messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clase {
    /// Asks one service for something; kept only until it is acknowledged.
    Comando,
    /// Tells a fact; kept seven days.
    Evento,
    /// The saga log; kept for ever.
    Registro,
    /// The last state per key; compacted.
    Estado,
}

/// One topic: one message type, one schema.
#[derive(Debug)]
pub struct Tema {
    /// Short name; the namespace is configuration.
    pub nombre: &'static str,
    pub tipo: &'static str,
    /// The Avro schema exactly as it is registered.
    pub avsc: &'static str,
    pub clase: Clase,
    /// The durable subscriptions, named after the service that reads.
    pub suscripciones: &'static [&'static str],
}

/// The row of a message type.
pub fn por_tipo(tipo: &str) -> Option<&'static Tema> {
    TEMAS.iter().find(|tema| tema.tipo == tipo)
}

/// The row of a topic by its short name.
pub fn por_nombre(nombre: &str) -> Option<&'static Tema> {
    TEMAS.iter().find(|tema| tema.nombre == nombre)
}

macro_rules! tema {
    ($nombre:literal, $carpeta:literal, $tipo:literal, $clase:ident, [$($suscripcion:literal),*]) => {
        Tema {
            nombre: $nombre,
            tipo: $tipo,
            avsc: include_str!(concat!("../../../../schemas/", $carpeta, "/", $tipo, ".avsc")),
            clase: Clase::$clase,
            suscripciones: &[$($suscripcion),*],
        }
    };
}

/// Every topic of the system.
#[rustfmt::skip]
pub const TEMAS: &[Tema] = &[
    tema!("comandos-crear-suscripcion", "suscripciones", "ComandoCrearSuscripcion", Comando, ["suscripciones"]),
    tema!("comandos-cambiar-plan-suscripcion", "suscripciones", "ComandoCambiarPlanSuscripcion", Comando, ["suscripciones"]),
    tema!("comandos-cancelar-suscripcion", "suscripciones", "ComandoCancelarSuscripcion", Comando, ["suscripciones"]),
    tema!("comandos-pagar-suscripcion", "suscripciones", "ComandoPagarSuscripcion", Comando, ["suscripciones"]),
    tema!("comandos-desistir-operacion", "suscripciones", "ComandoDesistirOperacion", Comando, ["suscripciones"]),
    tema!("eventos-operacion-iniciada", "suscripciones", "EventoOperacionIniciada", Evento, []),
    tema!("eventos-suscripcion-creada", "suscripciones", "EventoSuscripcionCreada", Evento, ["notificaciones"]),
    tema!("eventos-suscripcion-plan-modificado", "suscripciones", "EventoSuscripcionPlanModificado", Evento, ["suscripciones", "notificaciones"]),
    tema!("eventos-suscripcion-cancelada", "suscripciones", "EventoSuscripcionCancelada", Evento, ["suscripciones", "notificaciones"]),
    tema!("eventos-suscripcion-pagada", "suscripciones", "EventoSuscripcionPagada", Evento, ["suscripciones"]),
    tema!("eventos-suscripcion-fallida", "suscripciones", "EventoSuscripcionFallida", Evento, ["suscripciones", "notificaciones"]),
    tema!("comandos-crear-servicio-datos", "servicio-datos", "ComandoCrearServicioDatos", Comando, ["servicio-datos"]),
    tema!("comandos-asignar-experto", "servicio-datos", "ComandoAsignarExperto", Comando, ["servicio-datos"]),
    tema!("comandos-iniciar-servicio-datos", "servicio-datos", "ComandoIniciarServicioDatos", Comando, ["servicio-datos"]),
    tema!("comandos-terminar-servicio-datos", "servicio-datos", "ComandoTerminarServicioDatos", Comando, ["servicio-datos"]),
    tema!("eventos-servicio-datos-creada", "servicio-datos", "EventoServicioDatosCreada", Evento, ["suscripciones"]),
    tema!("eventos-experto-asignado", "servicio-datos", "EventoExpertoAsignado", Evento, ["suscripciones"]),
    tema!("eventos-servicio-datos-iniciado", "servicio-datos", "EventoServicioDatosIniciado", Evento, ["suscripciones"]),
    tema!("eventos-servicio-datos-terminado", "servicio-datos", "EventoServicioDatosTerminado", Evento, ["suscripciones"]),
    tema!("eventos-servicio-datos-fallida", "servicio-datos", "EventoServicioDatosFallida", Evento, ["suscripciones"]),
    tema!("comandos-enviar-notificacion", "notificaciones", "ComandoEnviarNotificacion", Comando, ["notificaciones"]),
    tema!("eventos-notificacion-creada", "notificaciones", "EventoNotificacionCreada", Evento, []),
    tema!("eventos-notificacion-enviada", "notificaciones", "EventoNotificacionEnviada", Evento, ["suscripciones"]),
    tema!("eventos-notificacion-error", "notificaciones", "EventoNotificacionError", Evento, ["suscripciones"]),
    tema!("eventos-notificacion-confirmacion", "notificaciones", "EventoNotificacionConfirmacion", Evento, []),
    tema!("comandos-anonimizar-imagen", "procesamiento", "ComandoAnonimizarImagen", Comando, ["procesamiento"]),
    tema!("anonimizacion", "procesamiento", "EventoAnonimizacion", Evento, []),
    tema!("anonimizacion-fallida", "procesamiento", "EventoAnonimizacionFallida", Evento, []),
    tema!("consulta-anonimizacion", "procesamiento", "EventoConsultaAnonimizacion", Evento, []),
    tema!("saga-log", "saga", "RegistroSaga", Registro, []),
    tema!("saga-estado", "saga", "EstadoSaga", Estado, []),
];
