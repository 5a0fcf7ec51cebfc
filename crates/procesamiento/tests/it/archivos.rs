//! Files that come in: alone, in a form, from a PACS.

use contratos::ComandoAnonimizarImagen;
use pruebas::{Identidad, imagen_dicom};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::banco::{ANTECEDENTES, Banco, PACIENTE, contiene, decodificado};

const RUTA: &str = "/procesamiento/procesar-imagen";
const OPERACION: &str = "01932f00-0000-7000-8000-000000000001";
const FORMULARIO: &str = "multipart/form-data; boundary=LIMITE";
const RELACIONADO: &str = "multipart/related; type=\"application/dicom\"; boundary=LIMITE";

/// Parts of a form: name, file name, content.
fn formulario(partes: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut cuerpo = Vec::new();
    for (nombre, archivo, contenido) in partes {
        let archivo = archivo.map(|archivo| format!("; filename=\"{archivo}\"")).unwrap_or_default();
        cuerpo
            .extend(format!("--LIMITE\r\nContent-Disposition: form-data; name=\"{nombre}\"{archivo}\r\n\r\n").bytes());
        cuerpo.extend_from_slice(contenido);
        cuerpo.extend(b"\r\n");
    }
    cuerpo.extend(b"--LIMITE--\r\n");
    cuerpo
}

fn relacionado(partes: &[&[u8]]) -> Vec<u8> {
    let mut cuerpo = Vec::new();
    for parte in partes {
        cuerpo.extend(b"--LIMITE\r\nContent-Type: application/dicom\r\n\r\n");
        cuerpo.extend_from_slice(parte);
        cuerpo.extend(b"\r\n");
    }
    cuerpo.extend(b"--LIMITE--");
    cuerpo
}

fn imagen(sello: &str) -> Vec<u8> {
    imagen_dicom(&Identidad::canario(sello))
}

async fn manifiesto(banco: &Banco, operacion: &str) -> Value {
    banco.leer(&format!("/interno/operaciones/ComandoAnonimizarImagen/{operacion}"), &[]).await.cuerpo
}

#[sqlx::test(migrations = false)]
async fn un_dicom_queda_en_cuarentena_y_su_comando_solo_lo_nombra(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;

    let respuesta = banco.enviar_bytes(RUTA, "application/dicom", imagen("a1"), &[("x-operacion-id", OPERACION)]).await;

    assert_eq!(respuesta.estado, 202, "{}", respuesta.cuerpo);
    assert_eq!(banco.objetos("cuarentena"), [imagen("a1")]);
    let comando = decodificado::<ComandoAnonimizarImagen>(&banco.salientes::<ComandoAnonimizarImagen>(1).await[0]);
    assert_eq!(comando.datos.perfil.as_deref(), Some("basico-v1"));
    assert_eq!(comando.datos.formato_imagen.as_deref(), Some("DICOM"));
    assert!(comando.datos.referencia.is_some());
    let manifiesto = manifiesto(&banco, OPERACION).await;
    assert_eq!(manifiesto["estado"], "en_proceso");
    let imagenes = json!([{ "id_imagen": respuesta.cuerpo["imagenes"][0]["id_imagen"], "posicion": 0,
                            "estado": "pendiente", "codigo": null }]);
    assert_eq!(manifiesto["recursos"], json!({ "imagenes": imagenes, "omitidos": 0 }));
    assert!(!contiene(&banco.volcado().await, "CANARIO"));
}

#[sqlx::test(migrations = false)]
async fn un_formulario_trae_los_campos_y_las_imagenes_en_cualquier_orden(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (una, otra) = (imagen("a1"), imagen("a2"));
    let cuerpo = formulario(&[
        ("archivo", Some("Perez^Ana.dcm"), &una),
        ("modalidad", None, b"TAC"),
        ("id_paciente", None, PACIENTE.as_bytes()),
        ("antecedentes", None, ANTECEDENTES.as_bytes()),
        ("archivo", Some("otra.dcm"), &otra),
        ("patologia", None, b"nodulo"),
    ]);

    let respuesta = banco.enviar_bytes(RUTA, FORMULARIO, cuerpo, &[]).await;

    assert_eq!(respuesta.estado, 202, "{}", respuesta.cuerpo);
    assert_eq!(respuesta.cuerpo["imagenes"].as_array().map(Vec::len), Some(2));
    assert_eq!(banco.contar("imagen where modalidad = 'TAC' and patologia = 'nodulo' and con_antecedentes").await, 2);
    let volcado = banco.volcado().await;
    for dato in ["CANARIO", "Perez", PACIENTE, "penicilina"] {
        assert!(!contiene(&volcado, dato), "{dato}");
    }
}

#[sqlx::test(migrations = false)]
async fn los_campos_que_no_valen_se_nombran_y_no_queda_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cuerpo = formulario(&[("archivo", Some("a"), &imagen("a1")), ("fecha_ingesta", None, b"ayer")]);

    let respuesta = banco.enviar_bytes(RUTA, FORMULARIO, cuerpo, &[]).await;

    respuesta.es_problema(422, "campos_invalidos");
    assert_eq!(respuesta.cuerpo["errors"][0]["campo"], "fecha_ingesta");
    assert_eq!((banco.contar("imagen").await, banco.objetos("cuarentena").len()), (0, 0));
}

