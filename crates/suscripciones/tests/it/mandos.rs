//! Orders of operators to one saga, through the routes.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use contratos::{
    ComandoAsignarExperto, ComandoCancelarSuscripcion, ComandoCrearServicioDatos, EventoExpertoAsignado,
    EventoServicioDatosCreada, EventoServicioDatosIniciado, EventoSuscripcionCancelada, EventoSuscripcionPagada,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::aplicacion::Atendida;
use suscripciones::infraestructura::Comprobaciones;
use uuid::Uuid;

use crate::api::{leer, pedir};
use crate::banco::{Banco, ids};

/// A request of operator `ana`.
pub async fn ordenar(banco: &Banco, ruta: &str, cuerpo: &Value) -> (StatusCode, Value) {
    let peticion = Request::post(ruta)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-operador", "ana")
        .body(Body::from(cuerpo.to_string()));
    let (estado, cuerpo, _) = pedir(banco, peticion.expect("peticion")).await;
    (estado, cuerpo)
}

async fn mandar(banco: &Banco, saga: Uuid, cuerpo: Value) -> (StatusCode, Value) {
    ordenar(banco, &format!("/sagas/{saga}/mandos"), &cuerpo).await
}

pub async fn iniciada(banco: &Banco) -> Uuid {
    let comando = contratos::id_nuevo();
    banco.crear(comando, &format!("c-{}", comando.simple()), "pro").await;
    ids(comando)["saga"]
}

pub async fn crear_servicio(banco: &Banco, saga: Uuid) -> Atendida {
    let creado = EventoServicioDatosCreada { id_serviciodatos: Some(Uuid::nil().to_string()), ..Default::default() };
    banco.responder(saga, "crear_servicio", "hacer", creado).await
}

#[sqlx::test(migrations = false)]
async fn reintentar_vuelve_a_enviar_el_mismo_comando_y_dice_quien_lo_ordeno(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    let pedido = json!({"mando": "reintentar", "paso": "crear_servicio", "motivo": "INC-7"});
    let (estado, respuesta) = mandar(&banco, saga, pedido).await;
    assert_eq!(estado, StatusCode::OK, "{respuesta}");
    let enviados = banco.de_tipo::<ComandoCrearServicioDatos>().await;
    assert_eq!(enviados.len(), 2);
    assert_eq!(enviados[0].cabecera.id, enviados[1].cabecera.id);
    let (_, vista) = leer(&banco, &format!("/sagas/{saga}")).await;
    let hito = &vista["linea_de_tiempo"][1];
    assert_eq!(
        (&hito["causa"], &hito["actor"], &hito["motivo"], &hito["paso"]),
        (&json!("mando"), &json!("ana"), &json!("INC-7"), &json!("crear_servicio"))
    );
    assert_eq!(*hito, respuesta["hito"]);
    let texto = "ana ordena reintentar «crear_servicio» por «INC-7»: se pide «crear_servicio» (intento 1).";
    assert_eq!(hito["texto"], texto);
    let (_, mandos) = leer(&banco, &format!("/admin/mandos?id_saga={saga}")).await;
    let mando = &mandos["elementos"][0];
    assert_eq!(
        (&mando["resultado"], &mando["version"], &mando["actor"]),
        (&json!("aplicado"), &json!(2), &json!("ana"))
    );
    assert_eq!(mando["orden"], json!({"mando": "reintentar", "paso": "crear_servicio"}));
}

#[sqlx::test(migrations = false)]
async fn en_pausa_las_respuestas_se_anotan_y_nada_sale_hasta_reanudar(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    assert_eq!(mandar(&banco, saga, json!({"mando": "pausar"})).await.0, StatusCode::OK);
    assert_eq!(crear_servicio(&banco, saga).await, Atendida::Avanzo);
    let tarde = contratos::ahora() + chrono::Duration::days(1);
    let orquestador = banco.orquestador().await;
    assert_eq!(banco.vencer(&orquestador, tarde).await, 0, "los plazos descansan");
    assert!(banco.de_tipo::<ComandoAsignarExperto>().await.is_empty());
    let (_, pausadas) = leer(&banco, "/sagas?pausada=true").await;
    assert_eq!(pausadas["elementos"][0]["id"], json!(saga));
    assert_eq!(mandar(&banco, saga, json!({"mando": "reanudar"})).await.0, StatusCode::OK);
    assert_eq!(banco.de_tipo::<ComandoAsignarExperto>().await.len(), 1);
    let (estado, problema) = mandar(&banco, saga, json!({"mando": "reanudar"})).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::CONFLICT, &json!("sin_pausa")));
}

