use cifrado::{Cifrador, ClaveEnvuelta};
use contratos::ComandoAnonimizarImagen;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::banco::{ANTECEDENTES, Banco, MAESTRA, PACIENTE, contiene, cuerpo, decodificado};

const OPERACION: &str = "01932f00-0000-7000-8000-000000000001";
const OTRA: &str = "01932f00-0000-7000-8000-000000000002";

#[sqlx::test(migrations = false)]
async fn una_imagen_recibida_sale_como_comando_sin_datos_personales(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;

    let respuesta = banco.enviar(&cuerpo(), &[("x-operacion-id", OPERACION)]).await;

    assert_eq!(respuesta.estado, 202, "{}", respuesta.cuerpo);
    assert_eq!(respuesta.texto("operacion"), OPERACION);
    let id = respuesta.texto("id_imagen");
    assert_eq!(respuesta.cabeceras["location"], format!("/anonimizado/{id}"));
    let saliente = banco.salientes::<ComandoAnonimizarImagen>(1).await.remove(0);
    let comando = decodificado::<ComandoAnonimizarImagen>(&saliente);
    assert_eq!(comando.cabecera.id.to_string(), OPERACION);
    assert_eq!(comando.cabecera.asunto.as_deref(), Some(id));
    assert_eq!(comando.cabecera.inquilino.as_deref(), Some("publico"));
    assert_eq!(comando.cabecera.huella, Some(contratos::huella(&cuerpo())));
    assert_eq!(comando.datos.modalidad.as_deref(), Some("RX"));
    assert_eq!(comando.datos.fecha_ingesta.as_deref(), Some("2024-02-01 09:10:00"));
    assert_eq!(comando.datos.id_paciente.map(|seudonimo| seudonimo.len()), Some(24));
    assert_eq!(comando.datos.antecedentes, None);
    assert!(!contiene(&saliente.carga, PACIENTE) && !contiene(&saliente.carga, ANTECEDENTES));
}

#[sqlx::test(migrations = false)]
async fn la_base_guarda_el_seudonimo_y_los_antecedentes_cifrados(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;

    let respuesta = banco.enviar(&cuerpo(), &[]).await;

    let volcado: String = sqlx::query_scalar(
        "select concat(i::text, a::text, encode(a.cifrado, 'escape')) from imagen i join antecedentes a on a.imagen = i.id",
    )
    .fetch_one(&banco.pool)
    .await
    .expect("reads");
    assert!(!volcado.contains(PACIENTE) && !volcado.contains("penicilina"), "{volcado}");
    let fila = sqlx::query("select clave, cifrado from antecedentes").fetch_one(&banco.pool).await.expect("reads");
    let cifrador = Cifrador::nuevo(&SecretString::from(MAESTRA)).expect("a key");
    let contexto = format!("antecedentes:{}", respuesta.texto("id_imagen"));
    let clave = ClaveEnvuelta::from(fila.get::<Vec<u8>, _>("clave"));
    let claro = cifrador.descifrar(&clave, fila.get("cifrado"), contexto.as_bytes());
    assert_eq!(claro.expect("opens").as_slice(), ANTECEDENTES.as_bytes());
}

#[sqlx::test(migrations = false)]
async fn los_antecedentes_son_opcionales_y_el_id_de_imagen_puede_venir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut sin = cuerpo();
    sin["antecedentes"] = Value::Null;
    sin["id_paciente"] = json!(123_457_890);
    sin["id_imagen"] = json!(OTRA);

    let respuesta = banco.enviar(&sin, &[]).await;

    assert_eq!(respuesta.texto("id_imagen"), OTRA);
    assert_eq!(banco.contar("antecedentes").await, 0);
}

#[sqlx::test(migrations = false)]
async fn todos_los_campos_que_no_valen_se_nombran_a_la_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let malo = json!({
        "id_imagen": "uno", "modalidad": 3, "patologia": "x".repeat(201), "formato_imagen": " ",
        "fuente_de_datos": "a\u{1}b", "antecedentes": [], "id_paciente": {}, "fecha_ingesta": "ayer",
    });

    let respuesta = banco.enviar(&malo, &[]).await;

    respuesta.es_problema(422, "campos_invalidos");
    let errores = respuesta.cuerpo["errors"].as_array().expect("a list");
    let mut vistos: Vec<_> =
        errores.iter().map(|e| (e["campo"].as_str().expect("a text"), e["motivo"].as_str().expect("a text"))).collect();
    vistos.sort_unstable();
    let esperados = [
        ("antecedentes", "debe ser un texto"),
        ("fecha_ingesta", "debe ser una fecha como 2024-02-01 09:10:00"),
        ("formato_imagen", "es obligatorio"),
        ("fuente_de_datos", "contiene caracteres de control"),
        ("id_imagen", "debe ser un UUID"),
        ("id_paciente", "debe ser un texto o un número entero"),
        ("modalidad", "debe ser un texto"),
        ("patologia", "debe ser un texto de 200 caracteres como máximo"),
        ("region_anatomica", "es obligatorio"),
    ];
    assert_eq!(vistos, esperados);
    assert_eq!(banco.contar("imagen").await, 0);
}

