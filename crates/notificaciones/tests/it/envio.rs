use contratos::{
    ComandoEnviarNotificacion, EventoNotificacionConfirmacion, EventoNotificacionEnviada, EventoNotificacionError,
    id_comando, id_nuevo, id_respuesta,
};
use mensajeria::Manejador;
use notificaciones::aplicacion::puertos::Versionada;
use notificaciones::dominio::IdNotificacion;
use notificaciones::infraestructura::Entrada;
use sqlx::PgPool;
use uuid::Uuid;

use crate::apoyo::{Banco, ServidorSmtp, Suscripciones, comando, correo_smtp, hasta, saga, suceso_creada};

/// The service with its sender, its neighbours and one client per address.
struct Escena {
    banco: Banco,
    smtp: ServidorSmtp,
    suscripciones: Suscripciones,
    comandos: Entrada<ComandoEnviarNotificacion>,
}

impl Escena {
    async fn nueva(pool: PgPool, correos: &[(&str, &str)]) -> Self {
        let banco = Banco::nuevo(pool).await;
        let smtp = ServidorSmtp::iniciar().await;
        let suscripciones = Suscripciones::con(correos).await;
        let remitente = banco.remitente(suscripciones.url(), correo_smtp(&smtp));
        let comandos = Entrada::de_comandos(banco.crear.clone(), remitente);
        Self { banco, smtp, suscripciones, comandos }
    }

    async fn mandar(&self, suscripcion: Uuid, plantilla: &str) {
        let lote = [comando(suscripcion, "0001", plantilla)];
        self.comandos.manejar(&lote).await.expect("handles");
    }

    async fn motivo_de_error(&self) -> Option<String> {
        let [error] = self.banco.enviados::<EventoNotificacionError>().await.try_into().expect("one message");
        assert_eq!(error.datos.codigo, error.datos.motivo);
        error.datos.codigo
    }
}

#[sqlx::test(migrations = false)]
async fn un_comando_termina_en_un_correo_y_su_respuesta(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "suscripcion_completada").await;
    escena.banco.esperar("confirmada", 1).await;
    let [recogido] = escena.smtp.recogidos().try_into().expect("one mail");
    let id = contratos::id_derivado(&["notificacion", &suscripcion.to_string(), "completada"]);
    assert_eq!(recogido.destinatario, "pperez@domain.com");
    assert_eq!(recogido.cabecera("Message-ID"), Some(format!("<{id}@notificaciones.saludtechalpes>").as_str()));
    let [enviada] = escena.banco.enviados::<EventoNotificacionEnviada>().await.try_into().expect("one reply");
    let origen = id_comando(saga(suscripcion), "notificar", "hacer");
    assert_eq!(enviada.cabecera.id, id_respuesta(origen, "EventoNotificacionEnviada"));
    assert_eq!((enviada.cabecera.correlacion, enviada.cabecera.causa), (Some(saga(suscripcion)), Some(origen)));
    assert_eq!(enviada.datos.destinatario.as_deref(), Some("p***@domain.com"));
    assert_eq!((enviada.datos.intento, enviada.cabecera.secuencia), (Some(1), Some(2)));
    assert_eq!(escena.banco.enviados::<EventoNotificacionConfirmacion>().await.len(), 1);
    assert_eq!(escena.banco.contar("bandejas.efecto").await, 1);
}

#[sqlx::test(migrations = false)]
async fn un_comando_repetido_recibe_la_misma_respuesta_y_nada_mas(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "suscripcion_completada").await;
    escena.banco.esperar("confirmada", 1).await;
    let primera = escena.banco.enviados::<EventoNotificacionEnviada>().await;
    sqlx::query("delete from bandejas.outbox").execute(&escena.banco.pool).await.expect("published");
    escena.mandar(suscripcion, "suscripcion_completada").await;
    let segunda = escena.banco.enviados::<EventoNotificacionEnviada>().await;
    assert_eq!(segunda.len(), 1);
    assert_eq!((segunda[0].cabecera.id, &segunda[0].datos), (primera[0].cabecera.id, &primera[0].datos));
    assert_eq!(escena.banco.contar("bandejas.outbox").await, 1);
    assert_eq!((escena.banco.contar("evento").await, escena.smtp.recogidos().len()), (3, 1));
}

#[sqlx::test(migrations = false)]
async fn otro_comando_para_el_mismo_desenlace_recibe_respuesta_sin_otro_correo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "suscripcion_activa").await;
    escena.banco.esperar("confirmada", 1).await;
    let remitente = escena.banco.remitente(escena.suscripciones.url(), correo_smtp(&escena.smtp));
    let sucesos = Entrada::de_creadas(escena.banco.crear.clone(), remitente);
    sucesos.manejar(&[suceso_creada(suscripcion, "0001", "activa")]).await.expect("handles");
    assert_eq!(escena.banco.enviados::<EventoNotificacionEnviada>().await.len(), 1);
    assert_eq!(escena.smtp.recogidos().len(), 1);
}

