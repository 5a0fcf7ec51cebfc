//! The saga tables are lost while sagas run, and come back from Pulsar; or Pulsar loses what the tables have.

use std::collections::BTreeMap;
use std::time::Duration;

use contratos::temas::por_tipo;
use contratos::{EstadoSaga, Mensaje, RegistroSaga};
use pruebas::{Sistema, esperar};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::carga;

/// Carries out an order of suscripciones; its exit status and its report.
async fn ordenar(sistema: &Sistema, argumentos: &[&str]) -> (i32, Value) {
    let salida = sistema.proceso("suscripciones").ordenar(argumentos).await;
    let texto = String::from_utf8_lossy(&salida.stdout).into_owned();
    let codigo = salida.status.code().expect("termina");
    assert_ne!(codigo, 2, "{argumentos:?}: {texto}\n{}", String::from_utf8_lossy(&salida.stderr));
    (codigo, serde_json::from_str(&texto).unwrap_or(Value::String(texto)))
}

/// Each saga's digest: every column but the epoch and the time of the update.
async fn resumenes(suscripciones: &PgPool, condicion: &str) -> BTreeMap<String, String> {
    let consulta = format!(
        "select id::text, md5((to_jsonb(s) - '{{actualizada,epoca}}'::text[])::text) from saga s where {condicion}"
    );
    let filas: Vec<(String, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(consulta)).fetch_all(suscripciones).await.expect("sagas");
    filas.into_iter().collect()
}

async fn contar(suscripciones: &PgPool, consulta: &'static str, clientes: &[String]) -> i64 {
    sqlx::query_scalar(consulta).bind(clientes).fetch_one(suscripciones).await.expect("cuenta")
}

fn clientes(pedidos: &[carga::Pedido]) -> Vec<String> {
    pedidos.iter().map(|(cliente, _)| cliente.clone()).collect()
}

const VIVAS: &str = "fase in ('avanzando', 'deshaciendo')";
const TERMINADAS: &str = "fase not in ('avanzando', 'deshaciendo')";

#[tokio::test]
async fn las_tablas_de_sagas_perdidas_en_marcha_vuelven_iguales_desde_pulsar() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let primeras = carga::preparar(&sistema, 60).await;
    carga::enviar(&sistema, &primeras).await;
    carga::esperar_fin(&suscripciones, &primeras).await;
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    assert!(informe["comparacion"]["iguales"].as_u64().expect("iguales") >= 60, "{informe:#}");

    // Without mails no saga gets past its last step, however fast the others are.
    let correos = sistema.proceso("notificaciones");
    correos.suspender();
    let segundas = carga::preparar(&sistema, 60).await;
    let desastre = async {
        let nuestros = clientes(&segundas);
        esperar("hay sagas a medias", Duration::from_secs(60), async || {
            let vivas =
                "select count(*) from saga where codigo_cliente = any($1) and fase in ('avanzando', 'deshaciendo')";
            (contar(&suscripciones, vivas, &nuestros).await >= 5).then_some(())
        })
        .await;
        perder_y_rehacer(&sistema, &suscripciones).await;
        correos.continuar();
    };
    tokio::join!(carga::enviar(&sistema, &segundas), desastre);
    for pedidos in [&primeras, &segundas] {
        carga::esperar_fin(&suscripciones, pedidos).await;
        carga::comprobar(&sistema, &suscripciones, pedidos).await;
    }
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--simulacro", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    let una = resumenes(&suscripciones, TERMINADAS).await.into_keys().next().expect("una saga");
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--real", "--saga", &una, "--json"]).await;
    assert_eq!((codigo, informe["comparacion"]["iguales"].as_u64()), (0, Some(1)), "{informe:#}");
}

