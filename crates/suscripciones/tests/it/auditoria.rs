//! The audit over real ledgers: what it finds, when it tells, and what it does not claim.

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
    Aviso, Expediente, Plazas, Regla, Ronda, ServicioVisto, VigilarConsistencia, juzgar,
};
use suscripciones::dominio::{Estado, Factura, IdSuscripcion, Monto};
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
        let factura = Factura { numero: saga.to_string(), monto, moneda: "COP".into(), medio_pago: "x".into() };
        let pago = contexto(contratos::id_comando(saga, "pagar", "hacer"), ComandoPagarSuscripcion::TIPO);
        self.banco.atender.ejecutar(&[(pago, Pedido::Pagar { id: suscripcion, factura })]).await.expect("pago");
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

fn reglas(expediente: &Expediente) -> Vec<Regla> {
    juzgar(expediente).into_iter().map(|hallada| hallada.regla).collect()
}

type Alteracion = (fn(&mut Expediente), Regla);

fn comprobar(expediente: &Expediente, alteraciones: &[Alteracion]) {
    assert_eq!(reglas(expediente), []);
    for (alterar, regla) in alteraciones {
        let mut alterado = expediente.clone();
        alterar(&mut alterado);
        assert_eq!(reglas(&alterado), [*regla]);
    }
}

fn servicios(expediente: &mut Expediente) -> &mut Vec<ServicioVisto> {
    expediente.servicios.as_mut().expect("servicios")
}

fn estado_de(expediente: &mut Expediente) -> &mut saga::EstadoSaga {
    expediente.flujos[0].estado.as_mut().expect("estado")
}

fn avisos(expediente: &mut Expediente) -> &mut Vec<Aviso> {
    expediente.avisos.as_mut().expect("avisos")
}

#[sqlx::test(migrations = false)]
async fn de_una_saga_completada_se_nombra_cada_libro_que_no_lo_dice(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.suscripcion = None, Regla::SuscripcionAusente),
        (|e| e.suscripcion = Some(Estado::Cancelada), Regla::SuscripcionEnOtroEstado),
        (|e| e.pagos = 0, Regla::PagoAusente),
        (|e| e.pagos = 2, Regla::PagoDeMas),
        (|e| servicios(e).clear(), Regla::ServicioAusente),
        (|e| servicios(e).push(servicio("iniciado", true)), Regla::ServicioRepetido),
        (|e| servicios(e)[0].estado = "terminado".into(), Regla::ServicioEnOtroEstado),
        (|e| servicios(e)[0].plazas.experto = false, Regla::PlazaSinOcupar),
        (|e| avisos(e).clear(), Regla::AvisoAusente),
        (|e| avisos(e).push(aviso("suscripcion_completada", "confirmada")), Regla::AvisoRepetido),
        (|e| avisos(e).push(aviso("suscripcion_rechazada", "enviada")), Regla::AvisoContradictorio),
        (|e| avisos(e)[0].estado = "fallida".into(), Regla::AvisoEnOtroEstado),
    ];
    comprobar(&escena.expediente(id).await, alteraciones);
}

#[sqlx::test(migrations = false)]
async fn de_una_saga_compensada_no_debe_quedar_nada_en_pie(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.compensada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.suscripcion = Some(Estado::Activa), Regla::SuscripcionEnOtroEstado),
        (|e| e.pagos = 1, Regla::PagoDeMas),
        (|e| servicios(e)[0].estado = "creado".into(), Regla::ServicioEnOtroEstado),
        (|e| servicios(e)[0].plazas.nube = true, Regla::PlazaSinLiberar),
        (|e| avisos(e).clear(), Regla::AvisoAusente),
        (|e| avisos(e)[0].plantilla = "otra".into(), Regla::AvisoAusente),
    ];
    let mut expediente = escena.expediente(id).await;
    comprobar(&expediente, alteraciones);
    servicios(&mut expediente).clear();
    assert_eq!(reglas(&expediente), []);
}

