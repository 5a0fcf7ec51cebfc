use pruebas::{Sistema, SumideroSmtp, cliente_nuevo};
use serde_json::{Value, json};

use crate::libros;

/// A plan like PRO with other resources.
async fn plan(sistema: &Sistema, codigo: &str, nube: &str, dataset: &str, especialidad: &str) {
    let plan = json!({
        "nombre": codigo, "monto": "150000.00", "moneda": "COP", "flujo": "suscripcion-pro",
        "recursos": {"nube": {"codigo": nube, "nombre": nube, "tipo": "publica"},
                     "dataset": {"codigo": dataset, "nombre": dataset}, "especialidad": especialidad},
    });
    sistema.poner(&format!("/admin/planes/{codigo}"), &plan).await;
}

fn pasos(saga: &Value) -> Vec<(String, String)> {
    let texto = |valor: &Value| valor.as_str().expect("texto").to_owned();
    saga["pasos"]
        .as_array()
        .expect("pasos")
        .iter()
        .map(|paso| (texto(&paso["clave"]), texto(&paso["estado"])))
        .collect()
}

/// The steps in the order in which the log undid them; a step that another undoes follows it in the same entry.
fn deshechos(saga: &Value) -> Vec<String> {
    let entradas = saga["linea_de_tiempo"].as_array().expect("linea de tiempo");
    let cambios = entradas.iter().flat_map(|transicion| transicion["entrada"]["cambios"].as_array().expect("cambios"));
    cambios
        .filter(|cambio| cambio["tipo"] == "deshecho")
        .map(|cambio| cambio["paso"].as_str().expect("paso").to_owned())
        .collect()
}

/// Subscribes and expects the saga to fail at that step with that code, be undone and be told once.
async fn falla_en(sistema: &Sistema, cliente: &str, plan: &str, paso: &str, codigo: &str, orden: &[&str]) {
    let recursos = sistema.suscribir(cliente, plan).await;
    let saga = sistema.saga_terminada(&recursos).await;
    assert_eq!(saga["fase"], "compensada", "{saga:#}");
    assert_eq!(saga["motivo"]["paso"], paso);
    assert_eq!(saga["motivo"]["codigo"], codigo);
    assert_eq!(deshechos(&saga), orden, "{saga:#}");
    let avisos = sistema.notificaciones(&recursos).await;
    assert_eq!(avisos.len(), 1, "{avisos:#?}");
    let id = recursos["id_suscripcion"].as_str().expect("id").to_owned();
    let asiento = libros::leer(sistema, std::slice::from_ref(&id)).await.remove(&id).expect("asiento");
    assert!(asiento.es_coherente(), "{asiento:?}");
}

#[tokio::test]
async fn la_saga_pro_se_completa_y_los_libros_coinciden() {
    let sistema = Sistema::tomar().await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    let saga = sistema.saga_terminada(&recursos).await;
    assert_eq!(saga["fase"], "completada", "{saga:#}");
    assert!(pasos(&saga).iter().all(|(_, estado)| estado == "hecho"), "{saga:#}");
    let id = recursos["id_suscripcion"].as_str().expect("id").to_owned();
    let detalle = sistema.leer(&format!("/suscripciones/{id}")).await.cuerpo;
    assert_eq!(detalle["suscripcion"]["estado"], "activa", "{detalle:#}");
    assert_eq!(detalle["suscripcion"]["facturas"][0]["monto"], "150000.00");
    let avisos = sistema.notificaciones(&recursos).await;
    assert_eq!(avisos.len(), 1);
    assert_eq!(avisos[0]["plantilla"], "suscripcion_completada");
    let asiento = libros::leer(&sistema, std::slice::from_ref(&id)).await.remove(&id).expect("asiento");
    assert!(asiento.es_coherente(), "{asiento:?}");
}

#[tokio::test]
async fn un_plan_basico_se_activa_sin_saga_y_con_un_correo() {
    let sistema = Sistema::tomar().await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "basico").await;
    assert!(recursos["id_saga"].is_null());
    assert_eq!(recursos["suscripcion"], "activa");
    assert_eq!(sistema.notificaciones(&recursos).await.len(), 1);
}

