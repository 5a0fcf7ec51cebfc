//! Wires ports to adapters; the only file that names both.

use std::collections::BTreeSet;
use std::sync::Arc;

use ajustes::{Claves, Http, Postgres, Telemetria};
use axum::Router;
use contratos::{
    EstadoSaga, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida, EventoSuscripcionPagada,
    Mensaje, RegistroSaga,
};
use mensajeria::AjustesPulsar;
use proceso::{Base, Cimientos};
use saga::Direccion;
use serde::Deserialize;

use crate::api;
use crate::aplicacion::auditoria::VigilarConsistencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::aplicacion::{AtenderOrdenes, ResponderSaga, VencerPlazos};
use crate::infraestructura::{
    AuditoriaPg, CatalogoPg, Clientes, Consultas, DefinicionCargada, Derivadas, Emisor, EntradaOrdenes,
    EntradaRespuestas, Hallazgos, LibrosHttp, SagasPg, SuscripcionesPg, publicar_sagas, sembrar, vencer_plazos,
    vigilar,
};

/// Every setting of the process.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    http: Http,
    postgres: Postgres,
    pulsar: AjustesPulsar,
    claves: Claves,
    telemetria: Telemetria,
    servicios: AjustesServicios,
}

/// Base URLs of the services whose ledgers are compared with this one's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesServicios {
    servicio_datos: String,
    notificaciones: String,
}

impl Ajustes {
    pub fn separar(self) -> (Cimientos, AjustesServicios) {
        let Self { http, postgres, pulsar, claves, telemetria, servicios } = self;
        (Cimientos { http, postgres, pulsar, claves, telemetria }, servicios)
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error("the catalogue cannot be read")]
    Catalogo(#[from] ErrorRepositorio),
    #[error("the client of the other ledgers cannot be made")]
    Libros(#[source] reqwest::Error),
}

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
pub async fn componer(base: &mut Base, servicios: &AjustesServicios) -> Result<Router, ErrorComposicion> {
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
    let vencer = Arc::new(VencerPlazos::nuevo(sagas));
    base.tareas.spawn(vencer_plazos(vencer, base.mensajeria.clone(), base.fondo.clone()));
    let publicador = Arc::new(base.mensajeria.publicador());
    base.tareas.spawn(publicar_sagas(base.pool.clone(), publicador, base.fondo.clone()));

    let libros = LibrosHttp::nuevos(&servicios.servicio_datos, &servicios.notificaciones);
    let libros = Arc::new(libros.map_err(ErrorComposicion::Libros)?);
    let auditoria = Arc::new(AuditoriaPg::nueva(base.pool.clone(), catalogo.clone()));
    base.tareas.spawn(vigilar(Arc::new(VigilarConsistencia::nuevo(auditoria, libros)), base.fondo.clone()));

    let consultas = Arc::new(Consultas::nuevas(base.pool.clone()));
    let hallazgos = Arc::new(Hallazgos::nuevos(base.pool.clone()));
    Ok(api::rutas(api::Estado { consultas, catalogo, clientes, hallazgos, cierre: base.cierre.clone() }))
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
