//! The life of a definition through the admin API.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use saga::Definicion;
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::aplicacion::Comprobador;
use suscripciones::aplicacion::puertos::Catalogo;
use suscripciones::infraestructura::Comprobaciones;

use crate::api::{enviar, leer};
use crate::banco::{Banco, ids};
use crate::informes;

const RUTA: &str = "/admin/definiciones/suscripcion-informes/1";

async fn ordenar(banco: &Banco, orden: &str) -> (StatusCode, Value) {
    enviar(banco, "POST", &format!("{RUTA}/{orden}"), &json!({})).await
}

async fn crear(banco: &Banco, documento: &Value) -> (StatusCode, Value) {
    enviar(banco, "POST", "/admin/definiciones", documento).await
}

async fn activa(banco: &Banco, version: u32) {
    assert_eq!(crear(banco, &informes::version(version)).await.0, StatusCode::CREATED);
    for orden in ["verificar", "activar"] {
        let ruta = format!("/admin/definiciones/suscripcion-informes/{version}/{orden}");
        let (estado, cuerpo) = enviar(banco, "POST", &ruta, &json!({})).await;
        assert_eq!(estado, StatusCode::OK, "{cuerpo:#}");
    }
}

fn reglas(problema: &Value) -> Vec<(&str, &str)> {
    let texto = |valor: &'_ Value| valor.as_str().expect("texto").to_owned();
    let violaciones = problema["violaciones"].as_array().expect("violaciones");
    assert!(violaciones.iter().all(|violacion| !texto(&violacion["texto"]).is_empty()), "{problema:#}");
    violaciones.iter().map(|v| (v["regla"].as_str().expect("regla"), v["ruta"].as_str().expect("ruta"))).collect()
}

#[sqlx::test(migrations = false)]
async fn una_definicion_nace_se_verifica_se_activa_y_se_retira(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (estado, borrador) = crear(&banco, &informes::documento()).await;
    assert_eq!((estado, &borrador["estado"]), (StatusCode::CREATED, &json!("borrador")));
    assert_eq!(ordenar(&banco, "activar").await.1["code"], "estado_inadecuado");
    assert_eq!(ordenar(&banco, "verificar").await.1["estado"], "verificada");
    assert!(banco.catalogo.definicion("suscripcion-informes").await.expect("catalogo").is_none());
    assert_eq!(ordenar(&banco, "activar").await.1["estado"], "activa");
    assert!(banco.catalogo.definicion("suscripcion-informes").await.expect("catalogo").is_some());
    assert_eq!(ordenar(&banco, "activar").await.0, StatusCode::OK, "activar otra vez no hace daño");
    assert_eq!(banco.registro.preparadas(), ["suscripcion-informes v1", "suscripcion-informes v1"]);
    assert_eq!(ordenar(&banco, "retirar").await.1["estado"], "retirada");
    let (_, vista) = leer(&banco, RUTA).await;
    let estados: Vec<&Value> = vista["movimientos"].as_array().expect("lista").iter().map(|m| &m["estado"]).collect();
    assert_eq!(estados, ["borrador", "verificada", "activa", "retirada"]);
    assert_eq!(vista["movimientos"][0]["actor"], "prueba@pruebas");
}

#[sqlx::test(migrations = false)]
async fn el_mismo_documento_es_la_misma_version_y_otro_es_un_conflicto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (_, primera) = crear(&banco, &informes::documento()).await;
    let desordenado: Value = serde_json::from_str(&informes::documento().to_string()).expect("json");
    let (estado, segunda) = crear(&banco, &desordenado).await;
    assert_eq!((estado, &segunda["sha256"]), (StatusCode::OK, &primera["sha256"]));
    let mut otro = informes::documento();
    otro["pasos"][1]["plazo_ms"] = json!(1234);
    let (estado, problema) = crear(&banco, &otro).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::CONFLICT, &json!("definicion_distinta")));
    assert_eq!(problema["sha256"], primera["sha256"]);
}

