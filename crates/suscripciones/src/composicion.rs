//! Wires ports to adapters; the only file that names both.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use administracion::ErrorAdmin;
use ajustes::{Claves, Http, Postgres, Telemetria};
use axum::Router;
use contratos::{
    EstadoSaga, EventoOperacionIniciada, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida,
    EventoSuscripcionPagada, Mensaje, RegistroSaga,
};
use mensajeria::{AjustesPulsar, Publicador};
use proceso::{Base, Cimientos};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::api::{self, Orden, Reproceso};
use crate::aplicacion::auditoria::VigilarConsistencia;
use crate::aplicacion::puertos::ErrorRepositorio;
use crate::aplicacion::reproceso::puertos::ErrorReproceso;
use crate::aplicacion::reproceso::{Informe, Peticion, Reprocesar};
use crate::aplicacion::{AtenderOrdenes, Definiciones, GuardarPlan, Mandar, MandarLotes, ResponderSaga, VencerPlazos};
use crate::dominio::IdSaga;
use crate::infraestructura::{
    AjustesPulsarAdmin, Arrendamientos, AuditoriaPg, CatalogoPg, Clientes, Comprobaciones, Compuerta, Consultas,
    DefinicionCargada, DefinicionesPg, Derivadas, Emisor, EntradaOrdenes, EntradaRespuestas, Hallazgos, LibrosHttp,
    MandosPg, Mudanzas, PublicacionSagas, PublicadoPulsar, RegistroPulsar, SagasPg, SuscripcionesPg, TablasSagasPg,
    Temporizador, detener, llevar_lotes, mantener, publicar_en_ausencia, publicar_sagas, reanudar, sembrar,
    vencer_plazos, vigilar, vigilar_definiciones, vigilar_pausa,
};
use crate::{SERVICIO, migrar};

/// The settings of a process that is told nothing else. `claves.maestra` has no default: it is a secret.
pub const AJUSTES: &str = include_str!("../config/default.toml");

/// What this service tells on its own, beside the commands of its sagas.
const PUBLICADOS: &[&str] = &[
    EventoSuscripcionCreada::TIPO,
    EventoSuscripcionPagada::TIPO,
    EventoSuscripcionCancelada::TIPO,
    EventoSuscripcionFallida::TIPO,
    EventoOperacionIniciada::TIPO,
    RegistroSaga::TIPO,
    EstadoSaga::TIPO,
];

/// How long an order waits for the database.
const PLAZO_DE_APERTURA: Duration = Duration::from_secs(30);

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
    let catalogo = catalogo(base);
    let compuerta = Arc::new(Compuerta::vigilada());
    base.tareas.spawn(vigilar_pausa(base.pool.clone(), compuerta.clone(), contratos::id_nuevo(), base.fondo.clone()));
    let clientes = Arc::new(Clientes::nuevo(base.pool.clone(), base.cifrador.clone()));
    let emisor = Arc::new(Emisor::nuevo(catalogo.clone(), clientes.clone()));
    let suscripciones =
        SuscripcionesPg::nuevo(base.pool.clone(), base.despachador.clone(), clientes.clone(), emisor.clone())
            .tras(compuerta.clone());
    let sagas = SagasPg::nuevo(base.pool.clone(), base.despachador.clone(), catalogo.clone(), emisor.clone());
    let sagas = Arc::new(sagas.tras(compuerta.clone()));
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
    let mandos = mandos.tras(compuerta);
    // Turns of their own: to order sagas does not wait for the definitions under check, nor they for it.
    let suyas = Arc::new(Comprobaciones::default());
    let mudanzas = Arc::new(Mudanzas::nuevas(catalogo.clone(), suyas.clone()));
    let (mandar, lotes, confirmado) = atender_operadores(base, sagas, Arc::new(mandos), (mudanzas.clone(), suyas));
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

