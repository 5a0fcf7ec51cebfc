use crate::apoyo::{Entorno, anidado, leer, plano};
use axum::http::StatusCode;
use contratos::{
    ComandoAsignarExperto, ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoCrearServicioDatos,
    ComandoCrearSuscripcion, ComandoEnviarNotificacion, ComandoIniciarServicioDatos, ComandoPagarSuscripcion,
    ComandoTerminarServicioDatos, Dataset, Mensaje, Nube, Suscripcion,
};
use serde_json::{Value, json};
use uuid::Uuid;

const CREAR: &str = "/suscripciones/suscripcion-comando";
const INICIAR: &str = "/sagas/iniciar-suscripcion-comando";
const ID: &str = "0190a6e4-2c1b-7000-8000-0000000000aa";
const ID_SERVICIO: &str = "0190a6e4-2c1b-7000-8000-0000000000bb";

fn texto(valor: &str) -> Option<String> {
    Some(valor.to_owned())
}

fn esperado() -> ComandoCrearSuscripcion {
    ComandoCrearSuscripcion {
        cliente_codigo: texto("0001"),
        cliente_nombres: texto("Pablo"),
        cliente_apellidos: texto("Perez Prieto"),
        cliente_usuario: texto("pperez"),
        cliente_rut: texto("123457890"),
        cliente_cedula: texto("123457890"),
        cliente_email: texto("pperez@domain.com"),
        plan_codigo: texto("pro"),
        plan_nombre: texto("PRO"),
        id_suscripcion: None,
    }
}

#[tokio::test]
async fn el_cuerpo_del_usuario_llega_campo_por_campo() {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.publicar(CREAR, &anidado()).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED);
    let recibido = entorno.buzon.unico::<ComandoCrearSuscripcion>();
    assert!(recibido.datos == esperado());
    assert_eq!(recibido.cabecera.servicio, "bff-web");
    assert_eq!(recibido.cabecera.inquilino.as_deref(), Some("publico"));
    assert_eq!(recibido.cabecera.huella.map(|huella| huella.len()), Some(64));
}

#[tokio::test]
async fn la_respuesta_nombra_la_operacion_del_mensaje() {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.publicar(CREAR, &anidado()).await;
    let id = entorno.buzon.unico::<ComandoCrearSuscripcion>().cabecera.id;
    let cuerpo = respuesta.json();
    let operacion = cuerpo["operacion"].as_str().expect("a name");
    assert!(operacion.starts_with(&format!("{}.{id}.", ComandoCrearSuscripcion::TIPO)), "{operacion}");
    let enlace = format!("/operaciones/{operacion}");
    assert_eq!(respuesta.cabecera("location"), enlace);
    let esperado = json!({
        "operacion": operacion,
        "tipo": ComandoCrearSuscripcion::TIPO,
        "estado": "aceptada",
        "enlaces": {"operacion": enlace},
    });
    assert_eq!(cuerpo, esperado);
}

#[tokio::test]
async fn las_dos_formas_del_cuerpo_son_el_mismo_comando() {
    let entorno = Entorno::nuevo().await;
    for cuerpo in [anidado(), plano()] {
        assert_eq!(entorno.publicar(CREAR, &cuerpo).await.estado, StatusCode::ACCEPTED);
    }
    let mensajes: Vec<_> = entorno.buzon.mensajes().iter().map(leer::<ComandoCrearSuscripcion>).collect();
    assert!(mensajes[0].datos == mensajes[1].datos);
    assert_eq!(mensajes[0].cabecera.huella, mensajes[1].cabecera.huella);
    assert_ne!(mensajes[0].cabecera.id, mensajes[1].cabecera.id);
}

#[tokio::test]
async fn la_saga_se_inicia_con_la_suscripcion_que_el_cliente_nombra() {
    let entorno = Entorno::nuevo().await;
    let mut cuerpo = plano();
    cuerpo["id_suscripcion"] = json!(ID);
    assert_eq!(entorno.publicar(INICIAR, &cuerpo).await.estado, StatusCode::ACCEPTED);
    let recibido = entorno.buzon.unico::<ComandoCrearSuscripcion>();
    assert!(recibido.datos == ComandoCrearSuscripcion { id_suscripcion: texto(ID), ..esperado() });
    assert_eq!(recibido.cabecera.asunto.as_deref(), Some(ID));
    assert_eq!(entorno.buzon.mensajes()[0].clave, ID);
}

#[tokio::test]
async fn la_traza_y_el_id_de_peticion_siguen_hasta_el_mensaje() {
    let entorno = Entorno::nuevo().await;
    let traza = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let cabeceras = [("traceparent", traza), ("x-request-id", "peticion-1")];
    let respuesta = entorno.publicar_con(CREAR, &anidado(), &cabeceras).await;
    let recibido = entorno.buzon.unico::<ComandoCrearSuscripcion>();
    assert_eq!(recibido.cabecera.traza.as_deref().map(|t| &t[..36]), Some(&traza[..36]));
    assert_eq!(respuesta.cabecera("x-request-id"), "peticion-1");
}

/// Sends a body and reads back the only message as `D`.
async fn enviar<D: Mensaje>(ruta: &str, cuerpo: Value) -> D {
    let entorno = Entorno::nuevo().await;
    let respuesta = entorno.publicar(ruta, &cuerpo).await;
    assert_eq!(respuesta.estado, StatusCode::ACCEPTED, "{}", respuesta.texto);
    assert_eq!(respuesta.json()["tipo"], D::TIPO);
    let recibido = entorno.buzon.unico::<D>();
    assert_eq!(recibido.cabecera.asunto.as_deref(), Some(ID));
    recibido.datos
}

