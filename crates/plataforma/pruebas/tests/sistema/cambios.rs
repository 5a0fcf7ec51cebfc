//! Operations on a subscription that exists: each one whole or not at all, and one at a time.

use std::time::Duration;

use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::Method;
use serde_json::{Value, json};

use crate::libros;

const CREAR: &str = "/suscripciones/suscripcion-comando";
const CANCELAR: &str = "/suscripciones/cancelar-comando";
const PAGAR: &str = "/suscripciones/pagar-comando";

/// An active subscription of a new client; its id.
async fn activa(sistema: &Sistema, cliente: &str, plan: &str) -> String {
    let recursos = sistema.suscribir(cliente, plan).await;
    if recursos["id_saga"].is_string() {
        assert_eq!(sistema.saga_terminada(&recursos).await["fase"], "completada");
    }
    recursos["id_suscripcion"].as_str().expect("id").to_owned()
}

fn cancelacion(id: &str) -> Value {
    json!({"id_suscripcion": id, "motivo": "ya no lo necesito"})
}

/// Says which flow carries an operation out.
async fn fijar(sistema: &Sistema, regla: &Value) {
    let operador = [("X-Operador", "pruebas")];
    let respuesta = sistema.pedir(Method::PUT, "/admin/flujos", Some(regla), &operador).await;
    assert!(respuesta.estado.is_success(), "{respuesta:?}");
}

async fn suscripcion(sistema: &Sistema, id: &str) -> Value {
    sistema.leer(&format!("/suscripciones/suscripcion-query/{id}")).await.cuerpo
}

/// The templates of the notifications of a subscription, once there are that many and each reached its end.
async fn avisos(sistema: &Sistema, id: &str, cuantos: usize) -> Vec<String> {
    esperar("los avisos llegan a su fin", Duration::from_secs(30), async || {
        let lista = sistema.leer(&format!("/notificaciones?id_suscripcion={id}")).await.cuerpo;
        let elementos = lista["elementos"].as_array()?;
        let bien = elementos.len() == cuantos && elementos.iter().all(|aviso| aviso["estado"] == "confirmada");
        let plantilla = |aviso: &Value| aviso["plantilla"].as_str().unwrap_or_default().to_owned();
        let mut plantillas: Vec<String> = elementos.iter().map(plantilla).collect();
        plantillas.sort_unstable();
        bien.then_some(plantillas)
    })
    .await
}

async fn asiento(sistema: &Sistema, id: &str) -> libros::Asiento {
    libros::leer(sistema, &[id.to_owned()]).await.remove(id).expect("asiento")
}

/// The invoices of a subscription, oldest first.
async fn facturas(sistema: &Sistema, id: &str) -> Vec<Value> {
    let lista = sistema.leer(&format!("/suscripciones/{id}/facturas")).await.cuerpo;
    lista["elementos"].as_array().unwrap_or_else(|| panic!("{lista:#}")).clone()
}

fn pago(id: &str, factura: &Value, monto: &Value) -> Value {
    let (numero, moneda) = (&factura["numero"], &factura["moneda"]);
    json!({"id_suscripcion": id, "factura_numero": numero, "monto": monto, "moneda": moneda, "medio_pago": "tarjeta"})
}

/// Nobody has a product twice, nothing is held for nobody, and only what lives is locked.
async fn nada_queda_tomado_de_mas(sistema: &Sistema) {
    let base = sistema.base("suscripciones").await;
    let sobran: i64 = sqlx::query_scalar(
        "select count(*) from contratacion c where not exists (
           select from suscripcion s where s.id = c.id_suscripcion
             and (s.estado in ('pendiente', 'activa') and s.codigo_plan = c.codigo_plan
               or exists (select from saga g where g.id_suscripcion = s.id
                            and g.fase in ('avanzando', 'deshaciendo'))))",
    )
    .fetch_one(&base)
    .await
    .expect("contrataciones");
    let faltan: i64 = sqlx::query_scalar(
        "select count(*) from suscripcion s where s.estado in ('pendiente', 'activa') and not exists (
           select from contratacion c where c.id_suscripcion = s.id and c.codigo_plan = s.codigo_plan)",
    )
    .fetch_one(&base)
    .await
    .expect("suscripciones");
    assert_eq!((sobran, faltan), (0, 0));
}