#[sqlx::test(migrations = false)]
async fn repetir_la_operacion_da_la_misma_respuesta_sin_otro_efecto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cabeceras = [("x-operacion-id", OPERACION)];
    let primera = banco.enviar(&cuerpo(), &cabeceras).await;

    let segunda = banco.enviar(&cuerpo(), &cabeceras).await;

    assert_eq!((segunda.estado, &segunda.cuerpo), (primera.estado, &primera.cuerpo));
    assert!(!primera.cabeceras.contains_key("idempotent-replayed"));
    assert_eq!(segunda.cabeceras["idempotent-replayed"], "true");
    assert_eq!(banco.contar("imagen").await, 1);
    banco.publicados::<ComandoAnonimizarImagen>(1).await;
}

#[sqlx::test(migrations = false)]
async fn la_misma_operacion_para_otra_peticion_es_422(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (huella, otra) = ("a".repeat(64), "b".repeat(64));
    banco.enviar(&cuerpo(), &[("x-operacion-id", OPERACION), ("x-huella", &huella)]).await;

    let respuesta = banco.enviar(&cuerpo(), &[("x-operacion-id", OPERACION), ("x-huella", &otra)]).await;

    respuesta.es_problema(422, "idempotency_key_reused");
    assert_eq!(banco.contar("imagen").await, 1);
}

#[sqlx::test(migrations = false)]
async fn dos_envios_a_la_vez_de_una_operacion_hacen_una_imagen(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cabeceras = [("x-operacion-id", OPERACION)];
    let enviado = cuerpo();
    let enviar = || banco.enviar(&enviado, &cabeceras);

    let respuestas = tokio::join!(enviar(), enviar(), enviar(), enviar());

    let respuestas = [respuestas.0, respuestas.1, respuestas.2, respuestas.3];
    assert!(respuestas.iter().all(|r| r.estado == 202 && r.cuerpo == respuestas[0].cuerpo));
    let nuevas = respuestas.iter().filter(|r| !r.cabeceras.contains_key("idempotent-replayed"));
    assert_eq!(nuevas.count(), 1);
    assert_eq!(banco.contar("imagen").await, 1);
}

#[sqlx::test(migrations = false)]
async fn la_clave_de_idempotencia_vale_dentro_de_su_inquilino(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let con = |inquilino| [("idempotency-key", "clave-1"), ("x-inquilino", inquilino)];
    let uno = banco.enviar(&cuerpo(), &con("uno")).await;

    let repetida = banco.enviar(&cuerpo(), &con("uno")).await;
    let dos = banco.enviar(&cuerpo(), &con("dos")).await;

    assert_eq!(repetida.cuerpo, uno.cuerpo);
    assert_ne!(dos.texto("id_imagen"), uno.texto("id_imagen"));
    assert_eq!(banco.contar("imagen").await, 2);
}

#[sqlx::test(migrations = false)]
async fn un_id_de_imagen_ocupado_es_409(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut con_id = cuerpo();
    con_id["id_imagen"] = json!(OTRA);
    banco.enviar(&con_id, &[]).await;

    banco.enviar(&con_id, &[]).await.es_problema(409, "imagen_ya_existe");
}

#[sqlx::test(migrations = false)]
async fn dos_inquilinos_no_comparten_el_seudonimo_de_un_paciente(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for inquilino in ["uno", "uno", "dos"] {
        banco.enviar(&cuerpo(), &[("x-inquilino", inquilino)]).await;
    }

    let seudonimos: Vec<String> = sqlx::query_scalar("select paciente from imagen order by inquilino")
        .fetch_all(&banco.pool)
        .await
        .expect("reads");

    assert_ne!(seudonimos[0], seudonimos[1]);
    assert_eq!(seudonimos[1], seudonimos[2]);
}

#[sqlx::test(migrations = false)]
async fn una_cabecera_ilegible_es_400(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let largo = "x".repeat(65);
    for (nombre, valor) in [("x-operacion-id", "uno"), ("x-huella", "corta"), ("x-inquilino", &largo)] {
        banco.enviar(&cuerpo(), &[(nombre, valor)]).await.es_problema(400, "cabecera_invalida");
    }
}

#[sqlx::test(migrations = false)]
async fn sin_base_de_datos_la_respuesta_es_503_y_se_puede_repetir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.pool.close().await;

    let respuesta = banco.enviar(&cuerpo(), &[("x-operacion-id", &Uuid::nil().to_string())]).await;

    respuesta.es_problema(503, "almacen_no_disponible");
    assert_eq!(respuesta.cabeceras["retry-after"], "2");
}
