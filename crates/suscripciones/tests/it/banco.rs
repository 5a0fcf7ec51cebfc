//! The bench of these tests: a fresh database, the real adapters, and a publisher that keeps what it is given.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bandejas::Despachador;
use chrono::{DateTime, Utc};
use cifrado::Cifrador;
use contratos::{Cabecera, ComandoCrearSuscripcion, Mensaje, Procedencia, Recibido, RegistroSaga, Saliente};
use mensajeria::{ErrorPublicacion, Publicar};
use saga::{Datos, Definicion, Examen};
use sqlx::PgPool;
use suscripciones::aplicacion::puertos::{
    Contexto, ErrorRegistro, ErrorRepositorio, Incumplimiento, RegistroMensajes, RepositorioSagas, RespuestaDeSaga,
};
use suscripciones::aplicacion::{
    AtenderOrdenes, Atendida, Definiciones, Mandar, MandarLotes, Pedido, ResponderSaga, VencerPlazos,
};
use suscripciones::dominio::{CodigoCliente, CodigoPlan, DatosCliente, IdSaga};
use suscripciones::infraestructura::{
    Arrendamientos, CatalogoPg, Clientes, Comprobaciones, Compuerta, Consultas, DefinicionesPg, Derivadas, Emisor,
    MandosPg, Mudanzas, PublicacionSagas, SagasPg, SuscripcionesPg, revisar_mensajes, sembrar, vigilar_pausa,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub const EMAIL: &str = "canario-correo@dominio.example";

/// Keeps every published message; always confirms.
#[derive(Default)]
pub struct Buzon(Mutex<Vec<Saliente>>);

#[async_trait]
impl Publicar for Buzon {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        let recibos = mensajes.iter().map(|_| Ok(())).collect();
        self.0.lock().expect("buzon").extend(mensajes);
        recibos
    }

    fn disponible(&self) -> bool {
        true
    }
}

impl Buzon {
    /// The messages of one type, decoded.
    pub fn de_tipo<D: Mensaje>(&self) -> Vec<Recibido<D>> {
        leer(&self.0.lock().expect("buzon"))
    }
}

fn leer<D: Mensaje>(salientes: &[Saliente]) -> Vec<Recibido<D>> {
    let tema = contratos::temas::por_tipo(D::TIPO).expect("tema").nombre;
    let leer = |saliente: &Saliente| {
        let procedencia = Procedencia { tema, posicion: "0:0:0".into(), publicado: contratos::ahora() };
        contratos::decodificar(&saliente.carga, None, &procedencia).expect("decodifica")
    };
    salientes.iter().filter(|saliente| saliente.tema == tema).map(leer).collect()
}

/// A registry of messages that knows the rules and no broker: it keeps what it prepared.
#[derive(Default)]
pub struct Registro {
    preparadas: Mutex<Vec<String>>,
    rechazado: Mutex<Option<String>>,
    caido: AtomicBool,
}

impl Registro {
    /// The definitions whose topics it was asked for.
    pub fn preparadas(&self) -> Vec<String> {
        self.preparadas.lock().expect("lock").clone()
    }

    /// Finds the schema of this type incompatible from now on.
    pub fn rechazar(&self, tipo: &str) {
        *self.rechazado.lock().expect("lock") = Some(tipo.to_owned());
    }

