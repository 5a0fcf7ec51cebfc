use crate::mensaje::{mensaje, registro};

registro! {
    /// One transition of one saga; (saga, version) identifies it.
    TransicionSaga {
        saga: String,
        version: i64,
        /// Milliseconds since the epoch.
        instante: i64,
        /// The log entry as JSON: what happened and what it changed. Codes only.
        entrada: String,
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
    }
}
