//! Wires ports to adapters; the only place that names both.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use ajustes::{Claves, Http, Postgres, Telemetria};
use axum::Router;
use contratos::{
    ComandoEnviarNotificacion, EventoNotificacionConfirmacion, EventoNotificacionCreada, EventoNotificacionEnviada,
    EventoNotificacionError, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida,
    EventoSuscripcionPlanModificado, Mensaje,
};
use mensajeria::{AjustesPulsar, Manejador};
use proceso::{Base, Cimientos};
use serde::Deserialize;

use crate::aplicacion::puertos::{Correo, ErrorAlmacen};
use crate::aplicacion::{CrearNotificaciones, EnviarPendientes};
use crate::infraestructura::{
    AjustesSmtp, ContactosHttp, CorreoCarpeta, CorreoSmtp, Entrada, ErrorCorreo, ErrorRemitente, PgAlmacen,
    PgConsultas, PlantillasMinijinja, Remite, Remitente,
};
use crate::{api, infraestructura};

/// The settings of a process that is told nothing else. `claves.maestra` has no default: it is a secret.
pub const AJUSTES_POR_DEFECTO: &str = include_str!("../config/default.toml");

/// The message types that this service sends.
const PUBLICADOS: [&str; 4] = [
    EventoNotificacionCreada::TIPO,
    EventoNotificacionEnviada::TIPO,
    EventoNotificacionError::TIPO,
    EventoNotificacionConfirmacion::TIPO,
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    http: Http,
    postgres: Postgres,
    pulsar: AjustesPulsar,
    claves: Claves,
    telemetria: Telemetria,
    servicios: AjustesServicios,
    correo: AjustesCorreo,
}

/// The settings that only this service has.
#[derive(Debug)]
pub struct AjustesPropios {
    pub servicios: AjustesServicios,
    pub correo: AjustesCorreo,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesServicios {
    /// Base URL.
    pub suscripciones: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesCorreo {
    pub modo: ModoCorreo,
    /// `Name <address>`.
    pub remitente: String,
    /// Where mode `carpeta` leaves its files.
    pub carpeta: PathBuf,
    /// Templates besides the embedded ones.
    pub plantillas: Option<PathBuf>,
    pub smtp: AjustesSmtp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModoCorreo {
    Carpeta,
    Smtp,
}

impl Ajustes {
    pub fn separar(self) -> (Cimientos, AjustesPropios) {
        let Self { http, postgres, pulsar, claves, telemetria, servicios, correo } = self;
        (Cimientos { http, postgres, pulsar, claves, telemetria }, AjustesPropios { servicios, correo })
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error(transparent)]
    Remitente(#[from] ErrorRemitente),
    #[error(transparent)]
    Correo(#[from] ErrorCorreo),
    #[error("correo.carpeta cannot be used")]
    Carpeta(#[source] io::Error),
    #[error("the client for servicios.suscripciones cannot be made")]
    Contactos(#[source] reqwest::Error),
}

/// Starts the consumers and the sender, and answers the routes.
pub fn componer(base: &mut Base, ajustes: &AjustesPropios) -> Result<Router, ErrorComposicion> {
    base.publicar(&PUBLICADOS);
    let almacen = Arc::new(PgAlmacen::nuevo(base.pool.clone(), base.despachador.clone()));
    let contactos = ContactosHttp::nuevo(&ajustes.servicios.suscripciones).map_err(ErrorComposicion::Contactos)?;
    let envio = EnviarPendientes {
        almacen: almacen.clone(),
        contactos: Arc::new(contactos),
        plantillas: Arc::new(PlantillasMinijinja::nuevas(ajustes.correo.plantillas.as_deref())),
        correo: correo(&ajustes.correo)?,
    };
    let remitente = Remitente::iniciar(envio, almacen.clone(), &base.tareas, &base.fondo);
    let crear = Arc::new(CrearNotificaciones::nuevo(almacen));
    for (tipo, manejador) in manejadores(&crear, &remitente) {
        base.consumir(tipo, &[tipo], manejador);
    }
    Ok(api::rutas(Arc::new(PgConsultas::nuevas(base.pool.clone()))))
}

/// Writes the projection again from the event store.
pub async fn reconstruir(base: &Base) -> Result<(), ErrorAlmacen> {
    let flujos = infraestructura::reconstruir(&base.pool).await?;
    tracing::info!(flujos, "projection rebuilt");
    Ok(())
}

fn correo(ajustes: &AjustesCorreo) -> Result<Arc<dyn Correo>, ErrorComposicion> {
    let remite = Remite::nuevo(&ajustes.remitente)?;
    Ok(match ajustes.modo {
        ModoCorreo::Carpeta => {
            Arc::new(CorreoCarpeta::abrir(&ajustes.carpeta, remite).map_err(ErrorComposicion::Carpeta)?)
        }
        ModoCorreo::Smtp => Arc::new(CorreoSmtp::nuevo(&ajustes.smtp, remite)?),
    })
}

/// One group per message type, named after it.
fn manejadores(crear: &Arc<CrearNotificaciones>, remitente: &Remitente) -> [(&'static str, Arc<dyn Manejador>); 5] {
    let (crear, remitente) = (|| Arc::clone(crear), || remitente.clone());
    [
        (ComandoEnviarNotificacion::TIPO, Arc::new(Entrada::de_comandos(crear(), remitente()))),
        (EventoSuscripcionCreada::TIPO, Arc::new(Entrada::de_creadas(crear(), remitente()))),
        (EventoSuscripcionFallida::TIPO, Arc::new(Entrada::de_fallidas(crear(), remitente()))),
        (EventoSuscripcionPlanModificado::TIPO, Arc::new(Entrada::de_cambios(crear(), remitente()))),
        (EventoSuscripcionCancelada::TIPO, Arc::new(Entrada::de_canceladas(crear(), remitente()))),
    ]
}
