//! Whoever gives orders to sagas.

use saga::{EstadoPaso, Mando, Salida};
use suscripciones::aplicacion::puertos::{Avance, RepositorioSagas, Saga};
use suscripciones::dominio::IdSaga;

use crate::nucleo::{Futuro, cerrojo};
use crate::suscripciones::Almacen;

const ACTOR: &str = "operadora";
const MOTIVO: &str = "simulacro";

/// Orders that the storm brings, so many of them; in the calm, what is paused goes on.
pub fn mandar(almacen: Almacen, ordenes: u32, hasta_ms: i64) -> Futuro {
    Box::pin(async move {
        let nucleo = almacen.via.nucleo.clone();
        for _ in 0..ordenes {
            let pausa = nucleo.azar(|azar| azar.entre(1, hasta_ms / i64::from(ordenes)));
            nucleo.dormir(pausa).await;
            if let Some(id) = al_azar(&almacen) {
                ordenar(&almacen, id, None).await;
            }
        }
        loop {
            nucleo.dormir(1_000).await;
            if nucleo.caos().hay_calma() {
                for id in pausadas(&almacen) {
                    ordenar(&almacen, id, Some(Mando::Reanudar)).await;
                }
            }
        }
    })
}

fn al_azar(almacen: &Almacen) -> Option<IdSaga> {
    let vivas: Vec<IdSaga> = vivas(almacen, |_| true);
    almacen.via.nucleo.azar(|azar| azar.elegir(&vivas).copied())
}

fn pausadas(almacen: &Almacen) -> Vec<IdSaga> {
    vivas(almacen, |saga| saga.estado.pausada)
}

fn vivas(almacen: &Almacen, cual: impl Fn(&Saga) -> bool) -> Vec<IdSaga> {
    let base = cerrojo(&almacen.base);
    base.sagas.values().filter(|saga| !saga.estado.fase.es_terminal() && cual(saga)).map(|saga| saga.id).collect()
}

/// Orders what is said, or anything; a refusal or a lost race ends it.
async fn ordenar(almacen: &Almacen, id: IdSaga, mando: Option<Mando>) {
    let Ok(leidas) = almacen.obtener(&[id]).await else { return };
    let Some(saga) = leidas.into_iter().next() else { return };
    let Some(mando) = mando.or_else(|| cualquiera(almacen, &saga)) else { return };
    let instante = almacen.via.nucleo.instante();
    let motivo = Some(MOTIVO);
    let entrada = saga::ordenar(&saga.definicion, &saga.estado, &mando, ACTOR, motivo, instante.timestamp_millis());
    let Ok(entrada) = entrada else { return };
    let estado = saga::aplicar(saga.estado.clone(), &entrada);
    let avance = Avance { saga, entradas: vec![entrada], estado, instante };
    let guardado = almacen.guardar(std::slice::from_ref(&avance)).await;
    almacen.via.anotar(format_args!("manda {mando:?} a la saga {:.6}: {guardado:?}", id.0.simple()));
}

fn cualquiera(almacen: &Almacen, saga: &Saga) -> Option<Mando> {
    let pendientes: Vec<&String> = saga
        .estado
        .pasos
        .iter()
        .filter(|(_, paso)| paso.en_vuelo().is_some() || matches!(paso, EstadoPaso::Fallido { .. }))
        .map(|(clave, _)| clave)
        .collect();
    let (suerte, paso) =
        almacen.via.nucleo.azar(|azar| (azar.hasta(12), azar.elegir(&pendientes).map(|paso| (*paso).clone())));
    match suerte {
        0..=3 => Some(Mando::Reintentar { paso: paso? }),
        4 => {
            let paso = paso?;
            let salida = salida_de(saga, &paso);
            Some(Mando::Saltar { paso, salida })
        }
        5 | 6 => Some(Mando::Compensar),
        7 | 8 => Some(Mando::Pausar),
        9 | 10 => Some(Mando::Reanudar),
        _ => Some(Mando::Abandonar),
    }
}

/// What the operator says that the step gave: ids are derived, so she can know it.
fn salida_de(saga: &Saga, paso: &str) -> Salida {
    let declaradas = saga.definicion.paso(paso).map(|paso| paso.salidas.keys()).into_iter().flatten();
    let id = contratos::id_serviciodatos(saga.suscripcion.0).to_string();
    declaradas.filter_map(|campo| Some((campo.clone(), id.as_str().try_into().ok()?))).collect()
}
