//! A Python `pulsar-client` with Record classes works against our topics, both ways.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pruebas::{Sistema, cliente_nuevo, esperar};

/// Runs one scenario of the Python client; its standard output is what it read.
fn python(sistema: &Sistema, argumentos: &[&str]) -> String {
    let guion = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/interoperabilidad.py");
    let salida = Command::new(pruebas::variable("PRUEBAS_PYTHON"))
        .arg(guion)
        .args(argumentos)
        .env("PULSAR_URL", sistema.url_pulsar())
        .output()
        .expect("python");
    let texto = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(salida.status.success(), "{}\n{}", texto(&salida.stdout), texto(&salida.stderr));
    texto(&salida.stdout)
}

async fn suscripcion_de(sistema: &Sistema, cliente: &str) -> String {
    esperar("la suscripción existe", Duration::from_secs(20), async || {
        let lista = sistema.leer(&format!("/suscripciones?codigo_cliente={cliente}")).await.cuerpo;
        lista["elementos"][0]["estado"].as_str().map(str::to_owned)
    })
    .await
}

#[tokio::test]
async fn python_envia_comandos_con_el_sobre_heredado_y_con_el_declarado() {
    let sistema = Sistema::tomar().await;
    for forma in ["heredada", "declarada"] {
        let cliente = cliente_nuevo();
        python(&sistema, &["enviar", forma, &cliente, "basico"]);
        assert_eq!(suscripcion_de(&sistema, &cliente).await, "activa", "forma {forma}");
    }
}

#[tokio::test]
async fn python_lee_nuestros_eventos_con_el_sobre_heredado_y_con_el_declarado() {
    let sistema = Sistema::tomar().await;
    let cliente = cliente_nuevo();
    let recursos = sistema.suscribir(&cliente, "basico").await;
    for forma in ["heredada", "declarada"] {
        let leido = python(&sistema, &["leer", forma, &cliente]);
        assert!(leido.contains(recursos["id_suscripcion"].as_str().expect("id")), "forma {forma}: {leido}");
        assert!(leido.contains("codigo_plan=basico"), "forma {forma}: {leido}");
    }
}
