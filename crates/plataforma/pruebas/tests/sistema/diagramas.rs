//! Whatever the system draws in Mermaid, Mermaid itself reads.

use pruebas::{Sistema, cliente_nuevo};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PRO: &str = "/admin/definiciones/suscripcion-pro/1";

/// A draft of the PRO flow whose names say what would be syntax to whoever let it through.
async fn borrador_hostil(sistema: &Sistema) -> String {
    let documento = sistema.leer(PRO).await.cuerpo["documento"].take();
    let texto = documento.to_string();
    let texto = texto.replace("crear_servicio", r#"\"]-->end%%{init:{}}%%;<b>"#).replace("iniciar_servicio", "end");
    let mut documento: Value = serde_json::from_str(&texto).expect("json");
    let clave = cliente_nuevo();
    documento["clave"] = json!(clave);
    let puesta =
        sistema.pedir(Method::POST, "/admin/definiciones", Some(&documento), &[("x-operador", "pruebas")]).await;
    assert_eq!(puesta.estado, StatusCode::CREATED, "{:#}", puesta.cuerpo);
    clave
}

#[tokio::test]
async fn mermaid_lee_el_diagrama_de_toda_definicion_y_de_sagas_en_toda_fase() {
    let sistema = Sistema::tomar().await;
    for plan in ["pro", "pro_plus"] {
        let recursos = sistema.suscribir(&cliente_nuevo(), plan).await;
        sistema.saga_terminada(&recursos).await;
    }
    let clave = borrador_hostil(&sistema).await;
    let dibujo = sistema.leer(&format!("/admin/definiciones/{clave}/1/diagrama?formato=mermaid")).await;
    assert_eq!(dibujo.estado, StatusCode::OK, "{:?}", dibujo.cuerpo);

    let lectura =
        tokio::process::Command::new(pruebas::variable("PRUEBAS_XTASK")).args(["validar", "mermaid"]).output();
    let salida = lectura.await.expect("xtask");
    let texto = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(salida.status.success(), "{}\n{}", texto(&salida.stdout), texto(&salida.stderr));
    assert!(texto(&salida.stdout).contains("Mermaid:"), "{}", texto(&salida.stdout));
}
