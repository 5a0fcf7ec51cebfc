//! Files that are cleaned, in real child processes.

use std::time::{Duration, SystemTime};

use contratos::{ComandoAnonimizarImagen, EventoAnonimizacion, EventoAnonimizacionFallida, Saliente};
use mensajeria::Desenlace;
use pruebas::{Identidad, esperar, imagen_dicom};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::banco::{Banco, contiene};

const RUTA: &str = "/procesamiento/procesar-imagen";
const PLAZO: Duration = Duration::from_secs(30);

fn imagen(sello: &str) -> Vec<u8> {
    imagen_dicom(&Identidad::canario(sello))
}

/// Takes one file in and gives its command to the consumer; answers the image's id.
async fn limpiar(banco: &Banco, archivo: Vec<u8>) -> Uuid {
    let (id, comando) = recibir(banco, archivo).await;
    assert_eq!(banco.consumir(&[comando]).await.expect("handled"), [Desenlace::Hecho]);
    id
}

async fn recibir(banco: &Banco, archivo: Vec<u8>) -> (Uuid, Saliente) {
    let recibida = banco.enviar_bytes(RUTA, "application/dicom", archivo, &[]).await;
    assert_eq!(recibida.estado, 202, "{}", recibida.cuerpo);
    let id = recibida.cuerpo["imagenes"][0]["id_imagen"].as_str().expect("an id").to_owned();
    let comando = esperar("the command", PLAZO, async || {
        let comandos = banco.salientes::<ComandoAnonimizarImagen>(1).await;
        comandos.into_iter().find(|comando| comando.clave == id)
    });
    (Uuid::try_parse(&id).expect("a uuid"), comando.await)
}

async fn estado(banco: &Banco, id: Uuid) -> Value {
    banco.leer(&format!("/anonimizado/{id}"), &[]).await.cuerpo
}

async fn sin_originales(banco: &Banco) {
    esperar("the originals are gone", PLAZO, async || banco.objetos("cuarentena").is_empty().then_some(())).await;
}

#[sqlx::test(migrations = false)]
async fn un_dicom_sale_limpio_y_su_original_desaparece(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;

    let id = limpiar(&banco, imagen("a1")).await;

    let vista = estado(&banco, id).await;
    assert_eq!(
        (&vista["estado"], &vista["modalidad"], &vista["perfil"]),
        (&json!("anonimizada"), &json!("CT"), &json!("basico-v1")),
        "{vista}"
    );
    let limpios = banco.objetos("limpio");
    assert_eq!(limpios.len(), 1);
    assert_eq!(&limpios[0][128..132], b"DICM");
    let evento = banco.publicados::<EventoAnonimizacion>(1).await.remove(0);
    let sha256 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &limpios[0]);
    assert_eq!(evento.datos.digest, Some(hex::encode(sha256.as_ref())));
    assert!(evento.datos.retirados.is_some_and(|cuentas| cuentas.values().sum::<i64>() > 1));
    sin_originales(&banco).await;
    assert!(!contiene(&banco.volcado().await, "CANARIO"));
}

#[sqlx::test(migrations = false)]
async fn el_mismo_comando_dos_veces_hace_una_imagen_limpia_y_un_hecho(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (id, comando) = recibir(&banco, imagen("a1")).await;

    let desenlaces = banco.consumir(&[comando.clone(), comando.clone()]).await.expect("handled");
    let tercero = banco.consumir(&[comando]).await.expect("handled");

    assert_eq!((desenlaces, tercero), (vec![Desenlace::Hecho; 2], vec![Desenlace::Hecho]));
    assert_eq!(estado(&banco, id).await["estado"], "anonimizada");
    assert_eq!(banco.objetos("limpio").len(), 1);
    banco.publicados::<EventoAnonimizacion>(1).await;
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_se_puede_leer_queda_en_cuarentena_con_su_motivo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut truncada = imagen("a1");
    truncada.truncate(700);

    let id = limpiar(&banco, truncada).await;

    assert_eq!(estado(&banco, id).await, json!({ "id_imagen": id, "estado": "cuarentena" }));
    let evento = banco.publicados::<EventoAnonimizacionFallida>(1).await.remove(0);
    assert_eq!(evento.datos.id_imagen, Some(id.to_string()));
    assert!(evento.datos.codigo.is_some_and(|codigo| !codigo.is_empty()));
    assert_eq!((banco.objetos("cuarentena").len(), banco.objetos("limpio").len()), (1, 0));
    assert!(!contiene(&banco.volcado().await, "CANARIO"));
}

#[sqlx::test(migrations = false)]
async fn un_archivo_que_mata_a_su_proceso_no_toca_a_sus_vecinos(pool: PgPool) {
    let banco = Banco::con(pool, &[("memoria_mib = 2048", "memoria_mib = 64")]).await;
    let enorme = [imagen("a1"), vec![0; 80 * 1024 * 1024]].concat();
    let (asesina, una) = recibir(&banco, enorme).await;
    let (vecina, otra) = recibir(&banco, imagen("a2")).await;

    let desenlaces = banco.consumir(&[una, otra]).await.expect("handled");

    assert_eq!(desenlaces, [Desenlace::Hecho, Desenlace::Hecho]);
    assert_eq!(estado(&banco, asesina).await["estado"], "cuarentena");
    assert_eq!(estado(&banco, vecina).await["estado"], "anonimizada");
    let evento = banco.publicados::<EventoAnonimizacionFallida>(1).await.remove(0);
    assert_eq!(evento.datos.codigo.as_deref(), Some("memoria_agotada"));
}

#[sqlx::test(migrations = false)]
async fn sin_su_original_una_imagen_falla_para_siempre(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (id, comando) = recibir(&banco, imagen("a1")).await;
    banco.vaciar("cuarentena");

    assert_eq!(banco.consumir(&[comando]).await.expect("handled"), [Desenlace::Hecho]);

    assert_eq!(estado(&banco, id).await["estado"], "fallida");
    let evento = banco.publicados::<EventoAnonimizacionFallida>(1).await.remove(0);
    assert_eq!(evento.datos.codigo.as_deref(), Some("original_perdido"));
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_es_de_ninguna_imagen_se_borra_cuando_tiene_una_hora(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    recibir(&banco, imagen("a1")).await;
    let ahora = SystemTime::from(contratos::ahora());
    let antiguo = ahora - Duration::from_secs(2 * 3600);
    for (nombre, desde) in [("huerfano-viejo", antiguo), ("huerfano-nuevo", ahora)] {
        banco.abandonar("cuarentena", nombre, desde);
        banco.abandonar("limpio", nombre, desde);
    }

    banco.abandonar("cuarentena", "../temporales/cortado#1", antiguo);

    let barridos = banco.barrer_huerfanos().await;

    assert_eq!(barridos, 2);
    assert_eq!((banco.objetos("cuarentena").len(), banco.objetos("limpio").len()), (2, 1));
}
