use std::collections::BTreeMap;
use std::path::PathBuf;

use notificaciones::aplicacion::puertos::{Contacto, Contenido, Plantillas, Variables};
use notificaciones::dominio::{CodigoCliente, CodigoRechazo, Desenlace, NombrePlantilla};
use notificaciones::infraestructura::PlantillasMinijinja;
use uuid::Uuid;

fn redactar(
    plantillas: &PlantillasMinijinja,
    nombre: &str,
    datos: &[(&str, &str)],
) -> Result<Contenido, CodigoRechazo> {
    let contacto = Contacto {
        nombres: "Pablo".to_owned(),
        apellidos: "Pérez <Prieto>".to_owned(),
        email: "pperez@domain.com".to_owned(),
    };
    let datos: BTreeMap<_, _> = datos.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect();
    let variables = Variables {
        contacto: &contacto,
        codigo_cliente: &CodigoCliente::try_from("0001".to_owned()).expect("code"),
        id_suscripcion: Some(Uuid::from_u128(5).into()),
        datos: &datos,
    };
    plantillas.redactar(&NombrePlantilla::try_from(nombre.to_owned()).expect("name"), &variables)
}

#[test]
fn cada_desenlace_tiene_su_correo() {
    let plantillas = PlantillasMinijinja::nuevas(None);
    for desenlace in [Desenlace::Activa, Desenlace::Completada, Desenlace::Rechazada, Desenlace::Cancelada] {
        let datos = [("plan_codigo", "pro"), ("motivo", "sin_experto")];
        let contenido = redactar(&plantillas, desenlace.plantilla(), &datos).expect("renders");
        let correo = format!("{}\n---\n{}\n---\n{}", contenido.asunto, contenido.texto, contenido.html);
        insta::assert_snapshot!(desenlace.plantilla(), correo);
        redactar(&plantillas, desenlace.plantilla(), &[]).expect("renders without data");
    }
}

#[test]
fn una_operacion_que_no_pudo_ser_tiene_su_correo() {
    let plantillas = PlantillasMinijinja::nuevas(None);
    for plantilla in ["cancelacion_rechazada", "cambio_rechazado"] {
        let datos = [("plan_codigo", "basico"), ("motivo", "sin_experto")];
        let contenido = redactar(&plantillas, plantilla, &datos).expect("renders");
        insta::assert_snapshot!(plantilla, format!("{}\n---\n{}", contenido.asunto, contenido.texto));
        redactar(&plantillas, plantilla, &[]).expect("renders without data");
    }
}

#[test]
fn un_cambio_de_plan_tiene_su_correo_y_dice_si_falta_pagarlo() {
    let plantillas = PlantillasMinijinja::nuevas(None);
    let pendiente = [("plan_codigo", "pro"), ("factura_estado", "pendiente")];
    let contenido = redactar(&plantillas, "plan_cambiado", &pendiente).expect("renders");
    insta::assert_snapshot!("plan_cambiado", format!("{}\n---\n{}", contenido.asunto, contenido.texto));
    assert!(contenido.html.contains("pendiente de pago"));
    let pagado = redactar(&plantillas, "plan_cambiado", &pendiente[..1]).expect("renders");
    assert!(!pagado.texto.contains("factura") && !pagado.html.contains("factura"), "{}", pagado.texto);
}

#[test]
fn los_valores_se_escapan_solo_en_html() {
    let contenido = redactar(&PlantillasMinijinja::nuevas(None), "suscripcion_activa", &[]).expect("renders");
    assert!(contenido.texto.contains("Pérez <Prieto>"));
    assert!(contenido.html.contains("Pérez &lt;Prieto&gt;"));
    let ajeno = [("plan_nombre", "<b>PRO</b>")];
    let contenido = redactar(&PlantillasMinijinja::nuevas(None), "suscripcion_activa", &ajeno).expect("renders");
    assert!(contenido.texto.contains("plan <b>PRO</b> ya"), "{}", contenido.texto);
    assert!(contenido.html.contains("plan &lt;b&gt;PRO&lt;"), "{}", contenido.html);
}

#[test]
fn una_plantilla_nueva_es_solo_datos() {
    let carpeta = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(contratos::id_nuevo().to_string());
    std::fs::create_dir_all(&carpeta).expect("folder");
    let plantillas = PlantillasMinijinja::nuevas(Some(&carpeta));
    assert_eq!(redactar(&plantillas, "recordatorio", &[]).err(), Some(CodigoRechazo::PlantillaDesconocida));
    for (parte, texto) in [("asunto", "Hola\r\nBcc: x@y.z"), ("txt", "{{ datos.fecha }}"), ("html", "<p></p>")] {
        std::fs::write(carpeta.join(format!("recordatorio.{parte}")), texto).expect("file");
    }
    let contenido = redactar(&plantillas, "recordatorio", &[("fecha", "2026-01-02")]).expect("renders");
    assert_eq!((contenido.asunto.as_str(), contenido.texto.as_str()), ("Hola Bcc: x@y.z", "2026-01-02"));
    assert_eq!(redactar(&plantillas, "recordatorio", &[]).err(), Some(CodigoRechazo::PlantillaInvalida));
}
