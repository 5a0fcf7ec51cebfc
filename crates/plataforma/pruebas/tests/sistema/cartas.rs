//! Messages that nobody can read: a dead letter with its reason, and neighbours unaffected.

use std::collections::BTreeMap;
use std::time::Duration;

use contratos::{Mensaje, Saliente, temas};
use mensajeria::{AjustesPulsar, Mensajeria, Publicar};
use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::Method;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Publishes raw bytes to a topic of the table, with that topic's schema.
async fn publicar(sistema: &Sistema, tipo: &str, cargas: Vec<Vec<u8>>) {
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let ajustes = AjustesPulsar { url: sistema.url_pulsar(), espacio: "public/default".to_owned() };
    let mensajeria = Mensajeria::nueva(&ajustes, &tareas, &cierre);
    let publicador = mensajeria.publicador();
    let tema = temas::por_tipo(tipo).expect("tema").nombre.to_owned();
    let salientes: Vec<Saliente> = cargas
        .into_iter()
        .map(|carga| Saliente {
            tema: tema.clone(),
            id: contratos::id_nuevo(),
            clave: "prueba".into(),
            carga,
            propiedades: BTreeMap::new(),
        })
        .collect();
    esperar("se publica", Duration::from_secs(20), async || {
        publicador.publicar(salientes.clone()).await.iter().all(Result::is_ok).then_some(())
    })
    .await;
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
}

async fn muertas(sistema: &Sistema) -> i64 {
    let base = sistema.base("suscripciones").await;
    sqlx::query_scalar("select count(*) from bandejas.dead_letter where estado = 'muerta'")
        .fetch_one(&base)
        .await
        .expect("cartas")
}

#[tokio::test]
async fn lo_indescifrable_es_carta_muerta_y_no_detiene_a_los_demas() {
    let sistema = Sistema::tomar().await;
    let antes = muertas(&sistema).await;
    let basura = vec![b"esto no es avro".to_vec(), vec![0xff; 40], Vec::new()];
    publicar(&sistema, contratos::ComandoCrearSuscripcion::TIPO, basura).await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "basico").await;
    assert_eq!(recursos["suscripcion"], "activa");
    esperar("las tres cartas", Duration::from_secs(20), async || (muertas(&sistema).await == antes + 3).then_some(()))
        .await;
    let lista = sistema.leer("/admin/suscripciones/cartas-muertas?estado=muerta").await;
    let carta = &lista.cuerpo["elementos"][0];
    assert!(!carta["motivo"].is_null() || !carta["codigo"].is_null(), "{carta:#}");
    assert!(!lista.cuerpo.to_string().contains("no es avro"));
}

#[tokio::test]
async fn una_carta_se_descarta_con_motivo_y_sin_motivo_no() {
    let sistema = Sistema::tomar().await;
    publicar(&sistema, contratos::ComandoPagarSuscripcion::TIPO, vec![vec![0xff; 10]]).await;
    let id = esperar("la carta", Duration::from_secs(20), async || {
        let lista = sistema.leer("/admin/suscripciones/cartas-muertas?estado=muerta").await.cuerpo;
        let cartas = lista["elementos"].as_array()?.clone();
        let tema = temas::por_tipo(contratos::ComandoPagarSuscripcion::TIPO)?.nombre;
        let carta = cartas.iter().find(|carta| carta["tema"] == tema)?;
        carta["id"].as_str().map(str::to_owned)
    })
    .await;
    let ruta = format!("/admin/suscripciones/cartas-muertas/{id}/descartar");
    let sin_motivo = sistema.pedir(Method::POST, &ruta, Some(&json!({})), &[]).await;
    assert_eq!(sin_motivo.estado, 422, "{:?}", sin_motivo.cuerpo);
    let descartada =
        sistema.pedir(Method::POST, &ruta, Some(&json!({"motivo": "basura de prueba", "actor": "pruebas"})), &[]).await;
    assert!(descartada.estado.is_success(), "{descartada:?}");
}

/// Runs `cargo xtask cartas` against the system; what it prints, or what it complains of.
async fn xtask_cartas(sistema: &Sistema, argumentos: &[&str]) -> Result<String, String> {
    let salida = tokio::process::Command::new(pruebas::variable("PRUEBAS_XTASK"))
        .args(["cartas", "--entorno"])
        .arg(sistema.carpeta())
        .args(argumentos)
        .output()
        .await
        .expect("xtask");
    let texto = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if salida.status.success() { Ok(texto(&salida.stdout)) } else { Err(texto(&salida.stderr)) }
}

#[tokio::test]
async fn la_orden_cartas_lista_simula_reenvia_y_descarta() {
    let sistema = Sistema::tomar().await;
    let anteriores = ids_de_cartas(&sistema).await;
    publicar(&sistema, contratos::ComandoTerminarServicioDatos::TIPO, vec![vec![0xfe; 12]]).await;
    let id = esperar("la carta", Duration::from_secs(20), async || {
        ids_de_cartas(&sistema).await.into_iter().find(|id| !anteriores.contains(id))
    })
    .await;
    let lista = xtask_cartas(&sistema, &["listar", "--servicio", "servicio-datos", "--estado", "muerta"]).await;
    assert!(lista.expect("lista").contains(&id), "la carta está en la lista");
    let simulada = xtask_cartas(&sistema, &["simular", "servicio-datos", &id]).await.expect("simular");
    assert!(simulada.contains("no_sigue_el_esquema"), "{simulada}");
    xtask_cartas(&sistema, &["reenviar", "servicio-datos", &id]).await.expect("reenviar");
    esperar("vuelve a ser carta muerta: sigue sin poderse leer", Duration::from_secs(30), async || {
        let muertas = xtask_cartas(&sistema, &["listar", "--servicio", "servicio-datos", "--estado", "muerta"]).await;
        muertas.ok()?.contains(&id).then_some(())
    })
    .await;
    let descartar = ["descartar", "servicio-datos", &id, "--motivo", "basura de prueba", "--actor", "pruebas"];
    xtask_cartas(&sistema, &descartar).await.expect("descartar");
    let otra_vez = xtask_cartas(&sistema, &["reenviar", "servicio-datos", &id]).await;
    assert!(otra_vez.expect_err("descartada").contains("servicio-datos"), "se dice por qué no");
}

async fn ids_de_cartas(sistema: &Sistema) -> Vec<String> {
    let lista = sistema.leer("/admin/servicio-datos/cartas-muertas?estado=muerta&limite=200").await.cuerpo;
    let cartas = lista["elementos"].as_array().cloned().unwrap_or_default();
    cartas.iter().filter_map(|carta| carta["id"].as_str().map(str::to_owned)).collect()
}
