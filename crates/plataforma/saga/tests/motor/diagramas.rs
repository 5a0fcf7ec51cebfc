//! Drawings of flows and of sagas.

use roxmltree::Document;
use saga::diagrama::{Anotada, mermaid, mermaid_de_instancia, svg, svg_de_instancia};
use saga::{Codigo, Definicion, Direccion, Mando};
use serde_json::json;

use crate::flujos::{compensable, flujo, inicial, leer, paso, pro, ramas};
use crate::recorrido::{Recorrido, exito, fallo};

/// 2026-11-24 12:00:00 UTC; each entry comes a second and a half later.
const INICIO_MS: i64 = 1_795_521_600_000;

fn anotado(recorrido: &Recorrido<'_>) -> Vec<Anotada> {
    let instantes = (0..).map(|numero| INICIO_MS + 1_500 * numero);
    instantes.zip(recorrido.log.iter().cloned()).collect()
}

/// A saga of the PRO flow that is refused at the payment and whose undos are under way.
fn deshaciendose(definicion: &Definicion) -> Recorrido<'_> {
    let mut recorrido = Recorrido::iniciado(definicion);
    let salida = [("id_serviciodatos".to_owned(), Codigo::try_from("sd-1").expect("a code"))].into();
    let saltar = Mando::Saltar { paso: "crear_servicio".to_owned(), salida };
    recorrido.mandar(&saltar).expect("it is outstanding");
    for paso in ["asignar_experto", "iniciar_servicio"] {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    assert!(recorrido.responder("pagar", Direccion::Hacer, fallo("pago_rechazado")));
    assert!(recorrido.responder("crear_servicio", Direccion::Deshacer, exito("1")));
    recorrido
}

fn textos(documento: &str) -> Vec<String> {
    let documento = Document::parse(documento).expect("well-formed XML");
    let textos = documento.descendants().filter(|nodo| nodo.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    textos.filter_map(|nodo| nodo.text().map(str::to_owned)).collect()
}

#[test]
fn el_flujo_pro_en_mermaid() {
    insta::assert_snapshot!(mermaid(&pro()));
}

#[test]
fn el_flujo_pro_en_svg() {
    insta::assert_snapshot!(svg(&pro()));
}

#[test]
fn una_saga_que_se_deshace_en_mermaid() {
    let definicion = pro();
    insta::assert_snapshot!(mermaid_de_instancia(&definicion, &anotado(&deshaciendose(&definicion))));
}

#[test]
fn una_saga_que_se_deshace_en_svg() {
    let definicion = pro();
    insta::assert_snapshot!(svg_de_instancia(&definicion, &anotado(&deshaciendose(&definicion))));
}

#[test]
fn las_ramas_paralelas_en_svg() {
    insta::assert_snapshot!(svg(&ramas()));
}

#[test]
fn el_dibujo_de_una_saga_dice_que_corrio_que_se_deshizo_y_cuando() {
    let definicion = pro();
    let textos = textos(&svg_de_instancia(&definicion, &anotado(&deshaciendose(&definicion))));
    for esperado in [
        "suscripcion-pro v1 · deshaciendo · pago_rechazado en pagar · 2026-11-24 12:00:00.000 a 2026-11-24 12:00:07.500 UTC",
        "crear_servicio",
        "enviado 2026-11-24 12:00:00.000",
        "resuelto 2026-11-24 12:00:01.500",
        "deshecho 2026-11-24 12:00:07.500",
        "fallido: pago_rechazado",
        "deshaciendo, intento 1",
        "pendiente",
    ] {
        assert!(textos.iter().any(|texto| texto == esperado), "{esperado} is missing in {textos:#?}");
    }
}

#[test]
fn lo_saltado_lo_pausado_y_lo_abandonado_se_ven() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    let salida = [("id_serviciodatos".to_owned(), Codigo::try_from("sd-1").expect("a code"))].into();
    recorrido.mandar(&Mando::Saltar { paso: "crear_servicio".to_owned(), salida }).expect("it is outstanding");
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    let pausada = mermaid_de_instancia(&definicion, &anotado(&recorrido));
    assert!(pausada.contains("hecho por orden de un operador"));
    assert!(pausada.lines().nth(1).is_some_and(|titulo| titulo.contains("avanzando · en pausa")));
    recorrido.mandar(&Mando::Abandonar).expect("there is a reason");
    let abandonada = mermaid_de_instancia(&definicion, &anotado(&recorrido));
    assert!(abandonada.contains("· abandonada · revision en asignar_experto ·"));
}

/// Keys are whatever a document says: none of it becomes markup, in either format.
#[test]
fn ningun_texto_se_vuelve_marcado() {
    let hostil = "<script>\"&'\u{1}\u{ffff}]}--";
    let mut documento =
        flujo(vec![inicial("inicio"), compensable(hostil, &["inicio"]), paso("fin", "pivote", &[hostil])]);
    documento["clave"] = json!("fl\"ujo\n<x>%%{init}%%");
    let definicion = leer(&documento);
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder(hostil, Direccion::Hacer, exito("1")));
    for dibujo in [svg(&definicion), svg_de_instancia(&definicion, &anotado(&recorrido))] {
        let textos = textos(&dibujo);
        assert!(textos.iter().any(|texto| texto == "<script>\"&'\u{fffd}\u{fffd}]}--"), "{textos:?}");
        assert!(!dibujo.contains("<script"));
    }
    for dibujo in [mermaid(&definicion), mermaid_de_instancia(&definicion, &anotado(&recorrido))] {
        assert!(!dibujo.contains("<script") && !dibujo.contains("%%"));
        let nodos: Vec<&str> = dibujo.lines().filter(|linea| linea.contains(":::")).collect();
        assert_eq!(nodos.len(), 3);
        assert!(nodos.iter().all(|nodo| nodo.matches('"').count() == 2), "{nodos:#?}");
    }
}

#[test]
fn un_texto_largo_se_recorta_y_se_conserva_entero_en_su_titulo() {
    let larga = "p".repeat(60);
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable(&larga, &["inicio"])]));
    let dibujo = svg(&definicion);
    assert!(textos(&dibujo).iter().any(|texto| *texto == format!("{}…", "p".repeat(25))));
    assert!(dibujo.contains(&larga));
}

#[test]
fn las_fichas_no_se_pisan_y_caben_en_la_hoja() {
    for definicion in [pro(), ramas()] {
        let texto = svg(&definicion);
        let documento = Document::parse(&texto).expect("well-formed XML");
        let numero = |nodo: roxmltree::Node<'_, '_>, atributo| {
            nodo.attribute(atributo).and_then(|valor| valor.parse::<i64>().ok()).expect("a number")
        };
        let hoja = documento.root_element();
        let fichas: Vec<[i64; 4]> = documento
            .descendants()
            .filter(|nodo| nodo.has_attribute("rx"))
            .map(|nodo| ["x", "y", "width", "height"].map(|atributo| numero(nodo, atributo)))
            .collect();
        assert_eq!(fichas.len(), definicion.pasos().len());
        for (indice, [x, y, ancho, alto]) in fichas.iter().enumerate() {
            assert!(x + ancho <= numero(hoja, "width") && y + alto <= numero(hoja, "height"));
            for [otra_x, otra_y, ..] in &fichas[..indice] {
                assert!((x - otra_x).abs() >= *ancho || (y - otra_y).abs() >= *alto);
            }
        }
    }
}
