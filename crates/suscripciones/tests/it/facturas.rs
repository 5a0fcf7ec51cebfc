//! What a subscription is charged: issued before it is paid, paid once, voided when what it was for is not going to be.

use axum::http::StatusCode;
use contratos::{ComandoPagarSuscripcion, EventoSuscripcionFallida, EventoSuscripcionPagada, Mensaje};
use serde_json::json;
use sqlx::PgPool;
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::puertos::{ClaveCliente, Contexto};
use suscripciones::dominio::{CodigoCliente, Condiciones, IdSuscripcion, Monto, Pago};
use uuid::Uuid;

use crate::api::leer;
use crate::banco::{Banco, contexto, ids};
use crate::circuito::Circuito;
use crate::interferencia::{activa, cancelar};

const PRECIO: &str = "150000.00";

pub fn pagar(suscripcion: Uuid, numero: &str, monto: &str, medio: &str) -> (Contexto, Pedido) {
    let monto = Monto::try_from(monto).expect("monto");
    let pago = Pago { numero: numero.to_owned(), monto, moneda: "COP".into(), medio_pago: medio.to_owned() };
    let pedido = Pedido::Pagar { id: IdSuscripcion(suscripcion), pago };
    (contexto(contratos::id_nuevo(), ComandoPagarSuscripcion::TIPO), pedido)
}

/// The invoices of a subscription: state, amount in hundredths and means.
pub async fn facturas(banco: &Banco, suscripcion: Uuid) -> Vec<(String, i64, Option<String>)> {
    sqlx::query_as("select estado, monto_centavos, medio_pago from factura where id_suscripcion = $1 order by emitida")
        .bind(suscripcion)
        .fetch_all(&banco.pool)
        .await
        .expect("facturas")
}

/// A plan with a price and no flow.
pub async fn plan_de_pago(banco: &Banco) {
    let plan = "insert into plan (codigo, nombre, monto_centavos, moneda, en_venta, parametros, actualizado)
        values ('plata', 'PLATA', 5000, 'COP', true, '{}', now())";
    sqlx::query(plan).execute(&banco.pool).await.expect("plan");
}

async fn codigos(banco: &Banco) -> Vec<String> {
    let fallidas = banco.de_tipo::<EventoSuscripcionFallida>().await;
    fallidas.into_iter().map(|fallida| fallida.datos.codigo.expect("codigo")).collect()
}

