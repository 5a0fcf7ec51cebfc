//! Wires ports to adapters; nothing else names both.

use std::env::current_exe;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use anonimizacion::{ErrorSeudonimo, Seudonimizador};
use axum::Router;
use bandejas::Despachador;
use cifrado::Cifrador;
use contratos::{
    ComandoAnonimizarImagen, EventoAnonimizacion, EventoAnonimizacionFallida, EventoConsultaAnonimizacion, Mensaje,
};
use mensajeria::Manejador;
use proceso::Base;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Casos, LimitesRecepcion};
use crate::aplicacion::{
    AnonimizarImagenes, BarrerObjetos, ConsultarImagenes, LimitesPaquete, LimpiarImagen, RecibirImagen, RecibirPaquete,
};
use crate::infraestructura::{
    AjustesPropios, Almacen, Barrendero, ConsumidorAnonimizar, ErrorApertura, LimitesHijo, LimitesZip, LimpiadorEnHijo,
    PgConsultas, PgImagenes, PgObjetos,
};

const GRUPO: &str = "anonimizar";

/// Commands that one batch takes, and that the broker sends ahead: each may be long work.
const A_LA_VEZ: usize = 16;
const ADELANTO: u32 = 16;

/// The message types that this service sends.
const PUBLICADOS: [&str; 4] = [
    ComandoAnonimizarImagen::TIPO,
    EventoAnonimizacion::TIPO,
    EventoAnonimizacionFallida::TIPO,
    EventoConsultaAnonimizacion::TIPO,
];

/// The service without its surroundings: what HTTP calls, what messages call, and what sweeps behind them.
pub struct Piezas {
    pub rutas: Router,
    pub manejador: Arc<dyn Manejador>,
    pub barrendero: Barrendero,
}

/// What the pieces stand on.
pub struct Suelo<'a> {
    pub pool: &'a PgPool,
    pub despachador: &'a Despachador,
    pub cifrador: Arc<Cifrador>,
    /// The binary that cleans files as a child.
    pub programa: PathBuf,
    /// Ends background work.
    pub fondo: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorComposicion {
    #[error(transparent)]
    Seudonimo(#[from] ErrorSeudonimo),
    #[error(transparent)]
    Almacen(#[from] ErrorApertura),
    #[error("the path of the running program cannot be told")]
    Programa(#[from] std::io::Error),
}

/// Starts the consumer and the sweeper, and gives the routes.
pub fn componer(base: &mut Base, ajustes: &AjustesPropios) -> Result<Router, ErrorComposicion> {
    let suelo = Suelo {
        pool: &base.pool,
        despachador: &base.despachador,
        cifrador: base.cifrador.clone(),
        programa: current_exe()?,
        fondo: base.fondo.clone(),
    };
    let Piezas { rutas, manejador, barrendero } = armar(suelo, ajustes)?;
    base.publicar(&PUBLICADOS);
    let a_la_vez = available_parallelism().map_or(1, NonZero::get).max(A_LA_VEZ);
    base.consumir_de_a_pocos(GRUPO, &[ComandoAnonimizarImagen::TIPO], manejador, (a_la_vez, ADELANTO));
    base.tareas.spawn(barrendero.barrer(base.fondo.clone()));
    Ok(rutas)
}

/// Wires the use cases to Postgres, to the stores and to the outbox.
pub fn armar(suelo: Suelo<'_>, ajustes: &AjustesPropios) -> Result<Piezas, ErrorComposicion> {
    let Suelo { pool, despachador, cifrador, programa, fondo } = suelo;
    let AjustesPropios { claves, almacen, imagenes: limites, limpieza } = ajustes;
    let seudonimizador = Arc::new(Seudonimizador::nuevo(&claves.maestra)?);
    let imagenes = Arc::new(PgImagenes::nuevo(pool.clone(), despachador.clone(), cifrador));
    let consultas = Arc::new(PgConsultas::nuevo(pool.clone(), despachador.clone()));
    let almacen = Arc::new(Almacen::abrir(almacen)?);
    let de_hijo = LimitesHijo {
        memoria: limpieza.memoria_mib.get().saturating_mul(1024 * 1024),
        plazo: Duration::from_secs(limpieza.plazo_segundos.get()),
    };
    let limpiador = Arc::new(LimpiadorEnHijo::nuevo(programa, claves.maestra.clone(), de_hijo, fondo));
    let aviso = Arc::new(Notify::new());
    let de_paquete =
        LimitesPaquete { archivo: limites.archivo_maximo_bytes.get(), archivos: limites.paquete_maximo_archivos.get() };
    let de_zip =
        LimitesZip { archivos: limites.paquete_maximo_archivos.get(), expansion: limites.expansion_maxima.get() };
    let casos = Casos {
        recibir: Arc::new(RecibirImagen::nuevo(imagenes.clone())),
        recibir_paquete: Arc::new(RecibirPaquete::nuevo(imagenes.clone(), almacen.clone(), de_paquete)),
        consultar: Arc::new(ConsultarImagenes::nuevo(consultas, imagenes.clone(), almacen.clone())),
        seudonimizador: Arc::clone(&seudonimizador),
        limites: LimitesRecepcion { paquete_bytes: limites.paquete_maximo_bytes.get(), zip: de_zip },
    };
    let manejador = ConsumidorAnonimizar::nuevo(
        AnonimizarImagenes::nuevo(imagenes.clone()),
        LimpiarImagen::nuevo(imagenes, almacen.clone(), limpiador),
        seudonimizador,
        aviso.clone(),
    );
    let barrer = BarrerObjetos::nuevo(Arc::new(PgObjetos::nuevo(pool.clone())), almacen);
    Ok(Piezas {
        rutas: api::rutas(casos),
        manejador: Arc::new(manejador),
        barrendero: Barrendero::nuevo(barrer, aviso),
    })
}
