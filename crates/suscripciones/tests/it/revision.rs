//! The rules about messages, one broken document per rule.

use serde_json::{Value, json};
use suscripciones::infraestructura::revisar_mensajes;

use crate::informes;

/// A document with the schemas of the platform's messages that it names.
fn completo(mut documento: Value) -> Value {
    let pasos = documento["pasos"].to_string();
    for tema in contratos::temas::TEMAS.iter().filter(|tema| pasos.contains(&format!("\"{}\"", tema.tipo))) {
        let avsc: Value = serde_json::from_str(tema.avsc).expect("avsc");
        documento["esquemas"][tema.tipo] = json!({ "tema": tema.nombre, "avsc": avsc });
    }
    documento
}

fn faltas(documento: &Value) -> Vec<(String, String)> {
    let examen = saga::Definicion::examinar(documento).expect("forma");
    revisar_mensajes(&examen).into_iter().map(|falta| (falta.regla, falta.ruta)).collect()
}

/// The rules that the product's document breaks once changed, with where.
fn con(cambiar: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
    let mut documento = completo(informes::documento());
    cambiar(&mut documento);
    faltas(&documento)
}

fn una(regla: &str, ruta: &str) -> Vec<(String, String)> {
    vec![(regla.to_owned(), ruta.to_owned())]
}

/// The fields of a schema's payload.
fn carga<'d>(documento: &'d mut Value, tipo: &str) -> &'d mut Vec<Value> {
    documento["esquemas"][tipo]["avsc"]["fields"][0]["type"][1]["fields"].as_array_mut().expect("campos")
}

fn opcional(nombre: &str, tipo: Value) -> Value {
    json!({ "name": nombre, "type": ["null", tipo], "default": null })
}

#[test]
fn el_producto_de_ejemplo_y_el_flujo_pro_no_incumplen_nada() {
    assert_eq!(con(|_| {}), []);
    let pro = serde_json::from_str(include_str!("../../config/flujos/pro.json")).expect("json");
    assert_eq!(faltas(&completo(pro)), []);
}

#[test]
fn cada_mensaje_tiene_tema_y_esquema_propios() {
    let sin = con(|d| drop(d["esquemas"].as_object_mut().expect("objeto").remove("EventoInformeCreado")));
    assert_eq!(sin, una("sin_esquema", "esquemas.EventoInformeCreado"));
    let sin_tema = con(|d| d["esquemas"]["EventoInformeCreado"]["tema"] = Value::Null);
    assert_eq!(sin_tema, una("sin_tema", "esquemas.EventoInformeCreado.tema"));
    let repetido =
        con(|d| d["esquemas"]["EventoInformeFallido"]["tema"] = d["esquemas"]["EventoInformeCreado"]["tema"].clone());
    assert_eq!(repetido, una("tema_repetido", "esquemas.EventoInformeFallido.tema"));
    let ajeno = con(|d| d["esquemas"]["ComandoPagarSuscripcion"]["tema"] = json!("pagar-otra-cosa"));
    assert_eq!(ajeno, una("tema_ajeno", "esquemas.ComandoPagarSuscripcion.tema"));
    let invalido = con(|d| d["esquemas"]["EventoInformeCreado"]["tema"] = json!("Informe creado"));
    assert_eq!(invalido, una("tema_invalido", "esquemas.EventoInformeCreado.tema"));
    let sobrante = con(|d| d["esquemas"]["EventoDeNadie"] = json!({ "tema": "x", "avsc": "string" }));
    assert_eq!(sobrante, una("esquema_sobrante", "esquemas.EventoDeNadie"));
}

#[test]
fn un_comando_nuevo_dice_quien_lo_lee() {
    let sin = con(|d| d["esquemas"]["ComandoCrearInforme"]["lectores"] = json!([]));
    assert_eq!(sin, una("sin_lector", "esquemas.ComandoCrearInforme.lectores"));
    let malo = con(|d| d["esquemas"]["ComandoCrearInforme"]["lectores"] = json!(["Servicio X"]));
    assert_eq!(malo, una("sin_lector", "esquemas.ComandoCrearInforme.lectores"));
}

#[test]
fn el_paso_inicial_es_de_suscripciones() {
    let ajeno = con(|d| d["pasos"][0]["comando"] = json!("ComandoCrearServicioDatos"));
    assert!(ajeno.contains(&("inicial_ajeno".to_owned(), "pasos.crear_suscripcion.comando".to_owned())), "{ajeno:?}");
}

