//! Operations on a subscription that exists: each one whole or not at all, and one at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::Method;
use serde_json::{Value, json};

use crate::libros;

const CREAR: &str = "/suscripciones/suscripcion-comando";
const CAMBIAR: &str = "/suscripciones/cambiar-plan-comando";
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

/// What servicio-datos has of a subscription: state by id.
async fn servicios(sistema: &Sistema, id: &str) -> BTreeMap<String, String> {
    let lista = sistema.leer(&format!("/serviciosdatos?id_suscripcion={id}")).await.cuerpo;
    let texto = |valor: &Value| valor.as_str().unwrap_or_default().to_owned();
    let elementos = lista["elementos"].as_array().unwrap_or_else(|| panic!("{lista:#}"));
    elementos.iter().map(|servicio| (texto(&servicio["id_serviciodatos"]), texto(&servicio["estado"]))).collect()
}

fn cambio(id: &str, plan: &str) -> Value {
    json!({"id_suscripcion": id, "plan_codigo": plan, "motivo": "otra cosa"})
}

/// Orders a change that a saga carries out, and waits for its end.
async fn cambiar(sistema: &Sistema, id: &str, plan: &str) -> Value {
    let operacion = sistema.ordenar(CAMBIAR, &cambio(id, plan)).await;
    assert_eq!(operacion["estado"], "iniciada", "{operacion:#}");
    sistema.saga_terminada(&operacion["recursos"]).await
}

fn estados(facturas: &[Value]) -> Vec<&str> {
    facturas.iter().map(|factura| factura["estado"].as_str().unwrap_or_default()).collect()
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

#[tokio::test]
async fn subir_a_pro_deja_un_servicio_un_cobro_y_un_aviso() {
    let sistema = Sistema::tomar().await;
    let id = activa(&sistema, &cliente_nuevo(), "basico").await;
    let saga = cambiar(&sistema, &id, "pro").await;
    assert_eq!((&saga["definicion"], &saga["fase"]), (&json!("cambio-a-pro"), &json!("completada")), "{saga:#}");
    let actual = suscripcion(&sistema, &id).await;
    assert_eq!((&actual["estado"], &actual["codigo_plan"]), (&json!("activa"), &json!("pro")), "{actual:#}");
    let propio = saga["id"].as_str().expect("id").to_owned();
    assert_eq!(servicios(&sistema, &id).await, BTreeMap::from([(propio, "iniciado".to_owned())]));
    assert_eq!(estados(&facturas(&sistema, &id).await), ["pagada"]);
    assert_eq!(avisos(&sistema, &id, 2).await, ["plan_cambiado", "suscripcion_activa"]);
    let otra_vez = sistema.ordenar(CAMBIAR, &cambio(&id, "PRO")).await;
    assert_eq!(otra_vez["codigo"], "mismo_plan", "{otra_vez:#}");
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn una_subida_sin_experto_se_deshace_entera_y_se_cuenta() {
    let sistema = Sistema::tomar().await;
    let id = activa(&sistema, &cliente_nuevo(), "basico").await;
    let saga = cambiar(&sistema, &id, "pro_plus").await;
    assert_eq!((&saga["fase"], &saga["motivo"]["codigo"]), (&json!("compensada"), &json!("sin_experto")), "{saga:#}");
    let actual = suscripcion(&sistema, &id).await;
    assert_eq!((&actual["estado"], &actual["codigo_plan"]), (&json!("activa"), &json!("basico")), "{actual:#}");
    assert!(servicios(&sistema, &id).await.values().all(|estado| estado == "terminado"));
    let asiento = asiento(&sistema, &id).await;
    assert!(!asiento.ocupa && asiento.pagos == 0, "{asiento:?}");
    assert_eq!(estados(&facturas(&sistema, &id).await), ["anulada"]);
    assert_eq!(avisos(&sistema, &id, 2).await, ["cambio_rechazado", "suscripcion_activa"]);
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn bajar_de_pro_termina_su_servicio_y_volver_a_subir_trae_otro() {
    let sistema = Sistema::tomar().await;
    let id = activa(&sistema, &cliente_nuevo(), "pro").await;
    let bajada = cambiar(&sistema, &id, "basico").await;
    assert_eq!((&bajada["definicion"], &bajada["fase"]), (&json!("cambio-desde-pro"), &json!("completada")));
    assert_eq!(servicios(&sistema, &id).await.into_values().collect::<Vec<_>>(), ["terminado"]);
    assert!(!asiento(&sistema, &id).await.ocupa);
    assert_eq!(avisos(&sistema, &id, 2).await, ["plan_cambiado", "suscripcion_completada"]);
    let subida = cambiar(&sistema, &id, "pro").await;
    let otro = subida["id"].as_str().expect("id");
    let todos = servicios(&sistema, &id).await;
    assert_eq!((todos.len(), todos[otro].as_str()), (2, "iniciado"), "{todos:?}");
    assert_eq!(estados(&facturas(&sistema, &id).await), ["pagada", "pagada"]);
    let fin = sistema.ordenar(CANCELAR, &cancelacion(&id)).await;
    assert_eq!(sistema.saga_terminada(&fin["recursos"]).await["fase"], "completada");
    assert!(servicios(&sistema, &id).await.values().all(|estado| estado == "terminado"));
    nada_queda_tomado_de_mas(&sistema).await;
}

#[tokio::test]
async fn un_cambio_y_una_cancelacion_a_la_vez_tienen_un_ganador_y_el_otro_lo_sabe() {
    let sistema = Sistema::tomar().await;
    let mut adelantados = 0;
    for _ in 0..6 {
        let id = activa(&sistema, &cliente_nuevo(), "pro").await;
        let (cambio, fin) = (cambio(&id, "basico"), cancelacion(&id));
        let (cambio, fin) = tokio::join!(sistema.ordenar(CAMBIAR, &cambio), sistema.ordenar(CANCELAR, &fin));
        let (ganador, otro) = if cambio["estado"] == "iniciada" { (&cambio, &fin) } else { (&fin, &cambio) };
        assert_eq!(ganador["estado"], "iniciada", "{ganador:#}");
        assert_eq!(sistema.saga_terminada(&ganador["recursos"]).await["fase"], "completada");
        if otro["codigo"] == "en_curso" {
            adelantados += 1;
            assert_eq!(otro["recursos"]["id_saga"], ganador["recursos"]["id_saga"], "{otro:#}");
            let actual = suscripcion(&sistema, &id).await;
            let esperado = if cambio["estado"] == "iniciada" { ("activa", "basico") } else { ("cancelada", "pro") };
            assert_eq!((&actual["estado"], &actual["codigo_plan"]), (&json!(esperado.0), &json!(esperado.1)));
        }
    }
    assert!(adelantados > 0, "ninguno llegó mientras el otro estaba en curso");
    nada_queda_tomado_de_mas(&sistema).await;
}
