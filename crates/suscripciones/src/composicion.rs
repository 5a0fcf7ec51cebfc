//! Wires ports to adapters; the only file that names both.

use std::sync::Arc;

use administracion::ErrorAdmin;
use ajustes::{Claves, Http, Postgres, Telemetria};
use axum::Router;
use contratos::{
    EstadoSaga, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida, EventoSuscripcionPagada,
    Mensaje, RegistroSaga,
};
use mensajeria::{AjustesPulsar, Publicador};
use proceso::{Base, Cimientos};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::api;
use crate::aplicacion::auditoria::VigilarConsistencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::aplicacion::{AtenderOrdenes, Definiciones, GuardarPlan, Mandar, MandarLotes, ResponderSaga, VencerPlazos};
use crate::infraestructura::{
    AjustesPulsarAdmin, Arrendamientos, AuditoriaPg, CatalogoPg, Clientes, Comprobaciones, Consultas,
    DefinicionCargada, DefinicionesPg, Derivadas, Emisor, EntradaOrdenes, EntradaRespuestas, Hallazgos, LibrosHttp,
    MandosPg, Mudanzas, PublicacionSagas, RegistroPulsar, SagasPg, SuscripcionesPg, Temporizador, llevar_lotes,
    mantener, publicar_sagas, sembrar, vencer_plazos, vigilar, vigilar_definiciones,
};

/// The settings of a process that is told nothing else. `claves.maestra` has no default: it is a secret.
pub const AJUSTES: &str = include_str!("../config/default.toml");

/// What this service tells on its own, beside the commands of its sagas.
const PUBLICADOS: &[&str] = &[
    EventoSuscripcionCreada::TIPO,
    EventoSuscripcionPagada::TIPO,
    EventoSuscripcionCancelada::TIPO,
    EventoSuscripcionFallida::TIPO,
    RegistroSaga::TIPO,
    EstadoSaga::TIPO,
];

/// Every setting of the process.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    http: Http,
    postgres: Postgres,
    pulsar: AjustesPulsar,
    pulsar_admin: AjustesPulsarAdmin,
    claves: Claves,
    telemetria: Telemetria,
    servicios: AjustesServicios,
}

/// Base URLs of the services whose ledgers are compared with this one's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AjustesServicios {
    servicio_datos: String,
    notificaciones: String,
}

/// The settings that only this service has.
#[derive(Debug)]
pub struct AjustesPropios {
    pulsar_admin: AjustesPulsarAdmin,
    espacio: String,
    servicios: AjustesServicios,
}

