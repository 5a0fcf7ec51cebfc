//! The continuous audit on the real system: quiet over what is right, and soon loud over what is not.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::carga::{self, Pedido};

const RUTA: &str = "/auditoria/consistencia";
/// How long something wrong may go unnoticed.
const PLAZO: Duration = Duration::from_secs(60);

/// A rule and the subscription that breaks it.
type Hallada = (String, Uuid);

/// What the audit says of these subscriptions, in that state.
async fn halladas(sistema: &Sistema, propias: &[Uuid], estado: &str) -> BTreeSet<Hallada> {
    let cuerpo = sistema.leer(RUTA).await.cuerpo;
    let hallazgos = cuerpo["hallazgos"].as_array().expect("hallazgos").clone();
    let hallada = |hallazgo: &Value| {
        let id: Uuid = serde_json::from_value(hallazgo["id_suscripcion"].clone()).expect("id");
        let regla = hallazgo["regla"].as_str().expect("regla").to_owned();
        (hallazgo["estado"] == estado && propias.contains(&id)).then_some((regla, id))
    };
    hallazgos.iter().filter_map(hallada).collect()
}

/// Waits until the audit has checked everything that has ended so far, and finds nothing wrong with these.
async fn esperar_coherencia(sistema: &Sistema, propias: &[Uuid]) {
    let inicio = contratos::ahora();
    esperar("todo lo terminado se ha revisado y coincide", Duration::from_secs(120), async || {
        let hasta: Option<DateTime<Utc>> =
            serde_json::from_value(sistema.leer(RUTA).await.cuerpo["revisado_hasta"].clone()).expect("instante");
        let revisado = hasta.is_some_and(|hasta| hasta > inicio);
        let limpio = halladas(sistema, propias, "observado").await.is_empty();
        (revisado && limpio && halladas(sistema, propias, "abierto").await.is_empty()).then_some(())
    })
    .await;
}

/// A subscription of one of the requests, by plan and by how its saga ended.
async fn una(suscripciones: &PgPool, pedidos: &[Pedido], plan: &str, fase: &str, orden: i64) -> (Uuid, Uuid) {
    let clientes: Vec<&str> = pedidos.iter().map(|(cliente, _)| cliente.as_str()).collect();
    sqlx::query_as(
        "select g.id_suscripcion, g.id from saga g join suscripcion s on s.id = g.id_suscripcion
         where g.codigo_cliente = any($1) and g.codigo_plan = $2 and g.fase = $3 and s.estado <> 'rechazada'
         order by g.id offset $4 limit 1",
    )
    .bind(clientes)
    .bind(plan)
    .bind(fase)
    .bind(orden)
    .fetch_one(suscripciones)
    .await
    .expect("una saga así")
}

/// Changes one row by hand; what it was.
async fn alterar(base: &PgPool, tabla: &str, cambio: &str, condicion: &str, id: Uuid) -> Value {
    let leer = format!("select to_jsonb(t) from {tabla} t where {condicion}");
    let antes: Value = sqlx::query_scalar(AssertSqlSafe(leer)).bind(id).fetch_one(base).await.expect("la fila");
    let alterar = match cambio {
        "" => format!("delete from {tabla} t where {condicion}"),
        cambio => format!("update {tabla} t set {cambio} where {condicion}"),
    };
    let hecho = sqlx::query(AssertSqlSafe(alterar)).bind(id).execute(base).await.expect("la alteración");
    assert_eq!(hecho.rows_affected(), 1, "{tabla}");
    antes
}

/// Puts a row back as it was; one that is still there stays in its place, for others may refer to it.
async fn reponer(base: &PgPool, tabla: &str, condicion: &str, id: Uuid, fila: &Value) {
    let columnas = fila.as_object().expect("una fila").keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let devolver = format!(
        "update {tabla} t set ({columnas}) = (select {columnas} from jsonb_populate_record(null::{tabla}, $2))
         where {condicion}"
    );
    let devuelta = sqlx::query(AssertSqlSafe(devolver)).bind(id).bind(fila).execute(base).await.expect("devolver");
    if devuelta.rows_affected() == 1 {
        return;
    }
    let poner = format!("insert into {tabla} select * from jsonb_populate_record(null::{tabla}, $1)");
    sqlx::query(AssertSqlSafe(poner)).bind(fila).execute(base).await.expect("reponer");
}

/// One alteration by hand: where, which row, what is done to it (nothing: it is deleted), and the rule that it breaks.
struct Alteracion<'a> {
    base: &'a PgPool,
    tabla: &'static str,
    condicion: &'static str,
    id: Uuid,
    cambio: &'static str,
    regla: &'static str,
    suscripcion: Uuid,
}