#[sqlx::test(migrations = false)]
async fn la_fila_de_una_saga_es_el_pliegue_de_un_registro_sin_huecos(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| drop(e.flujos[0].registro.remove(2)), Regla::RegistroConHuecos),
        (|e| drop(e.flujos[0].registro.pop()), Regla::RegistroConHuecos),
        (|e| e.flujos[0].registro[1].entrada = None, Regla::RegistroIlegible),
        (
            |e| e.flujos[0].registro[1].entrada = e.flujos[0].registro[2].entrada.clone(),
            Regla::EstadoDistintoDelRegistro,
        ),
        (|e| e.flujos[0].columnas.fase = Some(saga::Fase::Compensada), Regla::ColumnasDistintasDelEstado),
        (|e| e.flujos[0].columnas.atascada = true, Regla::ColumnasDistintasDelEstado),
    ];
    comprobar(&escena.expediente(id).await, alteraciones);
}

#[sqlx::test(migrations = false)]
async fn lo_que_un_libro_callado_diria_no_se_juzga(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut expediente = escena.expediente(escena.completada().await).await;
    (expediente.servicios, expediente.avisos) = (None, None);
    assert_eq!(reglas(&expediente), []);
    expediente.pagos = 0;
    assert_eq!(reglas(&expediente), [Regla::PagoAusente]);
}

#[sqlx::test(migrations = false)]
async fn mientras_una_saga_avanza_solo_sobra_lo_repetido(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let comando = contratos::id_nuevo();
    escena.banco.crear(comando, "0001", "pro").await;
    let mut expediente = escena.expediente(IdSuscripcion(ids(comando)["suscripcion"])).await;
    expediente.servicios = Some(vec![servicio("creado", true)]);
    let alteraciones: &[Alteracion] = &[
        (|e| e.pagos = 1, Regla::PagoDeMas),
        (|e| servicios(e).push(servicio("creado", true)), Regla::ServicioRepetido),
        (|e| e.flujos.push(e.flujos[0].clone()), Regla::VariasVivas),
    ];
    comprobar(&expediente, alteraciones);
    let mut parada = expediente.clone();
    estado_de(&mut parada).pasos.clear();
    parada.flujos[0].columnas.proximo_plazo = None;
    assert!(reglas(&parada).contains(&Regla::VivaSinPlazo));
    estado_de(&mut parada).pausada = true;
    assert!(!reglas(&parada).contains(&Regla::VivaSinPlazo));
    expediente.flujos.clear();
    assert_eq!(reglas(&expediente), [Regla::SagaAusente]);
}

#[sqlx::test(migrations = false)]
async fn lo_terminado_se_revisa_y_se_dice_hasta_cuando(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.completada().await;
    escena.compensada().await;
    let consistencia = escena.hasta_revisar(2).await;
    assert_eq!((consistencia.inconsistentes, consistencia.en_observacion), (0, 0));
    let fin = escena.fin_de_la_ultima().await;
    let limite = tokio::time::Instant::now() + Duration::from_secs(20);
    while escena.consistencia().await.revisado_hasta <= Some(fin) {
        assert!(tokio::time::Instant::now() < limite, "{:?}", escena.consistencia().await);
        assert_eq!(escena.ronda().await.terminadas, 0);
    }
}

#[sqlx::test(migrations = false)]
async fn lo_que_acaba_de_terminar_espera_a_que_llegue_lo_que_esta_en_camino(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.ronda().await;
    escena.compensada().await;
    escena.pasado("update saga_log set instante = now() + interval '1 minute'").await;
    for _ in 0..3 {
        assert_eq!(escena.ronda().await.terminadas, 0);
    }
    let consistencia = escena.consistencia().await;
    assert!(consistencia.revisado_hasta < Some(escena.fin_de_la_ultima().await), "{consistencia:?}");
}

