//! Working stand-ins for what lies outside the process, and ways to wait for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bandejas::{CartasMuertas, Despachador};
use cifrado::Cifrador;
use contratos::{Cabecera, ComandoCrearSuscripcion, Saliente};
use mensajeria::{
    Carta, Desenlace, Entrante, ErrorManejo, ErrorMensajeria, ErrorPublicacion, Manejador, Motivo, Posicion, Publicar,
};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub const GRUPO: &str = "suscripciones";
pub const SECRETO: &str = "Pablo Perez Prieto";

/// What the broker in memory does with the messages it gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Animo {
    Guarda,
    Rechaza,
    /// Stores the message and loses the receipt.
    PierdeAcuse,
}

/// A broker in memory.
pub struct Corredor {
    animo: Mutex<Animo>,
    vetado: Mutex<Option<String>>,
    guardados: Mutex<Vec<Saliente>>,
    disponible: AtomicBool,
    /// Requests pass one permit each; without permits they wait.
    puerta: Semaphore,
    esperando: AtomicUsize,
}

impl Corredor {
    pub fn abierto() -> Arc<Self> {
        Self::con_puerta(Semaphore::MAX_PERMITS)
    }

    pub fn cerrado() -> Arc<Self> {
        Self::con_puerta(0)
    }

    fn con_puerta(permisos: usize) -> Arc<Self> {
        Arc::new(Self {
            animo: Mutex::new(Animo::Guarda),
            vetado: Mutex::default(),
            guardados: Mutex::default(),
            disponible: AtomicBool::new(true),
            puerta: Semaphore::new(permisos),
            esperando: AtomicUsize::new(0),
        })
    }

    pub fn cambiar(&self, animo: Animo) {
        *self.animo.lock().expect("mood") = animo;
    }

    /// Refuses one topic and nothing else.
    pub fn vetar(&self, tema: &str) {
        *self.vetado.lock().expect("topic") = Some(tema.to_owned());
    }

    pub fn abrir(&self) {
        self.puerta.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    pub fn caer(&self, caido: bool) {
        self.disponible.store(!caido, Ordering::SeqCst);
    }

    pub fn esperando(&self) -> usize {
        self.esperando.load(Ordering::SeqCst)
    }

    /// How often each id was stored.
    pub fn veces(&self) -> HashMap<Uuid, usize> {
        let mut veces = HashMap::new();
        for mensaje in self.guardados.lock().expect("messages").iter() {
            *veces.entry(mensaje.id).or_default() += 1;
        }
        veces
    }

    fn guardar(&self, mensaje: Saliente) -> Result<(), ErrorPublicacion> {
        let animo = *self.animo.lock().expect("mood");
        let vetado = self.vetado.lock().expect("topic").as_ref() == Some(&mensaje.tema);
        if animo == Animo::Rechaza || vetado {
            return Err(sin_acuse());
        }
        self.guardados.lock().expect("messages").push(mensaje);
        if animo == Animo::Guarda { Ok(()) } else { Err(sin_acuse()) }
    }

    pub fn guardados(&self) -> Vec<Saliente> {
        self.guardados.lock().expect("messages").clone()
    }
}

#[async_trait]
impl Publicar for Corredor {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        self.esperando.fetch_add(1, Ordering::SeqCst);
        self.puerta.acquire().await.expect("open gate").forget();
        self.esperando.fetch_sub(1, Ordering::SeqCst);
        mensajes.into_iter().map(|mensaje| self.guardar(mensaje)).collect()
    }

    fn disponible(&self) -> bool {
        self.disponible.load(Ordering::SeqCst)
    }
}

fn sin_acuse() -> ErrorPublicacion {
    ErrorPublicacion::Desconocido(ErrorMensajeria::Interrumpido)
}

/// A process with its dispatcher.
pub struct Proceso {
    pub despachador: Despachador,
    tareas: TaskTracker,
    pub cierre: CancellationToken,
}

impl Proceso {
    pub fn con(pool: &PgPool, corredor: &Arc<Corredor>) -> Self {
        let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
        let publicador: Arc<dyn Publicar> = Arc::<Corredor>::clone(corredor);
        let despachador = Despachador::iniciar(pool.clone(), publicador, &tareas, &cierre);
        Self { despachador, tareas, cierre }
    }

    pub async fn terminar(self) {
        self.cierre.cancel();
        self.tareas.close();
        let plazo = tokio::time::timeout(Duration::from_secs(15), self.tareas.wait()).await;
        plazo.expect("the tasks end after the signal");
    }
}

