//! What every test needs: the pieces of the service over a database of its own, and the neighbours.

mod contactos;
mod mensajes;
mod smtp;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bandejas::Despachador;
use contratos::{Mensaje, Procedencia, Recibido, Saliente, temas};
use mensajeria::{ErrorPublicacion, Publicar};
use notificaciones::aplicacion::puertos::{Contactos, Correo};
use notificaciones::aplicacion::{CrearNotificaciones, EnviarPendientes};
use notificaciones::infraestructura::{
    AjustesSmtp, ContactosHttp, CorreoSmtp, PgAlmacen, PlantillasMinijinja, Remite, Remitente, Seguridad,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use contactos::Suscripciones;
pub use mensajes::{comando, entrante, saga, suceso_cancelada, suceso_creada, suceso_desistida, suceso_fallida};
pub use smtp::ServidorSmtp;

/// A broker that is down, so that what the service sends stays in the outbox to be looked at.
struct SinBroker;

#[async_trait]
impl Publicar for SinBroker {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        mensajes.iter().map(|_| Err(ErrorPublicacion::NoDisponible)).collect()
    }

    fn disponible(&self) -> bool {
        false
    }
}

/// One instance of the service without its sender.
pub struct Banco {
    pub pool: PgPool,
    pub almacen: Arc<PgAlmacen>,
    pub crear: Arc<CrearNotificaciones>,
    pub tareas: TaskTracker,
    pub cierre: CancellationToken,
}

impl Banco {
    /// Over a database that this brings up to date.
    pub async fn nuevo(pool: PgPool) -> Self {
        notificaciones::migrar(&pool).await.expect("migrates");
        let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
        let despachador = Despachador::iniciar(pool.clone(), Arc::new(SinBroker), &tareas, &cierre);
        let almacen = Arc::new(PgAlmacen::nuevo(pool.clone(), despachador));
        let crear = Arc::new(CrearNotificaciones::nuevo(almacen.clone()));
        Self { pool, almacen, crear, tareas, cierre }
    }

    pub fn envio(&self, suscripciones: &str, correo: Arc<dyn Correo>) -> EnviarPendientes {
        let contactos: Arc<dyn Contactos> = Arc::new(ContactosHttp::nuevo(suscripciones).expect("client"));
        let plantillas = Arc::new(PlantillasMinijinja::nuevas(None));
        EnviarPendientes { almacen: self.almacen.clone(), contactos, plantillas, correo }
    }

    /// Starts a sender of its own.
    pub fn remitente(&self, suscripciones: &str, correo: Arc<dyn Correo>) -> Remitente {
        let envio = self.envio(suscripciones, correo);
        Remitente::iniciar(envio, self.almacen.clone(), &self.tareas, &self.cierre)
    }

    /// The messages of one type in the outbox.
    pub async fn enviados<D: Mensaje>(&self) -> Vec<Recibido<D>> {
        let tema = temas::por_tipo(D::TIPO).expect("topic").nombre;
        let cargas: Vec<Vec<u8>> = sqlx::query_scalar("select carga from bandejas.outbox where tema = $1 order by id")
            .bind(tema)
            .fetch_all(&self.pool)
            .await
            .expect("reads");
        let procedencia = Procedencia { tema, posicion: "0:0:-1".to_owned(), publicado: contratos::ahora() };
        cargas.iter().map(|carga| contratos::decodificar(carga, None, &procedencia).expect("decodes")).collect()
    }

    pub async fn estados(&self) -> Vec<String> {
        sqlx::query_scalar("select estado from notificacion order by creada, id")
            .fetch_all(&self.pool)
            .await
            .expect("reads")
    }

    /// Waits until every notification is in `estado`.
    pub async fn esperar(&self, estado: &str, cuantas: usize) {
        hasta(async || self.estados().await == vec![estado; cuantas]).await;
    }

    /// As if the time of the next attempt had come, and whoever had the turn had died.
    pub async fn adelantar(&self) {
        sqlx::query(
            "update notificacion set proximo_intento = now() - interval '1 s', turno_hasta = null
             where estado = 'creada'",
        )
        .execute(&self.pool)
        .await
        .expect("writes");
    }

    pub async fn contar(&self, tabla: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {tabla}")))
            .fetch_one(&self.pool)
            .await
            .expect("counts")
    }
}

/// Mails to the server of the test.
pub fn correo_smtp(servidor: &ServidorSmtp) -> Arc<dyn Correo> {
    let ajustes = AjustesSmtp {
        host: "127.0.0.1".to_owned(),
        puerto: servidor.puerto(),
        seguridad: Seguridad::Ninguna,
        usuario: None,
        clave: None,
    };
    Arc::new(CorreoSmtp::nuevo(&ajustes, remite()).expect("transport"))
}

pub fn remite() -> Remite {
    Remite::nuevo("SaludTechAlpes <no-responder@saludtechalpes.example>").expect("sender")
}

/// Waits for a condition, ten seconds at most.
pub async fn hasta<F: Future<Output = bool>>(mut condicion: impl FnMut() -> F) {
    let limite = tokio::time::Instant::now() + Duration::from_secs(10);
    while !condicion().await {
        assert!(tokio::time::Instant::now() < limite, "the condition did not come true in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