#[sqlx::test(migrations = false)]
async fn saltar_un_paso_sigue_con_el_siguiente_y_al_ultimo_lo_termina(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    let sin_salida = json!({"mando": "saltar", "paso": "crear_servicio", "motivo": "hecho-a-mano"});
    let (estado, problema) = mandar(&banco, saga, sin_salida).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::CONFLICT, &json!("falta_salida")), "{problema}");
    let salida = json!({"id_serviciodatos": "sd-1"});
    let pedido = json!({"mando": "saltar", "paso": "crear_servicio", "salida": salida, "motivo": "hecho-a-mano"});
    assert_eq!(mandar(&banco, saga, pedido).await.0, StatusCode::OK);
    let asignar = &banco.de_tipo::<ComandoAsignarExperto>().await[0];
    assert_eq!(asignar.datos.id_serviciodatos.as_deref(), Some("sd-1"));
    banco.responder(saga, "asignar_experto", "hacer", EventoExpertoAsignado::default()).await;
    banco.responder(saga, "iniciar_servicio", "hacer", EventoServicioDatosIniciado::default()).await;
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    assert_eq!(mandar(&banco, saga, json!({"mando": "saltar", "paso": "notificar"})).await.0, StatusCode::OK);
    assert_eq!(banco.fase(saga).await, "completada");
}

#[sqlx::test(migrations = false)]
async fn compensar_deshace_lo_hecho(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    mandar(&banco, saga, json!({"mando": "saltar", "paso": "crear_servicio", "salida": {"id_serviciodatos": "x"}}))
        .await;
    let (estado, _) = mandar(&banco, saga, json!({"mando": "compensar", "motivo": "duplicada"})).await;
    assert_eq!(estado, StatusCode::OK);
    assert_eq!(banco.fase(saga).await, "deshaciendo");
    let terminado = contratos::EventoServicioDatosTerminado::default();
    banco.responder(saga, "crear_servicio", "deshacer", terminado).await;
    assert_eq!(banco.de_tipo::<ComandoCancelarSuscripcion>().await[0].datos.motivo.as_deref(), Some("duplicada"));
    banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
    assert_eq!(banco.fase(saga).await, "compensada");
}

#[sqlx::test(migrations = false)]
async fn abandonar_exige_un_motivo_que_no_sea_texto_libre(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    for cuerpo in [json!({"mando": "abandonar"}), json!({"mando": "abandonar", "motivo": "lo pidió Pablo Perez"})] {
        let (estado, problema) = mandar(&banco, saga, cuerpo).await;
        assert_eq!((estado, &problema["errors"][0]["campo"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("motivo")));
        assert!(!problema.to_string().contains("Pablo"));
    }
    assert_eq!(mandar(&banco, saga, json!({"mando": "abandonar", "motivo": "INC-8"})).await.0, StatusCode::OK);
    assert_eq!(banco.fase(saga).await, "abandonada");
    let (estado, problema) = mandar(&banco, saga, json!({"mando": "pausar"})).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::CONFLICT, &json!("saga_terminada")));
    let (_, mandos) = leer(&banco, "/admin/mandos?resultado=rechazado").await;
    assert_eq!(mandos["elementos"][0]["codigo"], "saga_terminada", "lo que se rechaza también consta");
}

