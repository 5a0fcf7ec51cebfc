//! Two orchestrators over one database: they share the partitions of the sagas, and either can go at any moment.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use pruebas::{Proceso, Sistema, cliente_nuevo, esperar};
use serde_json::Value;
use sqlx::PgPool;

use crate::carga::{self, Pedido};
use crate::lectura::{Transicion, registro_publicado};
use crate::libros;

/// Twice the lease: by then what a silent instance held is held by the others.
const TOMA: Duration = Duration::from_secs(12);

/// Partition -> epoch of what the instance at that address holds.
async fn tenencia(sistema: &Sistema, proceso: &Proceso) -> BTreeMap<i64, i64> {
    let cuerpo = sistema.leer("/admin/orquestadores").await.cuerpo;
    let instancias = cuerpo["instancias"].as_array().expect("instancias").clone();
    let suya =
        |fila: &&Value| fila["viva"] == true && proceso.url().ends_with(fila["direccion"].as_str().expect("direccion"));
    let particiones = instancias.iter().filter(suya).flat_map(|fila| fila["particiones"].as_array().expect("lista"));
    let numero = |valor: &Value| valor.as_i64().expect("numero");
    particiones.map(|fila| (numero(&fila["particion"]), numero(&fila["epoca"]))).collect()
}

async fn esperar_tenencia(sistema: &Sistema, proceso: &Proceso, cuantas: usize, plazo: Duration) -> BTreeMap<i64, i64> {
    let que = format!("{} tiene {cuantas} particiones", proceso.nombre);
    esperar(&que, plazo, async || {
        let tiene = tenencia(sistema, proceso).await;
        (tiene.len() == cuantas).then_some(tiene)
    })
    .await
}

async fn contar(suscripciones: &PgPool, consulta: &'static str, clientes: &[String]) -> i64 {
    sqlx::query_scalar(consulta).bind(clientes).fetch_one(suscripciones).await.expect(consulta)
}

const EMPEZADAS: &str = "select count(*) from saga where codigo_cliente = any($1)";
const POR_PLAZO: &str = "select count(distinct l.saga) from saga_log l join saga s on s.id = l.saga
                         where s.codigo_cliente = any($1) and l.epoca is not null";
const SIN_PUBLICAR: &str =
    "select count(*) from saga_log l join cursor_publicacion c on c.particion = particion_saga(l.saga)
                            where $1::text[] is not null and (l.tx, l.saga, l.version) > (c.tx, c.saga, c.version)";

async fn esperar_cuenta(
    suscripciones: &PgPool,
    que: &str,
    consulta: &'static str,
    pedidos: &[Pedido],
    vale: impl Fn(i64) -> bool,
) {
    let clientes: Vec<String> = pedidos.iter().map(|(cliente, _)| cliente.clone()).collect();
    esperar(que, Duration::from_secs(60), async || {
        vale(contar(suscripciones, consulta, &clientes).await).then_some(())
    })
    .await;
}

fn pedidos(cuantos: usize, plan: &'static str) -> Vec<Pedido> {
    (0..cuantos).map(|_| (cliente_nuevo(), plan)).collect()
}

/// Every one of them completed, once, in the three ledgers; its log has no gap.
async fn comprobar_completas(sistema: &Sistema, suscripciones: &PgPool, pedidos: &[Pedido]) {
    carga::comprobar_registro(suscripciones, pedidos).await;
    let asientos = carga::asientos(sistema, suscripciones, pedidos).await;
    let malos: Vec<&libros::Asiento> =
        asientos.values().filter(|asiento| asiento.fase != "completada" || !asiento.es_coherente()).collect();
    assert!(malos.is_empty(), "{} de {}: {:#?}", malos.len(), asientos.len(), malos.first());
}

#[tokio::test]
async fn dos_orquestadores_se_reparten_las_particiones_y_quien_queda_sigue_con_las_del_que_muere() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    carga::hacer_sitio(&sistema).await;
    carga::plan_de_plazos_cortos(&sistema, &suscripciones, "insistente", 1000, 100).await;
    let primera = sistema.proceso("suscripciones");
    let segunda = sistema.otra_instancia("suscripciones").await;
    esperar_tenencia(&sistema, &primera, 8, TOMA).await;
    let suyas = esperar_tenencia(&sistema, &segunda, 8, TOMA).await;
    let participante = sistema.proceso("servicio-datos");
    participante.detener().await;
    let pedidos = pedidos(200, "insistente");
    carga::enviar(&sistema, &pedidos).await;
    esperar_cuenta(&suscripciones, "todas esperan por su plazo", POR_PLAZO, &pedidos, |n| n == 200).await;
    segunda.matar().await;
    let todas = esperar_tenencia(&sistema, &primera, 16, TOMA).await;
    for (particion, epoca) in suyas {
        assert!(todas[&particion] > epoca, "la particion {particion} cambia de época");
        esperar_vencimiento(&suscripciones, particion, todas[&particion]).await;
    }
    participante.arrancar(&[]);
    participante.esperar_listo().await;
    carga::esperar_fin(&suscripciones, &pedidos).await;
    comprobar_completas(&sistema, &suscripciones, &pedidos).await;
    segunda.arrancar(&[]);
    segunda.esperar_listo().await;
    esperar_tenencia(&sistema, &primera, 8, TOMA).await;
    esperar_tenencia(&sistema, &segunda, 8, TOMA).await;
    segunda.detener().await;
    esperar_tenencia(&sistema, &primera, 16, Duration::from_secs(4)).await;
}