    /// Prepares nothing more.
    pub fn caer(&self) {
        self.caido.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl RegistroMensajes for Registro {
    async fn revisar(&self, examen: &Examen) -> Result<Vec<Incumplimiento>, ErrorRegistro> {
        let mut faltas = revisar_mensajes(examen);
        faltas.extend(self.rechazado.lock().expect("lock").as_ref().map(|tipo| Incumplimiento {
            regla: "esquema_incompatible".to_owned(),
            ruta: format!("esquemas.{tipo}.avsc"),
            texto: "no es compatible".to_owned(),
        }));
        Ok(faltas)
    }

    async fn preparar(&self, definicion: &Definicion) -> Result<(), ErrorRegistro> {
        if self.caido.load(Ordering::Relaxed) {
            return Err(ErrorRegistro("down".into()));
        }
        let version = format!("{} v{}", definicion.clave(), definicion.version());
        self.preparadas.lock().expect("lock").push(version);
        Ok(())
    }
}

pub struct Banco {
    pub pool: PgPool,
    pub registro: Arc<Registro>,
    pub definiciones: Arc<Definiciones>,
    pub atender: Arc<AtenderOrdenes>,
    pub responder: Arc<ResponderSaga>,
    pub vencer: VencerPlazos,
    pub mandar: Arc<Mandar>,
    pub lotes: Arc<MandarLotes>,
    pub mandos: Arc<MandosPg>,
    pub mudanzas: Arc<Mudanzas>,
    pub consultas: Arc<Consultas>,
    pub catalogo: Arc<CatalogoPg>,
    pub clientes: Arc<Clientes>,
    pub sagas: Arc<SagasPg>,
    compuerta: Arc<Compuerta>,
    buzon: Arc<Buzon>,
    tareas: TaskTracker,
    cierre: CancellationToken,
}

/// Room and time for every flow of these tests.
fn holgadas() -> Comprobaciones {
    Comprobaciones::acotadas(20_000, Duration::from_secs(20))
}

impl Banco {
    pub async fn nuevo(pool: PgPool) -> Self {
        Self::con(pool, Compuerta::abierta(), holgadas()).await
    }

    /// With other limits of what is checked.
    pub async fn comprobando(pool: PgPool, comprobaciones: Comprobaciones) -> Self {
        Self::con(pool, Compuerta::abierta(), comprobaciones).await
    }

    /// With a gate that somebody has to watch.
    pub async fn vigilado(pool: PgPool) -> Self {
        Self::con(pool, Compuerta::vigilada(), holgadas()).await
    }

    async fn con(pool: PgPool, compuerta: Compuerta, comprobaciones: Comprobaciones) -> Self {
        let compuerta = Arc::new(compuerta);
        suscripciones::migrar(&pool).await.expect("migraciones");
        sembrar(&pool).await.expect("semillas");
        let (tareas, cierre, buzon) = (TaskTracker::new(), CancellationToken::new(), Arc::new(Buzon::default()));
        let despachador = Despachador::iniciar(pool.clone(), buzon.clone(), &tareas, &cierre);
        let cifrador =
            Arc::new(Cifrador::nuevo(&"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into()).expect("clave"));
        let catalogo = Arc::new(CatalogoPg::nuevo(pool.clone()));
        let clientes = Arc::new(Clientes::nuevo(pool.clone(), cifrador));
        let emisor = Arc::new(Emisor::nuevo(catalogo.clone(), clientes.clone()));
        let repositorio = SuscripcionesPg::nuevo(pool.clone(), despachador.clone(), clientes.clone(), emisor.clone())
            .tras(compuerta.clone());
        let registro = Arc::new(Registro::default());
        let fichas = Arc::new(DefinicionesPg::nuevas(pool.clone()));
        let comprobaciones = Arc::new(comprobaciones);
        let definiciones =
            Arc::new(Definiciones::nuevas(fichas, registro.clone(), catalogo.clone(), comprobaciones.clone()));
        let sagas = SagasPg::nuevo(pool.clone(), despachador.clone(), catalogo.clone(), emisor.clone());
        let sagas = Arc::new(sagas.tras(compuerta.clone()));
        let consultas = Arc::new(Consultas::nuevas(pool.clone()));
        let mandos = MandosPg::nuevo(pool.clone(), despachador, emisor, consultas.clone());
        let mandos = Arc::new(mandos.tras(compuerta.clone()));
        let mudanzas = Arc::new(Mudanzas::nuevas(catalogo.clone(), comprobaciones.clone()));
        let mandar = Arc::new(Mandar::nuevo(sagas.clone(), mandos.clone(), mudanzas.clone(), comprobaciones));
        Self {
            lotes: Arc::new(MandarLotes::nuevos(mandar.clone(), mandos.clone())),
            mandos,
            mandar,
            mudanzas,
            atender: Arc::new(AtenderOrdenes::nuevo(Arc::new(repositorio), catalogo.clone(), Arc::new(Derivadas))),
            responder: Arc::new(ResponderSaga::nuevo(sagas.clone(), Arc::new(Derivadas))),
            vencer: VencerPlazos::nuevo(sagas.clone()),
            sagas,
            compuerta,
            consultas,
            catalogo,
            clientes,
            registro,
            definiciones,
            pool,
            buzon,
            tareas,
            cierre,
        }
    }

    /// Everything published so far, once the outbox is empty.
    pub async fn publicados(&self) -> Vec<Saliente> {
        let limite = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            let quedan: i64 =
                sqlx::query_scalar("select count(*) from bandejas.outbox").fetch_one(&self.pool).await.expect("outbox");
            if quedan == 0 {
                return self.buzon.0.lock().expect("buzon").clone();
            }
            assert!(tokio::time::Instant::now() < limite, "la bandeja no se vacia");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The published messages of one type, decoded.
    pub async fn de_tipo<D: Mensaje>(&self) -> Vec<Recibido<D>> {
        leer(&self.publicados().await)
    }

    pub async fn crear(&self, comando: Uuid, cliente: &str, plan: &str) {
        self.atender.ejecutar(&[crear(comando, cliente, plan)]).await.expect("atendida");
    }

    /// Answers a saga's step with an event of that type.
    pub async fn responder<D: Mensaje>(&self, saga: Uuid, paso: &str, direccion: &str, datos: D) -> Atendida {
        let datos = serde_json::to_value(datos).expect("json");
        self.responder_con(saga, paso, direccion, D::TIPO, datos).await
    }

    /// The same with an event of a type that nobody compiled.
    pub async fn responder_con(&self, saga: Uuid, paso: &str, direccion: &str, tipo: &str, datos: Datos) -> Atendida {
        self.intentar(saga, paso, direccion, tipo, datos).await.expect("respondida")
    }

    pub async fn intentar(
        &self,
        saga: Uuid,
        paso: &str,
        direccion: &str,
        tipo: &str,
        datos: Datos,
    ) -> Result<Atendida, ErrorRepositorio> {
        let respuesta = RespuestaDeSaga {
            saga: IdSaga(saga),
            comando: contratos::id_comando(saga, paso, direccion),
            tipo: tipo.to_owned(),
            datos,
        };
        Ok(self.responder.ejecutar(&[respuesta], contratos::ahora()).await?.remove(0))
    }

    /// Watches the gate, as the service does.
    pub fn vigilar(&self, cierre: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(vigilar_pausa(self.pool.clone(), self.compuerta.clone(), contratos::id_nuevo(), cierre))
    }

    pub async fn hasta_abierta(&self) {
        let limite = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.sagas.obtener(&[]).await.is_err() {
            assert!(tokio::time::Instant::now() < limite, "la compuerta no se abre");
        }
    }

    /// Another orchestrator, once it has shown itself.
    pub async fn orquestador(&self) -> Arc<Arrendamientos> {
        let direccion = ([127, 0, 0, 1], 5000).into();
        let nuevo = Arrendamientos::nuevos(self.pool.clone(), contratos::id_nuevo(), direccion);
        nuevo.latir().await.expect("latido");
        Arc::new(nuevo)
    }

    /// Fires what is late by then in the partitions that the orchestrator believes to hold; how many sagas moved.
    pub async fn vencer(&self, orquestador: &Arrendamientos, ahora: DateTime<Utc>) -> usize {
        let tenencia = orquestador.vigente().expect("tenencia");
        let tarde = self.vencer.buscar(ahora, &tenencia, &[], 1000).await.expect("busqueda");
        self.vencer.vencer(&tarde, ahora, &tenencia).await.expect("vencidas").movidas
    }

    /// One round of publication; how many transitions.
    pub async fn publicar(&self, orquestador: &Arc<Arrendamientos>) -> usize {
        PublicacionSagas::nueva(orquestador.clone(), self.buzon.clone()).ronda().await.expect("ronda")
    }

    /// Every published transition, by saga and version, in the order of publication.
    pub async fn transiciones_publicadas(&self) -> Vec<(String, i64)> {
        let registros = self.de_tipo::<RegistroSaga>().await;
        let transiciones =
            registros.into_iter().flat_map(|registro| registro.datos.transiciones.expect("transiciones"));
        transiciones.map(|transicion| (transicion.saga.expect("saga"), transicion.version.expect("version"))).collect()
    }

    pub async fn fase(&self, saga: Uuid) -> String {
        sqlx::query_scalar("select fase from saga where id = $1").bind(saga).fetch_one(&self.pool).await.expect("saga")
    }
}

impl Drop for Banco {
    fn drop(&mut self) {
        self.cierre.cancel();
        self.tareas.close();
    }
}

pub fn crear(comando: Uuid, cliente: &str, plan: &str) -> (Contexto, Pedido) {
    let datos = DatosCliente {
        nombres: "Canario".into(),
        apellidos: "Prueba".into(),
        usuario: "cprueba".into(),
        rut: "123457890".into(),
        cedula: "987654321".into(),
        email: EMAIL.into(),
    };
    let pedido = Pedido::Crear {
        id: None,
        cliente: CodigoCliente::try_from(cliente).expect("codigo"),
        datos,
        plan: CodigoPlan::try_from(plan).expect("codigo"),
    };
    (contexto(comando, ComandoCrearSuscripcion::TIPO), pedido)
}

pub fn contexto(comando: Uuid, tipo: &str) -> Contexto {
    let cabecera = Cabecera::nueva(comando, "pruebas", contratos::ahora());
    Contexto {
        comando: cabecera.id,
        tipo: tipo.to_owned(),
        correlacion: None,
        causa: None,
        traza: None,
        inquilino: "publico".into(),
        huella: Some("huella".into()),
        instante: cabecera.instante,
    }
}

/// The ids that a creating command gives its subscription and its saga.
pub fn ids(comando: Uuid) -> HashMap<&'static str, Uuid> {
    use suscripciones::aplicacion::puertos::Identidades;
    HashMap::from([("suscripcion", Derivadas.suscripcion(comando).0), ("saga", Derivadas.saga(comando).0)])
}