#[tokio::test]
async fn cambiar_cancelar_y_pagar_llegan_como_se_pidieron() {
    let cuerpo = json!({"id_suscripcion": ID, "plan_codigo": "PRO"});
    let datos = enviar::<ComandoCambiarPlanSuscripcion>("/suscripciones/cambiar-plan-comando", cuerpo).await;
    let esperado =
        ComandoCambiarPlanSuscripcion { id_suscripcion: texto(ID), plan_codigo: texto("PRO"), ..Default::default() };
    assert!(datos == esperado);

    let cuerpo = json!({"id_suscripcion": ID, "motivo": "ya no hace falta"});
    let datos = enviar::<ComandoCancelarSuscripcion>("/suscripciones/cancelar-comando", cuerpo).await;
    assert!(datos == ComandoCancelarSuscripcion { id_suscripcion: texto(ID), motivo: texto("ya no hace falta") });

    let cuerpo = json!({
        "id_suscripcion": ID, "factura_numero": "F-1", "monto": "150000.00", "moneda": "COP", "medio_pago": "tarjeta",
    });
    let datos = enviar::<ComandoPagarSuscripcion>("/suscripciones/pagar-comando", cuerpo).await;
    let esperado = ComandoPagarSuscripcion {
        id_suscripcion: texto(ID),
        factura_numero: texto("F-1"),
        monto: texto("150000.00"),
        moneda: texto("COP"),
        medio_pago: texto("tarjeta"),
    };
    assert!(datos == esperado);
}

#[tokio::test]
async fn crear_un_servicio_de_datos_lleva_sus_registros_anidados() {
    let cuerpo = json!({
        "cliente_codigo": "0001", "plan_codigo": "PRO", "experto_cedula": 79000111,
        "nube": {"codigo": "aws", "tipo": "publica"},
        "dataset": {"codigo": "torax", "nombre": "Tórax"},
        "suscripcion": {"codigo": ID},
    });
    let datos = enviar::<ComandoCrearServicioDatos>("/serviciodatos/crear-comando", cuerpo).await;
    let esperado = ComandoCrearServicioDatos {
        cliente_codigo: texto("0001"),
        plan_codigo: texto("PRO"),
        experto_cedula: texto("79000111"),
        nube: Some(Nube { codigo: texto("aws"), nombre: None, tipo: texto("publica") }),
        dataset: Some(Dataset { codigo: texto("torax"), nombre: texto("Tórax") }),
        suscripcion: Some(Suscripcion { codigo: texto(ID) }),
        id_serviciodatos: None,
        ..ComandoCrearServicioDatos::default()
    };
    assert!(datos == esperado);
}

#[tokio::test]
async fn los_pasos_de_un_servicio_de_datos_llegan_como_se_pidieron() {
    let ids = || (texto(ID_SERVICIO), texto(ID));
    let cuerpo = json!({"id_suscripcion": ID, "especialidad": "radiologia", "experto": "exp-1"});
    let datos = enviar::<ComandoAsignarExperto>("/serviciodatos/asignar-experto-comando", cuerpo).await;
    let (_, id_suscripcion) = ids();
    let (especialidad, experto) = (texto("radiologia"), texto("exp-1"));
    assert!(datos == ComandoAsignarExperto { id_serviciodatos: None, id_suscripcion, especialidad, experto });

    let cuerpo = json!({"id_suscripcion": ID, "experto": "exp-1"});
    let datos = enviar::<ComandoAsignarExperto>("/serviciodatos/asignar-experto-comando", cuerpo).await;
    assert_eq!((datos.especialidad, datos.experto), (None, texto("exp-1")));

    let cuerpo = json!({"id_suscripcion": ID, "id_serviciodatos": ID_SERVICIO});
    let datos = enviar::<ComandoIniciarServicioDatos>("/serviciodatos/iniciar-comando", cuerpo).await;
    let (id_serviciodatos, id_suscripcion) = ids();
    assert!(datos == ComandoIniciarServicioDatos { id_serviciodatos, id_suscripcion });

    let cuerpo = json!({"id_suscripcion": ID, "id_serviciodatos": ID_SERVICIO, "motivo": "fin"});
    let datos = enviar::<ComandoTerminarServicioDatos>("/serviciodatos/terminar-comando", cuerpo).await;
    let (id_serviciodatos, id_suscripcion) = ids();
    assert!(datos == ComandoTerminarServicioDatos { id_serviciodatos, id_suscripcion, motivo: texto("fin") });
}

#[tokio::test]
async fn una_notificacion_lleva_sus_datos() {
    let cuerpo = json!({
        "codigo_cliente": "0001", "id_suscripcion": ID, "plantilla": "bienvenida", "datos": {"plan": "pro"},
    });
    let datos = enviar::<ComandoEnviarNotificacion>("/notificaciones/enviar-comando", cuerpo).await;
    let esperado = ComandoEnviarNotificacion {
        codigo_cliente: texto("0001"),
        id_suscripcion: texto(ID),
        plantilla: texto("bienvenida"),
        datos: Some([("plan".to_owned(), "pro".to_owned())].into()),
    };
    assert!(datos == esperado);
}

#[tokio::test]
async fn sin_clave_cada_peticion_es_una_operacion_nueva() {
    let entorno = Entorno::nuevo().await;
    for _ in 0..2 {
        entorno.publicar(CREAR, &anidado()).await;
    }
    let ids: Vec<Uuid> = entorno.buzon.mensajes().iter().map(|mensaje| mensaje.id).collect();
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
}
