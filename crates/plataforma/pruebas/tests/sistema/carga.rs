//! Many sagas at once, a quarter of them failing for business reasons spread over the steps.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures::StreamExt;
use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::libros::{self, Asiento};

/// How many requests are open at once.
const A_LA_VEZ: usize = 32;

/// A client code and the plan that it asks for.
pub type Pedido = (String, &'static str);

/// Makes room for many data services.
pub async fn hacer_sitio(sistema: &Sistema) {
    let plazas = json!({"nombre": "Nube Andina", "tipo": "publica", "cupos": 20_000});
    sistema.poner("/admin/nubes/nube-andina", &plazas).await;
    let experto = json!({
        "nombres": "Ana", "apellidos": "Ríos", "usuario": "arios", "cedula": "1", "email": "ana@domain.com",
        "especialidades": ["radiologia"], "cupos": 20_000});
    sistema.poner("/admin/expertos/exp-carga", &experto).await;
}

/// Makes room, and the plans and clients that fail.
pub async fn preparar(sistema: &Sistema, sagas: usize) -> Vec<Pedido> {
    hacer_sitio(sistema).await;
    let recursos = |nube: &str, dataset: &str| {
        json!({
            "nombre": "Prueba", "monto": "150000.00", "moneda": "COP", "flujo": "suscripcion-pro",
            "recursos": {"nube": {"codigo": nube, "nombre": nube, "tipo": "publica"},
                         "dataset": {"codigo": dataset, "nombre": dataset}, "especialidad": "radiologia"}})
    };
    sistema.poner("/admin/planes/carga_sin_nube", &recursos("nube-agotada", "ds-torax")).await;
    sistema.poner("/admin/planes/carga_sin_datos", &recursos("nube-andina", "ds-piel")).await;
    let mut pedidos = Vec::with_capacity(sagas);
    for i in 0..sagas {
        let cliente = cliente_nuevo();
        let plan = match i % 20 {
            0 => {
                sistema.poner(&format!("/admin/clientes/{cliente}/condiciones"), &json!({"bloqueado": true})).await;
                "pro"
            }
            4 => {
                sistema.poner(&format!("/admin/clientes/{cliente}/condiciones"), &json!({"limite_pago": "1.00"})).await;
                "pro"
            }
            8 => "carga_sin_nube",
            12 => "pro_plus",
            16 => "carga_sin_datos",
            _ => "pro",
        };
        pedidos.push((cliente, plan));
    }
    pedidos
}

/// The PRO flow with other deadlines and attempts, and a plan on sale that follows it.
pub async fn plan_de_plazos_cortos(
    sistema: &Sistema,
    suscripciones: &PgPool,
    plan: &str,
    plazo_ms: u32,
    intentos: u32,
) {
    let documento = format!(
        "(select jsonb_set(jsonb_set(documento, '{{clave}}', '\"flujo-{plan}\"'), '{{pasos}}', (
           select jsonb_agg(paso || '{{\"plazo_ms\": {plazo_ms}, \"intentos\": {intentos}}}' order by orden)
           from jsonb_array_elements(documento -> 'pasos') with ordinality as p (paso, orden)))
         from definicion_saga where clave = 'suscripcion-pro' and version = 1)"
    );
    let insertar = format!(
        "insert into definicion_saga (clave, version, documento, sha256, estado, creada)
         values ('flujo-{plan}', 1, {documento}, 'de prueba', 'activa', now()) on conflict do nothing"
    );
    sqlx::query(sqlx::AssertSqlSafe(insertar)).execute(suscripciones).await.expect("definición");
    let recursos = json!({
        "nombre": "Breve", "monto": "150000.00", "moneda": "COP", "flujo": format!("flujo-{plan}"),
        "recursos": {"nube": {"codigo": "nube-andina", "nombre": "Nube Andina", "tipo": "publica"},
                     "dataset": {"codigo": "ds-torax", "nombre": "Tórax"}, "especialidad": "radiologia"}});
    esperar("el servicio conoce la definición", Duration::from_secs(20), async || {
        let puesto = sistema.pedir(Method::PUT, &format!("/admin/planes/{plan}"), Some(&recursos), &[]).await;
        puesto.estado.is_success().then_some(())
    })
    .await;
}

