use crate::mensaje::{mensaje, registro};

registro! {
    /// What a saga is about and never changes: with the transitions it is the whole saga. Codes only.
    CabeceraSaga {
        id_suscripcion: String,
        inquilino: String,
        codigo_cliente: String,
        codigo_plan: String,
        definicion: String,
        definicion_version: i64,
        /// W3C Trace Context `traceparent` of the request that began it.
        traza: String,
        /// Milliseconds since the epoch.
        creada: i64,
    }
}

registro! {
    /// One transition of one saga; (saga, version) identifies it.
    TransicionSaga {
        saga: String,
        version: i64,
        /// Milliseconds since the epoch.
        instante: i64,
        /// The log entry as JSON: what happened and what it changed. Codes only.
        entrada: String,
        /// With version 1 only.
        cabecera: CabeceraSaga,
    }
}

mensaje! {
    /// Transitions of many sagas, kept for ever; readers keep the first of each (saga, version).
    RegistroSaga {
        transiciones: Vec<TransicionSaga>,
    }
}

mensaje! {
    /// The last known state of a saga; the topic is compacted by the saga's id.
    EstadoSaga {
        id_saga: String,
        id_suscripcion: String,
        codigo_cliente: String,
        codigo_plan: String,
        definicion: String,
        definicion_version: i64,
        version: i64,
        fase: String,
        /// The folded state as JSON. Codes only.
        documento: String,
        inquilino: String,
        traza: String,
        /// Milliseconds since the epoch.
        creada: i64,
    }
}