#[tokio::test]
async fn un_cliente_bloqueado_falla_en_el_primer_paso() {
    let sistema = Sistema::tomar().await;
    let cliente = cliente_nuevo();
    sistema.poner(&format!("/admin/clientes/{cliente}/condiciones"), &json!({"bloqueado": true})).await;
    falla_en(&sistema, &cliente, "pro", "crear_suscripcion", "cliente_bloqueado", &[]).await;
}

#[tokio::test]
async fn una_nube_sin_cupo_deshace_la_suscripcion() {
    let sistema = Sistema::tomar().await;
    plan(&sistema, "prueba_sin_nube", "nube-agotada", "ds-torax", "radiologia").await;
    falla_en(&sistema, &cliente_nuevo(), "prueba_sin_nube", "crear_servicio", "sin_cupo_nube", &["crear_suscripcion"])
        .await;
}

#[tokio::test]
async fn sin_experto_libre_se_deshace_el_servicio_y_despues_la_suscripcion() {
    let sistema = Sistema::tomar().await;
    let orden = ["crear_servicio", "crear_suscripcion"];
    falla_en(&sistema, &cliente_nuevo(), "pro_plus", "asignar_experto", "sin_experto", &orden).await;
}

#[tokio::test]
async fn un_dataset_retirado_libera_experto_y_nube() {
    let sistema = Sistema::tomar().await;
    plan(&sistema, "prueba_sin_datos", "nube-andina", "ds-piel", "radiologia").await;
    let orden = ["crear_servicio", "asignar_experto", "crear_suscripcion"];
    falla_en(&sistema, &cliente_nuevo(), "prueba_sin_datos", "iniciar_servicio", "dataset_retirado", &orden).await;
}

#[tokio::test]
async fn un_pago_rechazado_en_el_pivote_deshace_todo() {
    let sistema = Sistema::tomar().await;
    let cliente = cliente_nuevo();
    sistema.poner(&format!("/admin/clientes/{cliente}/condiciones"), &json!({"limite_pago": "1.00"})).await;
    let orden = ["crear_servicio", "iniciar_servicio", "asignar_experto", "crear_suscripcion"];
    falla_en(&sistema, &cliente, "pro", "pagar", "pago_rechazado", &orden).await;
}

#[tokio::test]
async fn una_notificacion_rechazada_termina_con_avisos_y_no_deshace_nada() {
    let sistema = Sistema::tomar().await;
    let sumidero = SumideroSmtp::nuevo().await;
    let notificaciones = sistema.proceso("notificaciones");
    let puerto = sumidero.direccion.port().to_string();
    let smtp = [
        ("SALUDTECH_CORREO__MODO", "smtp"),
        ("SALUDTECH_CORREO__SMTP__HOST", "127.0.0.1"),
        ("SALUDTECH_CORREO__SMTP__PUERTO", &puerto),
    ];
    notificaciones.reiniciar(&smtp).await;
    let recursos = sistema.suscribir(&format!("rechazado-{}", cliente_nuevo()), "pro").await;
    let saga = sistema.saga_terminada(&recursos).await;
    let aceptada = sistema.suscribir(&cliente_nuevo(), "pro").await;
    assert_eq!(sistema.saga_terminada(&aceptada).await["fase"], "completada");
    notificaciones.reiniciar(&[]).await;
    assert_eq!(saga["fase"], "completada_con_avisos", "{saga:#}");
    let motivo = (&saga["motivo"]["paso"], &saga["motivo"]["codigo"]);
    assert_eq!(motivo, (&json!("notificar"), &json!("direccion_rechazada")), "{saga:#}");
    assert!(deshechos(&saga).is_empty());
    let correos = sumidero.recibidos();
    assert_eq!(correos.len(), 1, "solo llega el de la dirección buena");
    assert!(correos[0].cabecera("Message-ID").contains("saludtechalpes"), "{}", correos[0].mensaje);
}
