//! Sixteen writers commit out of order while whoever publishes is killed over and over, and the broker once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contratos::{Cabecera, EventoOperacionIniciada, Mensaje, Saliente, temas};
use futures::future::join_all;
use mensajeria::{AjustesPulsar, Mensajeria};
use pruebas::{Proceso, Sistema, cliente_nuevo, esperar};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::carga;
use crate::lectura::{Transicion, registro_publicado};

const ESCRITORES: usize = 16;
/// Fewer than writers, so that they wait for one another.
const AGREGADOS: i32 = 8;
/// Transactions of one writer at most, should the deaths take long.
const TRANSACCIONES: usize = 400;
/// How often a publisher is killed; the broker dies with one of them.
const MUERTES: usize = 8;
const CON_EL_BROKER: usize = 4;
/// Of the transactions of a writer, every such one is rolled back.
const DESISTE_CADA: usize = 4;

/// What a writer did in one transaction.
struct Hecho {
    mensaje: Uuid,
    agregado: i32,
    version: i64,
    /// The order in which transactions began to write.
    tx: i64,
    /// None if it was rolled back.
    confirmado: Option<Instant>,
}

/// One message of an aggregate, whose version is given out under the lock of its row.
async fn una_transaccion(base: &PgPool, agregado: i32, desiste: bool) -> Hecho {
    let mut tx = base.begin().await.expect("transacción");
    let sentencia = "update prueba.agregado set version = version + 1 where id = $1
                     returning version, pg_current_xact_id()::text::bigint";
    let (version, numero): (i64, i64) =
        sqlx::query_as(sentencia).bind(agregado).fetch_one(&mut *tx).await.expect("versión");
    let mensaje = contratos::id_nuevo();
    let cabecera = Cabecera::nueva(mensaje, "prueba", contratos::ahora());
    let datos = EventoOperacionIniciada {
        id_suscripcion: Some(agregado.to_string()),
        monto: Some(version.to_string()),
        ..EventoOperacionIniciada::default()
    };
    encolar(&mut tx, contratos::codificar(&cabecera, &datos).expect("mensaje")).await;
    // Transactions of other aggregates that began later commit before this one.
    sqlx::query("select pg_sleep(random() * 0.15)").execute(&mut *tx).await.expect("demora");
    let confirmado = if desiste {
        tx.rollback().await.expect("vuelta atrás");
        None
    } else {
        tx.commit().await.expect("confirmación");
        Some(Instant::now())
    };
    Hecho { mensaje, agregado, version, tx: numero, confirmado }
}

