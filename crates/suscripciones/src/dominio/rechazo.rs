/// Why the business refuses a command; the text is for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rechazo {
    #[error("el cliente está bloqueado")]
    ClienteBloqueado,
    #[error("el plan no existe o no está a la venta")]
    PlanNoDisponible,
    #[error("el pago fue rechazado: supera el límite del cliente")]
    PagoRechazado,
    #[error("la suscripción no admite esa operación en su estado actual")]
    EstadoInvalido,
    #[error("la suscripción no existe")]
    NoExiste,
    #[error("la operación fue cancelada antes de empezar")]
    ComandoCancelado,
    #[error("faltan datos obligatorios")]
    DatosIncompletos,
    #[error("ya hay una suscripción a ese plan en curso para el cliente")]
    DuplicadaEnCurso,
    #[error("el cliente ya está suscrito a ese plan")]
    YaSuscrito,
    #[error("otra operación sobre la suscripción está en curso")]
    EnCurso,
    #[error("la operación de la que forma parte ya terminó")]
    OperacionTerminada,
    #[error("ningún flujo realiza esa operación con los planes de la suscripción")]
    OperacionNoDisponible,
    #[error("la suscripción ya tiene ese plan")]
    MismoPlan,
    #[error("no hay ninguna factura con ese número")]
    FacturaDesconocida,
    #[error("la factura es de otra suscripción")]
    FacturaAjena,
    #[error("la factura fue anulada")]
    FacturaAnulada,
    #[error("la factura es de otro monto")]
    FacturaDeOtroMonto,
    #[error("la factura es de un plan que la suscripción no tiene")]
    FacturaDeOtroPlan,
}

impl Rechazo {
    const TODOS: [Self; 18] = [
        Self::ClienteBloqueado,
        Self::PlanNoDisponible,
        Self::PagoRechazado,
        Self::EstadoInvalido,
        Self::NoExiste,
        Self::ComandoCancelado,
        Self::DatosIncompletos,
        Self::DuplicadaEnCurso,
        Self::YaSuscrito,
        Self::EnCurso,
        Self::OperacionTerminada,
        Self::OperacionNoDisponible,
        Self::MismoPlan,
        Self::FacturaDesconocida,
        Self::FacturaAjena,
        Self::FacturaAnulada,
        Self::FacturaDeOtroMonto,
        Self::FacturaDeOtroPlan,
    ];

    /// Stable code, as it travels in events.
    pub fn codigo(self) -> &'static str {
        match self {
            Self::ClienteBloqueado => "cliente_bloqueado",
            Self::PlanNoDisponible => "plan_no_disponible",
            Self::PagoRechazado => "pago_rechazado",
            Self::EstadoInvalido => "estado_invalido",
            Self::NoExiste => "no_existe",
            Self::ComandoCancelado => "comando_cancelado",
            Self::DatosIncompletos => "datos_incompletos",
            Self::DuplicadaEnCurso => "duplicada_en_curso",
            Self::YaSuscrito => "ya_suscrito",
            Self::EnCurso => "en_curso",
            Self::OperacionTerminada => "operacion_terminada",
            Self::OperacionNoDisponible => "operacion_no_disponible",
            Self::MismoPlan => "mismo_plan",
            Self::FacturaDesconocida => "factura_desconocida",
            Self::FacturaAjena => "factura_ajena",
            Self::FacturaAnulada => "factura_anulada",
            Self::FacturaDeOtroMonto => "factura_de_otro_monto",
            Self::FacturaDeOtroPlan => "factura_de_otro_plan",
        }
    }

    /// The refusal of a code.
    pub fn de_codigo(codigo: &str) -> Option<Self> {
        Self::TODOS.into_iter().find(|rechazo| rechazo.codigo() == codigo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cada_codigo_de_rechazo_va_y_vuelve() {
        for rechazo in Rechazo::TODOS {
            assert_eq!(Rechazo::de_codigo(rechazo.codigo()), Some(rechazo));
        }
    }
}
