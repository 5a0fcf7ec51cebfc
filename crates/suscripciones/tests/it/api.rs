use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use contratos::{EventoServicioDatosFallida, EventoSuscripcionCancelada};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::api::{Estado, rutas};
use suscripciones::aplicacion::GuardarPlan;
use suscripciones::infraestructura::DefinicionesPg;
use suscripciones::infraestructura::Hallazgos;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use crate::banco::{Banco, EMAIL, ids};

fn estado(banco: &Banco) -> Estado {
    Estado {
        consultas: banco.consultas.clone(),
        catalogo: banco.catalogo.clone(),
        guardar_plan: Arc::new(GuardarPlan::nuevo(banco.catalogo.clone())),
        definiciones: banco.definiciones.clone(),
        fichas: Arc::new(DefinicionesPg::nuevas(banco.pool.clone())),
        clientes: banco.clientes.clone(),
        hallazgos: Arc::new(Hallazgos::nuevos(banco.pool.clone())),
        mandar: banco.mandar.clone(),
        lotes: banco.lotes.clone(),
        mudanzas: banco.mudanzas.clone(),
        confirmado: Arc::default(),
        cierre: CancellationToken::new(),
    }
}

pub async fn pedir_crudo(banco: &Banco, peticion: Request<Body>) -> Response {
    rutas(estado(banco)).oneshot(peticion).await.expect("respuesta")
}

pub async fn pedir(banco: &Banco, peticion: Request<Body>) -> (StatusCode, Value, Option<String>) {
    let respuesta = pedir_crudo(banco, peticion).await;
    let etag = respuesta.headers().get(header::ETAG).map(|valor| valor.to_str().expect("etag").to_owned());
    let estado = respuesta.status();
    let cuerpo = respuesta.into_body().collect().await.expect("cuerpo").to_bytes();
    (estado, serde_json::from_slice(&cuerpo).unwrap_or(Value::Null), etag)
}

pub async fn leer(banco: &Banco, ruta: &str) -> (StatusCode, Value) {
    let (estado, cuerpo, _) = pedir(banco, Request::get(ruta).body(Body::empty()).expect("peticion")).await;
    (estado, cuerpo)
}

pub async fn enviar(banco: &Banco, metodo: &str, ruta: &str, cuerpo: &Value) -> (StatusCode, Value) {
    let peticion = Request::builder()
        .method(metodo)
        .uri(ruta)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-operador", "prueba@pruebas")
        .body(Body::from(cuerpo.to_string()))
        .expect("peticion");
    let (estado, cuerpo, _) = pedir(banco, peticion).await;
    (estado, cuerpo)
}

/// An order without a body, given by somebody or by nobody.
pub async fn enviar_como(banco: &Banco, operador: Option<&str>, ruta: &str) -> (StatusCode, Value) {
    let mut peticion = Request::post(ruta);
    if let Some(operador) = operador {
        peticion = peticion.header("x-operador", operador);
    }
    let (estado, cuerpo, _) = pedir(banco, peticion.body(Body::empty()).expect("peticion")).await;
    (estado, cuerpo)
}

#[sqlx::test(migrations = false)]
async fn el_catalogo_no_se_envia_otra_vez_a_quien_ya_lo_tiene(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (estado, cuerpo, etag) = pedir(&banco, Request::get("/planes").body(Body::empty()).expect("peticion")).await;
    assert_eq!((estado, cuerpo["elementos"].as_array().map(Vec::len)), (StatusCode::OK, Some(3)));
    let repetida = Request::get("/planes").header(header::IF_NONE_MATCH, etag.expect("etag")).body(Body::empty());
    assert_eq!(pedir(&banco, repetida.expect("peticion")).await.0, StatusCode::NOT_MODIFIED);
}

#[sqlx::test(migrations = false)]
async fn un_producto_nuevo_es_un_dato_y_se_puede_contratar(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let plan = json!({"nombre": "ORO", "monto": "10.00", "moneda": "COP"});
    assert_eq!(enviar(&banco, "PUT", "/admin/planes/Oro", &plan).await.0, StatusCode::OK);
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "ORO").await;
    let (estado, suscripcion) = leer(&banco, &format!("/suscripciones/{}", ids(comando)["suscripcion"])).await;
    assert_eq!((estado, &suscripcion["estado"]), (StatusCode::OK, &json!("activa")));
}

