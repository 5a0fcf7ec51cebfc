use std::sync::Arc;

use async_trait::async_trait;
use suscripciones::aplicacion::puertos::{ErrorRepositorio, RespuestaDeSaga};
use suscripciones::aplicacion::{AtenderOrdenes, ResponderSaga, VencerPlazos};
use suscripciones::dominio::IdSaga;

use super::arrendamientos::Arrendamientos;
use super::identidades::Derivadas;
use super::temporizador::Temporizador;
use super::{Almacen, mensajes};
use crate::nucleo::Futuro;
use crate::tuberia::{Bus, Entrega, Fallo, Manejador, Mensaje, Suscripcion, Via, barrer, consumir, despachar};

/// Its commands.
pub const SUSCRIPCIONES: Suscripcion = Suscripcion {
    nombre: "suscripciones",
    tipos: &[
        "ComandoCrearSuscripcion",
        "ComandoPagarSuscripcion",
        "ComandoCambiarPlanSuscripcion",
        "ComandoCancelarSuscripcion",
        "ComandoDesistirOperacion",
    ],
};

/// What answers the steps of sagas.
pub const RESPUESTAS: Suscripcion = Suscripcion {
    nombre: "sagas",
    tipos: &[
        "EventoSuscripcionPagada",
        "EventoSuscripcionPlanModificado",
        "EventoSuscripcionCancelada",
        "EventoSuscripcionFallida",
        "EventoServicioDatosCreada",
        "EventoExpertoAsignado",
        "EventoServicioDatosIniciado",
        "EventoServicioDatosTerminado",
        "EventoServicioDatosFallida",
        "EventoNotificacionEnviada",
        "EventoNotificacionError",
        "EventoEquipoReservado",
        "EventoEquipoLiberado",
        "EventoEquipoFallido",
        "EventoLaboratorioAvisado",
    ],
};

const RITMO_BARRIDO_MS: i64 = 1_500;

/// One instance of suscripciones.
pub struct Orquestador {
    pub almacen: Almacen,
    pub bus: Bus,
}

impl Orquestador {
    /// Everything that the instance does at the same time.
    pub fn arrancar(self) -> Vec<Futuro> {
        let Self { almacen, bus } = self;
        let (via, base, defecto) = (almacen.via.clone(), almacen.base.clone(), almacen.defecto);
        let puertos = Arc::new(almacen.clone());
        let atender = AtenderOrdenes::nuevo(puertos.clone(), puertos.clone(), Arc::new(Derivadas));
        let ordenes = Box::new(Ordenes { atender, via: via.clone() });
        let responder = ResponderSaga::nuevo(puertos.clone(), Arc::new(Derivadas));
        let respuestas = Box::new(Respuestas { responder, via: via.clone() });
        let arrendamientos = Arc::new(Arrendamientos::nuevos(almacen.clone()));
        vec![
            Box::pin(consumir(via.clone(), bus.clone(), SUSCRIPCIONES.nombre, ordenes, defecto)),
            Box::pin(consumir(via.clone(), bus.clone(), RESPUESTAS.nombre, respuestas, defecto)),
            Box::pin(arrendamientos.clone().mantener()),
            Box::pin(Temporizador::nuevo(arrendamientos, VencerPlazos::nuevo(puertos)).vencer(bus.clone())),
            Box::pin(despachar(via.clone(), bus.clone(), base.clone(), almacen.despachador, defecto)),
            Box::pin(barrer(via, bus, base, RITMO_BARRIDO_MS, defecto)),
        ]
    }
}

struct Ordenes {
    atender: AtenderOrdenes,
    via: Via,
}

#[async_trait]
impl Manejador for Ordenes {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo> {
        let ahora = self.via.nucleo.reloj(self.via.proceso);
        let ordenes: Vec<_> = lote.iter().filter_map(|entrega| mensajes::orden(&entrega.mensaje, ahora)).collect();
        if ordenes.is_empty() {
            return Ok(());
        }
        self.atender.ejecutar(&ordenes).await.map_err(fallo)
    }
}

struct Respuestas {
    responder: ResponderSaga,
    via: Via,
}

#[async_trait]
impl Manejador for Respuestas {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo> {
        let respuestas: Vec<_> = lote.iter().filter_map(|entrega| respuesta(&entrega.mensaje)).collect();
        let ahora = self.via.nucleo.reloj(self.via.proceso);
        self.responder.ejecutar(&respuestas, ahora).await.map(drop).map_err(fallo)
    }
}

fn respuesta(mensaje: &Mensaje) -> Option<RespuestaDeSaga> {
    Some(RespuestaDeSaga {
        saga: IdSaga(mensaje.correlacion?),
        comando: mensaje.causa?,
        tipo: mensaje.tipo.to_string(),
        datos: mensaje.datos.clone(),
    })
}

fn fallo(error: ErrorRepositorio) -> Fallo {
    match error {
        ErrorRepositorio::Datos(_) => Fallo::Datos,
        ErrorRepositorio::NoDisponible(_) | ErrorRepositorio::Contencion(_) => Fallo::Infraestructura,
    }
}
