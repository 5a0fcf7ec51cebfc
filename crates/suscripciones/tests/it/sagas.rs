use contratos::{
    ComandoCancelarSuscripcion, ComandoIniciarServicioDatos, ComandoPagarSuscripcion, ComandoTerminarServicioDatos,
    EventoExpertoAsignado, EventoNotificacionEnviada, EventoNotificacionError, EventoServicioDatosCreada,
    EventoServicioDatosFallida, EventoServicioDatosIniciado, EventoServicioDatosTerminado, EventoSuscripcionCancelada,
    EventoSuscripcionFallida, EventoSuscripcionPagada,
};
use sqlx::PgPool;
use suscripciones::aplicacion::Atendida;
use uuid::Uuid;

use crate::banco::{Banco, ids};

pub async fn iniciada(banco: &Banco) -> Uuid {
    let comando = contratos::id_nuevo();
    banco.crear(comando, &format!("c-{}", comando.simple()), "pro").await;
    ids(comando)["saga"]
}

pub fn servicio_creado() -> EventoServicioDatosCreada {
    EventoServicioDatosCreada { id_serviciodatos: Some(Uuid::nil().to_string()), ..Default::default() }
}

pub async fn hasta_pagar(banco: &Banco, saga: Uuid) {
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    banco.responder(saga, "asignar_experto", "hacer", EventoExpertoAsignado::default()).await;
    banco.responder(saga, "iniciar_servicio", "hacer", EventoServicioDatosIniciado::default()).await;
}

#[sqlx::test(migrations = false)]
async fn la_saga_pro_llega_al_final_por_sus_respuestas(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    hasta_pagar(&banco, saga).await;
    assert_eq!(banco.de_tipo::<ComandoPagarSuscripcion>().await[0].datos.monto.as_deref(), Some("150000.00"));
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    banco.responder(saga, "notificar", "hacer", EventoNotificacionEnviada::default()).await;
    assert_eq!(banco.fase(saga).await, "completada");
    let log = banco.consultas.transiciones(saga, 0).await.expect("log");
    let versiones: Vec<i64> = log.iter().map(|transicion| transicion.version).collect();
    assert_eq!(versiones, [1, 2, 3, 4, 5, 6]);
}

#[sqlx::test(migrations = false)]
async fn un_fallo_deshace_lo_hecho_en_orden_inverso(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_experto".into()), ..Default::default() };
    banco.responder(saga, "asignar_experto", "hacer", fallo).await;
    assert_eq!(banco.fase(saga).await, "deshaciendo");
    let terminar = &banco.de_tipo::<ComandoTerminarServicioDatos>().await[0];
    assert_eq!(terminar.cabecera.causa, Some(contratos::id_comando(saga, "crear_servicio", "hacer")));
    assert_eq!(terminar.datos.motivo.as_deref(), Some("sin_experto"));
    assert!(banco.de_tipo::<ComandoCancelarSuscripcion>().await.is_empty());
    banco.responder(saga, "crear_servicio", "deshacer", EventoServicioDatosTerminado::default()).await;
    assert_eq!(banco.de_tipo::<ComandoCancelarSuscripcion>().await.len(), 1);
    banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
    assert_eq!(banco.fase(saga).await, "compensada");
}

#[sqlx::test(migrations = false)]
async fn un_paso_que_cambio_de_nombre_en_vuelo_conserva_los_ids_de_sus_ordenes(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    sqlx::query("update saga set estado = estado || '{\"claves\": {\"crear_servicio\": \"alta\"}}' where id = $1")
        .bind(saga)
        .execute(&banco.pool)
        .await
        .expect("saga");
    assert_eq!(banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await, Atendida::Ignorada);
    assert_eq!(banco.responder(saga, "alta", "hacer", servicio_creado()).await, Atendida::Avanzo);
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_experto".into()), ..Default::default() };
    banco.responder(saga, "asignar_experto", "hacer", fallo).await;
    let terminar = &banco.de_tipo::<ComandoTerminarServicioDatos>().await[0].cabecera;
    assert_eq!(terminar.id, contratos::id_comando(saga, "alta", "deshacer"));
    assert_eq!(terminar.causa, Some(contratos::id_comando(saga, "alta", "hacer")));
}

