//! A flow in three versions: one at work, one whose runs can end badly, and one that takes over what is under way.

use std::time::Duration;

use pruebas::{Respuesta, Sistema, cliente_nuevo, esperar};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Subscribe, pay, tell; the last step under that name.
fn documento(clave: &str, version: u32, aviso: &str) -> Value {
    let paso = |clave: &str, clase: &str, comando: &str, evento: &str, fallo: &str| {
        json!({ "clave": clave, "clase": clase, "comando": comando, "exito": [evento], "fallo": [fallo],
                "plazo_ms": 60000, "reintento": { "inicial_ms": 1000, "maximo_ms": 30000 }, "intentos": 5 })
    };
    let suscripcion = "EventoSuscripcionFallida";
    let mut crear = paso("crear", "compensable", "ComandoCrearSuscripcion", "EventoSuscripcionCreada", suscripcion);
    crear["inicial"] = json!(true);
    crear["deshacer"] = json!({
        "comando": "ComandoCancelarSuscripcion", "exito": ["EventoSuscripcionCancelada"], "fallo": [suscripcion],
        "carga": { "id_suscripcion": "saga.id_suscripcion", "motivo": "saga.motivo" },
    });
    let mut pagar = paso("pagar", "pivote", "ComandoPagarSuscripcion", "EventoSuscripcionPagada", suscripcion);
    pagar["despues_de"] = json!(["crear"]);
    pagar["carga"] = json!({
        "id_suscripcion": "saga.id_suscripcion", "factura_numero": "saga.id", "monto": "plan.monto",
        "moneda": "plan.moneda", "medio_pago": "= cuenta_cliente",
    });
    let (enviada, error) = ("EventoNotificacionEnviada", "EventoNotificacionError");
    let mut avisar = paso(aviso, "reintentable", "ComandoEnviarNotificacion", enviada, error);
    avisar["despues_de"] = json!(["pagar"]);
    avisar["carga"] = json!({
        "codigo_cliente": "saga.codigo_cliente", "id_suscripcion": "saga.id_suscripcion",
        "plantilla": "= suscripcion_completada", "datos.id_suscripcion": "saga.id_suscripcion",
        "datos.plan_codigo": "plan.codigo", "datos.plan_nombre": "plan.nombre",
    });
    json!({ "clave": clave, "version": version, "pasos": [crear, pagar, avisar] })
}

async fn ordenar(sistema: &Sistema, ruta: &str, cuerpo: &Value) -> Respuesta {
    sistema.pedir(Method::POST, ruta, Some(cuerpo), &[("x-operador", "ana@pruebas")]).await
}

/// Writes a version and puts it to work, after its check.
async fn activar(sistema: &Sistema, documento: &Value) {
    let creada = ordenar(sistema, "/admin/definiciones", documento).await;
    assert_eq!(creada.estado, StatusCode::CREATED, "{:#}", creada.cuerpo);
    let ruta = creada.cabecera("location").to_owned();
    for orden in ["verificar", "activar"] {
        let ordenada = ordenar(sistema, &format!("{ruta}/{orden}"), &json!({})).await;
        assert_eq!(ordenada.estado, StatusCode::OK, "{:#}", ordenada.cuerpo);
        assert_eq!(ordenada.cuerpo["comprobacion"]["completa"], true, "{:#}", ordenada.cuerpo);
    }
}

async fn mermaid(sistema: &Sistema, ruta: &str) -> String {
    let dibujo = sistema.leer(&format!("{ruta}/diagrama?formato=mermaid")).await;
    assert_eq!(dibujo.cabecera("content-type"), "text/plain; charset=utf-8");
    dibujo.cuerpo.as_str().expect("texto").to_owned()
}

/// A saga of the plan that waits for somebody to tell its client.
async fn en_el_aviso(sistema: &Sistema, plan: &str) -> (Value, String) {
    let recursos = sistema.suscribir(&cliente_nuevo(), plan).await;
    let ruta = format!("/sagas/{}", recursos["id_saga"].as_str().expect("saga"));
    esperar("la saga espera al aviso", Duration::from_secs(30), async || {
        (sistema.leer(&ruta).await.cuerpo["pasos"][2]["estado"] == "en_curso").then_some(())
    })
    .await;
    (recursos, ruta)
}

