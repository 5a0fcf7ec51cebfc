//! Drawings of definitions and of sagas, over HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use contratos::EventoServicioDatosFallida;
use serde_json::json;
use sqlx::PgPool;

use crate::api::{enviar, leer, pedir_crudo};
use crate::banco::{Banco, ids};
use crate::informes;

const RUTA: &str = "/admin/definiciones/suscripcion-pro/1/diagrama";

/// The drawing and how it calls itself.
async fn dibujo(banco: &Banco, ruta: &str) -> (String, String) {
    let respuesta = pedir_crudo(banco, Request::get(ruta).body(Body::empty()).expect("peticion")).await;
    assert_eq!(respuesta.status(), StatusCode::OK);
    assert_eq!(respuesta.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
    let tipo = respuesta.headers()[header::CONTENT_TYPE].to_str().expect("texto").to_owned();
    let cuerpo = http_body_util::BodyExt::collect(respuesta.into_body()).await.expect("cuerpo").to_bytes();
    (tipo, String::from_utf8(cuerpo.to_vec()).expect("UTF-8"))
}

/// Every text that the SVG shows.
fn textos(svg: &str) -> Vec<String> {
    let arbol = roxmltree::Document::parse(svg).expect("SVG is XML");
    assert_eq!(arbol.root_element().tag_name().name(), "svg");
    arbol.descendants().filter_map(|nodo| nodo.text()).map(str::to_owned).collect()
}

#[sqlx::test(migrations = false)]
async fn una_definicion_se_dibuja_en_los_dos_formatos(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (tipo, svg) = dibujo(&banco, RUTA).await;
    assert_eq!(tipo, "image/svg+xml; charset=utf-8");
    assert!(textos(&svg).iter().any(|texto| texto == "crear_servicio"));
    assert_eq!(dibujo(&banco, &format!("{RUTA}?formato=svg")).await.1, svg);
    let (tipo, mermaid) = dibujo(&banco, &format!("{RUTA}?formato=mermaid")).await;
    assert_eq!(tipo, "text/plain; charset=utf-8");
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("p0 --> p1"), "{mermaid}");
    let (estado, problema) = leer(&banco, &format!("{RUTA}?formato=png")).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::BAD_REQUEST, &json!("parametros_invalidos")));
    assert_eq!(leer(&banco, "/admin/definiciones/suscripcion-pro/77/diagrama").await.0, StatusCode::NOT_FOUND);
}

/// Whoever writes a draft cannot draw markup with it.
#[sqlx::test(migrations = false)]
async fn lo_que_dice_un_borrador_no_se_vuelve_marcado(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let malicia = "\"><script>alert(1)</script>&";
    let mut documento = informes::documento();
    documento["pasos"][1]["comando"] = json!(malicia);
    assert_eq!(enviar(&banco, "POST", "/admin/definiciones", &documento).await.0, StatusCode::CREATED);
    let ruta = "/admin/definiciones/suscripcion-informes/1/diagrama";
    let (_, svg) = dibujo(&banco, ruta).await;
    assert!(!svg.contains("<script"), "{svg}");
    assert!(textos(&svg).iter().any(|texto| texto.contains("><script>")), "{svg}");
    let (_, mermaid) = dibujo(&banco, &format!("{ruta}?formato=mermaid")).await;
    assert!(!mermaid.contains('<') || !mermaid.replace("<br/>", "").contains('<'), "{mermaid}");
}

#[sqlx::test(migrations = false)]
async fn un_borrador_que_incumple_reglas_no_se_dibuja_y_dice_cuales(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut documento = informes::documento();
    documento["pasos"][1]["despues_de"] = json!(["crear_informe"]);
    enviar(&banco, "POST", "/admin/definiciones", &documento).await;
    let (estado, problema) = leer(&banco, "/admin/definiciones/suscripcion-informes/1/diagrama").await;
    assert_eq!((estado, &problema["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("definicion_invalida")));
    let violaciones = problema["violaciones"].as_array().expect("violaciones");
    assert!(violaciones.iter().any(|violacion| violacion["regla"] == "ciclo"), "{problema:#}");
}

#[sqlx::test(migrations = false)]
async fn una_saga_se_dibuja_con_lo_que_corrio_lo_que_se_deshizo_y_cuando(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    let saga = ids(comando)["saga"];
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_cupo_nube".into()), ..Default::default() };
    banco.responder(saga, "crear_servicio", "hacer", fallo).await;
    let ruta = format!("/sagas/{saga}/diagrama");
    let (tipo, svg) = dibujo(&banco, &ruta).await;
    assert_eq!(tipo, "image/svg+xml; charset=utf-8");
    let textos = textos(&svg);
    let dice = |buscado: &str| textos.iter().any(|texto| texto.contains(buscado));
    let hoy = contratos::ahora().format("%Y-").to_string();
    for buscado in ["deshaciendo", "fallido: sin_cupo_nube", "pendiente", &format!("enviado {hoy}")] {
        assert!(dice(buscado), "{buscado} no está en {textos:#?}");
    }
    let (_, mermaid) = dibujo(&banco, &format!("{ruta}?formato=mermaid")).await;
    assert!(mermaid.contains("fallido: sin_cupo_nube"), "{mermaid}");
    let ajena = format!("/sagas/{}/diagrama", contratos::id_nuevo());
    assert_eq!(leer(&banco, &ajena).await.0, StatusCode::NOT_FOUND);
}