#[sqlx::test(migrations = false)]
async fn una_notificacion_rechazada_no_deshace_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    hasta_pagar(&banco, saga).await;
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    let error = EventoNotificacionError { codigo: Some("direccion_rechazada".into()), ..Default::default() };
    banco.responder(saga, "notificar", "hacer", error).await;
    assert_eq!(banco.fase(saga).await, "completada_con_avisos");
    assert_eq!(motivo(&banco, saga).await, "direccion_rechazada");
    assert!(banco.de_tipo::<ComandoTerminarServicioDatos>().await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn un_fallo_sin_codigo_no_se_toma_por_silencio(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    hasta_pagar(&banco, saga).await;
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    banco.responder(saga, "notificar", "hacer", EventoNotificacionError::default()).await;
    assert_eq!(motivo(&banco, saga).await, "sin_codigo");
}

/// The code that the saga keeps of what went wrong.
async fn motivo(banco: &Banco, saga: Uuid) -> String {
    let consulta = "select estado #>> '{motivo,codigo}' from saga where id = $1";
    sqlx::query_scalar(consulta).bind(saga).fetch_one(&banco.pool).await.expect("motivo")
}

#[sqlx::test(migrations = false)]
async fn respuestas_repetidas_tardias_o_ajenas_se_ignoran(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    assert_eq!(banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await, Atendida::Avanzo);
    assert_eq!(banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await, Atendida::Ignorada);
    let temprana = EventoSuscripcionPagada::default();
    assert_eq!(banco.responder(saga, "pagar", "hacer", temprana).await, Atendida::Ignorada);
    let ajena = banco.responder(Uuid::nil(), "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    assert_eq!(ajena, Atendida::Ignorada);
}

#[sqlx::test(migrations = false)]
async fn dos_orquestadores_con_la_misma_respuesta_avanzan_una_sola_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    let responder = || banco.responder(saga, "crear_servicio", "hacer", servicio_creado());
    let (a, b, c) = tokio::join!(responder(), responder(), responder());
    let avances = [a, b, c].into_iter().filter(|atendida| *atendida == Atendida::Avanzo).count();
    assert_eq!(avances, 1);
    assert_eq!(banco.consultas.transiciones(saga, 0).await.expect("log").len(), 2);
}

#[sqlx::test(migrations = false)]
async fn un_plazo_vencido_repite_el_mismo_comando(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    banco.responder(saga, "asignar_experto", "hacer", EventoExpertoAsignado::default()).await;
    let tarde = contratos::ahora() + chrono::Duration::seconds(11);
    let orquestador = banco.orquestador().await;
    assert_eq!(banco.vencer(&orquestador, tarde).await, 1);
    let enviados = banco.de_tipo::<ComandoIniciarServicioDatos>().await;
    assert_eq!(enviados.len(), 2);
    assert_eq!(enviados[0].cabecera.id, enviados[1].cabecera.id);
    assert_eq!(banco.vencer(&orquestador, tarde).await, 0);
}

#[sqlx::test(migrations = false)]
async fn una_reversa_rechazada_una_y_otra_vez_sobrevive_a_los_reinicios_y_al_fin_se_logra(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let (saga, orquestador) = (iniciada(&banco).await, banco.orquestador().await);
    hasta_pagar(&banco, saga).await;
    let sin_fondos = EventoSuscripcionFallida { codigo: Some("pago_rechazado".into()), ..Default::default() };
    banco.responder(saga, "pagar", "hacer", sin_fondos).await;
    let negativa = EventoServicioDatosFallida { codigo: Some("ocupado".into()), ..Default::default() };
    let otra_negativa = EventoSuscripcionFallida { codigo: Some("ocupado".into()), ..Default::default() };
    for paso in ["crear_servicio", "crear_suscripcion"] {
        for _ in 0..12 {
            // Each time a process that knows only what the database keeps.
            let banco = Banco::nuevo(pool.clone()).await;
            let atendida = match paso {
                "crear_servicio" => banco.responder(saga, paso, "deshacer", negativa.clone()).await,
                _ => banco.responder(saga, paso, "deshacer", otra_negativa.clone()).await,
            };
            assert_eq!((atendida, banco.fase(saga).await.as_str()), (Atendida::Avanzo, "deshaciendo"));
            orquestador.latir().await.expect("latido");
            let tarde = contratos::ahora() + chrono::Duration::hours(1);
            assert_eq!(banco.vencer(&orquestador, tarde).await, 1, "la reversa de {paso} se pide otra vez");
        }
        let atascada: bool = sqlx::query_scalar("select atascada from saga where id = $1")
            .bind(saga)
            .fetch_one(&pool)
            .await
            .expect("saga");
        assert!(atascada, "se avisa, y sigue viva");
        if paso == "crear_servicio" {
            banco.responder(saga, paso, "deshacer", EventoServicioDatosTerminado::default()).await;
        }
    }
    banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
    assert_eq!(banco.fase(saga).await, "compensada");
}