#[sqlx::test(migrations = false)]
async fn la_definicion_guardada_lleva_el_esquema_de_todos_sus_mensajes(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::documento()).await;
    let (_, vista) = leer(&banco, RUTA).await;
    assert_eq!(vista["documento"]["esquemas"].as_object().map(serde_json::Map::len), Some(15));
    let propio = &vista["documento"]["esquemas"]["ComandoPagarSuscripcion"]["tema"];
    assert_eq!(propio, contratos::temas::por_tipo("ComandoPagarSuscripcion").expect("en la tabla").nombre);
    let (_, lista) = leer(&banco, "/admin/definiciones?estado=activa").await;
    let claves: Vec<&Value> = lista["elementos"].as_array().expect("lista").iter().map(|f| &f["clave"]).collect();
    assert_eq!(claves, ["cambio-a-pro", "cambio-desde-pro", "cambio-entre-pro", "cancelacion-pro", "suscripcion-pro"]);
    assert_eq!(lista["elementos"][4]["planes"], json!(["pro", "pro_plus"]));
}

#[sqlx::test(migrations = false)]
async fn verificar_dice_a_la_vez_todo_lo_que_se_incumple(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut documento = informes::documento();
    documento["pasos"][1]["deshacer"] = Value::Null;
    documento["pasos"][1]["carga"]["color"] = json!("plan.color");
    documento["pasos"][2]["plazo_ms"] = json!(0);
    documento["esquemas"]["EventoInformeFallido"]["tema"] = json!(contratos::temas::TEMAS[0].nombre);
    assert_eq!(crear(&banco, &documento).await.0, StatusCode::CREATED, "un borrador puede incumplir reglas");
    let (estado, problema) = ordenar(&banco, "verificar").await;
    assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
    let reglas = reglas(&problema);
    for esperada in [
        ("sin_reversa", "pasos.crear_informe.deshacer"),
        ("plazo_cero", "pasos.pagar.plazo_ms"),
        ("fuente_vacia", "pasos.crear_informe.carga.color"),
        ("campo_desconocido", "pasos.crear_informe.carga.color"),
        ("tema_ocupado", "esquemas.EventoInformeFallido.tema"),
        ("esquema_sobrante", "esquemas.ComandoDescartarInforme"),
        ("esquema_sobrante", "esquemas.EventoInformeDescartado"),
    ] {
        assert!(reglas.contains(&esperada), "{esperada:?} no está en {reglas:#?}");
    }
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "borrador");
}

#[sqlx::test(migrations = false)]
async fn verificar_y_activar_dicen_cuanto_se_comprobo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::documento()).await;
    for orden in ["verificar", "activar", "verificar"] {
        let comprobacion = &ordenar(&banco, orden).await.1["comprobacion"];
        assert!(comprobacion["estados"].as_u64().is_some_and(|estados| estados > 50), "{comprobacion:#}");
        assert_eq!(comprobacion["completa"], true);
        assert_eq!(
            (&comprobacion["cotas"]["estados"], &comprobacion["cotas"]["plazo_s"]),
            (&json!(20_000), &json!(20))
        );
        assert!(comprobacion["duracion_ms"].is_u64());
    }
}

/// It breaks no rule; the service that makes reports would forget which ones it was told not to make.
#[sqlx::test(migrations = false)]
async fn una_definicion_que_puede_acabar_mal_se_rechaza_contando_como(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut documento = informes::documento();
    documento["pasos"][1]["participante"] = json!({ "lapidas": false });
    crear(&banco, &documento).await;
    let (estado, problema) = ordenar(&banco, "verificar").await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("definicion_acaba_mal")));
    let sucesos = problema["contraejemplo"]["sucesos"].as_array().expect("sucesos");
    let esperados = [
        "1. empieza: el paso inicial se cumple; sale hacer crear_informe",
        "2. el operador ordena compensar; la saga se deshace; crear_informe queda incierto; sale deshacer crear_informe",
    ];
    assert_eq!(sucesos[..2], esperados);
    assert_eq!(sucesos.last(), Some(&json!("5. la orden hacer crear_informe llega después de su reversa y se cumple")));
    let defecto = "la saga termina compensada y el efecto de «crear_informe» queda o puede aparecer";
    assert_eq!(problema["contraejemplo"]["defecto"], defecto);
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "borrador");
}

