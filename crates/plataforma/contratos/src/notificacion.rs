use std::collections::BTreeMap;

use crate::mensaje::mensaje;

mensaje! {
    /// Asks to notify a client with a template and its data (codes only).
    ComandoEnviarNotificacion {
        codigo_cliente: String,
        id_suscripcion: String,
        plantilla: String,
        datos: BTreeMap<String, String>,
    }
}

/// The four facts of a notification share their fields; what only one has goes last.
macro_rules! evento_notificacion {
    ($(#[$doc:meta])* $nombre:ident $({ $($propios:tt)* })?) => {
        mensaje! {
            $(#[$doc])*
            $nombre {
                id_notificacion: String,
                canal: String,
                /// Masked address.
                destinatario: String,
                plantilla: String,
                /// Id of the message that asked for it.
                evento_origen: String,
                intento: i64,
                motivo: String,
                codigo_cliente: String,
                id_suscripcion: String,
                $($($propios)*)?
            }
        }
    };
}

evento_notificacion! {
    /// A notification was generated.
    EventoNotificacionCreada
}
evento_notificacion! {
    /// A notification was handed to its channel.
    EventoNotificacionEnviada
}
evento_notificacion! {
    /// A notification cannot be delivered, for good.
    EventoNotificacionError {
        /// Why: what a saga that asked for it keeps.
        codigo: String,
    }
}
evento_notificacion! {
    /// A notification was processed to its end.
    EventoNotificacionConfirmacion
}
