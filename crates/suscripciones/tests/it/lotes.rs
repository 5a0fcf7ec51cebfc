//! Orders to many sagas: shown, confirmed, carried out once.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::aplicacion::{Encargo, FiltroSagas, Orden};
use suscripciones::dominio::{INQUILINO_PUBLICO, IdSaga};
use uuid::Uuid;

use crate::api::leer;
use crate::banco::Banco;
use crate::mandos::{crear_servicio, iniciada, ordenar};

async fn proponer(banco: &Banco, cuerpo: &Value) -> Value {
    let (estado, propuesta) = ordenar(banco, "/sagas/mandos", cuerpo).await;
    assert_eq!(estado, StatusCode::OK, "{propuesta}");
    propuesta
}

async fn confirmar(banco: &Banco, testigo: &Value) -> (StatusCode, Value) {
    ordenar(banco, "/sagas/mandos", &json!({ "testigo": testigo })).await
}

/// Every step of every confirmed batch.
async fn llevar(banco: &Banco) {
    while banco.lotes.avanzar(contratos::ahora()).await.expect("lotes") {}
}

fn encargo(orden: Orden, lote: Option<Uuid>) -> Encargo {
    Encargo { inquilino: INQUILINO_PUBLICO.to_owned(), orden, actor: "ana".to_owned(), motivo: None, lote }
}

#[sqlx::test(migrations = false)]
async fn un_lote_hace_lo_que_se_mostro_y_deja_lo_que_cambio(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (a, b, movida) = (iniciada(&banco).await, iniciada(&banco).await, iniciada(&banco).await);
    let rechaza = iniciada(&banco).await;
    banco
        .mandar
        .ejecutar(&[IdSaga(rechaza)], &encargo(Orden::Pausar, None), &FiltroSagas::default(), contratos::ahora())
        .await
        .expect("pausada");
    let pedido = json!({"mando": "pausar", "motivo": "mantenimiento", "filtro": {"paso": "crear_servicio"}});
    let propuesta = proponer(&banco, &pedido).await;
    assert_eq!((&propuesta["total"], &propuesta["aplicables"]), (&json!(4), &json!(3)));
    assert_eq!((&propuesta["rechazos"], &propuesta["hay_mas"]), (&json!({"ya_en_pausa": 1}), &json!(false)));
    assert_eq!(propuesta["muestra"].as_array().map(Vec::len), Some(4));
    llevar(&banco).await;
    assert_eq!(banco.consultas.transiciones(a, 0).await.expect("log").len(), 1, "sin confirmar no pasa nada");
    crear_servicio(&banco, movida).await;

    let (estado, aceptada) = confirmar(&banco, &propuesta["testigo"]).await;
    assert_eq!((estado, &aceptada["lote"]), (StatusCode::ACCEPTED, &propuesta["testigo"]));
    llevar(&banco).await;
    assert_eq!(confirmar(&banco, &propuesta["testigo"]).await.0, StatusCode::ACCEPTED, "repetir no cambia nada");
    llevar(&banco).await;

    let lote = aceptada["lote"].as_str().expect("lote");
    let (_, ficha) = leer(&banco, &format!("/admin/mandos/lotes/{lote}")).await;
    let cuenta = ["total", "aplicados", "rechazados", "cambiadas", "pendientes"].map(|campo| ficha[campo].as_i64());
    assert_eq!((&ficha["estado"], cuenta), (&json!("terminado"), [4, 2, 1, 1, 0].map(Some)), "{ficha:#}");
    let (_, mandos) = leer(&banco, &format!("/admin/mandos?lote={lote}")).await;
    let de = |saga: Uuid| {
        let mandos = mandos["elementos"].as_array().expect("mandos");
        mandos.iter().find(|mando| mando["id_saga"] == json!(saga)).expect("consta")["resultado"].clone()
    };
    assert_eq!([a, b, rechaza, movida].map(de), ["aplicado", "aplicado", "rechazado", "cambiada"].map(Value::from));
    let (_, vista) = leer(&banco, &format!("/sagas/{a}")).await;
    assert_eq!((&vista["pausada"], &vista["linea_de_tiempo"][1]["actor"]), (&json!(true), &json!("ana")));
}

