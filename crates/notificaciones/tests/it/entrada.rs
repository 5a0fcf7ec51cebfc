use contratos::{
    Cabecera, ComandoEnviarNotificacion, EventoNotificacionCreada, EventoNotificacionError, EventoSuscripcionCancelada,
    EventoSuscripcionPlanModificado, id_derivado, id_nuevo, id_respuesta,
};
use mensajeria::{Desenlace, Manejador};
use notificaciones::infraestructura::{Entrada, Remitente};
use sqlx::PgPool;
use uuid::Uuid;

use crate::apoyo::{
    Banco, ServidorSmtp, Suscripciones, comando, correo_smtp, entrante, saga, suceso_cancelada, suceso_creada,
    suceso_desistida, suceso_fallida,
};

/// A sender that was told to stop, so that what is created stays as it is.
async fn detenido(banco: &Banco) -> Remitente {
    let suscripciones = Suscripciones::con(&[]).await;
    banco.cierre.cancel();
    banco.remitente(suscripciones.url(), correo_smtp(&ServidorSmtp::iniciar().await))
}

async fn plantillas(banco: &Banco) -> Vec<(String, Uuid)> {
    sqlx::query_as("select plantilla, id from notificacion order by plantilla")
        .fetch_all(&banco.pool)
        .await
        .expect("reads")
}

fn id(suscripcion: Uuid, desenlace: &str) -> Uuid {
    id_derivado(&["notificacion", &suscripcion.to_string(), desenlace])
}

#[sqlx::test(migrations = false)]
async fn cada_desenlace_se_notifica_una_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let remitente = detenido(&banco).await;
    let creadas = Entrada::de_creadas(banco.crear.clone(), remitente.clone());
    let fallidas = Entrada::de_fallidas(banco.crear.clone(), remitente.clone());
    let canceladas = Entrada::de_canceladas(banco.crear.clone(), remitente);
    let [uno, dos, tres] = [id_nuevo(), id_nuevo(), id_nuevo()];
    let activas = [suceso_creada(uno, "0001", "activa"), suceso_creada(uno, "0001", "activa")];
    let pendientes = [suceso_creada(dos, "0002", "pendiente")];
    let rechazos = [suceso_fallida(dos, "0002", "rechazada"), suceso_fallida(tres, "0003", "activa")];
    let finales = [suceso_cancelada(dos, "0002", "pendiente"), suceso_cancelada(uno, "0001", "activa")];
    let repetidas = [suceso_cancelada(uno, "0001", "cancelada"), suceso_cancelada(id_nuevo(), "", "inexistente")];
    for _ in 0..2 {
        assert_eq!(creadas.manejar(&activas).await.expect("handles"), vec![Desenlace::Hecho; 2]);
        creadas.manejar(&pendientes).await.expect("handles");
        fallidas.manejar(&rechazos).await.expect("handles");
        canceladas.manejar(&finales).await.expect("handles");
        assert_eq!(canceladas.manejar(&repetidas).await.expect("handles"), vec![Desenlace::Hecho; 2]);
    }
    let esperadas = [
        ("suscripcion_activa".to_owned(), id(uno, "activa")),
        ("suscripcion_cancelada".to_owned(), id(uno, "cancelada")),
        ("suscripcion_rechazada".to_owned(), id(dos, "rechazada")),
    ];
    assert_eq!(plantillas(&banco).await, esperadas);
    assert_eq!(banco.contar("evento").await, 3);
    assert_eq!(banco.enviados::<EventoNotificacionCreada>().await.len(), 3);
}

#[sqlx::test(migrations = false)]
async fn lo_que_una_saga_no_pudo_hacer_se_cuenta_y_lo_que_no_empezo_no(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let fallidas = Entrada::de_fallidas(banco.crear.clone(), detenido(&banco).await);
    let lote = [
        suceso_desistida(id_nuevo(), "cambiar_plan", Some(id_nuevo())),
        suceso_desistida(id_nuevo(), "cancelar", Some(id_nuevo())),
        suceso_desistida(id_nuevo(), "cancelar", None),
        suceso_desistida(id_nuevo(), "pagar", Some(id_nuevo())),
    ];
    for _ in 0..2 {
        fallidas.manejar(&lote).await.expect("handles");
    }
    let contadas: Vec<String> = plantillas(&banco).await.into_iter().map(|(plantilla, _)| plantilla).collect();
    assert_eq!(contadas, ["cambio_rechazado", "cancelacion_rechazada"]);
}

