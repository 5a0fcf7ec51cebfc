use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

const RUTA: &str = "/suscripciones/suscripcion-comando";

async fn suscripciones_de(sistema: &Sistema, cliente: &str) -> Vec<Value> {
    let lista = sistema.leer(&format!("/suscripciones?codigo_cliente={cliente}")).await.cuerpo;
    lista["elementos"].as_array().expect("elementos").clone()
}

#[tokio::test]
async fn dos_peticiones_sin_clave_son_dos_operaciones_y_una_suscripcion() {
    let sistema = Sistema::tomar().await;
    let cliente = cliente_nuevo();
    let una = sistema.suscribir(&cliente, "pro").await;
    let otra = sistema.ordenar(RUTA, &cuerpo_suscripcion(&cliente, "pro")).await;
    assert_eq!(otra["estado"], "fallida", "{otra:#}");
    assert!(matches!(otra["codigo"].as_str(), Some("duplicada_en_curso" | "ya_suscrito")), "{otra:#}");
    assert_eq!(otra["recursos"]["id_suscripcion"], una["id_suscripcion"]);
    sistema.saga_terminada(&una).await;
    assert_eq!(suscripciones_de(&sistema, &cliente).await.len(), 1);
}

#[tokio::test]
async fn la_misma_clave_da_la_misma_respuesta_y_un_solo_efecto() {
    let sistema = Sistema::tomar().await;
    let (cliente, clave) = (cliente_nuevo(), cliente_nuevo());
    let cuerpo = cuerpo_suscripcion(&cliente, "basico");
    let cabeceras = [("Idempotency-Key", clave.as_str())];
    let primera = sistema.pedir(Method::POST, RUTA, Some(&cuerpo), &cabeceras).await;
    let recursos = sistema.recursos(primera.cabecera("location")).await;
    let segunda = sistema.pedir(Method::POST, RUTA, Some(&cuerpo), &cabeceras).await;
    assert_eq!((primera.estado, &primera.cuerpo), (segunda.estado, &segunda.cuerpo));
    assert_eq!(primera.cabecera("location"), segunda.cabecera("location"));
    assert_eq!(segunda.cabecera("idempotent-replayed"), "true");
    assert_eq!(sistema.notificaciones(&recursos).await.len(), 1);
    assert_eq!(suscripciones_de(&sistema, &cliente).await.len(), 1);
}

#[tokio::test]
async fn la_misma_clave_con_otro_cuerpo_es_un_error() {
    let sistema = Sistema::tomar().await;
    let (cliente, clave) = (cliente_nuevo(), cliente_nuevo());
    let cabeceras = [("Idempotency-Key", clave.as_str())];
    let una = sistema.pedir(Method::POST, RUTA, Some(&cuerpo_suscripcion(&cliente, "basico")), &cabeceras).await;
    sistema.recursos(una.cabecera("location")).await;
    let otra = sistema.pedir(Method::POST, RUTA, Some(&cuerpo_suscripcion(&cliente, "pro")), &cabeceras).await;
    assert_eq!(otra.estado, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(otra.cuerpo["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn diez_peticiones_a_la_vez_con_la_misma_clave_son_una_suscripcion() {
    let sistema = Sistema::tomar().await;
    let (cliente, clave) = (cliente_nuevo(), cliente_nuevo());
    let cuerpo = cuerpo_suscripcion(&cliente, "basico");
    let cabeceras = [("Idempotency-Key", clave.as_str())];
    let peticiones = (0..10).map(|_| sistema.pedir(Method::POST, RUTA, Some(&cuerpo), &cabeceras));
    let respuestas = futures::future::join_all(peticiones).await;
    let lugares: Vec<&str> = respuestas.iter().map(|respuesta| respuesta.cabecera("location")).collect();
    assert!(lugares.iter().all(|lugar| *lugar == lugares[0]), "{lugares:?}");
    sistema.recursos(lugares[0]).await;
    esperar("una sola suscripción", Duration::from_secs(5), async || {
        (suscripciones_de(&sistema, &cliente).await.len() == 1).then_some(())
    })
    .await;
}