#[sqlx::test(migrations = false)]
async fn un_simulacro_dice_a_que_lleva_y_no_cambia_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    crear_servicio(&banco, saga).await;
    let ruta = format!("/sagas/{saga}/mandos?simulacro=true");
    let (estado, prevista) = ordenar(&banco, &ruta, &json!({"mando": "compensar"})).await;
    assert_eq!(estado, StatusCode::OK, "{prevista}");
    assert_eq!(
        (&prevista["antes"]["fase"], &prevista["despues"]["fase"]),
        (&json!("avanzando"), &json!("deshaciendo"))
    );
    assert_eq!(prevista["comandos"][0]["comando"], "ComandoTerminarServicioDatos");
    assert_eq!(prevista["veredicto"]["aprueba"], true, "{prevista:#}");
    let (_, rechazada) = ordenar(&banco, &ruta, &json!({"mando": "saltar", "paso": "pagar"})).await;
    assert_eq!((&rechazada["resultado"], &rechazada["codigo"]), (&json!("rechazado"), &json!("nada_que_saltar")));
    assert_eq!(banco.fase(saga).await, "avanzando");
    let (_, mandos) = leer(&banco, "/admin/mandos").await;
    assert_eq!(mandos["elementos"], json!([]));
}

#[sqlx::test(migrations = false)]
async fn un_simulacro_cuyas_consecuencias_no_se_acaban_de_recorrer_lo_dice_y_da_lo_que_sabe(pool: PgPool) {
    let banco = Banco::comprobando(pool, Comprobaciones::acotadas(usize::MAX, Duration::ZERO)).await;
    let saga = iniciada(&banco).await;
    let ruta = format!("/sagas/{saga}/mandos?simulacro=true");
    let (estado, problema) = ordenar(&banco, &ruta, &json!({"mando": "pausar"})).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("orden_no_comprobable")));
    assert_eq!(problema["prevision"]["despues"]["pausada"], true, "{problema:#}");
    let comprobacion = &problema["comprobacion"];
    assert_eq!((&comprobacion["completa"], &comprobacion["cotas"]["plazo_s"]), (&json!(false), &json!(0)));
    let (_, rechazada) = ordenar(&banco, &ruta, &json!({"mando": "reanudar"})).await;
    assert_eq!(rechazada["codigo"], "sin_pausa", "lo que se rechaza no se comprueba: {rechazada:#}");
    let (estado, _) = mandar(&banco, saga, json!({"mando": "pausar"})).await;
    assert_eq!(estado, StatusCode::OK, "la orden no espera a ninguna comprobación");
}

#[sqlx::test(migrations = false)]
async fn una_orden_sin_operador_o_a_una_saga_que_no_existe_no_entra(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = iniciada(&banco).await;
    let anonima = Request::post(format!("/sagas/{saga}/mandos")).header(header::CONTENT_TYPE, "application/json");
    let (estado, problema, _) =
        pedir(&banco, anonima.body(Body::from(r#"{"mando": "pausar"}"#)).expect("peticion")).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::BAD_REQUEST, &json!("operador_ausente")));
    assert_eq!(mandar(&banco, contratos::id_nuevo(), json!({"mando": "pausar"})).await.0, StatusCode::NOT_FOUND);
    let (estado, problema) = mandar(&banco, saga, json!({"mando": "saltar", "salida": {"a": "b c"}})).await;
    assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
    let campos: Vec<&str> =
        problema["errors"].as_array().expect("errores").iter().filter_map(|error| error["campo"].as_str()).collect();
    assert_eq!(campos, ["paso", "salida.a"]);
}

#[sqlx::test(migrations = false)]
async fn una_orden_que_pierde_la_carrera_se_decide_otra_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for _ in 0..10 {
        let saga = iniciada(&banco).await;
        let ordenes = async {
            let reintentos =
                (0..4).map(|_| mandar(&banco, saga, json!({"mando": "reintentar", "paso": "crear_servicio"})));
            futures::future::join_all(reintentos).await
        };
        let (respondida, ordenes) = tokio::join!(crear_servicio(&banco, saga), ordenes);
        assert_eq!(respondida, Atendida::Avanzo, "la respuesta nunca se pierde");
        let aplicadas = ordenes.iter().filter(|(estado, _)| *estado == StatusCode::OK).count();
        let tardias = ordenes.iter().filter(|(_, cuerpo)| cuerpo["code"] == "nada_que_reintentar").count();
        assert_eq!(aplicadas + tardias, 4, "{ordenes:?}");
        let log = banco.consultas.transiciones(saga, 0).await.expect("log");
        let mandos = log.iter().filter(|transicion| transicion.entrada["causa"]["tipo"] == "mando").count();
        assert_eq!((mandos, log.len()), (aplicadas, 2 + aplicadas));
    }
}
