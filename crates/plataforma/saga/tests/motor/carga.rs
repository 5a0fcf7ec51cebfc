//! From sources to payloads, and from replies to outputs.

use saga::{CampoSaga, Codigo, Direccion, Fuente, MapaCarga, construir_carga};
use serde_json::{Value, json};

use crate::flujos::{pro, ramas};

fn buscar(fuente: &Fuente) -> Option<Value> {
    let fila = json!({
        "codigo": "pro", "nombre": "PRO",
        "nube": { "codigo": "n1", "nombre": "Nube", "tipo": "publica" },
        "dataset": { "codigo": "d1", "nombre": null },
    });
    match fuente {
        Fuente::Cliente(campo) => Some(json!(format!("cliente-{campo}"))),
        Fuente::Plan(ruta) => fila.pointer(&format!("/{}", ruta.replace('.', "/"))).cloned(),
        Fuente::Saga(CampoSaga::IdSuscripcion) => Some(json!("s1")),
        Fuente::Saga(_) | Fuente::Salida { .. } | Fuente::Literal(_) => None,
    }
}

fn carga_pro(paso: &str, direccion: Direccion) -> Value {
    let definicion = pro();
    let orden = definicion.orden(paso, direccion).expect("a command");
    construir_carga(&orden.carga, &buscar)
}

#[test]
fn los_destinos_con_puntos_se_anidan_y_lo_que_falta_se_omite() {
    assert_eq!(
        carga_pro("crear_servicio", Direccion::Hacer),
        json!({
            "cliente_codigo": "cliente-codigo",
            "cliente_nombres": "cliente-nombres",
            "cliente_apellidos": "cliente-apellidos",
            "cliente_usuario": "cliente-usuario",
            "plan_codigo": "pro",
            "plan_nombre": "PRO",
            "nube": { "codigo": "n1", "nombre": "Nube", "tipo": "publica" },
            "dataset": { "codigo": "d1", "nombre": null },
            "suscripcion": { "codigo": "s1" },
        })
    );
    assert_eq!(carga_pro("crear_servicio", Direccion::Deshacer), json!({ "id_suscripcion": "s1" }));
}

#[test]
fn los_literales_no_se_preguntan_a_nadie() {
    let mapa = MapaCarga::from([("plantilla".to_owned(), Fuente::Literal("hola".to_owned()))]);
    assert_eq!(construir_carga(&mapa, &|_| None), json!({ "plantilla": "hola" }));
}

#[test]
fn las_salidas_se_toman_de_la_respuesta_y_solo_si_son_codigos() {
    let definicion = ramas();
    let paso = definicion.paso("a1").expect("a step");
    let leida = |datos: &Value| {
        let salida = paso.leer_salidas(datos)?;
        Ok::<_, saga::SalidaIlegible>(salida.get("id").map(|codigo| codigo.to_string()))
    };
    assert_eq!(leida(&json!({ "id": "sd-1", "otro": 1 })), Ok(Some("sd-1".to_owned())));
    assert_eq!(leida(&json!({ "id": 7 })), Ok(Some("7".to_owned())));
    assert_eq!(leida(&json!({ "id": null })), Ok(None));
    assert_eq!(leida(&json!({})), Ok(None));
    let error = leida(&json!({ "id": "Pablo Perez" })).expect_err("free text");
    assert!(!error.to_string().contains("Pablo"));
    assert!(leida(&json!({ "id": { "a": 1 } })).is_err());
}

#[test]
fn un_codigo_es_corto_y_sin_espacios() {
    for bueno in ["sin_cupo_nube", "150000.00", "3b3e4f6a-0000-7000-8000-000000000000"] {
        assert!(Codigo::try_from(bueno).is_ok());
    }
    for malo in ["", "dos palabras", "p@x.co", "ñ", &"x".repeat(65)] {
        assert!(Codigo::try_from(malo).is_err());
        assert!(serde_json::from_value::<Codigo>(json!(malo)).is_err());
    }
}

#[test]
fn los_esquemas_del_documento_se_conservan() {
    let mut documento = crate::flujos::documento_pro();
    let esquema = json!({ "tema": "t", "avsc": { "type": "record" } });
    documento["esquemas"] = json!({ "ComandoPagarSuscripcion": esquema });
    let definicion = crate::flujos::leer(&documento);
    assert_eq!(definicion.esquemas().get("ComandoPagarSuscripcion"), Some(&esquema));
    assert_eq!((definicion.clave(), definicion.version()), ("suscripcion-pro", 1));
}