#[sqlx::test(migrations = false)]
async fn un_plan_mal_escrito_dice_cada_campo_y_un_flujo_desconocido_no_entra(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let malo = json!({"nombre": 7, "monto": "mucho", "moneda": "COP", "recursos": {"nube": {}}});
    let (estado, problema) = enviar(&banco, "PUT", "/admin/planes/x", &malo).await;
    assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
    let texto = problema.to_string();
    for campo in ["nombre", "monto", "recursos.nube.codigo", "recursos.especialidad"] {
        assert!(texto.contains(campo), "{campo} no se nombra en {texto}");
    }
    let sin_flujo = json!({"nombre": "X", "monto": "1.00", "moneda": "COP", "flujo": "no-existe", "recursos": {
        "nube": {"codigo": "a", "nombre": "a", "tipo": "a"}, "dataset": {"codigo": "a", "nombre": "a"}, "especialidad": "a"}});
    let (estado, problema) = enviar(&banco, "PUT", "/admin/planes/x", &sin_flujo).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("flujo_desconocido")));
}

#[sqlx::test(migrations = false)]
async fn la_saga_se_ve_paso_a_paso(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let (estado, saga) = leer(&banco, &format!("/sagas/{}", ids(comando)["saga"])).await;
    assert_eq!(estado, StatusCode::OK);
    let pasos: Vec<(&str, &str)> = saga["pasos"]
        .as_array()
        .expect("pasos")
        .iter()
        .map(|paso| (paso["clave"].as_str().expect("clave"), paso["estado"].as_str().expect("estado")))
        .collect();
    assert_eq!(
        pasos[..3],
        [("crear_suscripcion", "hecho"), ("crear_servicio", "en_curso"), ("asignar_experto", "pendiente")]
    );
    assert_eq!(saga["linea_de_tiempo"].as_array().map(Vec::len), Some(1));
    assert!(!saga.to_string().contains(EMAIL));
    let (_, lista) = leer(&banco, "/sagas?fase=avanzando&codigo_plan=PRO").await;
    assert_eq!(lista["elementos"][0]["id"], saga["id"]);
    assert_eq!(lista["elementos"][0]["en_espera"], json!(["crear_servicio"]));
}

#[sqlx::test(migrations = false)]
async fn un_filtro_que_no_existe_o_no_vale_se_nombra(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (estado, problema) =
        leer(&banco, "/sagas?fases=avanzando&fase=volando&atascada=quiza&desde=ayer&limite=5").await;
    assert_eq!(estado, StatusCode::BAD_REQUEST);
    let campos: Vec<&str> =
        problema["errors"].as_array().expect("errores").iter().filter_map(|error| error["campo"].as_str()).collect();
    assert_eq!(campos, ["fases", "fase", "desde", "atascada"]);
    assert_eq!(leer(&banco, "/sagas?antiguedad_min=5&definicion_version=1&pausada=false").await.0, StatusCode::OK);
}

#[sqlx::test(migrations = false)]
async fn la_linea_de_tiempo_se_lee_como_una_historia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let saga = ids(comando)["saga"];
    let orquestador = banco.orquestador().await;
    assert_eq!(banco.vencer(&orquestador, contratos::ahora() + chrono::Duration::seconds(11)).await, 1);
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_cupo_nube".into()), ..Default::default() };
    banco.responder(saga, "crear_servicio", "hacer", fallo).await;
    let (_, vista) = leer(&banco, &format!("/sagas/{saga}")).await;
    let hitos = vista["linea_de_tiempo"].as_array().expect("hitos");
    let textos: Vec<&str> = hitos.iter().map(|hito| hito["texto"].as_str().expect("texto")).collect();
    assert_eq!(
        textos,
        [
            "La saga empieza: «crear_suscripcion» queda hecho; se pide «crear_servicio» (intento 1).",
            "«crear_servicio» no responde a tiempo: se vuelve a pedir «crear_servicio» (intento 2).",
            "«crear_servicio» responde que no: «crear_servicio» falla con «sin_cupo_nube»; la saga empieza a deshacerse \
             por «sin_cupo_nube» en «crear_servicio»; se pide deshacer «crear_suscripcion» (intento 1).",
        ]
    );
    assert_eq!((&hitos[1]["causa"], &hitos[1]["intento"]), (&json!("plazo_vencido"), &json!(2)));
    assert_eq!((&hitos[2]["motivo"], &hitos[2]["actor"]), (&json!("sin_cupo_nube"), &Value::Null));
}

