//! Where ports meet adapters.

use crate::api::{self, Casos, Puerta};
use crate::aplicacion::{AceptarComando, BuscarRepetida, ConsultarOperacion, DetallarSuscripcion, VerificarPlan};
use crate::infraestructura::{
    AjustesImagenes, AjustesOperaciones, AjustesPulsarAdmin, AjustesServicios, ErrorFirmante, ErrorServicios, Firmante,
    LectoresHttp, MensajeroPulsar, OperacionesHttp, PlanesHttp, Servicios, TemasDeComandos, temas_publicados,
};
use ajustes::{Http, Telemetria};
use async_trait::async_trait;
use axum::Router;
use mensajeria::{AjustesPulsar, Mensajeria, Publicar};
use serde::Deserialize;
use servidor::{Comprobacion, EnMarcha, rutas_de_salud};
use std::sync::Arc;
use telemetria::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const AJUSTES_POR_DEFECTO: &str = include_str!("../config/default.toml");

/// The settings of the door; `config/default.toml` explains them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    pub http: Http,
    pub telemetria: Telemetria,
    pub pulsar: AjustesPulsar,
    pub pulsar_admin: AjustesPulsarAdmin,
    pub servicios: AjustesServicios,
    pub operaciones: AjustesOperaciones,
    pub imagenes: AjustesImagenes,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error(transparent)]
    Servicios(#[from] ErrorServicios),
    #[error(transparent)]
    Firmante(#[from] ErrorFirmante),
    #[error("the client of pulsar's admin api could not be built")]
    Admin(#[source] reqwest::Error),
}

/// The whole process behind one router.
pub fn componer(
    ajustes: &Ajustes,
    metricas: PrometheusHandle,
    tareas: &TaskTracker,
    cierre: &CancellationToken,
) -> Result<Router, ErrorComposicion> {
    let mensajeria = Mensajeria::nueva(&ajustes.pulsar, tareas, cierre);
    let publicador = mensajeria.publicador();
    publicador.preparar(temas_publicados());
    let rutas = puerta(ajustes, Arc::new(publicador), cierre)?;
    let temas = TemasDeComandos::nuevo(&ajustes.pulsar_admin, &ajustes.pulsar.espacio);
    let comprobaciones: Vec<Arc<dyn Comprobacion>> = vec![
        Arc::new(EnMarcha(cierre.clone())),
        Arc::new(ConexionDePulsar(mensajeria)),
        Arc::new(temas.map_err(ErrorComposicion::Admin)?),
    ];
    Ok(rutas.merge(rutas_de_salud(comprobaciones, metricas)))
}

/// The public routes over any publisher.
pub fn puerta(
    ajustes: &Ajustes,
    publicador: Arc<dyn Publicar>,
    cierre: &CancellationToken,
) -> Result<Router, ErrorComposicion> {
    let servicios = Arc::new(Servicios::nuevo(&ajustes.servicios)?);
    let operaciones = Arc::new(OperacionesHttp::nuevo(servicios.clone()));
    let repetidas = Arc::new(BuscarRepetida::nuevo(operaciones.clone()));
    let planes = VerificarPlan::nuevo(Arc::new(PlanesHttp::nuevo(servicios.clone())));
    let mensajero = Arc::new(MensajeroPulsar::nuevo(publicador));
    let casos = Casos {
        aceptar: AceptarComando::nuevo(repetidas.clone(), planes, mensajero),
        repetidas,
        operaciones: ConsultarOperacion::nuevo(operaciones),
        detalle: DetallarSuscripcion::nuevo(Arc::new(LectoresHttp::nuevo(servicios.clone()))),
    };
    let firmante = Firmante::nuevo(&ajustes.operaciones.clave)?;
    let puerta = Puerta { casos, firmante, servicios, imagenes: ajustes.imagenes, cierre: cierre.clone() };
    Ok(api::router(Arc::new(puerta)))
}

struct ConexionDePulsar(Mensajeria);

#[async_trait]
impl Comprobacion for ConexionDePulsar {
    fn nombre(&self) -> &'static str {
        "pulsar"
    }

    async fn comprobar(&self) -> Result<(), String> {
        self.0.comprobar().await.map_err(|error| error.to_string())
    }
}
