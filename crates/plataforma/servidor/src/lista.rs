use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Problema;

/// How much of a value is told back.
const MUESTRA: usize = 64;

/// The list that member `nombre` of a body holds: texts that `leer` understands, at most `maximo`.
///
/// A value that it does not understand is never left out: 400 `lista_invalida` names each one and its place
/// (`invalidos`, with `posicion` from 0 and `valor`), and says that it is no `que`. So does a list that is missing, is
/// none, or is too long, without values.
pub fn leer_lista<T>(
    cuerpo: &Value,
    nombre: &str,
    maximo: usize,
    que: &str,
    leer: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Problema> {
    let Some(valores) = cuerpo.get(nombre).and_then(Value::as_array) else {
        return Err(invalida(format!("«{nombre}» debe ser una lista.")));
    };
    if valores.len() > maximo {
        return Err(invalida(format!("«{nombre}» tiene {} valores y admite {maximo}.", valores.len())));
    }
    let (mut leidos, mut invalidos) = (Vec::with_capacity(valores.len()), Vec::new());
    for (posicion, valor) in valores.iter().enumerate() {
        match valor.as_str().and_then(&leer) {
            Some(leido) => leidos.push(leido),
            None => invalidos.push((posicion, muestra(valor))),
        }
    }
    let Some((posicion, valor)) = invalidos.first() else { return Ok(leidos) };
    let detalle = format!("{nombre}[{posicion}] es «{valor}», que no es {que}.");
    let todos = invalidos.iter().map(|(posicion, valor)| json!({ "posicion": posicion, "valor": valor }));
    Err(invalida(detalle).con("invalidos", todos.collect()))
}

fn invalida(detalle: String) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "lista_invalida", "La lista no se entiende entera").detalle(detalle)
}

/// A text as it is, anything else as JSON.
fn muestra(valor: &Value) -> String {
    let texto = valor.as_str().map_or_else(|| valor.to_string(), str::to_owned);
    texto.chars().take(MUESTRA).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leer(cuerpo: &Value) -> Result<Vec<u8>, Problema> {
        leer_lista(cuerpo, "pares", 4, "un número par", |texto| texto.parse().ok().filter(|numero| numero % 2 == 0))
    }

    fn problema(cuerpo: &Value) -> Value {
        let problema = leer(cuerpo).expect_err("no se entiende");
        serde_json::from_str(&problema.cuerpo(None)).expect("json")
    }

    #[test]
    fn una_lista_que_se_entiende_se_lee_en_su_orden_y_vacia_tambien() {
        assert_eq!(leer(&json!({ "pares": ["4", "2", "4"] })).ok(), Some(vec![4, 2, 4]));
        assert_eq!(leer(&json!({ "pares": [] })).ok(), Some(vec![]));
    }

    #[test]
    fn cada_valor_que_no_se_entiende_se_nombra_con_su_lugar() {
        let problema = problema(&json!({ "pares": ["2", "3", 8, "x".repeat(99)] }));
        assert_eq!((&problema["status"], &problema["code"]), (&json!(400), &json!("lista_invalida")));
        assert_eq!(problema["detail"], "pares[1] es «3», que no es un número par.");
        let invalidos = json!([
            { "posicion": 1, "valor": "3" },
            { "posicion": 2, "valor": "8" },
            { "posicion": 3, "valor": "x".repeat(64) },
        ]);
        assert_eq!(problema["invalidos"], invalidos);
    }

    #[test]
    fn lo_que_no_es_lista_o_es_demasiada_se_dice() {
        for (cuerpo, dice) in [
            (json!({}), "debe ser una lista"),
            (json!({ "pares": "2" }), "debe ser una lista"),
            (json!({ "pares": ["2", "2", "2", "2", "2"] }), "tiene 5 valores y admite 4"),
        ] {
            assert!(problema(&cuerpo)["detail"].as_str().is_some_and(|detalle| detalle.contains(dice)), "{cuerpo}");
        }
    }
}