/// Confirms a plan; the card of its batch once it was carried out.
async fn mudar(sistema: &Sistema, ruta: &str, testigo: &Value) -> Value {
    let aceptada = ordenar(sistema, ruta, &json!({ "testigo": testigo })).await;
    assert_eq!(aceptada.estado, StatusCode::ACCEPTED, "{:#}", aceptada.cuerpo);
    esperar("el lote termina", Duration::from_secs(20), async || {
        let ficha = sistema.leer(aceptada.cabecera("location")).await.cuerpo;
        (ficha["estado"] == "terminado").then_some(ficha)
    })
    .await
}

#[tokio::test]
async fn una_saga_viva_se_muda_a_otra_version_y_la_que_acabaria_mal_no_se_activa() {
    let sistema = Sistema::tomar().await;
    let clave = format!("mudanza-{}", cliente_nuevo().to_lowercase());
    let rutas = format!("/admin/definiciones/{clave}");
    activar(&sistema, &documento(&clave, 1, "notificar")).await;
    let plan = json!({ "nombre": "Mudanza", "monto": "1000.00", "moneda": "COP", "flujo": clave });
    sistema.poner(&format!("/admin/planes/{clave}"), &plan).await;

    let mut mala = documento(&clave, 2, "notificar");
    mala["pasos"][0]["participante"] = json!({ "deshacen": false });
    assert_eq!(ordenar(&sistema, "/admin/definiciones", &mala).await.estado, StatusCode::CREATED);
    let rechazada = ordenar(&sistema, &format!("{rutas}/2/verificar"), &json!({})).await;
    assert_eq!((rechazada.estado.as_u16(), &rechazada.cuerpo["code"]), (422, &json!("definicion_acaba_mal")));
    let defecto = "desde aquí ningún suceso lleva a un final";
    assert_eq!(rechazada.cuerpo["contraejemplo"]["defecto"], defecto, "{:#}", rechazada.cuerpo);

    let notificaciones = sistema.proceso("notificaciones");
    notificaciones.suspender();
    let (recursos, saga) = en_el_aviso(&sistema, &clave).await;
    activar(&sistema, &documento(&clave, 3, "avisar")).await;
    let ruta = format!("{rutas}/1/migraciones");
    let sin_mapa = ordenar(&sistema, &ruta, &json!({ "a": 3, "motivo": "cambio_de_nombre" })).await.cuerpo;
    assert_eq!(sin_mapa["requieren_mapa"][0]["pasos"][0]["candidatos"], json!(["avisar"]), "{sin_mapa:#}");
    let pedido = json!({ "a": 3, "mapa": { "notificar": "avisar" }, "motivo": "cambio_de_nombre" });
    let plan = ordenar(&sistema, &ruta, &pedido).await.cuerpo;
    assert_eq!(plan["seguras"]["sagas"], json!([recursos["id_saga"]]), "{plan:#}");
    let ficha = mudar(&sistema, &ruta, &plan["testigo"]).await;
    assert_eq!((&ficha["aplicados"], &ficha["actor"]), (&json!(1), &json!("ana@pruebas")), "{ficha:#}");

    notificaciones.continuar();
    let terminada = sistema.saga_terminada(&recursos).await;
    assert_eq!((&terminada["fase"], &terminada["definicion_version"]), (&json!("completada"), &json!(3)));
    let dibujo = mermaid(&sistema, &saga).await;
    assert!(dibujo.contains("\"avisar<br/>hecho<br/>"), "{dibujo}");
    assert!(mermaid(&sistema, &format!("{rutas}/3")).await.contains("\"avisar<br/>reintentable<br/>"));
    let svg = sistema.leer(&format!("{saga}/diagrama")).await;
    assert_eq!(svg.cabecera("content-type"), "image/svg+xml; charset=utf-8");
    assert!(svg.cabecera("content-security-policy").contains("sandbox"));
}