#[sqlx::test(migrations = false)]
async fn un_cambio_hecho_en_el_acto_se_cuenta_y_el_de_una_saga_lo_cuenta_ella(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cambios = Entrada::de_cambios(banco.crear.clone(), detenido(&banco).await);
    let cambio = |id_saga: Option<Uuid>| {
        let datos = EventoSuscripcionPlanModificado {
            codigo_cliente: Some("0001".to_owned()),
            id_suscripcion: Some(id_nuevo().to_string()),
            codigo_plan: Some("oro".to_owned()),
            id_saga: id_saga.map(|id| id.to_string()),
            ..EventoSuscripcionPlanModificado::default()
        };
        entrante(&Cabecera::nueva(id_nuevo(), "suscripciones", contratos::ahora()), &datos)
    };
    let lote = [cambio(None), cambio(Some(id_nuevo()))];
    for _ in 0..2 {
        assert_eq!(cambios.manejar(&lote).await.expect("handles"), vec![Desenlace::Hecho; 2]);
    }
    let contadas: Vec<String> = plantillas(&banco).await.into_iter().map(|(plantilla, _)| plantilla).collect();
    assert_eq!(contadas, ["plan_cambiado"]);
}

#[sqlx::test(migrations = false)]
async fn la_creacion_se_publica_con_lo_que_pidio_el_comando(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let entrada = Entrada::de_comandos(banco.crear.clone(), detenido(&banco).await);
    let suscripcion = id_nuevo();
    entrada.manejar(&[comando(suscripcion, "0001", "suscripcion_completada")]).await.expect("handles");
    let [creada] = banco.enviados::<EventoNotificacionCreada>().await.try_into().expect("one message");
    let origen = contratos::id_comando(saga(suscripcion), "notificar", "hacer");
    assert_eq!(creada.cabecera.id, id_respuesta(origen, "EventoNotificacionCreada"));
    assert_eq!((creada.cabecera.correlacion, creada.cabecera.causa), (Some(saga(suscripcion)), Some(origen)));
    assert_eq!(creada.cabecera.asunto, Some(suscripcion.to_string()));
    assert_eq!(creada.cabecera.secuencia, Some(1));
    assert!(creada.cabecera.traza.is_some());
    assert_eq!(creada.datos.id_notificacion, Some(id(suscripcion, "completada").to_string()));
    assert_eq!(creada.datos.codigo_cliente.as_deref(), Some("0001"));
}

#[sqlx::test(migrations = false)]
async fn una_plantilla_que_no_es_un_desenlace_se_envia_por_cada_comando(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let entrada = Entrada::de_comandos(banco.crear.clone(), detenido(&banco).await);
    let suelto = |id: Uuid| {
        let datos = ComandoEnviarNotificacion {
            codigo_cliente: Some("0001".to_owned()),
            plantilla: Some("recordatorio".to_owned()),
            ..ComandoEnviarNotificacion::default()
        };
        entrante(&Cabecera::nueva(id, "bff-web", contratos::ahora()), &datos)
    };
    let (uno, dos) = (id_nuevo(), id_nuevo());
    entrada.manejar(&[suelto(uno), suelto(dos), suelto(uno)]).await.expect("handles");
    assert_eq!(banco.contar("notificacion").await, 2);
}

#[sqlx::test(migrations = false)]
async fn a_un_comando_incompleto_se_le_responde_si_una_saga_espera(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let entrada = Entrada::de_comandos(banco.crear.clone(), detenido(&banco).await);
    let de_saga = Cabecera { correlacion: Some(id_nuevo()), ..Cabecera::nueva(id_nuevo(), "x", contratos::ahora()) };
    let suelto = Cabecera::nueva(id_nuevo(), "x", contratos::ahora());
    let incompleto = ComandoEnviarNotificacion { id_suscripcion: Some(id_nuevo().to_string()), ..Default::default() };
    let lote = [entrante(&de_saga, &incompleto), entrante(&suelto, &incompleto)];
    for _ in 0..2 {
        let desenlaces = entrada.manejar(&lote).await.expect("handles");
        assert_eq!(desenlaces[0], Desenlace::Hecho);
        assert!(matches!(&desenlaces[1], Desenlace::Rechazado(motivo) if motivo.codigo == "datos_incompletos"));
    }
    let [error] = banco.enviados::<EventoNotificacionError>().await.try_into().expect("one message");
    assert_eq!(error.datos.motivo.as_deref(), Some("datos_incompletos"));
    assert_eq!((error.cabecera.correlacion, error.cabecera.causa), (de_saga.correlacion, Some(de_saga.id)));
    assert_eq!((banco.contar("bandejas.efecto").await, banco.contar("evento").await), (1, 0));
}

#[sqlx::test(migrations = false)]
async fn el_texto_libre_de_un_suceso_no_se_guarda(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let entrada = Entrada::de_canceladas(banco.crear.clone(), detenido(&banco).await);
    let datos = EventoSuscripcionCancelada {
        codigo_cliente: Some("0001".to_owned()),
        id_suscripcion: Some(id_nuevo().to_string()),
        estado_anterior: Some("activa".to_owned()),
        motivo: Some("Pablo Pérez se muda a Quito".to_owned()),
        ..EventoSuscripcionCancelada::default()
    };
    let cabecera = Cabecera::nueva(id_nuevo(), "suscripciones", contratos::ahora());
    entrada.manejar(&[entrante(&cabecera, &datos)]).await.expect("handles");
    let guardado: String =
        sqlx::query_scalar("select datos::text from evento").fetch_one(&banco.pool).await.expect("reads");
    assert!(!guardado.contains("Quito"), "{guardado}");
}