#[sqlx::test(migrations = false)]
async fn una_operacion_se_conoce_por_su_comando_y_lo_desconocido_es_404(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let (estado, operacion) = leer(&banco, &format!("/interno/operaciones/ComandoCrearSuscripcion/{comando}")).await;
    assert_eq!(estado, StatusCode::OK);
    assert_eq!(operacion["recursos"]["id_saga"], json!(ids(comando)["saga"]));
    assert_eq!(operacion["huella"], "huella");
    let otro = leer(&banco, &format!("/interno/operaciones/ComandoPagarSuscripcion/{comando}")).await;
    assert_eq!(otro.0, StatusCode::NOT_FOUND);
    assert_eq!(leer(&banco, "/suscripciones/no-es-uuid").await.0, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrations = false)]
async fn el_contacto_se_da_por_codigo_y_lo_desconocido_falta(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.crear(contratos::id_nuevo(), "0001", "basico").await;
    let pedido = json!({"codigos": ["0001", "9999"]});
    let (_, contactos) = enviar(&banco, "POST", "/interno/clientes/contactos", &pedido).await;
    assert_eq!(contactos["0001"]["email"], EMAIL);
    assert!(contactos.get("9999").is_none());
}

#[sqlx::test(migrations = false)]
async fn lo_que_preguntan_otros_servicios_se_lee_entero_o_se_dice_que_no_se_entiende(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let id = contratos::id_nuevo();
    for (ruta, pedido, valor) in [
        ("/interno/clientes/contactos", json!({"codigos": ["0001", " "]}), " "),
        ("/interno/libro", json!({"ids": [id, "no-es-uuid"]}), "no-es-uuid"),
    ] {
        let (estado, problema) = enviar(&banco, "POST", ruta, &pedido).await;
        assert_eq!((estado, &problema["code"]), (StatusCode::BAD_REQUEST, &json!("lista_invalida")), "{ruta}");
        assert_eq!(problema["invalidos"], json!([{"posicion": 1, "valor": valor}]), "{ruta}");
    }
    let (estado, libro) = enviar(&banco, "POST", "/interno/libro", &json!({"ids": [id]})).await;
    assert_eq!((estado, libro), (StatusCode::OK, json!([])));
}

/// The stream of an ended saga, whole.
async fn flujo(banco: &Banco, saga: Uuid, ultimo: &str) -> (StatusCode, String) {
    let peticion = Request::get(format!("/sagas/{saga}/eventos")).header("last-event-id", ultimo);
    let peticion = peticion.body(Body::empty()).expect("peticion");
    let respuesta = rutas(estado(banco)).oneshot(peticion).await.expect("respuesta");
    let estado = respuesta.status();
    let cuerpo = respuesta.into_body().collect().await.expect("cuerpo").to_bytes();
    (estado, String::from_utf8(cuerpo.to_vec()).expect("utf-8"))
}

#[sqlx::test(migrations = false)]
async fn el_flujo_de_una_saga_sigue_tras_lo_visto_y_dice_como_acabo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let saga = ids(comando)["saga"];
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_cupo_nube".into()), ..Default::default() };
    banco.responder(saga, "crear_servicio", "hacer", fallo).await;
    banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
    let (estado, cuerpo) = flujo(&banco, saga, "1").await;
    assert_eq!(estado, StatusCode::OK);
    let ids: Vec<&str> = cuerpo.lines().filter_map(|linea| linea.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["2", "3"], "{cuerpo}");
    assert!(cuerpo.ends_with("event: fin\ndata: {\"fase\":\"compensada\"}\n\n"), "{cuerpo}");
    assert_eq!(flujo(&banco, saga, "3").await, (StatusCode::NO_CONTENT, String::new()));
    assert!(flujo(&banco, saga, "no es una version").await.1.contains("id: 1\n"), "desde el principio");
}