async fn alteraciones<'a>(bases: &'a [PgPool; 3], pedidos: &[Pedido]) -> Vec<Alteracion<'a>> {
    let [suscripciones, servicios, notificaciones] = bases;
    let completada = async |orden| una(suscripciones, pedidos, "pro", "completada", orden).await;
    let sin_nube = una(suscripciones, pedidos, "carga_sin_nube", "compensada", 0).await.0;
    let sin_datos = una(suscripciones, pedidos, "carga_sin_datos", "compensada", 0).await.0;
    let (impaga, callada, rota) = (completada(0).await.0, completada(1).await.0, completada(2).await);
    let de = |base, tabla, condicion, (id, suscripcion), cambio, regla| Alteracion {
        base,
        tabla,
        condicion,
        id,
        cambio,
        regla,
        suscripcion,
    };
    let por_suscripcion = "t.id_suscripcion = $1";
    vec![
        de(
            suscripciones,
            "suscripcion",
            "t.id = $1",
            (sin_nube, sin_nube),
            "estado = 'activa'",
            "suscripcion_en_otro_estado",
        ),
        de(suscripciones, "factura", por_suscripcion, (impaga, impaga), "", "pago_ausente"),
        de(
            servicios,
            "servicio_datos",
            por_suscripcion,
            (sin_datos, sin_datos),
            "estado = 'iniciado', motivo = null",
            "servicio_en_otro_estado",
        ),
        de(notificaciones, "notificacion", por_suscripcion, (callada, callada), "", "aviso_ausente"),
        de(suscripciones, "saga_log", "t.saga = $1 and t.version = 3", (rota.1, rota.0), "", "registro_con_huecos"),
    ]
}

/// The value of a gauge of suscripciones.
async fn metrica(sistema: &Sistema, nombre: &str) -> f64 {
    let texto = sistema.pedir_a("suscripciones", Method::GET, "/metrics", None, &[]).await.cuerpo;
    let linea = texto.as_str().expect("texto").lines().find(|linea| linea.starts_with(nombre)).expect("la métrica");
    linea.rsplit(' ').next().expect("valor").parse().expect("número")
}

#[tokio::test]
async fn lo_coherente_no_se_denuncia_y_cada_libro_alterado_se_encuentra_en_un_minuto() {
    let sistema = Sistema::tomar().await;
    let bases = [
        sistema.base("suscripciones").await,
        sistema.base("servicio_datos").await,
        sistema.base("notificaciones").await,
    ];
    let pedidos = carga::preparar(&sistema, 60).await;
    carga::enviar(&sistema, &pedidos).await;
    carga::esperar_fin(&bases[0], &pedidos).await;
    let clientes: Vec<&str> = pedidos.iter().map(|(cliente, _)| cliente.as_str()).collect();
    let propias: Vec<Uuid> = sqlx::query_scalar("select id from suscripcion where codigo_cliente = any($1)")
        .bind(&clientes)
        .fetch_all(&bases[0])
        .await
        .expect("suscripciones");
    assert_eq!(propias.len(), pedidos.len());
    esperar_coherencia(&sistema, &propias).await;
    let alteraciones = alteraciones(&bases, &pedidos).await;
    let mut antes = Vec::new();
    for a in &alteraciones {
        antes.push(alterar(a.base, a.tabla, a.cambio, a.condicion, a.id).await);
    }
    let esperadas: BTreeSet<Hallada> = alteraciones.iter().map(|a| (a.regla.to_owned(), a.suscripcion)).collect();
    esperar("cada alteración se encuentra", PLAZO, async || {
        (halladas(&sistema, &propias, "abierto").await == esperadas).then_some(())
    })
    .await;
    esperar("la métrica lo dice", Duration::from_secs(5), async || {
        (metrica(&sistema, "auditoria_inconsistentes").await >= 5.0).then_some(())
    })
    .await;
    for (a, fila) in alteraciones.iter().zip(&antes) {
        reponer(a.base, a.tabla, a.condicion, a.id, fila).await;
    }
    esperar("lo reparado se resuelve", PLAZO, async || {
        halladas(&sistema, &propias, "abierto").await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn con_un_libro_caido_lo_terminado_no_cuenta_como_revisado() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    esperar_coherencia(&sistema, &[]).await;
    let servicio = sistema.proceso("servicio-datos");
    servicio.detener().await;
    let bloqueado: [Pedido; 1] = [(cliente_nuevo(), "pro")];
    let ruta = format!("/admin/clientes/{}/condiciones", bloqueado[0].0);
    sistema.poner(&ruta, &json!({"bloqueado": true})).await;
    carga::enviar(&sistema, &bloqueado).await;
    carga::esperar_fin(&suscripciones, &bloqueado).await;
    let fin = contratos::ahora();
    esperar("se dice quién calla", PLAZO, async || {
        let cuerpo = sistema.leer(RUTA).await.cuerpo;
        let hasta: DateTime<Utc> = serde_json::from_value(cuerpo["revisado_hasta"].clone()).expect("instante");
        assert!(hasta < fin, "no se ha podido revisar: {cuerpo:#}");
        (cuerpo["sin_respuesta"][0] == "servicio-datos").then_some(())
    })
    .await;
    servicio.arrancar(&[]);
    servicio.esperar_listo().await;
    esperar_coherencia(&sistema, &[]).await;
}