impl Ajustes {
    /// What every service has, and what only this one does.
    pub fn separar(self) -> (Cimientos, AjustesPropios) {
        let Self { http, postgres, pulsar, pulsar_admin, claves, telemetria, servicios } = self;
        let propios = AjustesPropios { pulsar_admin, espacio: pulsar.espacio.clone(), servicios };
        (Cimientos { http, postgres, pulsar, claves, telemetria }, propios)
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error("the catalogue cannot be read")]
    Catalogo(#[from] ErrorRepositorio),
    #[error("Pulsar's admin API cannot be used")]
    Admin(#[from] ErrorAdmin),
    #[error("the client of the other ledgers cannot be made")]
    Libros(#[source] reqwest::Error),
}

/// Seeds the catalogue, starts the consumers and the background tasks, and gives the routes.
pub async fn componer(base: &mut Base, ajustes: &AjustesPropios) -> Result<Router, ErrorComposicion> {
    sembrar(&base.pool).await?;
    let publicador = base.mensajeria.publicador();
    let catalogo = CatalogoPg::nuevo(base.pool.clone());
    let catalogo = Arc::new(catalogo.al_cargar(move |cargada| registrar_esquemas(&publicador, cargada)));
    let clientes = Arc::new(Clientes::nuevo(base.pool.clone(), base.cifrador.clone()));
    let emisor = Arc::new(Emisor::nuevo(catalogo.clone(), clientes.clone()));
    let suscripciones =
        SuscripcionesPg::nuevo(base.pool.clone(), base.despachador.clone(), clientes.clone(), emisor.clone());
    let sagas = Arc::new(SagasPg::nuevo(base.pool.clone(), base.despachador.clone(), catalogo.clone(), emisor.clone()));
    let identidades = Arc::new(Derivadas);

    let atender = AtenderOrdenes::nuevo(Arc::new(suscripciones), catalogo.clone(), identidades.clone());
    base.consumir("suscripciones", EntradaOrdenes::TIPOS, Arc::new(EntradaOrdenes::nueva(Arc::new(atender))));
    let responder = Arc::new(ResponderSaga::nuevo(sagas.clone(), identidades));
    let publicadas = catalogo.publicadas().await?;
    let temas = publicadas.iter().flat_map(|cargada| cargada.temas_de_respuesta()).collect();
    let respuestas = base.consumir_temas("sagas", temas, Arc::new(EntradaRespuestas::nueva(responder)));
    base.tareas.spawn(vigilar_definiciones(catalogo.clone(), respuestas, base.fondo.clone()));

    base.publicar(PUBLICADOS);
    orquestar(base, sagas.clone());

    let libros = LibrosHttp::nuevos(&ajustes.servicios.servicio_datos, &ajustes.servicios.notificaciones);
    let libros = Arc::new(libros.map_err(ErrorComposicion::Libros)?);
    let auditoria = Arc::new(AuditoriaPg::nueva(base.pool.clone(), catalogo.clone()));
    base.tareas.spawn(vigilar(Arc::new(VigilarConsistencia::nuevo(auditoria, libros)), base.fondo.clone()));

    let comprobaciones = Arc::new(Comprobaciones::default());
    let fichas = Arc::new(DefinicionesPg::nuevas(base.pool.clone()));
    let registro = Arc::new(RegistroPulsar::nuevo(&ajustes.pulsar_admin, &ajustes.espacio)?);
    let consultas = Arc::new(Consultas::nuevas(base.pool.clone()));
    let mandos = MandosPg::nuevo(base.pool.clone(), base.despachador.clone(), emisor, consultas.clone());
    // Its own turns: to move sagas does not wait for the definitions under check, nor they for it.
    let mudanzas = Arc::new(Mudanzas::nuevas(catalogo.clone(), Arc::new(Comprobaciones::default())));
    let (mandar, lotes, confirmado) = atender_operadores(base, sagas, Arc::new(mandos), mudanzas.clone());
    Ok(api::rutas(api::Estado {
        consultas,
        mandar,
        lotes,
        mudanzas,
        confirmado,
        guardar_plan: Arc::new(GuardarPlan::nuevo(catalogo.clone())),
        definiciones: Arc::new(Definiciones::nuevas(fichas.clone(), registro, catalogo.clone(), comprobaciones)),
        fichas,
        catalogo,
        clientes,
        hallazgos: Arc::new(Hallazgos::nuevos(base.pool.clone())),
        cierre: base.cierre.clone(),
    }))
}

/// Whoever publishes knows the schemas of a definition before the first command of its sagas.
fn registrar_esquemas(publicador: &Publicador, cargada: &DefinicionCargada) {
    for mensaje in cargada.mensajes.values() {
        publicador.registrar_esquema(&mensaje.tema, &mensaje.avsc);
    }
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

/// What operators order of sagas; confirmed batches are carried out in the background.
fn atender_operadores(
    base: &Base,
    sagas: Arc<SagasPg>,
    mandos: Arc<MandosPg>,
    mudanzas: Arc<Mudanzas>,
) -> (Arc<Mandar>, Arc<MandarLotes>, Arc<Notify>) {
    let mandar = Arc::new(Mandar::nuevo(sagas, mandos.clone(), mudanzas));
    let (lotes, confirmado) = (Arc::new(MandarLotes::nuevos(mandar.clone(), mandos)), Arc::new(Notify::new()));
    base.tareas.spawn(llevar_lotes(lotes.clone(), confirmado.clone(), base.fondo.clone()));
    (mandar, lotes, confirmado)
}
