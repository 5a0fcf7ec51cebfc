use std::collections::BTreeSet;

use contratos::temas;
use serde_json::{Map, Value, json};

/// Embeds topic and schema of each message of the platform that the document names and says nothing of, so that the
/// definition stands on its own for ever.
pub fn con_esquemas(mut documento: Value) -> Value {
    let faltan: Vec<String> =
        nombrados(&documento).into_iter().filter(|tipo| documento["esquemas"].get(tipo).is_none()).collect();
    let propios = faltan.into_iter().filter_map(|tipo| {
        let tema = temas::por_tipo(&tipo)?;
        let avsc: Value = serde_json::from_str(tema.avsc).ok()?;
        Some((tipo, json!({ "tema": tema.nombre, "avsc": avsc })))
    });
    let propios: Map<String, Value> = propios.collect();
    match documento.get_mut("esquemas") {
        Some(Value::Object(esquemas)) => esquemas.extend(propios),
        _ => documento["esquemas"] = Value::Object(propios),
    }
    documento
}

/// Every message type in the steps of a document, whatever else it lacks.
fn nombrados(documento: &Value) -> BTreeSet<String> {
    let pasos = documento["pasos"].as_array().into_iter().flatten();
    let ordenes = pasos.flat_map(|paso| [paso, &paso["deshacer"]]);
    let tipos = ordenes.flat_map(|orden| {
        let respuestas = [&orden["exito"], &orden["fallo"]].into_iter().filter_map(Value::as_array).flatten();
        std::iter::once(&orden["comando"]).chain(respuestas)
    });
    tipos.filter_map(Value::as_str).filter(|tipo| !tipo.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se_completan_los_mensajes_de_la_plataforma_y_se_respetan_los_escritos() {
        let documento = json!({
            "pasos": [{ "comando": "ComandoPagarSuscripcion", "exito": ["EventoAjeno"],
                        "deshacer": { "comando": "ComandoCancelarSuscripcion", "exito": ["EventoSuscripcionPagada"] } }],
            "esquemas": { "EventoSuscripcionPagada": { "tema": "escrito" } },
        });
        let esquemas = con_esquemas(documento)["esquemas"].clone();
        let tipos: Vec<&String> = esquemas.as_object().expect("object").keys().collect();
        assert_eq!(tipos, ["ComandoCancelarSuscripcion", "ComandoPagarSuscripcion", "EventoSuscripcionPagada"]);
        assert_eq!(esquemas["EventoSuscripcionPagada"], json!({ "tema": "escrito" }));
        assert_eq!(esquemas["ComandoPagarSuscripcion"]["avsc"]["name"], "ComandoPagarSuscripcion");
    }
}
