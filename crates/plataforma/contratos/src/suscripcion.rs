use crate::mensaje::mensaje;

mensaje! {
    /// Asks for a subscription; starts the saga when the plan names a flow.
    ComandoCrearSuscripcion {
        cliente_codigo: String,
        cliente_nombres: String,
        cliente_apellidos: String,
        cliente_usuario: String,
        cliente_rut: String,
        cliente_cedula: String,
        cliente_email: String,
        plan_codigo: String,
        plan_nombre: String,
        /// Chosen by the sender, or derived from the command's id.
        id_suscripcion: String,
    }
}

mensaje! {
    /// Asks for another plan, or, from the saga that carries the change out, makes it and pays its invoice.
    ComandoCambiarPlanSuscripcion {
        id_suscripcion: String,
        plan_codigo: String,
        motivo: String,
        /// Only from a saga: the data service that it provisioned for the plan.
        id_serviciodatos: String,
        /// Only from a saga: how its invoice is paid.
        medio_pago: String,
    }
}

mensaje! {
    /// Asks to cancel a subscription; as an undo, its `causationid` is the creating command.
    ComandoCancelarSuscripcion {
        id_suscripcion: String,
        motivo: String,
    }
}

mensaje! {
    /// Asks to charge a subscription and activate it: the pivot of the PRO flow.
    ComandoPagarSuscripcion {
        id_suscripcion: String,
        factura_numero: String,
        /// Decimal text with two places, "150000.00".
        monto: String,
        /// ISO 4217.
        moneda: String,
        medio_pago: String,
    }
}

mensaje! {
    /// Asks to leave a subscription as it was: the operation that a saga began on it is given up.
    ComandoDesistirOperacion {
        id_suscripcion: String,
        /// `cambiar_plan` or `cancelar`.
        operacion: String,
        /// The code of what went wrong.
        motivo: String,
    }
}

mensaje! {
    /// A subscription exists, in state `pendiente` (a saga goes on) or `activa` (a plan without a flow).
    EventoSuscripcionCreada {
        codigo_cliente: String,
        codigo_plan: String,
        id_suscripcion: String,
        estado: String,
    }
}

mensaje! {
    /// A saga has the subscription for itself and carries out an operation on it; its outcome is told apart.
    EventoOperacionIniciada {
        codigo_cliente: String,
        /// The plan that the operation is about: in a change, the one to come.
        codigo_plan: String,
        id_suscripcion: String,
        estado: String,
        /// `cambiar_plan` or `cancelar`.
        operacion: String,
        id_saga: String,
        codigo_plan_anterior: String,
        /// The data service of the present plan, when its id does not derive from the subscription's.
        id_serviciodatos: String,
        /// The invoice that the operation issued.
        factura_numero: String,
        monto: String,
        moneda: String,
    }
}

mensaje! {
    /// A subscription has another plan.
    EventoSuscripcionPlanModificado {
        codigo_cliente: String,
        codigo_plan: String,
        id_suscripcion: String,
        estado: String,
        codigo_plan_anterior: String,
        motivo: String,
        /// The invoice of the change, if it costs something.
        factura_numero: String,
        /// `pendiente` or `pagada`.
        factura_estado: String,
        monto: String,
        moneda: String,
        /// The saga that carried the change out, which tells the client; absent when it was made at once.
        id_saga: String,
    }
}

mensaje! {
    /// A subscription ended, by its client or by the unwinding of its saga.
    EventoSuscripcionCancelada {
        codigo_cliente: String,
        codigo_plan: String,
        id_suscripcion: String,
        estado: String,
        estado_anterior: String,
        motivo: String,
    }
}

mensaje! {
    /// A subscription was charged and is active.
    EventoSuscripcionPagada {
        codigo_cliente: String,
        codigo_plan: String,
        id_suscripcion: String,
        estado: String,
        factura_numero: String,
        monto: String,
        moneda: String,
    }
}

mensaje! {
    /// A command on a subscription was refused, or its saga gave it up; `estado` is what the subscription is now.
    EventoSuscripcionFallida {
        id_suscripcion: String,
        motivo: String,
        codigo: String,
        codigo_cliente: String,
        codigo_plan: String,
        estado: String,
        /// The operation that failed as a whole; absent in the answer to a step of a saga.
        operacion: String,
        /// The saga that has the subscription for itself, if that is why.
        id_saga: String,
        /// The subscription that has the product, if that is why.
        id_suscripcion_vigente: String,
    }
}