/// The same subscription once more under another id, in a transaction that has not ended.
async fn copiar(tx: &mut PgConnection, original: Uuid, copia: Uuid) {
    for sentencia in [
        "insert into suscripcion select c.* from suscripcion t,
           jsonb_populate_record(t, jsonb_build_object('id', $2)) c where t.id = $1",
        "insert into factura select c.* from factura t,
           jsonb_populate_record(t, jsonb_build_object('id_suscripcion', $2, 'numero', $2)) c where t.id_suscripcion = $1",
        "insert into saga_log select c.* from saga_log t,
           jsonb_populate_record(t, jsonb_build_object('saga', $2, 'tx', pg_current_xact_id()::text)) c
         where t.saga = (select id from saga where id_suscripcion = $1)",
        "insert into saga select c.* from saga t,
           jsonb_populate_record(t, jsonb_build_object('id', $2, 'id_suscripcion', $2)) c where t.id_suscripcion = $1",
    ] {
        sqlx::query(sentencia).bind(original).bind(copia).execute(&mut *tx).await.expect("sql");
    }
}

#[sqlx::test(migrations = false)]
async fn una_transaccion_que_tarda_no_se_salta(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (original, copia) = (escena.completada().await, IdSuscripcion(contratos::id_nuevo()));
    escena.escribir(copia, servicio("iniciado", true), aviso("suscripcion_completada", "confirmada"));
    let mut tx = escena.banco.pool.begin().await.expect("tx");
    copiar(&mut tx, original.0, copia.0).await;
    escena.compensada().await;
    escena.hasta_revisar(1).await;
    escena.ronda().await;
    let abierta = escena.consistencia().await;
    assert_eq!(abierta.revisadas, 1, "nada pasa por delante de la que tarda: {abierta:?}");
    tx.commit().await.expect("commit");
    let cerrada = escena.hasta_revisar(3).await;
    assert_eq!(cerrada.hallazgos.len(), 0, "{cerrada:?}");
}