/// Posts every request, each with its own key, again while the answer is not 202; the operations, in order.
pub async fn enviar(sistema: &Sistema, pedidos: &[Pedido]) -> Vec<String> {
    let aceptar = |(cliente, plan): &Pedido| {
        let (cliente, plan) = (cliente.clone(), *plan);
        async move {
            let cuerpo = cuerpo_suscripcion(&cliente, plan);
            esperar("la petición se acepta", Duration::from_secs(120), async || {
                let cabeceras = [("Idempotency-Key", cliente.as_str())];
                let respuesta =
                    sistema.pedir(Method::POST, "/suscripciones/suscripcion-comando", Some(&cuerpo), &cabeceras).await;
                (respuesta.estado == 202).then(|| respuesta.cabecera("location").to_owned())
            })
            .await
        }
    };
    futures::stream::iter(pedidos.iter().map(aceptar)).buffered(A_LA_VEZ).collect().await
}

fn clientes(pedidos: &[Pedido]) -> Vec<String> {
    pedidos.iter().map(|(cliente, _)| cliente.clone()).collect()
}

/// Waits until every saga of those clients ended.
pub async fn esperar_fin(suscripciones: &PgPool, pedidos: &[Pedido]) {
    let clientes = clientes(pedidos);
    esperar("todas las sagas terminan", Duration::from_secs(180), async || {
        let terminadas: i64 = sqlx::query_scalar(
            "select count(*) from saga where codigo_cliente = any($1) and fase not in ('avanzando', 'deshaciendo')",
        )
        .bind(&clientes)
        .fetch_one(suscripciones)
        .await
        .expect("sagas");
        (usize::try_from(terminadas) == Ok(clientes.len())).then_some(())
    })
    .await;
}

/// Every saga is in the log, version by version.
pub async fn comprobar_registro(suscripciones: &PgPool, pedidos: &[Pedido]) {
    let con_huecos: i64 = sqlx::query_scalar(
        "select count(*) from saga s where s.codigo_cliente = any($1) and s.version <>
           (select count(*) from saga_log l where l.saga = s.id and l.version between 1 and s.version)",
    )
    .bind(clientes(pedidos))
    .fetch_one(suscripciones)
    .await
    .expect("log");
    assert_eq!(con_huecos, 0, "sagas con huecos en su registro");
}

/// What the three ledgers say of each of them, once each has been told of.
pub async fn asientos(sistema: &Sistema, suscripciones: &PgPool, pedidos: &[Pedido]) -> HashMap<String, Asiento> {
    let ids: Vec<String> = sqlx::query_scalar("select id::text from suscripcion where codigo_cliente = any($1)")
        .bind(clientes(pedidos))
        .fetch_all(suscripciones)
        .await
        .expect("suscripciones");
    assert_eq!(ids.len(), pedidos.len());
    esperar("cada suscripción tiene su aviso", Duration::from_secs(60), async || {
        libros::leer(sistema, &ids).await.values().all(|asiento| !asiento.avisos.is_empty()).then_some(())
    })
    .await;
    libros::leer(sistema, &ids).await
}

/// Every saga is in the log, and the three ledgers agree on its outcome.
pub async fn comprobar(sistema: &Sistema, suscripciones: &PgPool, pedidos: &[Pedido]) {
    comprobar_registro(suscripciones, pedidos).await;
    let asientos = asientos(sistema, suscripciones, pedidos).await;
    let incoherentes: Vec<_> = asientos.iter().filter(|(_, asiento)| !asiento.es_coherente()).collect();
    assert!(incoherentes.is_empty(), "{} incoherentes: {:#?}", incoherentes.len(), incoherentes.first());
    let mut fases: BTreeMap<&str, usize> = BTreeMap::new();
    for asiento in asientos.values() {
        *fases.entry(asiento.fase.as_str()).or_default() += 1;
    }
    let motivos: Vec<(String, String, i64)> = sqlx::query_as(
        "select coalesce(estado #>> '{motivo,paso}', '-'), coalesce(estado #>> '{motivo,codigo}', '-'), count(*)
         from saga where codigo_cliente = any($1) group by 1, 2 order by 1, 2",
    )
    .bind(clientes(pedidos))
    .fetch_all(suscripciones)
    .await
    .expect("motivos");
    assert_eq!(fases["compensada"], pedidos.len() / 4, "{fases:?} {motivos:#?}");
    assert_eq!(fases["completada"], pedidos.len() - pedidos.len() / 4, "{fases:?}");
}

#[tokio::test]
async fn quinientas_sagas_con_un_cuarto_de_fallos_quedan_todas_coherentes() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let pedidos = preparar(&sistema, 500).await;
    enviar(&sistema, &pedidos).await;
    esperar_fin(&suscripciones, &pedidos).await;
    comprobar(&sistema, &suscripciones, &pedidos).await;
}
