use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};

const RUTA: &str = "/suscripciones/suscripcion-comando";

/// Sends raw bytes and answers status and problem.
async fn enviar(sistema: &Sistema, tipo: &str, cuerpo: Vec<u8>) -> (StatusCode, Value) {
    let url = format!("{}{RUTA}", sistema.proceso("bff-web").url());
    let respuesta =
        Client::new().post(url).header(header::CONTENT_TYPE, tipo).body(cuerpo).send().await.expect("respuesta");
    let estado = respuesta.status();
    let contenido = respuesta.headers()[header::CONTENT_TYPE].to_str().expect("tipo").to_owned();
    assert!(contenido.starts_with("application/problem+json"), "{contenido}");
    (estado, respuesta.json().await.expect("problema"))
}

/// How many commands the topic has taken, ever.
async fn publicados(sistema: &Sistema) -> i64 {
    let tema = contratos::temas::por_tipo("ComandoCrearSuscripcion").expect("tema").nombre;
    let url = format!("{}/admin/v2/persistent/public/default/{tema}/stats", sistema.url_admin());
    let datos: Value = Client::new().get(url).send().await.expect("stats").json().await.expect("json");
    datos["msgInCounter"].as_i64().expect("contador")
}

#[tokio::test]
async fn una_entrada_invalida_se_explica_y_no_publica_nada() {
    let sistema = Sistema::tomar().await;
    let antes = publicados(&sistema).await;
    let texto = |valor: Value| valor.to_string().into_bytes();
    let vacio = json!({"cliente": {}, "plan": {}});
    let casos: Vec<(&str, Vec<u8>, StatusCode)> = vec![
        ("application/json", b"{\"cliente\": ".to_vec(), StatusCode::BAD_REQUEST),
        ("text/plain", texto(cuerpo_suscripcion("x", "pro")), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", texto(vacio), StatusCode::UNPROCESSABLE_ENTITY),
        (
            "application/json",
            texto(cuerpo_suscripcion(&cliente_nuevo(), "no_existe")),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("application/json", vec![b' '; 2 * 1024 * 1024], StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (tipo, cuerpo, esperado) in casos {
        let (estado, problema) = enviar(&sistema, tipo, cuerpo).await;
        assert_eq!(estado, esperado, "{problema:#}");
    }
    assert_eq!(publicados(&sistema).await, antes);
}

#[tokio::test]
async fn cada_campo_invalido_se_nombra() {
    let sistema = Sistema::tomar().await;
    let malo = json!({"cliente": {"codigo": 7, "nombre": {"nombres": "P"}, "email": "sin-arroba"}, "plan": {}});
    let (_, problema) = enviar(&sistema, "application/json", malo.to_string().into_bytes()).await;
    let errores = problema["errors"].to_string();
    for campo in ["cliente.codigo", "cliente.nombre.apellidos", "cliente.usuario", "cliente.email", "plan.codigo"] {
        assert!(errores.contains(campo), "{campo} no se nombra en {errores}");
    }
}

#[tokio::test]
async fn una_operacion_inventada_no_existe() {
    let sistema = Sistema::tomar().await;
    let aceptada = sistema.publicar(RUTA, &cuerpo_suscripcion(&cliente_nuevo(), "basico")).await;
    let lugar = aceptada.cabecera("location").to_owned();
    sistema.recursos(&lugar).await;
    let falsa = format!("{}x", &lugar[..lugar.len() - 1]);
    assert_eq!(sistema.leer(&falsa).await.estado, StatusCode::NOT_FOUND);
}