/// Verified by other hands, it is not put to work either.
#[sqlx::test(migrations = false)]
async fn activar_comprueba_aunque_conste_verificada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut documento = informes::documento();
    documento["pasos"][1]["participante"] = json!({ "lapidas": false });
    crear(&banco, &documento).await;
    sqlx::query("update definicion_saga set estado = 'verificada' where clave = 'suscripcion-informes'")
        .execute(&banco.pool)
        .await
        .expect("verificada");
    assert_eq!(ordenar(&banco, "activar").await.1["code"], "definicion_acaba_mal");
    assert!(banco.catalogo.definicion("suscripcion-informes").await.expect("catalogo").is_none());
    assert!(banco.registro.preparadas().is_empty());
}

#[sqlx::test(migrations = false)]
async fn una_definicion_que_no_cabe_en_la_comprobacion_se_rechaza_y_lo_dice(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::con_ramas(16)).await;
    let (estado, problema) = ordenar(&banco, "verificar").await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("definicion_no_comprobable")));
    assert_eq!(problema["comprobacion"]["completa"], false);
    assert!(problema.get("contraejemplo").is_none());
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "borrador");
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_tiene_forma_de_definicion_no_gasta_una_version(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for (cambio, regla) in
        [("plaso_ms", "documento_ilegible"), ("version", "version_cero"), ("clave", "clave_invalida")]
    {
        let mut documento = informes::documento();
        match cambio {
            "plaso_ms" => documento["pasos"][0]["plaso_ms"] = json!(1),
            otro => documento[otro] = json!("../X"),
        }
        let (estado, problema) = crear(&banco, &documento).await;
        assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reglas(&problema)[0].0, regla);
    }
    assert_eq!(leer(&banco, RUTA).await.0, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = false)]
async fn un_esquema_incompatible_se_explica_y_la_deja_como_estaba(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::documento()).await;
    banco.registro.rechazar("EventoInformeCreado");
    let (estado, problema) = ordenar(&banco, "verificar").await;
    assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reglas(&problema), [("esquema_incompatible", "esquemas.EventoInformeCreado.avsc")]);
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "borrador");
}

#[sqlx::test(migrations = false)]
async fn si_pulsar_falla_al_activar_la_definicion_queda_como_estaba(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::documento()).await;
    ordenar(&banco, "verificar").await;
    banco.registro.caer();
    let (estado, problema) = ordenar(&banco, "activar").await;
    assert_eq!((estado, &problema["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("registro_no_disponible")));
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "verificada");
}

#[sqlx::test(migrations = false)]
async fn no_se_retira_lo_que_un_plan_en_venta_usa(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    activa(&banco, 1).await;
    assert_eq!(enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await.0, StatusCode::OK);
    let (estado, problema) = ordenar(&banco, "retirar").await;
    assert_eq!((estado, &problema["planes"]), (StatusCode::CONFLICT, &json!(["informes"])));
    let mut retirado = informes::plan("INFORMES");
    retirado["en_venta"] = json!(false);
    enviar(&banco, "PUT", "/admin/planes/informes", &retirado).await;
    assert_eq!(ordenar(&banco, "retirar").await.1["estado"], "retirada");
    let (estado, problema) = enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("flujo_desconocido")));
}

#[sqlx::test(migrations = false)]
async fn una_version_nueva_sustituye_a_la_activa_y_se_puede_volver(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    activa(&banco, 1).await;
    activa(&banco, 2).await;
    let estado = async |version: u32| {
        let (_, vista) = leer(&banco, &format!("/admin/definiciones/suscripcion-informes/{version}")).await;
        vista["estado"].as_str().expect("estado").to_owned()
    };
    assert_eq!((estado(1).await, estado(2).await), ("retirada".to_owned(), "activa".to_owned()));
    ordenar(&banco, "activar").await;
    assert_eq!((estado(1).await, estado(2).await), ("activa".to_owned(), "retirada".to_owned()));
}