#[sqlx::test(migrations = false)]
async fn se_ve_que_instancia_tiene_cada_particion(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (_, vacio) = leer(&banco, "/admin/orquestadores").await;
    assert_eq!(vacio["libres"].as_array().map(Vec::len), Some(16));
    let orquestador = banco.orquestador().await;
    let (estado, cuerpo) = leer(&banco, "/admin/orquestadores").await;
    assert_eq!((estado, &cuerpo["libres"]), (StatusCode::OK, &json!([])));
    let fila = &cuerpo["instancias"][0];
    assert_eq!((&fila["viva"], &fila["direccion"]), (&json!(true), &json!("127.0.0.1:5000")));
    assert_eq!(fila["particiones"].as_array().map(Vec::len), Some(16));
    assert_eq!(fila["particiones"][3]["epoca"], json!(1));
    orquestador.despedir().await.expect("despedida");
    assert_eq!(leer(&banco, "/admin/orquestadores").await.1["instancias"], json!([]));
}

#[sqlx::test(migrations = false)]
async fn el_flujo_de_una_operacion_es_un_dato_y_uno_que_no_sirve_no_entra(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let regla = json!({"operacion": "cancelar", "desde": "suscripcion-pro", "hacia": null, "flujo": "cancelacion-pro"});
    let (estado, lista) = leer(&banco, "/admin/flujos").await;
    assert_eq!(estado, StatusCode::OK);
    assert!(lista["elementos"].as_array().is_some_and(|reglas| reglas.contains(&regla)), "{lista}");
    let sin_flujo = json!({"operacion": "cancelar", "desde": "suscripcion-pro", "flujo": null});
    assert_eq!(enviar(&banco, "PUT", "/admin/flujos", &sin_flujo).await.0, StatusCode::OK);
    assert!(!leer(&banco, "/admin/flujos").await.1.to_string().contains("cancelacion-pro"));
    assert_eq!(enviar(&banco, "PUT", "/admin/flujos", &regla).await, (StatusCode::OK, regla));
    for (regla, codigo) in [
        (json!({"operacion": "cancelar", "desde": "suscripcion-pro", "flujo": "no-existe"}), "flujo_desconocido"),
        (json!({"operacion": "cancelar", "desde": "no-existe", "flujo": null}), "flujo_desconocido"),
        (json!({"operacion": "cancelar", "desde": "suscripcion-pro", "flujo": "suscripcion-pro"}), "flujo_ajeno"),
        (json!({"operacion": "cancelar", "desde": "cancelacion-pro", "flujo": null}), "flujo_ajeno"),
        (json!({"operacion": "cancelar", "hacia": "suscripcion-pro", "flujo": "cancelacion-pro"}), "sin_destino"),
        (json!({"operacion": "pagar", "flujo": "cancelacion-pro"}), "operacion_sin_flujo"),
    ] {
        let (estado, problema) = enviar(&banco, "PUT", "/admin/flujos", &regla).await;
        assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(codigo)), "{regla}");
    }
    let (estado, problema) = enviar(&banco, "PUT", "/admin/flujos", &json!({"operacion": "volar"})).await;
    assert_eq!(estado, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problema.to_string().contains("cambiar_plan"), "{problema}");
}

#[sqlx::test(migrations = false)]
async fn la_operacion_del_que_llega_segundo_nombra_a_quien_se_le_adelanto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (primero, segundo) = (contratos::id_nuevo(), contratos::id_nuevo());
    banco.crear(primero, "0001", "pro").await;
    banco.crear(segundo, "0001", "pro").await;
    let (_, operacion) = leer(&banco, &format!("/interno/operaciones/ComandoCrearSuscripcion/{segundo}")).await;
    assert_eq!((&operacion["estado"], &operacion["codigo"]), (&json!("fallida"), &json!("duplicada_en_curso")));
    assert!(operacion["motivo"].as_str().is_some_and(|motivo| motivo.contains("en curso")), "{operacion}");
    assert_eq!(operacion["recursos"]["id_saga"], json!(ids(primero)["saga"]));
    assert_eq!(operacion["recursos"]["id_suscripcion"], json!(ids(primero)["suscripcion"]));
    assert_eq!(operacion["recursos"]["suscripcion"], "pendiente");
}
