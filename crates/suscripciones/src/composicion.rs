//! Wires ports to adapters; the only file that names both.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use contratos::{
    EstadoSaga, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida, EventoSuscripcionPagada,
    Mensaje, RegistroSaga,
};
use proceso::Base;
use saga::Direccion;

use crate::api;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::aplicacion::{AtenderOrdenes, ResponderSaga, VencerPlazos};
use crate::infraestructura::{
    Arrendamientos, CatalogoPg, Clientes, Consultas, DefinicionCargada, Derivadas, Emisor, EntradaOrdenes,
    EntradaRespuestas, PublicacionSagas, SagasPg, SuscripcionesPg, Temporizador, mantener, publicar_sagas, sembrar,
    vencer_plazos,
};

/// What this service tells on its own, beside the commands of its sagas.
const PUBLICADOS: &[&str] = &[
    EventoSuscripcionCreada::TIPO,
    EventoSuscripcionPagada::TIPO,
    EventoSuscripcionCancelada::TIPO,
    EventoSuscripcionFallida::TIPO,
    RegistroSaga::TIPO,
    EstadoSaga::TIPO,
];

/// Seeds the catalogue, starts the consumers and the background tasks, and gives the routes.
pub async fn componer(base: &mut Base) -> Result<Router, ErrorRepositorio> {
    sembrar(&base.pool).await?;
    let catalogo = Arc::new(CatalogoPg::nuevo(base.pool.clone()));
    let clientes = Arc::new(Clientes::nuevo(base.pool.clone(), base.cifrador.clone()));
    let emisor = Arc::new(Emisor::nuevo(catalogo.clone(), clientes.clone()));
    let suscripciones =
        SuscripcionesPg::nuevo(base.pool.clone(), base.despachador.clone(), clientes.clone(), emisor.clone());
    let sagas = Arc::new(SagasPg::nuevo(base.pool.clone(), base.despachador.clone(), catalogo.clone(), emisor));
    let identidades = Arc::new(Derivadas);

    let atender = AtenderOrdenes::nuevo(Arc::new(suscripciones), catalogo.clone(), identidades.clone());
    base.consumir("suscripciones", EntradaOrdenes::TIPOS, Arc::new(EntradaOrdenes::nueva(Arc::new(atender))));
    let responder = Arc::new(ResponderSaga::nuevo(sagas.clone(), identidades));
    let activas = catalogo.activas().await?;
    for mensaje in activas.iter().flat_map(|cargada| cargada.mensajes.values()) {
        base.mensajeria.publicador().registrar_esquema(&mensaje.tema, mensaje.avsc.clone());
    }
    base.consumir_temas("sagas", temas_de_respuesta(&activas), Arc::new(EntradaRespuestas::nueva(responder)));

    base.publicar(PUBLICADOS);
    orquestar(base, sagas);

    let consultas = Arc::new(Consultas::nuevas(base.pool.clone()));
    Ok(api::rutas(api::Estado { consultas, catalogo, clientes, cierre: base.cierre.clone() }))
}

/// Starts what only the holder of a partition of sagas does: its leases, its deadlines, the publication of its log.
fn orquestar(base: &Base, sagas: Arc<SagasPg>) {
    let arrendamientos = Arc::new(Arrendamientos::nuevos(base.pool.clone(), contratos::id_nuevo(), base.direccion()));
    base.tareas.spawn(mantener(arrendamientos.clone(), base.fondo.clone()));
    let temporizador = Temporizador::nuevo(VencerPlazos::nuevo(sagas), arrendamientos.clone());
    let mensajeria = base.mensajeria.clone();
    base.tareas.spawn(vencer_plazos(temporizador, move || mensajeria.conectada(), base.fondo.clone()));
    let publicacion = PublicacionSagas::nueva(arrendamientos, Arc::new(base.mensajeria.publicador()));
    base.tareas.spawn(publicar_sagas(publicacion, base.fondo.clone()));
}

/// The topics whose events answer some step; the answer to an initial step never travels.
fn temas_de_respuesta(activas: &[Arc<DefinicionCargada>]) -> Vec<String> {
    let mut temas = BTreeSet::new();
    for cargada in activas {
        for paso in cargada.definicion.pasos() {
            let direcciones = [(Direccion::Hacer, !paso.inicial), (Direccion::Deshacer, true)];
            let ordenes = direcciones.iter().filter(|(_, viaja)| *viaja).filter_map(|(d, _)| paso.orden(*d));
            for tipo in ordenes.flat_map(|orden| orden.exito.iter().chain(&orden.fallo)) {
                temas.extend(cargada.mensajes.get(tipo).map(|mensaje| mensaje.tema.clone()));
            }
        }
    }
    temas.into_iter().collect()
}