/// Pauses, drops the tables, rebuilds them and lets the orchestrators go on.
async fn perder_y_rehacer(sistema: &Sistema, suscripciones: &PgPool) {
    assert_eq!(ordenar(sistema, &["pausar", "--motivo", "prueba"]).await.0, 0);
    // Pauses rest on what has been published: a dry run waits for it.
    let (codigo, informe) = ordenar(sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    let (todas, terminadas) = (resumenes(suscripciones, "true").await, resumenes(suscripciones, TERMINADAS).await);
    let vivas = resumenes(suscripciones, VIVAS).await;
    assert!(!vivas.is_empty());
    let tablas = "drop table saga, saga_log, cursor_publicacion, publicacion_estado";
    sqlx::query(tablas).execute(suscripciones).await.expect("borradas");
    let (codigo, informe) = ordenar(sistema, &["reprocesar", "--json"]).await;
    assert_eq!((codigo, informe["comparacion"]["solo_en_pulsar"]["total"].as_u64()), (1, Some(todas.len() as u64)));
    let hay_tabla: bool =
        sqlx::query_scalar("select to_regclass('saga') is not null").fetch_one(suscripciones).await.expect("tabla");
    assert!(!hay_tabla, "un simulacro no hace nada");

    let (codigo, informe) = ordenar(sistema, &["reprocesar", "--real", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    assert_eq!(informe["despues"]["iguales"].as_u64(), Some(todas.len() as u64), "{informe:#}");
    assert_eq!(informe["rehecho"]["reanimadas"].as_u64(), Some(vivas.len() as u64), "{informe:#}");
    let despues = resumenes(suscripciones, "true").await;
    for (saga, resumen) in &terminadas {
        assert_eq!(despues.get(saga), Some(resumen), "saga {saga}");
    }
    assert_eq!(despues.len(), todas.len());
    assert_eq!(ordenar(sistema, &["reanudar"]).await.0, 0);
}

#[tokio::test]
async fn lo_que_no_llego_a_publicarse_se_rehace_con_las_respuestas_guardadas() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let mut empezadas = carga::preparar(&sistema, 20).await;
    let sin_publicar = carga::preparar(&sistema, 20).await;
    let servicio = sistema.proceso("servicio-datos");
    servicio.detener().await;
    carga::enviar(&sistema, &empezadas).await;
    let nuestros = clientes(&empezadas);
    esperar("las primeras empiezan", Duration::from_secs(60), async || {
        let todas = "select count(*) from saga where codigo_cliente = any($1)";
        (contar(&suscripciones, todas, &nuestros).await == 20).then_some(())
    })
    .await;
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");

    // Nothing is published past a transaction that may still commit.
    let mut retraso = suscripciones.begin().await.expect("transacción");
    let asignado: String =
        sqlx::query_scalar("select pg_current_xact_id()::text").fetch_one(&mut *retraso).await.expect("transacción");
    servicio.arrancar(&[]);
    servicio.esperar_listo().await;
    carga::enviar(&sistema, &sin_publicar).await;
    carga::esperar_fin(&suscripciones, &empezadas).await;
    carga::esperar_fin(&suscripciones, &sin_publicar).await;
    assert_eq!(ordenar(&sistema, &["pausar"]).await.0, 0);
    sqlx::query("truncate saga, saga_log").execute(&suscripciones).await.expect("vaciado");
    retraso.rollback().await.unwrap_or_else(|error| panic!("transacción {asignado}: {error}"));

    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--real", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    let hecho = |campo: &str| informe["rehecho"][campo]["total"].as_u64().expect("lista");
    assert_eq!(hecho("renacidas"), 20, "{informe:#}");
    // A blocked client's saga ends with its first transition; the others had gone on, most of them past the payment.
    assert!(hecho("cola_perdida") >= 12, "{informe:#}");
    assert_eq!(ordenar(&sistema, &["reanudar"]).await.0, 0);
    empezadas.extend(sin_publicar);
    carga::esperar_fin(&suscripciones, &empezadas).await;
    carga::comprobar(&sistema, &suscripciones, &empezadas).await;
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
}

#[tokio::test]
async fn lo_que_pulsar_perdio_se_dice_con_sus_versiones_y_se_publica_otra_vez() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let pedidos = carga::preparar(&sistema, 4).await;
    let servicio = sistema.proceso("servicio-datos");
    servicio.detener().await;
    carga::enviar(&sistema, &pedidos).await;
    let nuestros = clientes(&pedidos);
    esperar("las sagas empiezan", Duration::from_secs(60), async || {
        let todas = "select count(*) from saga where codigo_cliente = any($1)";
        (contar(&suscripciones, todas, &nuestros).await == 4).then_some(())
    })
    .await;
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");

    perder_registro(&sistema).await;
    servicio.arrancar(&[]);
    servicio.esperar_listo().await;
    carga::esperar_fin(&suscripciones, &pedidos).await;
    let saga: Uuid = sqlx::query_scalar("select id from saga where codigo_cliente = $1 and version > 3")
        .bind(&nuestros[1])
        .fetch_one(&suscripciones)
        .await
        .expect("saga");
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    let huecos = informe["huecos"].as_array().expect("huecos");
    let hueco = huecos.iter().find(|hueco| hueco["saga"] == saga.to_string()).unwrap_or_else(|| panic!("{informe:#}"));
    assert_eq!((codigo, &hueco["versiones"]), (1, &json!([{"desde": 1, "hasta": 1}])), "{informe:#}");
    let (_, texto) = ordenar(&sistema, &["reprocesar"]).await;
    assert!(texto.as_str().expect("texto").contains(&format!("{saga}: 1\n")), "{texto}");

    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--real", "--json"]).await;
    assert_eq!((codigo, informe["rehecho"]["sagas"].as_u64()), (1, Some(0)), "{informe:#}");
    assert!(informe["rehecho"]["republicadas"].as_u64() >= Some(4), "{informe:#}");
    let (codigo, informe) = ordenar(&sistema, &["reprocesar", "--json"]).await;
    assert_eq!(codigo, 0, "{informe:#}");
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
}

/// The admin API of a message type's topic.
fn ruta(sistema: &Sistema, tipo: &str) -> String {
    let tema = por_tipo(tipo).expect("tema").nombre;
    format!("{}/admin/v2/persistent/public/default/{tema}", sistema.url_admin())
}

#[tokio::test]
async fn el_registro_se_guarda_para_siempre_y_los_estados_se_compactan() {
    let sistema = Sistema::tomar().await;
    let http = reqwest::Client::new();
    let leer =
        async |url: String| -> Value { http.get(url).send().await.expect("respuesta").json().await.expect("json") };
    let retencion = leer(format!("{}/retention", ruta(&sistema, RegistroSaga::TIPO))).await;
    assert_eq!(retencion, json!({"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}));
    let umbral = leer(format!("{}/compactionThreshold", ruta(&sistema, EstadoSaga::TIPO))).await;
    assert!(umbral.as_u64() > Some(0), "{umbral}");
}

/// Makes the broker lose everything that it holds of `saga-log`.
async fn perder_registro(sistema: &Sistema) {
    let tema = ruta(sistema, RegistroSaga::TIPO);
    let http = reqwest::Client::new();
    // What was published lies in a closed ledger once the topic is opened anew; only those can be thrown away.
    let pasos = [(Method::PUT, "unload"), (Method::GET, "stats"), (Method::DELETE, "truncate")];
    for (metodo, paso) in pasos {
        esperar(paso, Duration::from_secs(30), async || {
            let respuesta = http.request(metodo.clone(), format!("{tema}/{paso}")).send().await.expect("respuesta");
            respuesta.status().is_success().then_some(())
        })
        .await;
    }
    esperar("el registro está vacío", Duration::from_secs(30), async || {
        let interno = http.get(format!("{tema}/internalStats")).send().await.expect("respuesta");
        let interno: Value = interno.json().await.expect("json");
        (interno["numberOfEntries"] == 0).then_some(())
    })
    .await;
}