#[sqlx::test(migrations = false)]
async fn una_direccion_que_el_servidor_rechaza_es_un_error_definitivo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "rechaza@domain.com")]).await;
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    escena.banco.esperar("fallida", 1).await;
    assert_eq!(escena.motivo_de_error().await.as_deref(), Some("direccion_rechazada"));
    let estado: String =
        sqlx::query_scalar("select estado from bandejas.efecto").fetch_one(&escena.banco.pool).await.expect("reads");
    assert_eq!(estado, "rechazado");
    let smtp: i64 =
        sqlx::query_scalar("select (datos -> 'rechazo' ->> 'codigo_canal')::bigint from evento where tipo = 'Fallida'")
            .fetch_one(&escena.banco.pool)
            .await
            .expect("reads");
    assert_eq!(smtp, 550);
}

#[sqlx::test(migrations = false)]
async fn una_negativa_temporal_se_repite_y_queda_escrita(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "aplaza@domain.com")]).await;
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    let intentos = async || {
        let leidos: Vec<i32> =
            sqlx::query_scalar("select intentos from notificacion").fetch_all(&escena.banco.pool).await.expect("reads");
        leidos
    };
    hasta(async || intentos().await == [1]).await;
    escena.banco.adelantar().await;
    hasta(async || intentos().await == [2]).await;
    escena.smtp.dejar_de_aplazar();
    escena.banco.adelantar().await;
    escena.banco.esperar("confirmada", 1).await;
    let tipos: Vec<String> = sqlx::query_scalar("select tipo from evento order by version")
        .fetch_all(&escena.banco.pool)
        .await
        .expect("reads");
    assert_eq!(tipos, ["Creada", "IntentoFallido", "IntentoFallido", "Enviada", "Confirmada"]);
    let [enviada] = escena.banco.enviados::<EventoNotificacionEnviada>().await.try_into().expect("one reply");
    assert_eq!(enviada.datos.intento, Some(3));
}

#[sqlx::test(migrations = false)]
async fn un_problema_con_nuestra_cuenta_no_condena_al_correo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    escena.smtp.averiar(Some("530 5.7.0 autentiquese"));
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    hasta(async || escena.banco.contar("evento where tipo = 'IntentoFallido'").await == 1).await;
    escena.smtp.averiar(None);
    escena.banco.adelantar().await;
    escena.banco.esperar("confirmada", 1).await;
}

#[sqlx::test(migrations = false)]
async fn sin_contactos_el_correo_espera(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    escena.suscripciones.caer(true);
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    hasta(async || escena.banco.contar("evento where tipo = 'IntentoFallido'").await == 1).await;
    assert_eq!(escena.banco.estados().await, ["creada"]);
    escena.suscripciones.caer(false);
    escena.banco.adelantar().await;
    escena.banco.esperar("confirmada", 1).await;
    assert_eq!(escena.smtp.recogidos().len(), 1);
}

#[sqlx::test(migrations = false)]
async fn un_cliente_que_nadie_conoce_es_un_error_definitivo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[]).await;
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    escena.banco.esperar("fallida", 1).await;
    assert_eq!(escena.motivo_de_error().await.as_deref(), Some("cliente_desconocido"));
}

#[sqlx::test(migrations = false)]
async fn una_plantilla_desconocida_es_un_error_definitivo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    escena.mandar(id_nuevo(), "no_existe").await;
    escena.banco.esperar("fallida", 1).await;
    assert_eq!(escena.motivo_de_error().await.as_deref(), Some("plantilla_desconocida"));
    assert!(escena.smtp.recogidos().is_empty());
}

#[sqlx::test(migrations = false)]
async fn una_direccion_imposible_es_un_error_definitivo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "sin arroba")]).await;
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    escena.banco.esperar("fallida", 1).await;
    assert_eq!(escena.motivo_de_error().await.as_deref(), Some("direccion_invalida"));
}

/// Sends the notification and dies before it records anything.
async fn enviar_y_morir(escena: &Escena, id: IdNotificacion) -> Vec<Versionada> {
    use notificaciones::aplicacion::puertos::AlmacenNotificaciones;
    let leidas = escena.banco.almacen.obtener(&[id]).await.expect("reads");
    let envio = escena.banco.envio(escena.suscripciones.url(), correo_smtp(&escena.smtp));
    assert_eq!(envio.entregar(leidas.clone()).await.len(), 1);
    leidas
}

#[sqlx::test(migrations = false)]
async fn morir_entre_el_envio_y_el_registro_repite_el_mismo_correo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "aplaza@domain.com")]).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "suscripcion_completada").await;
    hasta(async || escena.banco.contar("evento").await == 2).await;
    escena.smtp.dejar_de_aplazar();
    let id = contratos::id_derivado(&["notificacion", &suscripcion.to_string(), "completada"]);
    enviar_y_morir(&escena, IdNotificacion::from(id)).await;
    escena.banco.adelantar().await;
    escena.banco.esperar("confirmada", 1).await;
    let [primero, segundo] = escena.smtp.recogidos().try_into().expect("two mails");
    assert_eq!(primero.mensaje, segundo.mensaje);
    assert_eq!(escena.banco.enviados::<EventoNotificacionEnviada>().await.len(), 1);
}