/// As `bandejas` writes it, into the outbox of a service: its sweepers publish what nobody hands to them.
async fn encolar(con: &mut PgConnection, Saliente { tema, id, clave, carga, propiedades }: Saliente) {
    sqlx::query("insert into bandejas.outbox (id, tema, clave, carga, propiedades) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(tema)
        .bind(clave)
        .bind(carga)
        .bind(Json(propiedades))
        .execute(con)
        .await
        .expect("encolado");
}

async fn escribir(sistema: &Sistema, fin: &AtomicBool) -> Vec<Hecho> {
    let escritor = async |numero: usize| {
        let base = sistema.base("suscripciones").await;
        let mut hechos = Vec::new();
        while hechos.len() < TRANSACCIONES && !fin.load(Ordering::Relaxed) {
            let agregado = i32::try_from(numero + hechos.len()).expect("numero") % AGREGADOS;
            hechos.push(una_transaccion(&base, agregado, hechos.len() % DESISTE_CADA == 1).await);
        }
        base.close().await;
        hechos
    };
    join_all((0..ESCRITORES).map(escritor)).await.into_iter().flatten().collect()
}

async fn contar(base: &PgPool, consulta: &'static str) -> i64 {
    sqlx::query_scalar(consulta).fetch_one(base).await.expect(consulta)
}

/// Kills the publishers in turn, each as soon as the system has moved on since the last one came back.
async fn matar_una_y_otra_vez(sistema: &Sistema, relevos: [&Proceso; 2], base: &PgPool, fin: &AtomicBool) {
    let escritas = "select count(*) from saga_log";
    for muerte in 0..MUERTES {
        let antes = contar(base, escritas).await;
        let limite = Instant::now() + Duration::from_secs(5);
        esperar("las sagas avanzan", Duration::from_secs(10), async || {
            (contar(base, escritas).await > antes || Instant::now() > limite).then_some(())
        })
        .await;
        let relevo = relevos[muerte % relevos.len()];
        relevo.matar().await;
        if muerte == CON_EL_BROKER {
            sistema.proceso("pulsar").matar().await;
            sistema.volver_a_tener_broker().await;
        }
        relevo.arrancar(&[]);
        relevo.esperar_listo().await;
    }
    fin.store(true, Ordering::Relaxed);
}

/// The ids of every message of a topic, with its data.
async fn leer_tema(sistema: &Sistema, tipo: &str) -> HashMap<Uuid, Value> {
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let ajustes = AjustesPulsar { url: sistema.url_pulsar(), espacio: "public/default".to_owned() };
    let mensajeria = Mensajeria::nueva(&ajustes, &tareas, &cierre);
    let tema = temas::por_tipo(tipo).expect("tema").nombre;
    let mut lectura =
        esperar("se abre el tema", Duration::from_secs(20), async || mensajeria.leer(tema, false).await.ok()).await;
    let mut mensajes = HashMap::new();
    while let Some(entrante) = lectura.siguiente().await.expect("mensaje") {
        let recibido = entrante.decodificar_json().expect("legible");
        mensajes.insert(recibido.cabecera.id, recibido.datos);
    }
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
    mensajes
}

/// Each committed message came, none that was rolled back did, and no version of an aggregate is missing.
async fn comprobar_mensajes(sistema: &Sistema, hechos: &[Hecho]) {
    let llegados = leer_tema(sistema, EventoOperacionIniciada::TIPO).await;
    let (confirmados, desistidos): (Vec<&Hecho>, Vec<&Hecho>) =
        hechos.iter().partition(|hecho| hecho.confirmado.is_some());
    let perdidos = confirmados.iter().filter(|hecho| !llegados.contains_key(&hecho.mensaje)).count();
    assert_eq!(perdidos, 0, "de {} confirmados", confirmados.len());
    let fantasmas = desistidos.iter().filter(|hecho| llegados.contains_key(&hecho.mensaje)).count();
    assert_eq!(fantasmas, 0, "de {} que no se confirmaron", desistidos.len());
    let nuestros: HashSet<Uuid> = hechos.iter().map(|hecho| hecho.mensaje).collect();
    let mut versiones: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for (_, datos) in llegados.iter().filter(|(id, _)| nuestros.contains(*id)) {
        let campo = |nombre: &str| datos[nombre].as_str().expect("campo");
        versiones.entry(campo("id_suscripcion")).or_default().insert(campo("monto").parse().expect("version"));
    }
    assert_eq!(versiones.len(), AGREGADOS as usize);
    for (agregado, versiones) in versiones {
        let ultima = confirmados.iter().filter(|hecho| hecho.agregado.to_string() == agregado).map(|h| h.version).max();
        let todas: BTreeSet<i64> = (1..=ultima.expect("alguna")).collect();
        assert_eq!(versiones, todas, "agregado {agregado}");
    }
}

/// The whole log of these sagas is with the broker, without a gap.
async fn comprobar_registro(base: &PgPool, sistema: &Sistema, pedidos: &[carga::Pedido]) {
    carga::comprobar_registro(base, pedidos).await;
    let sin_publicar =
        "select count(*) from saga_log l join cursor_publicacion c on c.particion = particion_saga(l.saga)
                        where (l.tx, l.saga, l.version) > (c.tx, c.saga, c.version)";
    esperar("el registro se publica entero", Duration::from_secs(60), async || {
        (contar(base, sin_publicar).await == 0).then_some(())
    })
    .await;
    let publicado = registro_publicado(sistema).await;
    let sagas: Vec<Transicion> = sqlx::query_as("select id::text, version from saga where codigo_cliente = any($1)")
        .bind(pedidos.iter().map(|(cliente, _)| cliente.as_str()).collect::<Vec<_>>())
        .fetch_all(base)
        .await
        .expect("sagas");
    let faltan: Vec<Transicion> = sagas
        .into_iter()
        .flat_map(|(saga, ultima)| (1..=ultima).map(move |version| (saga.clone(), version)))
        .filter(|transicion| !publicado.contains_key(transicion))
        .collect();
    assert!(faltan.is_empty(), "{} huecos: {:?}", faltan.len(), faltan.first());
}

#[tokio::test]
async fn dieciseis_escritores_y_el_relevo_muerto_una_y_otra_vez_no_pierden_ni_inventan_nada() {
    let sistema = Sistema::tomar().await;
    let base = sistema.base("suscripciones").await;
    let tabla = format!(
        "drop schema if exists prueba cascade; create schema prueba;
         create table prueba.agregado (id int primary key, version bigint not null);
         insert into prueba.agregado select id, 0 from generate_series(0, {AGREGADOS} - 1) as id"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(tabla)).execute(&base).await.expect("tabla");
    carga::hacer_sitio(&sistema).await;
    let pedidos: Vec<carga::Pedido> = (0..300).map(|_| (cliente_nuevo(), "pro")).collect();
    let (primero, segundo) = (sistema.proceso("suscripciones"), sistema.otra_instancia("suscripciones").await);
    let fin = AtomicBool::new(false);

    let (hechos, _, ()) = tokio::join!(
        escribir(&sistema, &fin),
        carga::enviar(&sistema, &pedidos),
        matar_una_y_otra_vez(&sistema, [&primero, &segundo], &base, &fin),
    );

    let mut confirmados: Vec<&Hecho> = hechos.iter().filter(|hecho| hecho.confirmado.is_some()).collect();
    confirmados.sort_by_key(|hecho| hecho.confirmado);
    let adelantos = confirmados.windows(2).filter(|par| par[0].tx > par[1].tx).count();
    assert!(adelantos > 0, "{} transacciones se confirmaron en el orden en que empezaron", confirmados.len());
    carga::esperar_fin(&base, &pedidos).await;
    esperar("la bandeja se vacía", Duration::from_secs(60), async || {
        (contar(&base, "select count(*) from bandejas.outbox").await == 0).then_some(())
    })
    .await;
    comprobar_mensajes(&sistema, &hechos).await;
    comprobar_registro(&base, &sistema, &pedidos).await;
    let asientos = carga::asientos(&sistema, &base, &pedidos).await;
    assert!(asientos.values().all(|asiento| asiento.fase == "completada" && asiento.es_coherente()));
    sqlx::query("drop schema prueba cascade").execute(&base).await.expect("limpieza");
}
