//! Reading bodies: from JSON to a checked command, with every mistake at once.

mod lector;
mod notificaciones;
mod servicio_datos;
mod suscripciones;

use crate::dominio::Comando;

pub use notificaciones::enviar_notificacion;
pub use servicio_datos::{asignar_experto, crear_servicio_datos, iniciar_servicio_datos, terminar_servicio_datos};
pub use suscripciones::{
    cambiar_plan_suscripcion, cancelar_suscripcion, crear_suscripcion, crear_suscripcion_plana, pagar_suscripcion,
};

/// A command as a body gave it.
pub struct Leido {
    pub comando: Comando,
    /// The field that names the plan in this shape of the body.
    pub campo_del_plan: &'static str,
}

/// The name of the plan's field in flat bodies.
const PLAN_PLANO: &str = "plan_codigo";

impl From<Comando> for Leido {
    fn from(comando: Comando) -> Self {
        Self { comando, campo_del_plan: PLAN_PLANO }
    }
}