#[tokio::test]
async fn cancelar_un_plan_pro_libera_lo_suyo_y_se_cuenta_una_vez() {
    let sistema = Sistema::tomar().await;
    let cliente = cliente_nuevo();
    let id = activa(&sistema, &cliente, "pro").await;
    let operacion = sistema.ordenar(CANCELAR, &cancelacion(&id)).await;
    assert_eq!(operacion["estado"], "iniciada", "{operacion:#}");
    let saga = sistema.saga_terminada(&operacion["recursos"]).await;
    assert_eq!((&saga["definicion"], &saga["fase"]), (&json!("cancelacion-pro"), &json!("completada")), "{saga:#}");
    let cancelada = suscripcion(&sistema, &id).await;
    assert_eq!((&cancelada["estado"], &cancelada["motivo"]), (&json!("cancelada"), &json!("ya no lo necesito")));
    let asiento = asiento(&sistema, &id).await;
    assert_eq!((asiento.servicio.as_str(), asiento.ocupa), ("terminado", false), "{asiento:?}");
    assert_eq!(avisos(&sistema, &id, 2).await, ["suscripcion_cancelada", "suscripcion_completada"]);
    activa(&sistema, &cliente, "pro").await;
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn una_cancelacion_que_no_puede_ser_deja_la_suscripcion_activa_y_se_cuenta() {
    let sistema = Sistema::tomar().await;
    let id = activa(&sistema, &cliente_nuevo(), "basico").await;
    // There is no data service to end, so the flow of plans that have one is refused at its pivot.
    let regla = |flujo: Value| json!({"operacion": "cancelar", "desde": null, "hacia": null, "flujo": flujo});
    fijar(&sistema, &regla(json!("cancelacion-pro"))).await;
    let operacion = sistema.ordenar(CANCELAR, &cancelacion(&id)).await;
    let saga = sistema.saga_terminada(&operacion["recursos"]).await;
    fijar(&sistema, &regla(Value::Null)).await;
    assert_eq!((&saga["fase"], &saga["motivo"]["codigo"]), (&json!("compensada"), &json!("no_existe")), "{saga:#}");
    let actual = suscripcion(&sistema, &id).await;
    assert_eq!((&actual["estado"], &actual["motivo"]), (&json!("activa"), &Value::Null));
    assert_eq!(avisos(&sistema, &id, 2).await, ["cancelacion_rechazada", "suscripcion_activa"]);
    assert_eq!(sistema.ordenar(CANCELAR, &cancelacion(&id)).await["estado"], "cancelada");
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn de_muchas_peticiones_del_mismo_producto_una_lo_obtiene_y_las_demas_lo_saben() {
    let sistema = Sistema::tomar().await;
    let cuerpo = cuerpo_suscripcion(&cliente_nuevo(), "pro");
    let peticiones = (0..32).map(|_| sistema.pedir(Method::POST, CREAR, Some(&cuerpo), &[]));
    let aceptadas = futures::future::join_all(peticiones).await;
    let mut creadas = Vec::new();
    for aceptada in &aceptadas {
        let operacion = sistema.atendida(aceptada.cabecera("location")).await;
        match operacion["estado"].as_str() {
            Some("creada") => creadas.push(operacion["recursos"].clone()),
            _ => {
                let codigo = operacion["codigo"].as_str();
                assert!(matches!(codigo, Some("duplicada_en_curso" | "ya_suscrito")), "{operacion:#}");
            }
        }
    }
    assert_eq!(creadas.len(), 1, "{creadas:#?}");
    assert_eq!(sistema.saga_terminada(&creadas[0]).await["fase"], "completada");
    let id = creadas[0]["id_suscripcion"].as_str().expect("id");
    assert!(asiento(&sistema, id).await.es_coherente());
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn lo_que_se_cobra_consta_en_sus_facturas_y_pagarlo_otra_vez_no_cobra_nada() {
    let sistema = Sistema::tomar().await;
    let id = activa(&sistema, &cliente_nuevo(), "pro").await;
    let de_la_suscripcion = facturas(&sistema, &id).await;
    let [factura] = de_la_suscripcion.as_slice() else { panic!("{de_la_suscripcion:#?}") };
    assert_eq!((&factura["estado"], &factura["codigo_plan"]), (&json!("pagada"), &json!("pro")), "{factura:#}");
    let otra_vez = sistema.ordenar(PAGAR, &pago(&id, factura, &factura["monto"])).await;
    assert_eq!(otra_vez["estado"], "pagada", "{otra_vez:#}");
    let de_mas = sistema.ordenar(PAGAR, &pago(&id, factura, &json!("1.00"))).await;
    assert_eq!(de_mas["codigo"], "factura_de_otro_monto", "{de_mas:#}");
    assert_eq!(facturas(&sistema, &id).await, de_la_suscripcion);
    assert!(asiento(&sistema, &id).await.es_coherente());
}
