//! The kill matrix: each process of the flow dies for real at each moment that matters, and comes back.

use std::collections::HashSet;
use std::time::Duration;

use pruebas::{Sistema, SumideroSmtp, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::Method;

use crate::libros;

const RUTA: &str = "/suscripciones/suscripcion-comando";
const CON_BASE: [&str; 3] = ["suscripciones", "servicio-datos", "notificaciones"];
const PUNTOS: [&str; 3] = ["antes-de-confirmar", "tras-confirmar", "antes-de-ack"];
/// A notification whose sender died after the commit is its own for thirty seconds more; then a sweep takes it.
const TRAS_LA_MUERTE: Duration = Duration::from_secs(60);
const PUNTOS_BFF: [&str; 3] = ["antes-de-preguntar", "antes-de-publicar", "tras-publicar"];

/// Kills `nombre` when it announces `punto`, starts it again, and expects one completed subscription.
async fn morir_en(sistema: &Sistema, sumidero: &SumideroSmtp, nombre: &str, punto: &str) {
    let puerto = sumidero.direccion.port().to_string();
    let smtp = [
        ("SALUDTECH_CORREO__MODO", "smtp"),
        ("SALUDTECH_CORREO__SMTP__HOST", "127.0.0.1"),
        ("SALUDTECH_CORREO__SMTP__PUERTO", puerto.as_str()),
    ];
    let proceso = sistema.proceso(nombre);
    // Only the one that sends mail knows the variables of mail.
    let propias: &[(&str, &str)] = if nombre == "notificaciones" { &smtp } else { &[] };
    let con_fallo: Vec<_> = propias.iter().copied().chain([("SALUDTECH_FALLO", punto)]).collect();
    proceso.reiniciar(&con_fallo).await;
    let marca = proceso.marca();
    let (cliente, clave) = (cliente_nuevo(), cliente_nuevo());
    let peticion = enviar(sistema, &cliente, &clave);
    let muerte = async {
        let anuncio = format!("punto de fallo alcanzado: {punto}");
        esperar(&format!("{nombre} llega a {punto}"), Duration::from_secs(30), async || {
            proceso.registro_desde(marca).contains(&anuncio).then_some(())
        })
        .await;
        proceso.matar().await;
        proceso.arrancar(propias);
        proceso.esperar_listo().await;
    };
    let (lugar, ()) = tokio::join!(peticion, muerte);
    let recursos = sistema.recursos(&lugar).await;
    let saga = sistema.saga_terminada_en(&recursos, TRAS_LA_MUERTE).await;
    assert_eq!(saga["fase"], "completada", "{nombre} en {punto}: {saga:#}");
    assert_eq!(sistema.notificaciones(&recursos).await.len(), 1);
    let id = recursos["id_suscripcion"].as_str().expect("id").to_owned();
    let asiento = libros::leer(sistema, std::slice::from_ref(&id)).await.remove(&id).expect("asiento");
    assert!(asiento.es_coherente(), "{nombre} en {punto}: {asiento:?}");
    let propios: HashSet<String> = sumidero
        .recibidos()
        .iter()
        .filter(|correo| correo.destinatario.starts_with(&cliente))
        .map(|correo| correo.cabecera("Message-ID").to_owned())
        .collect();
    assert_eq!(propios.len(), 1, "{nombre} en {punto}: {propios:?}");
}

/// Posts until the answer is 202, with the same key, as a client does whose connection broke.
async fn enviar(sistema: &Sistema, cliente: &str, clave: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("cliente");
    let url = format!("{}{RUTA}", sistema.proceso("bff-web").url());
    let cuerpo = cuerpo_suscripcion(cliente, "pro");
    esperar("la petición se acepta", Duration::from_secs(60), async || {
        let respuesta =
            http.request(Method::POST, &url).header("Idempotency-Key", clave).json(&cuerpo).send().await.ok()?;
        let lugar = respuesta.headers().get("location")?.to_str().ok()?.to_owned();
        respuesta.status().is_success().then_some(lugar)
    })
    .await
}

async fn matriz(nombre: &str, puntos: &[&str]) {
    let sistema = Sistema::tomar().await;
    let sumidero = SumideroSmtp::nuevo().await;
    let puerto = sumidero.direccion.port().to_string();
    let notificaciones = sistema.proceso("notificaciones");
    notificaciones
        .reiniciar(&[
            ("SALUDTECH_CORREO__MODO", "smtp"),
            ("SALUDTECH_CORREO__SMTP__HOST", "127.0.0.1"),
            ("SALUDTECH_CORREO__SMTP__PUERTO", &puerto),
        ])
        .await;
    for punto in puntos {
        morir_en(&sistema, &sumidero, nombre, punto).await;
    }
    notificaciones.reiniciar(&[]).await;
}

#[tokio::test]
async fn suscripciones_muere_en_cada_punto_y_la_saga_se_completa() {
    matriz(CON_BASE[0], &PUNTOS).await;
}

#[tokio::test]
async fn servicio_datos_muere_en_cada_punto_y_la_saga_se_completa() {
    matriz(CON_BASE[1], &PUNTOS).await;
}

#[tokio::test]
async fn notificaciones_muere_en_cada_punto_y_hay_un_solo_correo() {
    matriz(CON_BASE[2], &PUNTOS).await;
}

#[tokio::test]
async fn el_bff_muere_en_cada_punto_y_la_misma_clave_da_una_suscripcion() {
    matriz("bff-web", &PUNTOS_BFF).await;
}
