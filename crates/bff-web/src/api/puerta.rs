use super::{comandos, dicomweb, imagenes, operaciones, pasarela, suscripciones};
use crate::aplicacion::{AceptarComando, BuscarRepetida, ConsultarOperacion, DetallarSuscripcion};
use crate::infraestructura::{AjustesImagenes, Firmante, PLAZO_DE_ENCARGO, Servicios};
use axum::Router;
use servidor::{Limites, aplicar_capas};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SUBIDAS_SIMULTANEAS: usize = 256;

/// The use cases of the door.
pub struct Casos {
    pub aceptar: AceptarComando,
    pub repetidas: Arc<BuscarRepetida>,
    pub operaciones: ConsultarOperacion,
    pub detalle: DetallarSuscripcion,
}

/// What every handler of the door works with.
pub struct Puerta {
    pub casos: Casos,
    pub firmante: Firmante,
    pub servicios: Arc<Servicios>,
    pub imagenes: AjustesImagenes,
    /// Ends the streams that would otherwise outlive the process's wish to stop.
    pub cierre: CancellationToken,
}

/// The deadline of an upload or of a service must come first: its answer says whose it was, the chassis' does not.
const MARGEN: Duration = Duration::from_secs(5);

/// Every public route with its limits; uploads of images have their own.
pub fn router(puerta: Arc<Puerta>) -> Router {
    let subidas = Limites {
        tiempo: Duration::from_secs(puerta.imagenes.plazo_segundos) + MARGEN,
        simultaneas: SUBIDAS_SIMULTANEAS,
        ..Limites::default()
    };
    let de_imagenes = imagenes::rutas().with_state(puerta.clone());
    let dicomweb = dicomweb::rutas().with_state(puerta.clone());
    let publicas = Router::new()
        .merge(comandos::rutas())
        .merge(operaciones::rutas())
        .merge(suscripciones::rutas())
        .merge(pasarela::rutas())
        .with_state(puerta);
    // What an operator waits for is the slowest.
    let limites = Limites { tiempo: PLAZO_DE_ENCARGO + MARGEN, ..Limites::default() };
    aplicar_capas(publicas, limites)
        .nest("/procesamiento", aplicar_capas(de_imagenes, subidas))
        .nest("/dicomweb", aplicar_capas(dicomweb, subidas))
}
