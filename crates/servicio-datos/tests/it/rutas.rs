//! Queries over HTTP.

use crate::apoyo::{asignar, crear, deshacer, iniciar, servicio, suscripcion};
use crate::banco::Banco;
use crate::cliente::Cliente;
use serde_json::{Value, json};
use servicio_datos::aplicacion::{AtenderOrdenes, Orden};
use sqlx::PgPool;
use std::sync::Arc;

/// The routes of a service that has carried out these orders one by one.
async fn tras(pool: &PgPool, ordenes: Vec<Orden>) -> (Cliente, Banco) {
    let banco = Banco::nuevo(pool).await;
    banco.cupos_de_nube(100).await;
    let atender = AtenderOrdenes::nuevo(Arc::new(banco.repositorio(pool)));
    for orden in ordenes {
        atender.ejecutar(vec![orden], contratos::ahora()).await.expect("carried out");
    }
    (Cliente::nuevo(pool, &banco), banco)
}

fn ids(pagina: &Value) -> Vec<&str> {
    let elementos = pagina["elementos"].as_array().expect("elements");
    elementos.iter().map(|elemento| elemento["id_suscripcion"].as_str().expect("id")).collect()
}

#[sqlx::test(migrations = false)]
async fn un_servicio_se_consulta_por_las_dos_rutas(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![crear(1), asignar(1), iniciar(1)]).await;
    let (estado, servicio) = cliente.get(&format!("/serviciosdatos/{}", self::servicio(1))).await;
    let (_, mismo) = cliente.get(&format!("/serviciodatos/serviciodatos-query/{}", self::servicio(1))).await;
    assert_eq!((estado, &servicio), (200, &mismo));
    assert_eq!(servicio["estado"], "iniciado");
    assert_eq!(servicio["codigo_cliente"], "0001");
    assert_eq!(servicio["nube_codigo"], "nube-a");
    assert_eq!(servicio["experto_codigo"], "e1");
    assert_eq!(servicio["version"], 3);
}

#[sqlx::test(migrations = false)]
async fn un_servicio_que_no_existe_es_un_404(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![]).await;
    let (estado, problema) = cliente.get(&format!("/serviciosdatos/{}", servicio(1))).await;
    assert_eq!((estado, &problema["code"]), (404, &json!("no_encontrado")));
    assert_eq!(cliente.get("/serviciosdatos/no-es-un-id").await.0, 404);
}

#[sqlx::test(migrations = false)]
async fn la_lista_va_por_paginas_sin_repetir_ni_saltar(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, (1..=5).map(crear).collect()).await;
    let mut vistos = vec![];
    let mut ruta = "/serviciosdatos?limite=2".to_owned();
    loop {
        let (_, pagina) = cliente.get(&ruta).await;
        vistos.extend(ids(&pagina).into_iter().map(str::to_owned));
        let Some(siguiente) = pagina["siguiente"].as_str() else { break };
        ruta = format!("/serviciosdatos?limite=2&cursor={siguiente}");
    }
    vistos.sort();
    let todos: Vec<String> = (1..=5).map(|n| suscripcion(n).to_string()).collect();
    assert_eq!(vistos, todos);
}

#[sqlx::test(migrations = false)]
async fn la_lista_se_filtra(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![crear(1), crear(2), deshacer(2)]).await;
    let (_, terminados) = cliente.get("/serviciosdatos?estado=terminado&codigo_cliente=0001").await;
    let (_, de_uno) = cliente.get(&format!("/serviciosdatos?id_suscripcion={}", suscripcion(1))).await;
    let (_, de_nadie) = cliente.get("/serviciosdatos?codigo_cliente=9999").await;
    assert_eq!(ids(&terminados), [suscripcion(2).to_string()]);
    assert_eq!(ids(&de_uno), [suscripcion(1).to_string()]);
    assert!(ids(&de_nadie).is_empty());
}

#[sqlx::test(migrations = false)]
async fn se_nombra_cada_parametro_que_no_es_valido(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![]).await;
    let (estado, problema) = cliente.get("/serviciosdatos?estado=roto&id_suscripcion=x&codigo_cliente=a%20b").await;
    assert_eq!((estado, &problema["code"]), (400, &json!("parametros_invalidos")));
    let campos: Vec<_> = problema["errors"].as_array().expect("errors").iter().map(|e| &e["campo"]).collect();
    assert_eq!(campos, ["id_suscripcion", "codigo_cliente", "estado"]);
}

#[sqlx::test(migrations = false)]
async fn una_operacion_dice_en_que_quedo(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![crear(1), iniciar(1), deshacer(2), crear(2)]).await;
    let operacion = |tipo: &str, orden: Orden| format!("/interno/operaciones/{tipo}/{}", orden.id.0);
    let (_, hecha) = cliente.get(&operacion("ComandoCrearServicioDatos", crear(1))).await;
    let (_, rechazada) = cliente.get(&operacion("ComandoIniciarServicioDatos", iniciar(1))).await;
    let (_, cancelada) = cliente.get(&operacion("ComandoCrearServicioDatos", crear(2))).await;
    let (ajena, _) = cliente.get(&operacion("ComandoTerminarServicioDatos", crear(1))).await;
    let estados = [&hecha, &rechazada, &cancelada].map(|operacion| (&operacion["estado"], &operacion["codigo"]));
    assert_eq!(estados[0], (&json!("hecho"), &Value::Null));
    assert_eq!(estados[1], (&json!("rechazado"), &json!("estado_invalido")));
    assert_eq!(estados[2], (&json!("cancelado"), &json!("comando_cancelado")));
    assert_eq!(hecha["recursos"]["id_serviciodatos"], json!(servicio(1).0));
    assert_eq!(ajena, 404);
}

#[sqlx::test(migrations = false)]
async fn el_libro_dice_que_ocupa_cada_suscripcion(pool: PgPool) {
    let (cliente, _banco) = tras(&pool, vec![crear(1), asignar(1), crear(2), deshacer(2)]).await;
    let asiento = async |n| cliente.get(&format!("/interno/libro?id_suscripcion={}", suscripcion(n))).await.1;
    let resumen = |asiento: &Value| {
        (asiento["estado"].clone(), asiento["nube_ocupada"] == true, asiento["experto_ocupado"] == true)
    };
    assert_eq!(resumen(&asiento(1).await), (json!("experto_asignado"), true, true));
    assert_eq!(resumen(&asiento(2).await), (json!("terminado"), false, false));
    assert_eq!(resumen(&asiento(3).await), (json!("inexistente"), false, false));
    let ids = json!({ "ids": [suscripcion(1), suscripcion(2), suscripcion(3)] });
    let (_, libro) = cliente.post("/interno/libro", &ids).await;
    assert_eq!(libro.as_array().map(Vec::len), Some(2));
    let (estado, problema) = cliente.post("/interno/libro", &json!({ "ids": [suscripcion(1), "no-es-uuid"] })).await;
    assert_eq!((estado, &problema["code"]), (400, &json!("lista_invalida")));
    assert_eq!(problema["invalidos"], json!([{ "posicion": 1, "valor": "no-es-uuid" }]));
}