#[sqlx::test(migrations = false)]
async fn lo_incoherente_se_observa_se_abre_y_se_resuelve(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    escena.ronda().await;
    let factura: (String, i64, String, String, DateTime<Utc>) = sqlx::query_as(
        "delete from factura where id_suscripcion = $1 returning numero, monto_centavos, moneda, medio_pago, pagada",
    )
    .bind(id.0)
    .fetch_one(&escena.banco.pool)
    .await
    .expect("factura");
    escena.reposar().await;
    escena.ronda().await;
    let vista = escena.consistencia().await;
    assert_eq!((vista.inconsistentes, vista.en_observacion), (0, 1), "{vista:?}");
    escena.reposar().await;
    escena.ronda().await;
    let abierta = escena.consistencia().await;
    assert_eq!((abierta.inconsistentes, abierta.en_observacion), (1, 0), "{abierta:?}");
    let hallazgo = &abierta.hallazgos[0];
    assert_eq!((hallazgo.regla.as_str(), hallazgo.id_suscripcion), ("pago_ausente", id.0));
    assert!(hallazgo.id_saga.is_some());
    sqlx::query(
        "insert into factura (numero, id_suscripcion, monto_centavos, moneda, medio_pago, pagada)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&factura.0)
    .bind(id.0)
    .bind(factura.1)
    .bind(&factura.2)
    .bind(&factura.3)
    .bind(factura.4)
    .execute(&escena.banco.pool)
    .await
    .expect("factura");
    escena.reposar().await;
    escena.ronda().await;
    let resuelta = escena.consistencia().await;
    assert_eq!((resuelta.inconsistentes, resuelta.hallazgos.len()), (0, 0), "{resuelta:?}");
    let estados: Vec<String> =
        sqlx::query_scalar("select estado from hallazgo").fetch_all(&escena.banco.pool).await.expect("hallazgos");
    assert_eq!(estados, ["resuelto"]);
}

#[sqlx::test(migrations = false)]
async fn lo_que_solo_se_vio_una_vez_se_olvida(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let avisos = escena.libros.avisos.lock().expect("avisos").remove(&id).expect("avisos");
    escena.ronda().await;
    assert_eq!(escena.consistencia().await.en_observacion, 1);
    escena.libros.avisos.lock().expect("avisos").insert(id, avisos);
    escena.reposar().await;
    escena.ronda().await;
    let guardados: i64 =
        sqlx::query_scalar("select count(*) from hallazgo").fetch_one(&escena.banco.pool).await.expect("hallazgos");
    assert_eq!(guardados, 0);
}

#[sqlx::test(migrations = false)]
async fn con_un_libro_callado_nada_cuenta_como_revisado_ni_como_resuelto(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    escena.libros.avisos.lock().expect("avisos").remove(&id);
    escena.hasta_revisar(1).await;
    escena.reposar().await;
    escena.ronda().await;
    assert_eq!(escena.consistencia().await.inconsistentes, 1);
    *escena.libros.callado.lock().expect("callado") = true;
    escena.escribir(id, servicio("iniciado", true), aviso("suscripcion_completada", "confirmada"));
    escena.completada().await;
    assert_eq!(escena.ronda().await.callados, ["servicio-datos"]);
    let callada = escena.consistencia().await;
    assert_eq!((callada.revisadas, callada.inconsistentes), (1, 1), "{callada:?}");
    assert_eq!(callada.sin_respuesta, ["servicio-datos"]);
    *escena.libros.callado.lock().expect("callado") = false;
    escena.reposar().await;
    let hablada = escena.hasta_revisar(2).await;
    assert_eq!(hablada.inconsistentes, 0, "{hablada:?}");
    assert!(hablada.sin_respuesta.is_empty());
}

#[sqlx::test(migrations = false)]
async fn el_barrido_encuentra_la_saga_y_la_suscripcion_que_faltan(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (sin_saga, sin_suscripcion) = (escena.completada().await, escena.compensada().await);
    escena.ronda().await;
    escena.sql("delete from saga where id_suscripcion = $1", sin_saga.0).await;
    escena.sql("delete from suscripcion where id = $1", sin_suscripcion.0).await;
    escena.reposar().await;
    escena.ronda().await;
    let mut vistas: Vec<(Uuid, String)> = escena
        .consistencia()
        .await
        .hallazgos
        .into_iter()
        .map(|hallazgo| (hallazgo.id_suscripcion, hallazgo.regla))
        .collect();
    vistas.sort();
    let mut esperadas =
        vec![(sin_saga.0, "saga_ausente".to_owned()), (sin_suscripcion.0, "suscripcion_ausente".to_owned())];
    esperadas.sort();
    assert_eq!(vistas, esperadas);
}

#[sqlx::test(migrations = false)]
async fn audita_una_instancia_a_la_vez_y_otra_la_releva(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let otra = Escena::auditor(&escena.banco, &escena.libros);
    escena.ronda().await;
    assert_eq!(otra.ronda().await.expect("ronda"), None);
    escena.pasado("update auditoria set vence = now() - interval '1 second'").await;
    assert!(otra.ronda().await.expect("ronda").is_some());
    assert_eq!(escena.vigilar.ronda().await.expect("ronda"), None);
}

#[sqlx::test(migrations = false)]
async fn durante_una_pausa_nadie_audita_y_despues_se_revisa_todo_otra_vez(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.completada().await;
    escena.hasta_revisar(1).await;
    escena.pasado("update reproceso.pausa set turno = turno + 1, desde = now()").await;
    assert_eq!(escena.vigilar.ronda().await.expect("ronda"), None);
    escena.pasado("update reproceso.pausa set desde = null").await;
    assert_eq!(escena.consistencia().await.revisadas, 1);
    assert_eq!(escena.ronda().await.terminadas, 1, "otra vez desde el principio");
    assert_eq!(escena.consistencia().await.revisadas, 1);
}

#[sqlx::test(migrations = false)]
async fn el_aviso_que_un_operador_da_por_hecho_no_se_exige(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut expediente = escena.expediente(escena.completada().await).await;
    avisos(&mut expediente).clear();
    assert_eq!(reglas(&expediente), [Regla::AvisoAusente]);
    let actor = saga::Actor::try_from("operador").expect("actor");
    let mando = saga::Mando::Saltar { paso: "notificar".into(), salida: saga::Salida::new() };
    let ultima = expediente.flujos[0].registro.last_mut().expect("registro").entrada.as_mut().expect("entrada");
    ultima.causa = saga::Causa::Mando { mando, actor, motivo: None };
    assert_eq!(reglas(&expediente), []);
}
