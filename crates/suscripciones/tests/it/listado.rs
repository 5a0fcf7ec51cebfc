//! The list of sagas against what a look at every row would give.

use chrono::{DateTime, Duration, Utc};
use saga::Fase;
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::aplicacion::FiltroSagas;
use suscripciones::dominio::{CodigoCliente, CodigoPlan, INQUILINO_PUBLICO, IdSuscripcion};
use suscripciones::infraestructura::{Consultas, FilaSaga};
use uuid::Uuid;

use crate::banco::Banco;

const FASES: [Fase; 6] = [
    Fase::Avanzando,
    Fase::Deshaciendo,
    Fase::Completada,
    Fase::CompletadaConAvisos,
    Fase::Compensada,
    Fase::Abandonada,
];
const PASOS: [&str; 3] = ["crear_servicio", "pagar", "notificar"];
const SAGAS: usize = 240;

/// Sagas of every kind, two per second so that ids decide too; one belongs to another tenant.
async fn llenar(pool: &PgPool) -> DateTime<Utc> {
    sqlx::query(
        "insert into definicion_saga
         select (jsonb_populate_record(d, jsonb_build_object('clave', c.nombre, 'version', v, 'estado', 'retirada'))).*
         from definicion_saga as d cross join (values ('otro')) as c (nombre) cross join generate_series(1, 3) as v
         where d.clave = 'suscripcion-pro'",
    )
    .execute(pool)
    .await
    .expect("definiciones");
    let inicio = contratos::ahora() - Duration::hours(1);
    for i in 0..SAGAS {
        let fase = FASES[(i * 7 / 3) % FASES.len()];
        let viva = !fase.es_terminal();
        let en_vuelo = if i % 2 == 0 { "en_curso" } else { "deshaciendo" };
        let paso = json!({ "estado": en_vuelo, "intento": 1, "vence_ms": 1 });
        let pasos = if viva { json!({ (PASOS[i % 3]): paso, "fin": {"estado": "hecho"} }) } else { json!({}) };
        let estado = json!({
            "version": 2, "fase": fase, "atascada": viva && i % 5 == 0, "pausada": viva && i % 4 == 0,
            "motivo": null, "pasos": pasos, "salidas": {},
        });
        // Of a subscription's sagas one lives at most.
        let suscripcion = Uuid::from_u128(if viva { i } else { i % 100 } as u128);
        insertar(pool, i, &estado, suscripcion, inicio + Duration::seconds(i as i64 / 2)).await;
    }
    sqlx::query("update saga set inquilino = 'otro' where codigo_cliente = 'c-6' and codigo_plan = 'plan-2'")
        .execute(pool)
        .await
        .expect("inquilino");
    inicio
}

async fn insertar(pool: &PgPool, i: usize, estado: &Value, suscripcion: Uuid, creada: DateTime<Utc>) {
    sqlx::query(
        "insert into saga (id, definicion, definicion_version, id_suscripcion, inquilino, codigo_cliente, codigo_plan,
                           fase, atascada, version, estado, creada, actualizada)
         values ($1, 'otro', $2, $3, 'publico', $4, $5, $6 ->> 'fase', ($6 ->> 'atascada')::boolean, 2, $6, $7, $7)",
    )
    .bind(contratos::id_nuevo())
    .bind((1 + i % 3) as i32)
    .bind(suscripcion)
    .bind(format!("c-{}", i % 7))
    .bind(format!("plan-{}", i % 4))
    .bind(estado)
    .bind(creada)
    .execute(pool)
    .await
    .expect("saga");
}

/// What the filter means, said of one row.
fn cumple(fila: &FilaSaga, filtro: &FiltroSagas) -> bool {
    let fase: Fase = serde_json::from_value(Value::from(fila.fase.as_str())).expect("fase");
    filtro.fase.is_none_or(|buscada| buscada == fase)
        && filtro.paso.as_ref().is_none_or(|paso| fila.en_espera.contains(paso))
        && filtro.cliente.as_ref().is_none_or(|cliente| cliente.as_ref() == fila.codigo_cliente)
        && filtro.plan.as_ref().is_none_or(|plan| plan.as_ref() == fila.codigo_plan)
        && filtro.suscripcion.is_none_or(|id| id.0 == fila.id_suscripcion)
        && filtro.definicion.as_ref().is_none_or(|clave| *clave == fila.definicion)
        && filtro.definicion_version.is_none_or(|version| version == fila.definicion_version)
        && filtro.atascada.is_none_or(|atascada| atascada == fila.atascada && !fase.es_terminal())
        && filtro.pausada.is_none_or(|pausada| pausada == fila.pausada && !fase.es_terminal())
        && filtro.desde.is_none_or(|desde| fila.creada >= desde)
        && filtro.hasta.is_none_or(|hasta| fila.creada <= hasta)
}

