use crate::apoyo::{Entorno, anidado};
use axum::http::StatusCode;
use contratos::{ComandoCrearSuscripcion, Mensaje};
use serde_json::json;

const CREAR: &str = "/suscripciones/suscripcion-comando";

/// Has a command accepted; the answer is the path of its operation.
async fn operacion(entorno: &Entorno) -> String {
    entorno.publicar(CREAR, &anidado()).await.cabecera("location").to_owned()
}

#[tokio::test]
async fn lo_que_nadie_ejecuto_todavia_esta_aceptado() {
    let entorno = Entorno::nuevo().await;
    let ruta = operacion(&entorno).await;
    let respuesta = entorno.obtener(&ruta).await;
    assert_eq!(respuesta.estado, StatusCode::OK);
    assert_eq!(respuesta.json()["estado"], "aceptada");
    assert_eq!(respuesta.cabecera("retry-after"), "1");
}

#[tokio::test]
async fn lo_ejecutado_muestra_el_estado_y_los_recursos_del_propietario() {
    let entorno = Entorno::nuevo().await;
    let ruta = operacion(&entorno).await;
    let cabecera = entorno.buzon.unico::<ComandoCrearSuscripcion>().cabecera;
    let huella = cabecera.huella.expect("a fingerprint");
    entorno.servicios.suscripciones.recordar_efecto(ComandoCrearSuscripcion::TIPO, cabecera.id, &huella);
    let respuesta = entorno.obtener(&ruta).await;
    let esperado = json!({
        "operacion": ruta.trim_start_matches("/operaciones/"),
        "tipo": ComandoCrearSuscripcion::TIPO,
        "estado": "hecho",
        "recursos": {"id_suscripcion": cabecera.id},
    });
    assert_eq!(respuesta.json(), esperado);
}

#[tokio::test]
async fn lo_rechazado_dice_por_que() {
    let entorno = Entorno::nuevo().await;
    let ruta = operacion(&entorno).await;
    let id = entorno.buzon.unico::<ComandoCrearSuscripcion>().cabecera.id;
    let efecto = format!("/interno/operaciones/{}/{id}", ComandoCrearSuscripcion::TIPO);
    let rechazo = json!({"estado": "rechazado", "huella": null, "codigo": "cliente_bloqueado", "recursos": {}});
    entorno.servicios.suscripciones.guardar_json(&efecto, &rechazo);
    let estado = entorno.obtener(&ruta).await.json();
    assert_eq!((&estado["estado"], &estado["codigo"]), (&json!("rechazado"), &json!("cliente_bloqueado")));
}

#[tokio::test]
async fn un_nombre_falsificado_no_existe_y_a_nadie_se_pregunta() {
    let entorno = Entorno::nuevo().await;
    let ruta = operacion(&entorno).await;
    let (resto, mac) = ruta.rsplit_once('.').expect("a mac");
    let otra_letra = if mac.starts_with('A') { "B" } else { "A" };
    let falsas = [
        format!("{resto}.{otra_letra}{}", &mac[1..]),
        ruta.replace("Crear", "Cancelar"),
        resto.to_owned(),
        "/operaciones/cualquiera".to_owned(),
        format!("/operaciones/ComandoInventado.{}.{mac}", contratos::id_derivado(&["x"])),
    ];
    let antes = entorno.servicios.suscripciones.recibidas().len();
    for falsa in falsas {
        let respuesta = entorno.obtener(&falsa).await;
        assert_eq!(
            (respuesta.estado, respuesta.codigo().as_str()),
            (StatusCode::NOT_FOUND, "no_encontrado"),
            "{falsa}"
        );
    }
    assert_eq!(entorno.servicios.suscripciones.recibidas().len(), antes);
}

#[tokio::test]
async fn sin_el_propietario_no_se_adivina_el_estado() {
    let mut entorno = Entorno::nuevo().await;
    let ruta = operacion(&entorno).await;
    entorno.servicios.suscripciones.caer().await;
    let respuesta = entorno.obtener(&ruta).await;
    assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(respuesta.codigo(), "parte_no_disponible");
    assert_eq!(respuesta.json()["parte"], "suscripciones");
}