#[sqlx::test(migrations = false)]
async fn lo_que_empieza_se_factura_y_su_flujo_lo_paga(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let suscripcion = ids(comando)["suscripcion"];
    assert_eq!(facturas(&banco, suscripcion).await, [("pendiente".to_owned(), 15_000_000, None)]);
    circuito.correr().await;
    let pagada = ("pagada".to_owned(), 15_000_000, Some("cuenta_cliente".to_owned()));
    assert_eq!(facturas(&banco, suscripcion).await, [pagada]);
    let gratis = contratos::id_nuevo();
    banco.crear(gratis, "0001", "basico").await;
    assert!(facturas(&banco, ids(gratis)["suscripcion"]).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn lo_que_se_deshace_no_se_debe(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    circuito.falla::<contratos::ComandoAsignarExperto>("sin_experto");
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    circuito.correr().await;
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "compensada");
    let suscripcion = ids(comando)["suscripcion"];
    assert_eq!(facturas(&banco, suscripcion).await, [("anulada".to_owned(), 15_000_000, None)]);
    banco
        .atender
        .ejecutar(&[pagar(suscripcion, &ids(comando)["saga"].to_string(), PRECIO, "x")])
        .await
        .expect("atendida");
    assert_eq!(codigos(&banco).await, ["factura_anulada"]);
}

#[sqlx::test(migrations = false)]
async fn pagar_otra_vez_es_la_misma_respuesta_y_un_solo_cobro(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    circuito.correr().await;
    let (suscripcion, numero) = (ids(comando)["suscripcion"], ids(comando)["saga"].to_string());
    banco.atender.ejecutar(&[pagar(suscripcion, &numero, PRECIO, "tarjeta")]).await.expect("atendida");
    let pagos: Vec<EventoSuscripcionPagada> =
        banco.de_tipo::<EventoSuscripcionPagada>().await.into_iter().map(|pagada| pagada.datos).collect();
    assert_eq!(pagos.len(), 2);
    assert_eq!(pagos[0], pagos[1]);
    let version: i64 = sqlx::query_scalar("select version from suscripcion").fetch_one(&banco.pool).await.expect("una");
    assert_eq!(version, 2, "la segunda vez no cambia nada");
    let pagada = ("pagada".to_owned(), 15_000_000, Some("cuenta_cliente".to_owned()));
    assert_eq!(facturas(&banco, suscripcion).await, [pagada]);
}

#[sqlx::test(migrations = false)]
async fn cada_pago_que_no_procede_dice_por_que(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    let (una, otra) = (contratos::id_nuevo(), contratos::id_nuevo());
    banco.crear(una, "0001", "plata").await;
    banco.crear(otra, "0002", "plata").await;
    let (suya, ajena) = (ids(una)["suscripcion"], ids(otra)["suscripcion"]);
    let clave = ClaveCliente { inquilino: "publico".into(), codigo: CodigoCliente::try_from("0001").expect("codigo") };
    let limite = Condiciones { bloqueado: false, limite_pago: Monto::de_centavos(4_999) };
    banco.clientes.fijar_condiciones(&clave, limite).await.expect("condiciones");
    let lote = [
        pagar(suya, &una.to_string(), "50.01", "x"),
        pagar(suya, "F-1", "50.00", "x"),
        pagar(ajena, &una.to_string(), "50.00", "x"),
        pagar(suya, &una.to_string(), "50.00", "x"),
        pagar(contratos::id_nuevo(), &una.to_string(), "50.00", "x"),
    ];
    banco.atender.ejecutar(&lote).await.expect("atendidas");
    let esperados = ["factura_de_otro_monto", "factura_desconocida", "factura_ajena", "pago_rechazado", "no_existe"];
    assert_eq!(codigos(&banco).await, esperados);
    assert_eq!(facturas(&banco, suya).await, [("pendiente".to_owned(), 5_000, None)]);
}

#[sqlx::test(migrations = false)]
async fn un_plan_sin_flujo_se_paga_a_mano_y_sin_pagar_se_cancela_sin_deber(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    let (pagada, impagada) = (contratos::id_nuevo(), contratos::id_nuevo());
    banco.crear(pagada, "0001", "plata").await;
    banco.crear(impagada, "0002", "plata").await;
    let (una, otra) = (ids(pagada)["suscripcion"], ids(impagada)["suscripcion"]);
    let lote = [pagar(una, &pagada.to_string(), "50.00", "tarjeta"), cancelar(una), cancelar(otra)];
    banco.atender.ejecutar(&lote).await.expect("atendidas");
    assert_eq!(facturas(&banco, una).await, [("pagada".to_owned(), 5_000, Some("tarjeta".to_owned()))]);
    assert_eq!(facturas(&banco, otra).await, [("anulada".to_owned(), 5_000, None)]);
}

#[sqlx::test(migrations = false)]
async fn de_dos_instancias_que_pagan_y_cancelan_a_la_vez_gana_una(pool: PgPool) {
    let (banco, otro) = (Banco::nuevo(pool.clone()).await, Banco::nuevo(pool).await);
    plan_de_pago(&banco).await;
    for vez in 0..8 {
        let comando = contratos::id_nuevo();
        banco.crear(comando, &format!("c{vez}"), "plata").await;
        let suscripcion = ids(comando)["suscripcion"];
        let (pago, fin) = ([pagar(suscripcion, &comando.to_string(), "50.00", "x")], [cancelar(suscripcion)]);
        let (a, b) = tokio::join!(banco.atender.ejecutar(&pago), otro.atender.ejecutar(&fin));
        a.and(b).expect("atendidas");
        let cobradas = banco.de_tipo::<EventoSuscripcionPagada>().await;
        let cobrada = cobradas.iter().any(|pagada| pagada.datos.id_suscripcion == Some(suscripcion.to_string()));
        let estado = facturas(&banco, suscripcion).await[0].0.clone();
        assert_eq!(estado, if cobrada { "pagada" } else { "anulada" });
    }
}

#[sqlx::test(migrations = false)]
async fn una_saga_que_ya_iba_por_el_camino_paga_la_factura_que_le_toco(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    // As a database stood before there were invoices to pay.
    sqlx::query("delete from factura").execute(&banco.pool).await.expect("sin facturas");
    let migracion = include_str!("../../migrations/0008_facturas.sql");
    let emitir = migracion.split(';').next().expect("una sentencia");
    sqlx::raw_sql(emitir).execute(&banco.pool).await.expect("emitidas");
    Circuito::de(&banco).correr().await;
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "completada");
    assert_eq!(facturas(&banco, ids(comando)["suscripcion"]).await[0].0, "pagada");
}

#[sqlx::test(migrations = false)]
async fn las_facturas_de_una_suscripcion_se_ven_y_las_de_ninguna_no_existen(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    let (estado, facturas) = leer(&banco, &format!("/suscripciones/{suscripcion}/facturas")).await;
    assert_eq!(estado, StatusCode::OK);
    let factura = &facturas["elementos"][0];
    assert_eq!((&factura["estado"], &factura["monto"]), (&json!("pagada"), &json!(PRECIO)), "{factura:#}");
    assert_eq!((&factura["codigo_plan"], &factura["id_saga"]), (&json!("pro"), &factura["numero"]), "{factura:#}");
    let (_, ficha) = leer(&banco, &format!("/suscripciones/{suscripcion}")).await;
    assert_eq!(ficha["facturas"][0]["numero"], factura["numero"]);
    let (estado, _) = leer(&banco, &format!("/suscripciones/{}/facturas", contratos::id_nuevo())).await;
    assert_eq!(estado, StatusCode::NOT_FOUND);
}
