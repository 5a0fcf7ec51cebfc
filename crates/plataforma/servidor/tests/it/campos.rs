use axum::response::IntoResponse;
use serde_json::{Value, json};
use servidor::{Campos, Problema};
use uuid::Uuid;

async fn cuerpo(problema: Problema) -> Value {
    let respuesta = problema.into_response();
    assert_eq!(respuesta.status(), 422);
    let bytes = axum::body::to_bytes(respuesta.into_body(), usize::MAX).await;
    serde_json::from_slice(&bytes.expect("the body ends")).expect("json")
}

async fn rechazos(campos: Campos<'_>) -> Vec<(String, String)> {
    let problema = campos.terminar().expect_err("fields are refused");
    let cuerpo = cuerpo(problema).await;
    let errores = cuerpo["errors"].as_array().expect("a list").clone();
    let texto = |e: &Value, k: &str| e[k].as_str().expect("a text").to_owned();
    errores.iter().map(|e| (texto(e, "puntero"), texto(e, "motivo"))).collect()
}

#[test]
fn lo_valido_se_lee_tal_cual() {
    let valor = json!({
        "nombre": { "propio": "  Ana " }, "rut": { "numero": 123_457_890 }, "nada": null,
        "id": "018f0000-0000-7000-8000-000000000000", "n": -3, "si": true,
        "mapa": { "a": "b" }, "lista": [1], "correo": "ana@sub.ejemplo.co", "blanco": "  ",
    });
    let mut c = Campos::de(&valor);

    assert_eq!(c.texto("nombre.propio"), "Ana");
    assert_eq!(c.texto_o_numero("rut.numero"), "123457890");
    assert_eq!(c.texto_o_numero("nombre.propio"), "Ana");
    assert_eq!(c.texto_opcional("nada"), None);
    assert_eq!(c.texto_opcional("blanco"), None);
    assert_eq!(c.texto_opcional("nombre.otro.mas"), None);
    assert_eq!(c.uuid_opcional("nada"), None);
    assert_eq!(c.uuid("id").get_version_num(), 7);
    assert_eq!(c.entero("n"), -3);
    assert_eq!(c.entero_opcional("nada"), None);
    assert_eq!(c.booleano_opcional("si"), Some(true));
    assert_eq!(c.mapa_textos_opcional("mapa").map(|m| m.len()), Some(1));
    assert_eq!(c.lista_opcional("lista"), Some(vec![json!(1)]));
    assert_eq!(c.correo("correo"), "ana@sub.ejemplo.co");
    assert!(c.terminar().is_ok());
}

#[tokio::test]
async fn cada_campo_mal_se_nombra_con_su_puntero_y_su_motivo() {
    let valor = json!({
        "a": 1, "b": { "c": [] }, "id": "x", "n": 1.5, "si": "true", "m": { "k": 1 },
        "l": {}, "correo": "ana@ejemplo", "largo": "x".repeat(501), "nulo": "a\u{0}b",
    });
    let mut c = Campos::de(&valor);
    assert_eq!(c.texto("a"), "");
    c.texto("falta.del~todo");
    c.texto_o_numero("b.c");
    assert_eq!(c.uuid("id"), Uuid::nil());
    c.entero("n");
    c.booleano_opcional("si");
    c.mapa_textos_opcional("m");
    c.lista_opcional("l");
    c.correo("correo");
    c.texto_opcional("largo");
    c.texto_opcional("nulo");
    c.invalido("propio", "no vale");
    c.invalido("propio", "ni así");

    let esperados = [
        ("/a", "debe ser un texto"),
        ("/falta/del~0todo", "es obligatorio"),
        ("/b/c", "debe ser un texto o un número entero"),
        ("/id", "debe ser un UUID"),
        ("/n", "debe ser un número entero"),
        ("/si", "debe ser verdadero o falso"),
        ("/m/k", "debe ser un texto de 500 caracteres como máximo"),
        ("/l", "debe ser una lista"),
        ("/correo", "debe ser una dirección de correo"),
        ("/largo", "debe ser un texto de 500 caracteres como máximo"),
        ("/nulo", "contiene caracteres de control"),
        ("/propio", "no vale"),
    ]
    .map(|(puntero, motivo)| (puntero.to_owned(), motivo.to_owned()));
    assert_eq!(rechazos(c).await, esperados);
}

#[test]
fn una_direccion_de_correo_necesita_local_y_dominio_con_punto() {
    for malo in ["ana", "@ejemplo.co", "ana@", "ana@.co", "ana@ejemplo.", "a b@ejemplo.co", "a@b@c.co"] {
        let valor = json!({ "correo": malo });
        let mut c = Campos::de(&valor);
        c.correo("correo");
        assert!(c.terminar().is_err(), "{malo}");
    }
}
