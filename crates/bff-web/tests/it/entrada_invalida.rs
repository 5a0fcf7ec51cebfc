use crate::apoyo::{Entorno, Respuesta, anidado, plano};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Map, Value, json};

const CREAR: &str = "/suscripciones/suscripcion-comando";
const ID: &str = "0190a6e4-2c1b-7000-8000-0000000000aa";
const RUTAS: [&str; 10] = [
    CREAR,
    "/sagas/iniciar-suscripcion-comando",
    "/suscripciones/cancelar-comando",
    "/suscripciones/pagar-comando",
    "/serviciodatos/crear-comando",
    "/serviciodatos/asignar-experto-comando",
    "/serviciodatos/iniciar-comando",
    "/serviciodatos/terminar-comando",
    "/notificaciones/enviar-comando",
    "/suscripciones/cambiar-plan-comando",
];

async fn enviar(entorno: &Entorno, ruta: &str, tipo: Option<&str>, cuerpo: &str) -> Respuesta {
    let mut peticion = Request::post(ruta);
    if let Some(tipo) = tipo {
        peticion = peticion.header("content-type", tipo);
    }
    entorno.pedir(peticion.body(Body::from(cuerpo.to_owned())).expect("a request")).await
}

/// Sends a body that must be refused for exactly these fields.
async fn rechazar(ruta: &str, cuerpo: &Value, campos: &[&str]) {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.publicar(ruta, cuerpo).await;
    assert_eq!(respuesta.estado, StatusCode::UNPROCESSABLE_ENTITY, "{ruta} {cuerpo}");
    assert_eq!(respuesta.codigo(), "campos_invalidos");
    assert_eq!(respuesta.campos(), campos, "{ruta} {cuerpo}");
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn lo_que_no_es_un_objeto_json_se_rechaza_en_cada_ruta() {
    let entorno = Entorno::nuevo().await;
    let grande = format!("{{\"x\":\"{}\"}}", "x".repeat(300_000));
    let casos = [
        (Some("application/json"), "{\"cliente\":", StatusCode::BAD_REQUEST),
        (Some("application/json"), "", StatusCode::BAD_REQUEST),
        (Some("application/json"), "[]", StatusCode::BAD_REQUEST),
        (Some("application/json"), "\"texto\"", StatusCode::BAD_REQUEST),
        (Some("text/plain"), "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (None, "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("application/json"), grande.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for ruta in RUTAS {
        for (tipo, cuerpo, estado) in casos {
            let respuesta = enviar(&entorno, ruta, tipo, cuerpo).await;
            assert_eq!(respuesta.estado, estado, "{ruta} {tipo:?}");
            respuesta.codigo();
        }
    }
    assert_eq!(entorno.buzon.mensajes(), vec![]);
}

#[tokio::test]
async fn un_json_muy_hondo_no_tumba_la_puerta() {
    let entorno = Entorno::nuevo().await;
    let respuesta = enviar(&entorno, CREAR, Some("application/json"), &"[".repeat(100_000)).await;
    assert_eq!(respuesta.estado, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_un_cuerpo_vacio_le_faltan_todos_los_campos_obligatorios() {
    let anidados = [
        "cliente.cedula.numero",
        "cliente.codigo",
        "cliente.email",
        "cliente.nombre.apellidos",
        "cliente.nombre.nombres",
        "cliente.rut.numero",
        "cliente.usuario",
        "plan.codigo",
    ];
    rechazar(CREAR, &json!({}), &anidados).await;
    let planos = [
        "cliente_apellidos",
        "cliente_cedula",
        "cliente_codigo",
        "cliente_email",
        "cliente_nombres",
        "cliente_rut",
        "cliente_usuario",
        "plan_codigo",
    ];
    rechazar(RUTAS[1], &json!({}), &planos).await;
    rechazar(RUTAS[2], &json!({}), &["id_suscripcion", "motivo"]).await;
    let pago = ["factura_numero", "id_suscripcion", "medio_pago", "moneda", "monto"];
    rechazar(RUTAS[3], &json!({}), &pago).await;
    let servicio = ["cliente_codigo", "dataset.codigo", "nube.codigo", "plan_codigo", "suscripcion.codigo"];
    rechazar(RUTAS[4], &json!({}), &servicio).await;
    rechazar(RUTAS[5], &json!({}), &["especialidad", "id_suscripcion"]).await;
    rechazar(RUTAS[6], &json!({}), &["id_suscripcion"]).await;
    rechazar(RUTAS[7], &json!({}), &["id_suscripcion", "motivo"]).await;
    rechazar(RUTAS[8], &json!({}), &["codigo_cliente", "id_suscripcion", "plantilla"]).await;
    rechazar(RUTAS[9], &json!({}), &["id_suscripcion", "plan_codigo"]).await;
}

#[tokio::test]
async fn cada_campo_mal_escrito_se_nombra_en_la_misma_respuesta() {
    let mut cuerpo = anidado();
    cuerpo["cliente"]["codigo"] = json!("../0001");
    cuerpo["cliente"]["nombre"]["nombres"] = json!(7);
    cuerpo["cliente"]["rut"]["numero"] = json!(1.5);
    cuerpo["cliente"]["cedula"]["numero"] = json!(-3);
    cuerpo["cliente"]["email"] = json!("pperez");
    cuerpo["plan"]["codigo"] = json!("x".repeat(65));
    cuerpo["id_suscripcion"] = json!("no-es-uuid");
    let campos = [
        "cliente.cedula.numero",
        "cliente.codigo",
        "cliente.email",
        "cliente.nombre.nombres",
        "cliente.rut.numero",
        "id_suscripcion",
        "plan.codigo",
    ];
    rechazar(CREAR, &cuerpo, &campos).await;
}

#[tokio::test]
async fn un_campo_de_otro_tipo_cuenta_como_invalido() {
    for mal in [json!("texto"), json!([]), json!(true), json!(null)] {
        let mut cuerpo = anidado();
        cuerpo["cliente"]["nombre"] = mal;
        rechazar(CREAR, &cuerpo, &["cliente.nombre.apellidos", "cliente.nombre.nombres"]).await;
    }
}

#[tokio::test]
async fn un_campo_desconocido_no_se_ignora() {
    let mut cuerpo = anidado();
    cuerpo["cliente"]["clave"] = json!("x");
    cuerpo["inquilino"] = json!("otro");
    rechazar(CREAR, &cuerpo, &["cliente.clave", "inquilino"]).await;
}

#[tokio::test]
async fn mezclar_las_dos_formas_es_un_error() {
    let mut cuerpo = plano();
    cuerpo["plan"] = json!({"codigo": "pro"});
    rechazar(CREAR, &cuerpo, &["plan"]).await;
}

#[tokio::test]
async fn unas_facturas_que_se_perderian_no_se_aceptan() {
    let mut cuerpo = anidado();
    cuerpo["facturas"] = json!([{"numero": "F-1"}]);
    rechazar(CREAR, &cuerpo, &["facturas"]).await;
}

#[tokio::test]
async fn un_pago_exige_un_importe_exacto() {
    for monto in [json!(150_000), json!(150_000.5), json!("0.00"), json!("-1.00"), json!("1,50"), json!("1.005")] {
        let cuerpo = json!({
            "id_suscripcion": ID, "factura_numero": "F-1", "monto": monto, "moneda": "cop", "medio_pago": "tarjeta",
        });
        rechazar("/suscripciones/pagar-comando", &cuerpo, &["moneda", "monto"]).await;
    }
}

#[tokio::test]
async fn los_datos_de_una_notificacion_son_textos() {
    let cuerpo = json!({
        "codigo_cliente": "0001", "id_suscripcion": ID, "plantilla": "Mayúscula", "datos": {"plan": 1},
    });
    rechazar("/notificaciones/enviar-comando", &cuerpo, &["datos.plan", "plantilla"]).await;
}

#[tokio::test]
async fn los_datos_de_una_notificacion_tienen_un_limite() {
    let datos: Map<String, Value> = (0..20).map(|i| (format!("clave-{i}"), json!("x".repeat(500)))).collect();
    let cuerpo = json!({"codigo_cliente": "0001", "id_suscripcion": ID, "plantilla": "aviso", "datos": datos});
    rechazar("/notificaciones/enviar-comando", &cuerpo, &["datos"]).await;
}

#[tokio::test]
async fn un_texto_no_lleva_saltos_de_linea() {
    let mut cuerpo = anidado();
    cuerpo["cliente"]["nombre"]["nombres"] = json!("Pablo\r\nBcc: otro@domain.com");
    rechazar(CREAR, &cuerpo, &["cliente.nombre.nombres"]).await;
}

#[tokio::test]
async fn un_error_no_repite_lo_que_el_cliente_escribio() {
    let entorno = Entorno::nuevo().await;
    let mut cuerpo = anidado();
    cuerpo["cliente"]["email"] = json!("dato-personal");
    let respuesta = entorno.publicar(CREAR, &cuerpo).await;
    assert!(!respuesta.texto.contains("dato-personal"));
    let roto = enviar(&entorno, CREAR, Some("application/json"), "{\"email\": dato-personal}").await;
    assert!(!roto.texto.contains("dato-personal"));
}

#[tokio::test]
async fn otro_metodo_y_otra_ruta_son_problemas() {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.obtener(CREAR).await;
    assert_eq!(
        (respuesta.estado, respuesta.codigo().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "metodo_no_permitido")
    );
    let respuesta = entorno.obtener("/no-existe").await;
    assert_eq!((respuesta.estado, respuesta.codigo().as_str()), (StatusCode::NOT_FOUND, "ruta_no_encontrada"));
    let respuesta = entorno.obtener("/procesamiento/no-existe").await;
    assert_eq!((respuesta.estado, respuesta.codigo().as_str()), (StatusCode::NOT_FOUND, "ruta_no_encontrada"));
}