/// Waits for a deadline of that partition to fire under that epoch.
async fn esperar_vencimiento(suscripciones: &PgPool, particion: i64, epoca: i64) {
    esperar(&format!("vence algo de la particion {particion}"), Duration::from_secs(20), async || {
        let vencidos: i64 =
            sqlx::query_scalar("select count(*) from saga_log where particion_saga(saga) = $1 and epoca = $2")
                .bind(particion)
                .bind(epoca)
                .fetch_one(suscripciones)
                .await
                .expect("vencidos");
        (vencidos > 0).then_some(())
    })
    .await;
}

/// How many deadlines fired under each of these holdings.
async fn vencidos_bajo(suscripciones: &PgPool, tenencia: &BTreeMap<i64, i64>) -> i64 {
    sqlx::query_scalar(
        "select count(*) from saga_log where (particion_saga(saga), epoca) in (select * from unnest($1::bigint[], $2::bigint[]))",
    )
    .bind(tenencia.keys().copied().collect::<Vec<_>>())
    .bind(tenencia.values().copied().collect::<Vec<_>>())
    .fetch_one(suscripciones)
    .await
    .expect("vencidos")
}

/// Every transition of these sagas has been published.
async fn comprobar_publicado<T>(suscripciones: &PgPool, pedidos: &[Pedido], publicado: &HashMap<Transicion, T>) {
    let clientes: Vec<&str> = pedidos.iter().map(|(cliente, _)| cliente.as_str()).collect();
    let escritas: Vec<Transicion> = sqlx::query_as(
        "select l.saga::text, l.version from saga_log l join saga s on s.id = l.saga where s.codigo_cliente = any($1)",
    )
    .bind(clientes)
    .fetch_all(suscripciones)
    .await
    .expect("registro");
    let faltan = escritas.iter().filter(|transicion| !publicado.contains_key(*transicion)).count();
    assert_eq!(faltan, 0, "de {} transiciones", escritas.len());
}

#[tokio::test]
async fn un_orquestador_suspendido_mas_alla_de_su_arriendo_no_vence_ni_publica_nada_al_volver() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    carga::hacer_sitio(&sistema).await;
    carga::plan_de_plazos_cortos(&sistema, &suscripciones, "insistente", 1000, 100).await;
    let primera = sistema.proceso("suscripciones");
    let segunda = sistema.otra_instancia("suscripciones").await;
    let suyas = esperar_tenencia(&sistema, &segunda, 8, TOMA).await;

    // Stopped in the middle of many sagas, with messages in its hands: what it had fetched comes to the other.
    let primeros = pedidos(300, "insistente");
    let suspension = async {
        esperar_cuenta(&suscripciones, "hay sagas a medias", EMPEZADAS, &primeros, |n| n >= 60).await;
        segunda.suspender();
        esperar_tenencia(&sistema, &primera, 16, TOMA).await
    };
    let (_, todas) = tokio::join!(carga::enviar(&sistema, &primeros), suspension);
    assert!(suyas.iter().all(|(particion, epoca)| todas[particion] > *epoca));
    carga::esperar_fin(&suscripciones, &primeros).await;

    // More sagas whose deadlines pass while it is away, and a log that is published to its end.
    let participante = sistema.proceso("servicio-datos");
    participante.detener().await;
    let segundos = pedidos(60, "insistente");
    carga::enviar(&sistema, &segundos).await;
    esperar_cuenta(&suscripciones, "todas esperan por su plazo", POR_PLAZO, &segundos, |n| n == 60).await;
    let vencidos = vencidos_bajo(&suscripciones, &suyas).await;

    let vuelta = contratos::ahora();
    segunda.continuar();
    let devueltas = esperar_tenencia(&sistema, &segunda, 8, TOMA).await;
    assert!(devueltas.iter().all(|(particion, epoca)| todas[particion] < *epoca), "con otra época");
    participante.arrancar(&[]);
    participante.esperar_listo().await;
    carga::esperar_fin(&suscripciones, &segundos).await;
    assert_eq!(vencidos_bajo(&suscripciones, &suyas).await, vencidos, "plazos vencidos por quien ya no podía");

    esperar_cuenta(&suscripciones, "se publica todo", SIN_PUBLICAR, &[], |n| n == 0).await;
    let publicado = registro_publicado(&sistema).await;
    let repetidas =
        publicado.iter().filter(|(_, veces)| veces.len() > 1 && veces.last().is_some_and(|ultima| *ultima > vuelta));
    assert_eq!(repetidas.count(), 0, "tramos publicados por quien ya no podía");
    let pedidos = [primeros, segundos].concat();
    comprobar_publicado(&suscripciones, &pedidos, &publicado).await;
    comprobar_completas(&sistema, &suscripciones, &pedidos).await;
}

#[tokio::test]
async fn si_la_base_corta_todas_las_conexiones_en_medio_no_se_dobla_ni_se_pierde_nada() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let segunda = sistema.otra_instancia("suscripciones").await;
    esperar_tenencia(&sistema, &segunda, 8, TOMA).await;
    let pedidos = carga::preparar(&sistema, 300).await;
    let cortes = async {
        for umbral in [40, 100, 160, 220, 280] {
            esperar_cuenta(&suscripciones, "las sagas empiezan", EMPEZADAS, &pedidos, |n| n >= umbral).await;
            let cortadas: i64 = sqlx::query_scalar(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid() and client_port is not null",
            )
            .fetch_one(&suscripciones)
            .await
            .expect("cortes");
            assert!(cortadas > 0);
        }
    };
    tokio::join!(carga::enviar(&sistema, &pedidos), cortes);
    carga::esperar_fin(&suscripciones, &pedidos).await;
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
}