/// A handler that works as told and counts what it was given.
pub struct Taller {
    modo: Mutex<Modo>,
    pub vistos: Mutex<Vec<Entrante>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Modo {
    Acepta,
    Rechaza,
    FallaElMensaje,
    SinInfraestructura,
    Panico,
}

impl Taller {
    pub fn que(modo: Modo) -> Arc<Self> {
        Arc::new(Self { modo: Mutex::new(modo), vistos: Mutex::default() })
    }

    pub fn cambiar(&self, modo: Modo) {
        *self.modo.lock().expect("mode") = modo;
    }

    pub fn intentos(&self) -> usize {
        self.vistos.lock().expect("seen").len()
    }
}

#[async_trait]
impl Manejador for Taller {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        self.vistos.lock().expect("seen").extend(lote.iter().cloned());
        let modo = *self.modo.lock().expect("mode");
        match modo {
            Modo::Acepta => Ok(lote.iter().map(|_| Desenlace::Hecho).collect()),
            Modo::Rechaza => Ok(lote.iter().map(|_| Desenlace::Rechazado(motivo("plan_no_disponible"))).collect()),
            Modo::FallaElMensaje => Err(ErrorManejo::Datos(format!("bad row of {SECRETO}").into())),
            Modo::SinInfraestructura => Err(ErrorManejo::Infraestructura("no connection".into())),
            Modo::Panico => panic!("the handler has a bug"),
        }
    }
}

pub fn motivo(codigo: &'static str) -> Motivo {
    Motivo { codigo, detalle: "the plan is not for sale".to_owned() }
}

pub fn cifrador() -> Arc<Cifrador> {
    Arc::new(Cifrador::nuevo(&"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned().into()).expect("cipher"))
}

pub async fn cuarentena(pool: &PgPool) -> Arc<CartasMuertas> {
    bandejas::migrar(pool).await.expect("migrated");
    CartasMuertas::nueva(pool.clone(), cifrador())
}

/// A command with personal data in it.
pub fn comando() -> Saliente {
    let mut cabecera = Cabecera::nueva(contratos::id_nuevo(), "bff-web", contratos::ahora());
    cabecera.correlacion = Some(contratos::id_nuevo());
    let datos = ComandoCrearSuscripcion { cliente_nombres: Some(SECRETO.to_owned()), ..Default::default() };
    contratos::codificar(&cabecera, &datos).expect("encoded")
}

pub fn comandos(cuantos: usize) -> Vec<Saliente> {
    (0..cuantos).map(|_| comando()).collect()
}

/// The same command as a consumer gets it, at a position of its own.
pub fn entrante(entry: u64) -> Entrante {
    let Saliente { tema, carga, mut propiedades, .. } = comando();
    propiedades.insert("paciente".to_owned(), SECRETO.to_owned());
    let escritor = contratos::esquema_de("ComandoCrearSuscripcion").expect("schema").clone();
    Entrante {
        tema: tema.into(),
        posicion: Posicion { ledger: 7, entry, indice: -1 },
        propiedades,
        carga,
        escritor: Some(Arc::new(escritor)),
        publicado: contratos::ahora(),
    }
}

pub fn carta(entry: u64, reintentable: bool) -> Carta {
    Carta { grupo: GRUPO.to_owned(), entrante: entrante(entry), motivo: motivo("error_de_datos"), reintentable }
}

/// Polls until `condicion` holds; fails the test after 20 s.
pub async fn esperar<F: AsyncFnMut() -> bool>(que: &str, mut condicion: F) {
    let espera = async {
        while !condicion().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), espera).await.is_ok(), "never happened: {que}");
}

pub async fn filas(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from bandejas.outbox").fetch_one(pool).await.expect("count")
}

/// Makes the waiting rows old enough for a sweeper.
pub async fn envejecer(pool: &PgPool) {
    let sentencia = "update bandejas.outbox set creado = creado - interval '1 minute'";
    sqlx::query(sentencia).execute(pool).await.expect("aged");
}

/// Makes every retry due.
pub async fn vencer(pool: &PgPool) {
    let sentencia = "update bandejas.dead_letter set proximo = now() where estado = 'reintento'";
    sqlx::query(sentencia).execute(pool).await.expect("due");
}

pub async fn estados(pool: &PgPool) -> Vec<String> {
    let sentencia = "select estado from bandejas.dead_letter order by id";
    sqlx::query_scalar(sentencia).fetch_all(pool).await.expect("states")
}
