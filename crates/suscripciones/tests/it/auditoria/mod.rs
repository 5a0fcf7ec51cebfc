//! The audit over real ledgers: what it finds, when it tells, and what it does not claim.

mod cambios;
mod reglas;
mod vigilancia;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contratos::{
    ComandoPagarSuscripcion, EventoExpertoAsignado, EventoNotificacionEnviada, EventoServicioDatosCreada,
    EventoServicioDatosFallida, EventoServicioDatosIniciado, EventoSuscripcionCancelada, EventoSuscripcionPagada,
    Mensaje,
};
use sqlx::{PgConnection, PgPool};
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::auditoria::puertos::{LibrosAjenos, RepositorioAuditoria, SinRespuesta};
use suscripciones::aplicacion::auditoria::{
    Aviso, Cobro, Expediente, Plazas, Regla, Ronda, ServicioVisto, VigilarConsistencia, juzgar,
};
use suscripciones::dominio::{Estado, IdSuscripcion, Monto, Pago};
use suscripciones::infraestructura::{AuditoriaPg, Consistencia, Hallazgos};
use uuid::Uuid;

use crate::banco::{Banco, contexto, ids};

/// The other services' ledgers, as the test writes them.
#[derive(Default)]
struct Libros {
    servicios: Mutex<HashMap<IdSuscripcion, Vec<ServicioVisto>>>,
    avisos: Mutex<HashMap<IdSuscripcion, Vec<Aviso>>>,
    callado: Mutex<bool>,
}

#[async_trait]
impl LibrosAjenos for Libros {
    async fn servicios(&self, _: &[IdSuscripcion]) -> Result<HashMap<IdSuscripcion, Vec<ServicioVisto>>, SinRespuesta> {
        if *self.callado.lock().expect("callado") {
            return Err(SinRespuesta("servicio-datos"));
        }
        Ok(self.servicios.lock().expect("servicios").clone())
    }

    async fn avisos(&self, _: &[IdSuscripcion]) -> Result<HashMap<IdSuscripcion, Vec<Aviso>>, SinRespuesta> {
        Ok(self.avisos.lock().expect("avisos").clone())
    }
}

fn aviso(plantilla: &str, estado: &str) -> Aviso {
    Aviso { plantilla: plantilla.into(), estado: estado.into() }
}

fn servicio(estado: &str, ocupa: bool) -> ServicioVisto {
    ServicioVisto { estado: estado.into(), plazas: Plazas { nube: ocupa, experto: ocupa } }
}

struct Escena {
    banco: Banco,
    libros: Arc<Libros>,
    vigilar: VigilarConsistencia,
}

impl Escena {
    async fn nueva(pool: PgPool) -> Self {
        let banco = Banco::nuevo(pool).await;
        let libros = Arc::new(Libros::default());
        let vigilar = Self::auditor(&banco, &libros);
        Self { banco, libros, vigilar }
    }

    fn auditor(banco: &Banco, libros: &Arc<Libros>) -> VigilarConsistencia {
        let repositorio = AuditoriaPg::nueva(banco.pool.clone(), banco.catalogo.clone());
        VigilarConsistencia::nuevo(Arc::new(repositorio), libros.clone())
    }

    /// A subscription whose saga completed, as every ledger says.
    async fn completada(&self) -> IdSuscripcion {
        let comando = contratos::id_nuevo();
        self.banco.crear(comando, &comando.to_string(), "pro").await;
        let (saga, suscripcion) = (ids(comando)["saga"], IdSuscripcion(ids(comando)["suscripcion"]));
        let creada = EventoServicioDatosCreada { id_serviciodatos: Some(saga.to_string()), ..Default::default() };
        self.banco.responder(saga, "crear_servicio", "hacer", creada).await;
        self.banco.responder(saga, "asignar_experto", "hacer", EventoExpertoAsignado::default()).await;
        self.banco.responder(saga, "iniciar_servicio", "hacer", EventoServicioDatosIniciado::default()).await;
        let monto = Monto::try_from("150000.00").expect("monto");
        let pago = Pago { numero: saga.to_string(), monto, moneda: "COP".into(), medio_pago: "x".into() };
        let mut orden = contexto(contratos::id_comando(saga, "pagar", "hacer"), ComandoPagarSuscripcion::TIPO);
        orden.correlacion = Some(saga);
        self.banco.atender.ejecutar(&[(orden, Pedido::Pagar { id: suscripcion, pago })]).await.expect("pago");
        self.banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
        self.banco.responder(saga, "notificar", "hacer", EventoNotificacionEnviada::default()).await;
        assert_eq!(self.banco.fase(saga).await, "completada");
        self.escribir(suscripcion, servicio("iniciado", true), aviso("suscripcion_completada", "confirmada"));
        self.reposar().await;
        suscripcion
    }

