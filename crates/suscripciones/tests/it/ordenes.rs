use contratos::{
    ComandoCancelarSuscripcion, ComandoCrearServicioDatos, EventoSuscripcionCancelada, EventoSuscripcionCreada,
    EventoSuscripcionFallida, Mensaje,
};
use sqlx::PgPool;
use suscripciones::aplicacion::Pedido;
use suscripciones::dominio::{CodigoCliente, Condiciones, IdSuscripcion};

use crate::banco::{Banco, EMAIL, contexto, crear, ids};

#[sqlx::test(migrations = false)]
async fn un_plan_basico_se_activa_sin_saga(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.crear(contratos::id_nuevo(), "0001", "BASICO").await;
    let creadas = banco.de_tipo::<EventoSuscripcionCreada>().await;
    assert_eq!(creadas.len(), 1);
    assert_eq!(creadas[0].datos.estado.as_deref(), Some("activa"));
    let sagas: i64 = sqlx::query_scalar("select count(*) from saga").fetch_one(&banco.pool).await.expect("sagas");
    assert_eq!(sagas, 0);
}

#[sqlx::test(migrations = false)]
async fn un_plan_pro_queda_pendiente_y_su_saga_pide_el_servicio_con_los_datos_del_cliente(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let pedidos = banco.de_tipo::<ComandoCrearServicioDatos>().await;
    assert_eq!(pedidos.len(), 1);
    let (cabecera, datos) = (&pedidos[0].cabecera, &pedidos[0].datos);
    assert_eq!(cabecera.correlacion, Some(ids(comando)["saga"]));
    assert_eq!(cabecera.id, contratos::id_comando(ids(comando)["saga"], "crear_servicio", "hacer"));
    assert_eq!(datos.cliente_nombres.as_deref(), Some("Canario"));
    assert_eq!(datos.experto_codigo, None);
    let suscripcion = datos.suscripcion.as_ref().and_then(|s| s.codigo.clone());
    assert_eq!(suscripcion, Some(ids(comando)["suscripcion"].to_string()));
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "avanzando");
}

#[sqlx::test(migrations = false)]
async fn el_mismo_comando_otra_vez_no_crea_nada_y_repite_su_respuesta(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let orden = crear(contratos::id_nuevo(), "0001", "pro");
    banco.atender.ejecutar(&[orden.clone(), orden.clone()]).await.expect("atendida");
    banco.publicados().await;
    banco.atender.ejecutar(&[orden]).await.expect("atendida");
    let creadas = banco.de_tipo::<EventoSuscripcionCreada>().await;
    assert!(creadas.iter().all(|creada| creada.cabecera.id == creadas[0].cabecera.id));
    let cuantas: (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from suscripcion), (select count(*) from saga), (select count(*) from saga_log)",
    )
    .fetch_one(&banco.pool)
    .await
    .expect("cuentas");
    assert_eq!(cuantas, (1, 1, 1));
}

#[sqlx::test(migrations = false)]
async fn muchas_veces_a_la_vez_es_una_sola_suscripcion(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let orden = [crear(contratos::id_nuevo(), "0001", "pro")];
    let (a, b, c) =
        tokio::join!(banco.atender.ejecutar(&orden), banco.atender.ejecutar(&orden), banco.atender.ejecutar(&orden));
    (a.and(b).and(c)).expect("atendidas");
    let cuantas: i64 =
        sqlx::query_scalar("select count(*) from suscripcion").fetch_one(&banco.pool).await.expect("cuenta");
    assert_eq!(cuantas, 1);
}

#[sqlx::test(migrations = false)]
async fn un_cliente_bloqueado_se_rechaza_y_la_saga_lo_recuerda(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let clave = suscripciones::aplicacion::puertos::ClaveCliente {
        inquilino: "publico".into(),
        codigo: CodigoCliente::try_from("9001").expect("codigo"),
    };
    let bloqueado = Condiciones { bloqueado: true, limite_pago: None };
    banco.clientes.fijar_condiciones(&clave, bloqueado).await.expect("condiciones");
    let comando = contratos::id_nuevo();
    banco.crear(comando, "9001", "pro").await;
    let fallidas = banco.de_tipo::<EventoSuscripcionFallida>().await;
    assert_eq!(fallidas[0].datos.codigo.as_deref(), Some("cliente_bloqueado"));
    assert_eq!(fallidas[0].datos.estado.as_deref(), Some("rechazada"));
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "compensada");
    assert!(banco.de_tipo::<ComandoCrearServicioDatos>().await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn los_datos_personales_no_estan_en_claro_en_ninguna_tabla(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.crear(contratos::id_nuevo(), "0001", "pro").await;
    banco.publicados().await;
    for tabla in ["cliente", "suscripcion", "saga", "saga_log", "factura", "bandejas.efecto", "bandejas.dead_letter"] {
        let consulta = format!("select coalesce(string_agg(t::text, ' '), '') from {tabla} t");
        let texto: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(consulta)).fetch_one(&banco.pool).await.expect("texto");
        for canario in [EMAIL, "Canario", "987654321"] {
            assert!(!texto.contains(canario), "{tabla} contiene {canario}");
            let en_bytes: String = canario.bytes().map(|b| format!("{b:02x}")).collect();
            assert!(!texto.contains(&en_bytes), "{tabla} contiene {canario} en bytes");
        }
    }
}

#[sqlx::test(migrations = false)]
async fn deshacer_lo_que_no_llego_deja_una_lapida_que_lo_detiene(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    let id = IdSuscripcion(ids(comando)["suscripcion"]);
    let mut deshacer = contexto(contratos::id_nuevo(), ComandoCancelarSuscripcion::TIPO);
    deshacer.causa = Some(comando);
    let pedido = Pedido::Cancelar { id, motivo: Some("plazo".into()) };
    banco.atender.ejecutar(&[(deshacer, pedido)]).await.expect("cancelada");
    assert_eq!(banco.de_tipo::<EventoSuscripcionCancelada>().await.len(), 1);
    banco.crear(comando, "0001", "pro").await;
    assert_eq!(banco.de_tipo::<EventoSuscripcionFallida>().await[0].datos.codigo.as_deref(), Some("comando_cancelado"));
    let cuantas: i64 =
        sqlx::query_scalar("select count(*) from suscripcion").fetch_one(&banco.pool).await.expect("cuenta");
    assert_eq!(cuantas, 0);
}