#[sqlx::test(migrations = false)]
async fn una_saga_viva_sigue_con_la_version_con_que_empezo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    activa(&banco, 1).await;
    enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "informes").await;
    activa(&banco, 2).await;
    let (_, saga) = leer(&banco, &format!("/sagas/{}", ids(comando)["saga"])).await;
    assert_eq!((&saga["definicion_version"], &saga["pasos"][1]["estado"]), (&json!(1), &json!("en_curso")));
    assert_eq!(leer(&banco, RUTA).await.1["sagas_vivas"], 1);
    let creado = json!({ "id_informe": "inf-1" });
    banco.responder_con(ids(comando)["saga"], "crear_informe", "hacer", "EventoInformeCreado", creado).await;
    let (_, saga) = leer(&banco, &format!("/sagas/{}", ids(comando)["saga"])).await;
    assert_eq!(saga["pasos"][2]["estado"], "en_curso", "{saga:#}");
}

#[sqlx::test(migrations = false)]
async fn el_comando_de_un_producto_nuevo_lleva_los_parametros_del_plan_y_dice_su_esquema(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    activa(&banco, 1).await;
    enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await;
    banco.crear(contratos::id_nuevo(), "0001", "informes").await;
    let publicados = banco.publicados().await;
    let mensaje = &informes::documento()["esquemas"]["ComandoCrearInforme"];
    let comando = publicados.iter().find(|saliente| saliente.tema == mensaje["tema"]).expect("publicado");
    let avsc = &mensaje["avsc"];
    assert_eq!(comando.esquema(), Some(contratos::huella(avsc).as_str()));
    let esquema = contratos::Schema::parse(avsc).expect("avsc");
    let procedencia = contratos::Procedencia { tema: "x", posicion: String::new(), publicado: contratos::ahora() };
    let leido = contratos::decodificar_json(&comando.carga, &esquema, &procedencia).expect("decodifica");
    assert_eq!((&leido.datos["tipo"], &leido.datos["periodicidad"]), (&json!("mensual"), &json!("P1M")));
}

#[sqlx::test(migrations = false)]
async fn un_plan_sin_lo_que_su_flujo_lee_no_entra_y_estorba_la_activacion(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    activa(&banco, 1).await;
    let mut plan = informes::plan("INFORMES");
    plan["parametros"] = json!({ "tipo_informe": "mensual" });
    let (estado, problema) = enviar(&banco, "PUT", "/admin/planes/informes", &plan).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("plan_incompleto")));
    plan["parametros"]["periodicidad"] = json!("cada mes");
    let (_, problema) = enviar(&banco, "PUT", "/admin/planes/informes", &plan).await;
    assert!(problema.to_string().contains("parametros.periodicidad"), "{problema}");
    enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await;
    let mut exigente = informes::version(2);
    exigente["pasos"][1]["carga"]["periodicidad"] = json!("plan.parametros.idioma");
    crear(&banco, &exigente).await;
    enviar(&banco, "POST", "/admin/definiciones/suscripcion-informes/2/verificar", &json!({})).await;
    let (_, problema) = enviar(&banco, "POST", "/admin/definiciones/suscripcion-informes/2/activar", &json!({})).await;
    assert_eq!(reglas(&problema), [("plan_incompleto", "planes.informes")]);
    assert_eq!(leer(&banco, RUTA).await.1["estado"], "activa");
}

#[sqlx::test(migrations = false)]
async fn una_orden_sin_operador_no_se_atiende(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    crear(&banco, &informes::documento()).await;
    let (estado, problema) = crate::api::enviar_como(&banco, None, &format!("{RUTA}/verificar")).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::BAD_REQUEST, &json!("operador_ausente")));
}

/// Its runs are without number; two of them are asked for at once.
#[tokio::test]
async fn una_comprobacion_se_corta_a_su_plazo_y_deja_el_turno_a_la_siguiente() {
    let comprobaciones = Comprobaciones::acotadas(usize::MAX, Duration::from_millis(200));
    let definicion = Arc::new(Definicion::leer(&informes::con_ramas(40)).expect("cumple las reglas"));
    let (una, otra) = tokio::join!(comprobaciones.comprobar(&definicion), comprobaciones.comprobar(&definicion));
    for comprobacion in [una.expect("una"), otra.expect("otra")] {
        assert!(!comprobacion.resultado.completo && comprobacion.resultado.contraejemplo.is_none());
        assert!(comprobacion.resultado.estados > 1 && comprobacion.duracion < Duration::from_secs(5));
    }
}