#[sqlx::test(migrations = false)]
async fn repetir_un_paquete_no_deja_otro_original(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cabeceras = [("x-operacion-id", OPERACION)];
    let primera = banco.enviar_bytes(RUTA, "application/dicom", imagen("a1"), &cabeceras).await;

    let segunda = banco.enviar_bytes(RUTA, "application/dicom", imagen("a1"), &cabeceras).await;
    let otra = banco.enviar_bytes(RUTA, "application/dicom", imagen("a2"), &cabeceras).await;

    assert_eq!((segunda.estado, &segunda.cuerpo), (primera.estado, &primera.cuerpo));
    assert_eq!(segunda.cabeceras["idempotent-replayed"], "true");
    otra.es_problema(422, "idempotency_key_reused");
    assert_eq!((banco.contar("imagen").await, banco.objetos("cuarentena").len()), (1, 1));
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_es_una_imagen_o_no_cabe_se_rechaza_sin_dejar_rastro(pool: PgPool) {
    let limites = [
        ("archivo_maximo_bytes = 268435456", "archivo_maximo_bytes = 4096"),
        ("paquete_maximo_bytes = 536870912", "paquete_maximo_bytes = 10000"),
        ("paquete_maximo_archivos = 2000", "paquete_maximo_archivos = 2"),
    ];
    let banco = Banco::con(pool, &limites).await;
    let imagen = imagen("a1");
    let grande = [imagen.clone(), vec![0; 4096]].concat();
    let muchas = formulario(&[("a", Some("a"), &imagen), ("a", Some("b"), &imagen), ("a", Some("c"), &imagen)]);
    let casos: [(&str, Vec<u8>, u16, &str); 9] = [
        ("application/dicom", b"%PDF-1.7".to_vec(), 415, "formato_no_admitido"),
        ("application/dicom", Vec::new(), 415, "formato_no_admitido"),
        ("text/html", imagen.clone(), 415, "tipo_de_contenido_no_admitido"),
        ("application/dicom", grande, 413, "archivo_demasiado_grande"),
        ("application/zip", [b"PK\x03\x04".to_vec(), vec![0; 20_000]].concat(), 413, "cuerpo_demasiado_grande"),
        (FORMULARIO, muchas, 413, "demasiados_archivos"),
        (FORMULARIO, formulario(&[("modalidad", None, b"CT")]), 422, "paquete_vacio"),
        (FORMULARIO, b"--LIMITE\r\nContent-Disposition: form-data".to_vec(), 400, "multipart_invalido"),
        ("multipart/form-data", imagen, 400, "multipart_invalido"),
    ];
    for (tipo, cuerpo, estado, codigo) in casos {
        banco.enviar_bytes(RUTA, tipo, cuerpo, &[]).await.es_problema(estado, codigo);
    }
    assert_eq!((banco.contar("imagen").await, banco.contar("paquete").await), (0, 0));
    assert_eq!(banco.objetos("cuarentena").len(), 0);
}

#[sqlx::test(migrations = false)]
async fn un_pacs_envia_por_stow_y_la_respuesta_nombra_lo_que_tomo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (una, otra) = (imagen("a1"), imagen("a2"));
    let enviar =
        async |ruta: &str, partes: &[&[u8]]| banco.enviar_bytes(ruta, RELACIONADO, relacionado(partes), &[]).await;

    let entero = enviar("/dicomweb/studies", &[&una, &otra]).await;
    let a_medias = enviar("/dicomweb/studies/1.2.3", &[&una, b"no es dicom"]).await;
    let ninguno = enviar("/dicomweb/studies", &[b"no es dicom"]).await;

    assert_eq!([entero.estado, a_medias.estado, ninguno.estado].map(|e| e.as_u16()), [200, 202, 409]);
    assert_eq!(entero.cabeceras["content-type"], "application/dicom+json");
    let instancias: Vec<_> = entero.cuerpo["00081199"]["Value"]
        .as_array()
        .expect("a sequence")
        .iter()
        .map(|r| &r["00081155"]["Value"][0])
        .collect();
    assert_eq!(instancias, [&json!(Identidad::canario("a1").instancia), &json!(Identidad::canario("a2").instancia)]);
    assert_eq!(entero.cuerpo.get("0008119A"), None);
    assert_eq!(a_medias.cuerpo["0008119A"]["Value"][0]["00081197"]["Value"][0], 0xC000);
    assert_eq!(banco.contar("imagen").await, 3);
    assert!(!contiene(&banco.volcado().await, "CANARIO"));
}

#[sqlx::test(migrations = false)]
async fn stow_solo_toma_dicom_en_multipart_related(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for tipo in ["application/dicom", "multipart/related; type=\"application/dicom+json\"; boundary=LIMITE"] {
        let respuesta = banco.enviar_bytes("/dicomweb/studies", tipo, relacionado(&[&imagen("a1")]), &[]).await;
        respuesta.es_problema(415, "tipo_de_contenido_no_admitido");
    }
    let respuesta = banco.enviar_bytes("/dicomweb/studies/Perez", RELACIONADO, relacionado(&[]), &[]).await;
    respuesta.es_problema(404, "no_encontrado");
}