#[sqlx::test(migrations = false)]
async fn dos_procesos_con_el_mismo_lote_mandan_una_vez_a_cada_saga(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut sagas = Vec::new();
    for _ in 0..20 {
        sagas.push(IdSaga(iniciada(&banco).await));
    }
    let orden = Orden::Reintentar { paso: "crear_servicio".to_owned() };
    let (lote, ahora) = (contratos::id_nuevo(), contratos::ahora());
    banco.lotes.proponer(lote, encargo(orden.clone(), None), FiltroSagas::default(), ahora).await.expect("propuesto");
    let (encargo, todas) = (encargo(orden, Some(lote)), FiltroSagas::default());
    let vez = || banco.mandar.ejecutar(&sagas, &encargo, &todas, ahora);
    let (una, otra) = tokio::join!(vez(), vez());
    assert_eq!(una.expect("una").len() + otra.expect("otra").len(), sagas.len());
    for saga in sagas {
        assert_eq!(banco.consultas.transiciones(saga.0, 0).await.expect("log").len(), 2);
    }
}

#[sqlx::test(migrations = false)]
async fn un_lote_a_medias_sigue_donde_quedo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for _ in 0..70 {
        iniciada(&banco).await;
    }
    let propuesta = proponer(&banco, &json!({"mando": "pausar", "filtro": {"fase": "avanzando"}})).await;
    confirmar(&banco, &propuesta["testigo"]).await;
    assert!(banco.lotes.avanzar(contratos::ahora()).await.expect("un paso"));
    let ruta = format!("/admin/mandos/lotes/{}", propuesta["testigo"].as_str().expect("lote"));
    let (_, ficha) = leer(&banco, &ruta).await;
    assert_eq!((&ficha["estado"], &ficha["aplicados"]), (&json!("confirmado"), &json!(64)), "{ficha:#}");
    llevar(&banco).await;
    let (_, ficha) = leer(&banco, &ruta).await;
    assert_eq!((&ficha["estado"], &ficha["aplicados"]), (&json!("terminado"), &json!(70)));
}

#[sqlx::test(migrations = false)]
async fn un_testigo_ajeno_vencido_o_inventado_no_vale(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    iniciada(&banco).await;
    let (viejo, de_otro) = (contratos::id_nuevo(), contratos::id_nuevo());
    let ahora = contratos::ahora();
    let otro = Encargo { actor: "luis".to_owned(), ..encargo(Orden::Pausar, None) };
    for (id, encargo, cuando) in
        [(viejo, encargo(Orden::Pausar, None), ahora - Duration::minutes(11)), (de_otro, otro, ahora)]
    {
        banco.lotes.proponer(id, encargo, FiltroSagas::default(), cuando).await.expect("propuesto");
    }
    for (testigo, estado, codigo) in [
        (viejo, StatusCode::CONFLICT, "testigo_vencido"),
        (de_otro, StatusCode::CONFLICT, "testigo_ajeno"),
        (contratos::id_nuevo(), StatusCode::NOT_FOUND, "no_encontrado"),
    ] {
        let (respuesta, problema) = confirmar(&banco, &json!(testigo)).await;
        assert_eq!((respuesta, &problema["code"]), (estado, &json!(codigo)));
    }
    let (_, pausadas) = leer(&banco, "/sagas?pausada=true").await;
    assert_eq!(pausadas["elementos"], json!([]));
}

#[sqlx::test(migrations = false)]
async fn un_filtro_olvidado_o_mal_escrito_no_alcanza_a_nadie(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for (cuerpo, campo) in [
        (json!({"mando": "pausar"}), "filtro"),
        (json!({"mando": "pausar", "filtro": {"atascadas": true}}), "filtro.atascadas"),
        (json!({"mando": "frenar", "filtro": {}}), "mando"),
    ] {
        let (estado, problema) = ordenar(&banco, "/sagas/mandos", &cuerpo).await;
        assert_eq!((estado, &problema["errors"][0]["campo"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(campo)));
    }
}
