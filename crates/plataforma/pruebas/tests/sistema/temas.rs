//! What travels over the topics, and what happens when all of it is read again.

use std::collections::BTreeMap;
use std::time::Duration;

use contratos::temas::{TEMAS, por_tipo};
use contratos::{EstadoSaga, Mensaje, RegistroSaga};
use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::Client;
use serde_json::Value;

/// The most that one PRO saga may publish, its log and state included.
const MENSAJES_POR_SAGA: i64 = 18;
/// Tables whose content is transient, or counts the repetition itself.
const TRANSITORIAS: [&str; 8] = [
    "outbox",
    "intento",
    "_sqlx_migrations",
    "cursor_publicacion",
    "publicacion_estado",
    "orquestador",
    "auditoria",
    "hallazgo",
];

/// How many sagas the audit finds wrong: what it noted of each changes with every look.
async fn incoherentes(sistema: &Sistema) -> i64 {
    sistema.leer("/auditoria/consistencia").await.cuerpo["inconsistentes"].as_i64().expect("inconsistentes")
}

async fn estadisticas(sistema: &Sistema, tema: &str) -> Value {
    let url = format!("{}/admin/v2/persistent/public/default/{tema}/stats", sistema.url_admin());
    Client::new().get(url).send().await.expect("stats").json().await.expect("json")
}

async fn publicados(sistema: &Sistema) -> BTreeMap<&'static str, i64> {
    let mut cuentas = BTreeMap::new();
    for tema in TEMAS {
        let cuenta = estadisticas(sistema, tema.nombre).await["msgInCounter"].as_i64().unwrap_or_default();
        cuentas.insert(tema.nombre, cuenta);
    }
    cuentas
}

/// Waits until no topic gets messages any more.
async fn esperar_calma(sistema: &Sistema) -> BTreeMap<&'static str, i64> {
    let mut anterior = publicados(sistema).await;
    esperar("los tópicos se calman", Duration::from_secs(90), async || {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ahora = publicados(sistema).await;
        let calma = ahora == anterior;
        anterior.clone_from(&ahora);
        calma.then_some(ahora)
    })
    .await
}

#[tokio::test]
async fn una_saga_pro_no_pasa_de_dieciocho_mensajes() {
    let sistema = Sistema::tomar().await;
    let antes = esperar_calma(&sistema).await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    sistema.saga_terminada(&recursos).await;
    sistema.notificaciones(&recursos).await;
    let despues = esperar_calma(&sistema).await;
    let nuevos: BTreeMap<_, _> =
        despues.iter().map(|(tema, cuenta)| (*tema, cuenta - antes[tema])).filter(|(_, cuenta)| *cuenta > 0).collect();
    let total: i64 = nuevos.values().sum();
    assert!(total <= MENSAJES_POR_SAGA, "{total}: {nuevos:#?}");
    assert!(
        [RegistroSaga::TIPO, EstadoSaga::TIPO]
            .iter()
            .all(|tipo| por_tipo(tipo).is_some_and(|tema| nuevos.contains_key(tema.nombre))),
        "{nuevos:#?}"
    );
}

/// A digest of every row of every lasting table of a database.
async fn resumen(sistema: &Sistema, base: &str) -> BTreeMap<String, String> {
    let pool = sistema.base(base).await;
    let tablas: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables
         where table_schema in ('public', 'bandejas') and table_type = 'BASE TABLE' and not (table_name = any($1))",
    )
    .bind(TRANSITORIAS.map(str::to_owned).to_vec())
    .fetch_all(&pool)
    .await
    .expect("tablas");
    let mut resumen = BTreeMap::new();
    for tabla in tablas {
        let consulta = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {tabla} t");
        let suma: String = sqlx::query_scalar(sqlx::AssertSqlSafe(consulta)).fetch_one(&pool).await.expect("resumen");
        resumen.insert(format!("{base}.{tabla}"), suma);
    }
    resumen
}

#[tokio::test]
async fn releer_todos_los_temas_desde_el_principio_no_cambia_nada() {
    let sistema = Sistema::tomar().await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    sistema.saga_terminada(&recursos).await;
    let fallida = sistema.suscribir(&cliente_nuevo(), "pro_plus").await;
    sistema.saga_terminada(&fallida).await;
    esperar_calma(&sistema).await;
    let incoherentes_antes = incoherentes(&sistema).await;
    let bases = ["suscripciones", "servicio_datos", "notificaciones", "procesamiento"];
    let mut antes = BTreeMap::new();
    for base in bases {
        antes.extend(resumen(&sistema, base).await);
    }
    for tema in TEMAS {
        for suscripcion in tema.suscripciones {
            let url = format!(
                "{}/admin/v2/persistent/public/default/{}/subscription/{suscripcion}/resetcursor/0",
                sistema.url_admin(),
                tema.nombre
            );
            let respuesta = Client::new().post(url).send().await.expect("resetcursor");
            assert!(respuesta.status().is_success(), "{}: {}", tema.nombre, respuesta.status());
        }
    }
    esperar("todo se ha releído", Duration::from_secs(120), async || {
        for tema in TEMAS {
            // Only the table's: the broker keeps one of its own for compaction.
            let suscripciones = estadisticas(&sistema, tema.nombre).await["subscriptions"].clone();
            let atraso = |nombre: &str| suscripciones[nombre]["msgBacklog"].as_i64();
            let pendientes = tema.suscripciones.iter().any(|nombre| atraso(nombre) != Some(0));
            if pendientes {
                return None;
            }
        }
        Some(())
    })
    .await;
    esperar_calma(&sistema).await;
    let mut despues = BTreeMap::new();
    for base in bases {
        despues.extend(resumen(&sistema, base).await);
    }
    assert_eq!(antes, despues);
    assert_eq!(incoherentes(&sistema).await, incoherentes_antes);
}
