use crate::mensaje::{mensaje, registro};

registro! {
    /// The cloud a data service runs on.
    Nube { codigo: String, nombre: String, tipo: String }
}

registro! {
    /// The data set a data service gives access to.
    Dataset { codigo: String, nombre: String }
}

registro! {
    /// The subscription a data service belongs to; `codigo` is its id.
    Suscripcion { codigo: String }
}

mensaje! {
    /// Asks for a data service; `experto_*` stay null in the PRO flow, where a later step assigns the expert.
    ComandoCrearServicioDatos {
        cliente_codigo: String,
        cliente_nombres: String,
        cliente_apellidos: String,
        cliente_usuario: String,
        plan_codigo: String,
        plan_nombre: String,
        experto_codigo: String,
        experto_nombres: String,
        experto_apellidos: String,
        experto_usuario: String,
        experto_cedula: String,
        experto_email: String,
        nube: Nube,
        dataset: Dataset,
        suscripcion: Suscripcion,
        /// Chosen by the sender, or derived from the subscription's.
        id_serviciodatos: String,
    }
}

mensaje! {
    /// Asks to start a data service that has its expert.
    ComandoIniciarServicioDatos {
        id_serviciodatos: String,
        id_suscripcion: String,
    }
}

mensaje! {
    /// Asks for an expert: the named one, or any free one of the specialty.
    ComandoAsignarExperto {
        id_serviciodatos: String,
        id_suscripcion: String,
        especialidad: String,
        experto: String,
    }
}

mensaje! {
    /// Asks to end a data service and free what it holds; undoes creation, assignment and start alike.
    ComandoTerminarServicioDatos {
        id_serviciodatos: String,
        id_suscripcion: String,
        motivo: String,
    }
}

mensaje! {
    /// A data service exists and holds a place of its cloud.
    EventoServicioDatosCreada {
        id_serviciodatos: String,
        id_suscripcion: String,
        codigo_cliente: String,
        nube_codigo: String,
        dataset_codigo: String,
    }
}

mensaje! {
    /// An expert was assigned; codes only.
    EventoExpertoAsignado {
        id_serviciodatos: String,
        id_suscripcion: String,
        codigo_cliente: String,
        experto_codigo: String,
        especialidad: String,
    }
}

mensaje! {
    /// A data service started.
    EventoServicioDatosIniciado {
        id_serviciodatos: String,
        id_suscripcion: String,
        codigo_cliente: String,
    }
}

mensaje! {
    /// A data service ended and its places are free again.
    EventoServicioDatosTerminado {
        id_serviciodatos: String,
        id_suscripcion: String,
        codigo_cliente: String,
        motivo: String,
    }
}

mensaje! {
    /// A command on a data service was refused; `paso` names which, `codigo` says why.
    EventoServicioDatosFallida {
        id_suscripcion: String,
        paso: String,
        motivo: String,
        codigo: String,
        codigo_cliente: String,
        id_serviciodatos: String,
    }
}
