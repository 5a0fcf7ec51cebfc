use super::aceptada::Aceptada;
use super::cuerpos::{self, Leido};
use super::peticion::Identificacion;
use super::problemas::{self, Intento};
use super::puerta::Puerta;
use crate::aplicacion::{Aceptacion, Orden};
use crate::dominio::{Comando, Huella};
use crate::infraestructura::tipo_de;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use servidor::{Cuerpo, Problema};
use std::sync::Arc;

type Lectura = fn(&Value) -> Result<Leido, Problema>;

/// Each command's route and how its body is read.
const COMANDOS: [(&str, Lectura); 10] = [
    ("/suscripciones/suscripcion-comando", cuerpos::crear_suscripcion),
    ("/sagas/iniciar-suscripcion-comando", cuerpos::crear_suscripcion_plana),
    ("/suscripciones/cambiar-plan-comando", cuerpos::cambiar_plan_suscripcion),
    ("/suscripciones/cancelar-comando", cuerpos::cancelar_suscripcion),
    ("/suscripciones/pagar-comando", cuerpos::pagar_suscripcion),
    ("/serviciodatos/crear-comando", cuerpos::crear_servicio_datos),
    ("/serviciodatos/asignar-experto-comando", cuerpos::asignar_experto),
    ("/serviciodatos/iniciar-comando", cuerpos::iniciar_servicio_datos),
    ("/serviciodatos/terminar-comando", cuerpos::terminar_servicio_datos),
    ("/notificaciones/enviar-comando", cuerpos::enviar_notificacion),
];

pub fn rutas() -> Router<Arc<Puerta>> {
    COMANDOS.into_iter().fold(Router::new(), |router, (ruta, leer)| {
        let manejar = move |State(puerta): State<Arc<Puerta>>,
                            identificacion: Identificacion,
                            Cuerpo(cuerpo): Cuerpo| async move {
            aceptar(&puerta, identificacion, leer(&cuerpo)?).await
        };
        router.route(ruta, post(manejar))
    })
}

async fn aceptar(puerta: &Puerta, identificacion: Identificacion, leido: Leido) -> Result<Aceptada, Problema> {
    let Identificacion { id, repetibilidad, contexto } = identificacion;
    let huella = huella(&leido.comando)?;
    let orden = Orden { id, repetibilidad, comando: leido.comando, huella, contexto };
    let operacion = puerta.firmante.nombrar(&orden.operacion());
    let intento = Intento { operacion: &operacion, repetibilidad, campo_del_plan: leido.campo_del_plan };
    let aceptacion = puerta.casos.aceptar.ejecutar(&orden).await;
    let repetida = match aceptacion.map_err(|error| problemas::de_aceptar(&error, &intento))? {
        Aceptacion::Publicada => false,
        Aceptacion::Repetida => true,
    };
    Ok(Aceptada { operacion, tipo: tipo_de(orden.comando.clase()), repetida })
}

/// Both shapes of one body give the same command, hence the same fingerprint.
fn huella(comando: &Comando) -> Result<Huella, Problema> {
    let canonico = serde_json::to_value(comando).map_err(|error| {
        tracing::error!(%error, "command without canonical form");
        Problema::interno()
    })?;
    Ok(Huella::nueva(contratos::huella(&canonico)))
}