#[test]
fn un_esquema_es_un_registro_con_el_nombre_de_su_tipo_y_todo_opcional() {
    let ilegible = con(|d| d["esquemas"]["EventoInformeDescartado"]["avsc"] = json!({ "type": "registro" }));
    assert_eq!(ilegible, una("esquema_ilegible", "esquemas.EventoInformeDescartado.avsc"));
    let otro = con(|d| d["esquemas"]["EventoInformeDescartado"]["avsc"]["name"] = json!("Otro"));
    assert_eq!(otro, una("nombre_ajeno", "esquemas.EventoInformeDescartado.avsc"));
    let obligatorio = con(|d| carga(d, "ComandoCrearInforme").push(json!({ "name": "color", "type": "string" })));
    assert_eq!(obligatorio, una("campo_no_opcional", "esquemas.ComandoCrearInforme.avsc.data.color"));
    let sin_defecto = con(|d| {
        drop(d["esquemas"]["EventoInformeCreado"]["avsc"]["fields"][1].as_object_mut().expect("id").remove("default"))
    });
    assert_eq!(sin_defecto, una("campo_no_opcional", "esquemas.EventoInformeCreado.avsc.id"));
}

#[test]
fn el_sobre_lleva_lo_que_las_sagas_necesitan() {
    let quitar = |d: &mut Value, tipo: &str, nombre: &str| {
        let campos = d["esquemas"][tipo]["avsc"]["fields"].as_array_mut().expect("campos");
        campos.retain(|campo| campo["name"] != nombre);
    };
    for (tipo, nombre) in [
        ("ComandoCrearInforme", "correlationid"),
        ("ComandoDescartarInforme", "causationid"),
        ("EventoInformeCreado", "causationid"),
        ("EventoInformeCreado", "type"),
    ] {
        let faltas = con(|d| quitar(d, tipo, nombre));
        assert_eq!(faltas, una("sobre_incompleto", &format!("esquemas.{tipo}.avsc.{nombre}")));
    }
    assert_eq!(con(|d| quitar(d, "ComandoCrearInforme", "causationid")), []);
    let numerico = con(|d| d["esquemas"]["ComandoCrearInforme"]["avsc"]["fields"][1]["type"][1] = json!("long"));
    assert_eq!(numerico, una("sobre_ajeno", "esquemas.ComandoCrearInforme.avsc.id"));
}

#[test]
fn cada_valor_de_una_carga_tiene_sitio_y_cabe() {
    let ruta = |campo: &str| format!("pasos.crear_informe.carga.{campo}");
    let sin_sitio = con(|d| d["pasos"][1]["carga"]["zz"] = json!("saga.id"));
    assert_eq!(sin_sitio, una("campo_desconocido", &ruta("zz")));
    let en_texto = con(|d| d["pasos"][1]["carga"] = json!({ "tipo.x": "saga.id" }));
    assert_eq!(en_texto, una("campo_desconocido", &ruta("tipo.x")));
    let numero = con(|d| {
        carga(d, "ComandoCrearInforme").push(opcional("paginas", json!("long")));
        d["pasos"][1]["carga"]["paginas"] = json!("plan.parametros.paginas");
    });
    assert_eq!(numero, una("tipo_distinto", &ruta("paginas")));
    let en_reversa = con(|d| d["pasos"][1]["deshacer"]["carga"]["zz"] = json!("saga.id"));
    assert_eq!(en_reversa, una("campo_desconocido", "pasos.crear_informe.deshacer.carga.zz"));
    let enumerado = |literal: &str| {
        let fuente = json!(format!("= {literal}"));
        con(|d| {
            let formatos = json!({ "type": "enum", "name": "Formato", "symbols": ["pdf", "html"] });
            carga(d, "ComandoCrearInforme").push(opcional("formato", formatos));
            d["pasos"][1]["carga"]["formato"] = fuente;
        })
    };
    assert_eq!(enumerado("pdf"), []);
    assert_eq!(enumerado("docx"), una("tipo_distinto", &ruta("formato")));
}

#[test]
fn las_fuentes_del_cliente_y_del_plan_existen() {
    for fuente in ["cliente.edad", "plan.color", "plan.nube", "plan.parametros.a.b"] {
        let vacia = con(|d| d["pasos"][1]["carga"]["tipo"] = json!(fuente));
        assert_eq!(vacia, una("fuente_vacia", "pasos.crear_informe.carga.tipo"), "{fuente}");
    }
}

#[test]
fn las_salidas_estan_en_cada_respuesta_y_no_nombran_a_nadie() {
    let ruta = "pasos.crear_informe.salidas.id_informe";
    let sin = con(|d| d["pasos"][1]["salidas"]["id_informe"] = json!("numero"));
    assert_eq!(sin, una("salida_inexistente", ruta));
    let personal = con(|d| {
        carga(d, "EventoInformeCreado").push(opcional("email", json!("string")));
        d["pasos"][1]["salidas"]["id_informe"] = json!("email");
    });
    assert_eq!(personal.len(), 2, "{personal:?}");
    assert!(personal.contains(&("dato_personal".to_owned(), ruta.to_owned())));
    assert!(
        personal.contains(&("dato_personal".to_owned(), "esquemas.EventoInformeCreado.avsc.data.email".to_owned()))
    );
}