#[sqlx::test(migrations = false)]
async fn quien_pierde_la_carrera_decide_de_nuevo(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "aplaza@domain.com")]).await;
    let suscripcion = id_nuevo();
    escena.mandar(suscripcion, "suscripcion_completada").await;
    hasta(async || escena.banco.contar("evento").await == 2).await;
    let id = contratos::id_derivado(&["notificacion", &suscripcion.to_string(), "completada"]);
    let envio = escena.banco.envio(escena.suscripciones.url(), correo_smtp(&escena.smtp));
    let leidas = enviar_y_morir(&escena, IdNotificacion::from(id)).await;
    let aplazada = envio.entregar(leidas.clone()).await;
    escena.smtp.dejar_de_aplazar();
    let entregada = envio.entregar(leidas).await;
    envio.anotar(&aplazada, contratos::ahora()).await.expect("records");
    envio.anotar(&entregada, contratos::ahora()).await.expect("records on top of the other");
    envio.anotar(&aplazada, contratos::ahora()).await.expect("comes too late");
    assert_eq!(escena.banco.estados().await, ["confirmada"]);
    assert_eq!(escena.banco.contar("evento").await, 5);
}

#[sqlx::test(migrations = false)]
async fn varias_instancias_reparten_lo_pendiente_sin_repetirlo(pool: PgPool) {
    let correos: Vec<(String, String)> = (0..100).map(|n| (format!("c{n}"), format!("u{n}@domain.com"))).collect();
    let correos: Vec<(&str, &str)> = correos.iter().map(|(c, e)| (c.as_str(), e.as_str())).collect();
    let escena = Escena::nueva(pool, &correos).await;
    escena.banco.cierre.cancel();
    for (codigo, _) in &correos {
        let lote = [comando(id_nuevo(), codigo, "suscripcion_completada")];
        escena.comandos.manejar(&lote).await.expect("handles");
    }
    escena.banco.adelantar().await;
    let otras = [Banco::nuevo(escena.banco.pool.clone()).await, Banco::nuevo(escena.banco.pool.clone()).await];
    let remitentes = otras.each_ref().map(|otra| otra.remitente(escena.suscripciones.url(), correo_smtp(&escena.smtp)));
    escena.banco.esperar("confirmada", correos.len()).await;
    let mut destinatarios: Vec<_> = escena.smtp.recogidos().into_iter().map(|mail| mail.destinatario).collect();
    destinatarios.sort();
    destinatarios.dedup();
    assert_eq!((destinatarios.len(), escena.smtp.recogidos().len()), (correos.len(), correos.len()));
    drop(remitentes);
}

#[sqlx::test(migrations = false)]
async fn un_lote_pregunta_una_vez_por_los_contactos(pool: PgPool) {
    let correos: Vec<(String, String)> = (0..32).map(|n| (format!("c{n}"), format!("u{n}@domain.com"))).collect();
    let correos: Vec<(&str, &str)> = correos.iter().map(|(c, e)| (c.as_str(), e.as_str())).collect();
    let escena = Escena::nueva(pool, &correos).await;
    let lote: Vec<_> =
        correos.iter().map(|(codigo, _)| comando(id_nuevo(), codigo, "suscripcion_completada")).collect();
    escena.comandos.manejar(&lote).await.expect("handles");
    escena.banco.esperar("confirmada", correos.len()).await;
    assert!(escena.suscripciones.preguntas() <= 2, "{}", escena.suscripciones.preguntas());
}

#[sqlx::test(migrations = false)]
async fn nada_de_lo_guardado_o_publicado_lleva_la_direccion(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    escena.mandar(id_nuevo(), "suscripcion_completada").await;
    escena.banco.esperar("confirmada", 1).await;
    for tabla in ["evento", "notificacion", "bandejas.outbox", "bandejas.efecto"] {
        let consulta = format!("select coalesce(string_agg(t::text, ' '), '') from {tabla} t");
        let texto: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(consulta)).fetch_one(&escena.banco.pool).await.expect("reads");
        assert!(!texto.is_empty() && !texto.contains("pperez") && !texto.contains("Pablo"), "{tabla}");
        assert!(!texto.contains(&hex::encode("pperez")), "{tabla}");
    }
}

#[sqlx::test(migrations = false)]
async fn un_codigo_que_no_puede_ser_de_ningun_cliente_no_detiene_los_correos_de_los_demas(pool: PgPool) {
    let escena = Escena::nueva(pool, &[("0001", "pperez@domain.com")]).await;
    let [conocida, ilegible] = [id_nuevo(), id_nuevo()];
    let lote = [comando(ilegible, " ", "suscripcion_completada"), comando(conocida, "0001", "suscripcion_completada")];
    escena.comandos.manejar(&lote).await.expect("handles");
    hasta(async || {
        let mut estados = escena.banco.estados().await;
        estados.sort();
        estados == ["confirmada", "fallida"]
    })
    .await;
    assert_eq!(escena.motivo_de_error().await.as_deref(), Some("cliente_desconocido"));
    assert_eq!(escena.smtp.recogidos().len(), 1);
}