/// The catalogue of this process.
fn catalogo(base: &Base) -> Arc<CatalogoPg> {
    let publicador = base.mensajeria.publicador();
    let catalogo = CatalogoPg::nuevo(base.pool.clone());
    Arc::new(catalogo.al_cargar(move |cargada| registrar_esquemas(&publicador, cargada)))
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
    (mudanzas, comprobaciones): (Arc<Mudanzas>, Arc<Comprobaciones>),
) -> (Arc<Mandar>, Arc<MandarLotes>, Arc<Notify>) {
    let mandar = Arc::new(Mandar::nuevo(sagas, mandos.clone(), mudanzas, comprobaciones));
    let (lotes, confirmado) = (Arc::new(MandarLotes::nuevos(mandar.clone(), mandos)), Arc::new(Notify::new()));
    base.tareas.spawn(llevar_lotes(lotes.clone(), confirmado.clone(), base.fondo.clone()));
    (mandar, lotes, confirmado)
}

/// Carries out an order and ends: 0 all is well, 1 the log has gaps or the tables differ, 2 it could not.
pub async fn ordenar(orden: Orden, cimientos: &Cimientos) -> ExitCode {
    let base = match tokio::time::timeout(PLAZO_DE_APERTURA, Base::abrir(SERVICIO, cimientos, migrar)).await {
        Ok(Ok(base)) => base,
        Ok(Err(error)) => return imposible(&error),
        Err(plazo) => return imposible(&plazo),
    };
    let resultado = cumplir(orden, &base).await;
    base.cerrar().await;
    match resultado {
        Ok((texto, bien)) => match writeln!(std::io::stdout(), "{texto}") {
            Ok(()) if bien => ExitCode::SUCCESS,
            Ok(()) => ExitCode::from(1),
            Err(error) => imposible(&error),
        },
        Err(error) => imposible(&error),
    }
}

/// What to show, and whether all is well.
async fn cumplir(orden: Orden, base: &Base) -> Result<(String, bool), ErrorReproceso> {
    match orden {
        Orden::Pausar { motivo } => {
            detener(&base.pool, &motivo).await?;
            Ok(("los orquestadores están en pausa".to_owned(), true))
        }
        Orden::Reanudar => {
            let habia = reanudar(&base.pool).await?;
            Ok((if habia { "los orquestadores siguen" } else { "no había pausa" }.to_owned(), true))
        }
        Orden::Reprocesar(pedido) => {
            let informe = reprocesar(&pedido, base).await?;
            let texto = if pedido.json { api::json(&informe) } else { api::texto(&informe) };
            Ok((texto, informe.bien()))
        }
    }
}

async fn reprocesar(pedido: &Reproceso, base: &Base) -> Result<Informe, ErrorReproceso> {
    let catalogo = catalogo(base);
    let clientes = Arc::new(Clientes::nuevo(base.pool.clone(), base.cifrador.clone()));
    let emisor = Arc::new(Emisor::nuevo(catalogo.clone(), clientes));
    let arrendamientos = Arc::new(Arrendamientos::nuevos(base.pool.clone(), contratos::id_nuevo(), base.direccion()));
    let publicador = Arc::new(base.mensajeria.publicador());
    base.tareas.spawn(publicar_en_ausencia(arrendamientos, publicador, base.fondo.clone()));
    let reprocesar = Reprocesar::nuevo(
        Arc::new(PublicadoPulsar::nuevo(base.mensajeria.clone())),
        Arc::new(TablasSagasPg::nuevas(base.pool.clone(), catalogo.clone())),
        Arc::new(SagasPg::nuevo(base.pool.clone(), base.despachador.clone(), catalogo, emisor)),
        Arc::new(Derivadas),
        contratos::ahora,
    );
    let peticion = Peticion { real: pedido.real, saga: pedido.saga.map(IdSaga), desde_estado: pedido.desde_estado };
    reprocesar.ejecutar(peticion).await
}

fn imposible(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    tracing::error!(error, "the order could not be carried out");
    ExitCode::from(2)
}