    /// A subscription whose saga was undone, as every ledger says.
    async fn compensada(&self) -> IdSuscripcion {
        let comando = contratos::id_nuevo();
        self.banco.crear(comando, &comando.to_string(), "pro").await;
        let (saga, suscripcion) = (ids(comando)["saga"], IdSuscripcion(ids(comando)["suscripcion"]));
        let fallo = EventoServicioDatosFallida { codigo: Some("sin_cupo_nube".into()), ..Default::default() };
        self.banco.responder(saga, "crear_servicio", "hacer", fallo).await;
        self.sql("update suscripcion set estado = 'cancelada', motivo = 'x' where id = $1", suscripcion.0).await;
        self.sql("update factura set estado = 'anulada' where id_suscripcion = $1", suscripcion.0).await;
        self.banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
        assert_eq!(self.banco.fase(saga).await, "compensada");
        self.escribir(suscripcion, servicio("terminado", false), aviso("suscripcion_rechazada", "confirmada"));
        self.reposar().await;
        suscripcion
    }

    fn escribir(&self, id: IdSuscripcion, servicio: ServicioVisto, aviso: Aviso) {
        self.libros.servicios.lock().expect("servicios").insert(id, vec![servicio]);
        self.libros.avisos.lock().expect("avisos").insert(id, vec![aviso]);
    }

    async fn sql(&self, sentencia: &'static str, id: Uuid) {
        let hecho = sqlx::query(sentencia).bind(id).execute(&self.banco.pool).await.expect("sql");
        assert_eq!(hecho.rows_affected(), 1, "{sentencia}");
    }

    async fn pasado(&self, sentencia: &'static str) {
        sqlx::query(sentencia).execute(&self.banco.pool).await.expect("sql");
    }

    /// As if every saga had been quiet for a minute, and everything found a minute ago.
    async fn reposar(&self) {
        self.pasado("update saga_log set instante = instante - interval '1 minute'").await;
        self.pasado(
            "update hallazgo set visto = visto - interval '1 minute', revisado = revisado - interval '1 minute'",
        )
        .await;
        self.pasado("update auditoria set ultima_vuelta_inicio = ultima_vuelta_inicio - interval '1 minute'").await;
    }

    async fn ronda(&self) -> Ronda {
        self.vigilar.ronda().await.expect("ronda").expect("turno")
    }

    /// Rounds until so many sagas count as checked: transactions of others on the same server delay it.
    async fn hasta_revisar(&self, sagas: i64) -> Consistencia {
        let limite = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            self.ronda().await;
            let consistencia = self.consistencia().await;
            if consistencia.revisadas == sagas {
                return consistencia;
            }
            assert!(tokio::time::Instant::now() < limite, "{sagas} revisadas: {consistencia:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn fin_de_la_ultima(&self) -> DateTime<Utc> {
        sqlx::query_scalar("select max(actualizada) from saga").fetch_one(&self.banco.pool).await.expect("fin")
    }

    async fn consistencia(&self) -> Consistencia {
        Hallazgos::nuevos(self.banco.pool.clone()).consistencia().await.expect("consistencia")
    }

    async fn expediente(&self, id: IdSuscripcion) -> Expediente {
        let repositorio = AuditoriaPg::nueva(self.banco.pool.clone(), self.banco.catalogo.clone());
        let mut expediente = repositorio.expedientes(&[id]).await.expect("expedientes").remove(0);
        expediente.servicios = self.libros.servicios.lock().expect("servicios").get(&id).cloned();
        expediente.avisos = self.libros.avisos.lock().expect("avisos").get(&id).cloned();
        expediente
    }
}