/// One combination of filters for each number; small numbers give every single filter.
fn combinacion(n: usize, inicio: DateTime<Utc>) -> FiltroSagas {
    let usa = |bit: usize| (n >> bit) & 1 == 1;
    let valor = n / 3 + n % 5;
    let codigo = |prefijo: &str, cuantos: usize| format!("{prefijo}-{}", valor % cuantos);
    FiltroSagas {
        fase: usa(0).then(|| FASES[valor % FASES.len()]),
        paso: usa(1).then(|| PASOS[valor % 3].to_owned()),
        cliente: usa(2).then(|| CodigoCliente::try_from(codigo("c", 8).as_str()).expect("codigo")),
        plan: usa(3).then(|| CodigoPlan::try_from(codigo("plan", 5).as_str()).expect("codigo")),
        suscripcion: usa(4).then(|| IdSuscripcion(Uuid::from_u128((valor % 100) as u128))),
        definicion: usa(5).then(|| ["otro", "suscripcion-pro"][(n >> 7) & 1].to_owned()),
        definicion_version: usa(6).then_some((1 + valor % 4) as i32),
        atascada: usa(7).then_some(n.is_multiple_of(3)),
        pausada: usa(8).then_some(n % 4 == 1),
        desde: usa(9).then(|| inicio + Duration::seconds((valor % 60) as i64)),
        hasta: usa(10).then(|| inicio + Duration::seconds(60 + (valor % 70) as i64)),
    }
}

async fn todas(consultas: &Consultas, filtro: &FiltroSagas, pagina: i64) -> Vec<FilaSaga> {
    let mut filas: Vec<FilaSaga> = Vec::new();
    loop {
        let ultima = filas.last().map(|fila| fila.id);
        let mas = consultas.sagas(INQUILINO_PUBLICO, filtro, ultima, pagina).await.expect("lista");
        if mas.is_empty() {
            return filas;
        }
        filas.extend(mas);
    }
}

#[sqlx::test(migrations = false)]
async fn cualquier_combinacion_de_filtros_da_lo_que_daria_mirar_fila_por_fila(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let inicio = llenar(&banco.pool).await;
    let sin_filtro = todas(&banco.consultas, &FiltroSagas::default(), 50).await;
    assert!(sin_filtro.len() > SAGAS * 9 / 10 && sin_filtro.len() < SAGAS, "las de otro inquilino no se ven");
    assert!(sin_filtro.is_sorted_by(|a, b| (a.creada, a.id) > (b.creada, b.id)));
    let mut con_resultado = 0;
    for n in (0..2048).step_by(3).chain((0..11).map(|bit| 1 << bit)) {
        let filtro = combinacion(n, inicio);
        let esperadas: Vec<Uuid> = sin_filtro.iter().filter(|fila| cumple(fila, &filtro)).map(|fila| fila.id).collect();
        let halladas: Vec<Uuid> = todas(&banco.consultas, &filtro, 7).await.iter().map(|fila| fila.id).collect();
        assert_eq!(halladas, esperadas, "{filtro:?}");
        con_resultado += usize::from(!esperadas.is_empty());
    }
    assert!(con_resultado > 100, "solo {con_resultado} combinaciones dan algo");
}

#[sqlx::test(migrations = false)]
async fn una_pagina_tras_una_saga_que_no_esta_va_vacia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    llenar(&banco.pool).await;
    let tras = Some(contratos::id_nuevo());
    let filas = banco.consultas.sagas(INQUILINO_PUBLICO, &FiltroSagas::default(), tras, 5).await.expect("lista");
    assert!(filas.is_empty());
}
