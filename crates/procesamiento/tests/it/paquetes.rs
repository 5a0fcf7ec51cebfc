//! Packets in a ZIP.

use std::io::{Cursor, Write};

use contratos::ComandoAnonimizarImagen;
use pruebas::{Identidad, imagen_dicom};
use sqlx::PgPool;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::banco::{Banco, contiene};

const RUTA: &str = "/procesamiento/procesar-imagen";

fn zip(archivos: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (nombre, contenido) in archivos {
        zip.start_file(*nombre, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(contenido).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

fn imagen(sello: &str) -> Vec<u8> {
    imagen_dicom(&Identidad::canario(sello))
}

#[sqlx::test(migrations = false)]
async fn un_zip_es_una_operacion_con_sus_imagenes_y_cuenta_lo_demas(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (una, otra) = (imagen("a1"), imagen("a2"));
    let paquete =
        zip(&[("Perez^Ana/1.dcm", &una), ("LEEME.txt", b"de Ana Perez"), ("vacio", b""), ("../../2.dcm", &otra)]);

    let respuesta = banco.enviar_bytes(RUTA, "application/zip", paquete, &[]).await;

    assert_eq!(respuesta.estado, 202, "{}", respuesta.cuerpo);
    let mut originales = banco.objetos("cuarentena");
    originales.sort();
    let mut esperados = vec![una, otra];
    esperados.sort();
    assert_eq!(originales, esperados);
    assert_eq!(banco.contar("paquete where omitidos = 2").await, 1);
    banco.publicados::<ComandoAnonimizarImagen>(2).await;
    let volcado = banco.volcado().await;
    assert!(!contiene(&volcado, "Perez") && !contiene(&volcado, "CANARIO"));
}

#[sqlx::test(migrations = false)]
async fn un_zip_que_no_se_puede_tomar_se_rechaza_sin_dejar_rastro(pool: PgPool) {
    let limites = [
        ("paquete_maximo_archivos = 2000", "paquete_maximo_archivos = 3"),
        ("expansion_maxima = 100", "expansion_maxima = 20"),
    ];
    let banco = Banco::con(pool, &limites).await;
    let imagen = imagen("a1");
    let bomba = [imagen.clone(), vec![0; 4 * 1024 * 1024]].concat();
    let muchos = zip(&[("1", &imagen), ("2", b"x"), ("3", b"x"), ("4", b"x")]);
    let mut roto = zip(&[("1", &imagen)]);
    roto.truncate(roto.len() - 10);
    for (paquete, estado, codigo) in [
        (zip(&[("1", &imagen), ("2", &bomba)]), 413, "expansion_excesiva"),
        (muchos, 413, "demasiados_archivos"),
        (roto, 422, "zip_invalido"),
        (zip(&[("1", b"nada")]), 422, "paquete_vacio"),
    ] {
        banco.enviar_bytes(RUTA, "application/zip", paquete, &[]).await.es_problema(estado, codigo);
    }
    assert_eq!((banco.contar("imagen").await, banco.objetos("cuarentena").len()), (0, 0));
}
