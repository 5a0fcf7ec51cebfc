use super::Leido;
use super::lector::Lector;
use crate::dominio::{Comando, EnviarNotificacion};
use serde_json::Value;
use servidor::Problema;

pub fn enviar_notificacion(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &["codigo_cliente", "id_suscripcion", "plantilla", "datos"]);
    let codigo_cliente = lector.valor("codigo_cliente");
    let id_suscripcion = lector.suscripcion("id_suscripcion");
    let plantilla = lector.valor("plantilla");
    let datos = lector.mapa("datos");
    let comando = (|| {
        Some(EnviarNotificacion {
            codigo_cliente: codigo_cliente?,
            id_suscripcion,
            plantilla: plantilla?,
            datos: datos?,
        })
    })();
    Ok(Comando::EnviarNotificacion(lector.terminar(comando)?).into())
}
