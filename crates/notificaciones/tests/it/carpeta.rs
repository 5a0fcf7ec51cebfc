use std::path::PathBuf;

use notificaciones::aplicacion::puertos::{Acuse, Carta, Contenido, Correo};
use notificaciones::dominio::{CodigoRechazo, Direccion, IdNotificacion};
use notificaciones::infraestructura::CorreoCarpeta;
use uuid::Uuid;

use crate::apoyo::remite;

fn carpeta(nombre: &str) -> PathBuf {
    let carpeta = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{nombre}-{}", contratos::id_nuevo()));
    std::fs::create_dir_all(&carpeta).expect("folder");
    carpeta
}

fn carta(id: IdNotificacion, email: &str) -> Carta {
    Carta {
        id,
        destinatario: Direccion::try_from(email.to_owned()).expect("address"),
        contenido: Contenido {
            asunto: "Su suscripción está activa".to_owned(),
            texto: "Hola".to_owned(),
            html: "<p>Hola</p>".to_owned(),
        },
        fecha: chrono::DateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn el_mismo_correo_es_siempre_el_mismo_archivo() {
    let carpeta = carpeta("repetido");
    let correo = CorreoCarpeta::abrir(&carpeta, remite()).expect("folder");
    let id = IdNotificacion::from(Uuid::from_u128(9));
    let archivo = carpeta.join(format!("{id}.eml"));
    assert_eq!(correo.enviar(vec![carta(id, "pperez@domain.com")]).await, [Acuse::Aceptada]);
    let primero = std::fs::read_to_string(&archivo).expect("file");
    assert_eq!(correo.enviar(vec![carta(id, "pperez@domain.com")]).await, [Acuse::Aceptada]);
    assert_eq!(std::fs::read_to_string(&archivo).expect("file"), primero);
    assert_eq!(std::fs::read_dir(&carpeta).expect("folder").count(), 1);
    insta::assert_snapshot!(primero);
}

#[tokio::test]
async fn un_dominio_que_no_puede_existir_se_rechaza() {
    let carpeta = carpeta("invalido");
    let correo = CorreoCarpeta::abrir(&carpeta, remite()).expect("folder");
    let cartas =
        vec![carta(Uuid::from_u128(1).into(), "p@clinica.invalid"), carta(Uuid::from_u128(2).into(), "p@d.com")];
    let rechazo = Acuse::Rechazada(CodigoRechazo::DireccionRechazada.into());
    assert_eq!(correo.enviar(cartas).await, [rechazo, Acuse::Aceptada]);
    assert_eq!(std::fs::read_dir(&carpeta).expect("folder").count(), 1);
}
