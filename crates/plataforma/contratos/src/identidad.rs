use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Root of every derived id of the system.
const ESPACIO: Uuid = Uuid::from_u128(0x5a1d_7ec4_a19e_4b1d_9c0f_5a1d_a19e_2024);

/// The current instant, cut to milliseconds as the envelope carries it.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn ahora() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

/// A new time-ordered id (UUID v7).
#[expect(clippy::disallowed_methods, reason = "the one place where an id is drawn")]
pub fn id_nuevo() -> Uuid {
    Uuid::now_v7()
}

/// The id that the same parts always give (UUID v5); parts never run together.
pub fn id_derivado(partes: &[&str]) -> Uuid {
    Uuid::new_v5(&ESPACIO, partes.join("\u{1f}").as_bytes())
}

/// The id of a saga's command: the same for every retry. `direccion` is `hacer` or `deshacer`.
pub fn id_comando(saga: Uuid, paso: &str, direccion: &str) -> Uuid {
    Uuid::new_v5(&saga, format!("{paso}\u{1f}{direccion}").as_bytes())
}

/// The id of the answer of type `tipo` to a command: the same however often it is sent.
pub fn id_respuesta(comando: Uuid, tipo: &str) -> Uuid {
    Uuid::new_v5(&comando, tipo.as_bytes())
}

/// The id of the data service of a subscription, so that an undo never needs a reply that got lost.
pub fn id_serviciodatos(id_suscripcion: Uuid) -> Uuid {
    Uuid::new_v5(&id_suscripcion, b"servicio-datos")
}

/// SHA-256 (hex) of a JSON value with its keys in order: the identity of a request.
pub fn huella(valor: &Value) -> String {
    hex::encode(digest(&SHA256, canonico(valor).as_bytes()))
}

fn canonico(valor: &Value) -> String {
    match valor {
        Value::Object(campos) => {
            let mut pares: Vec<_> = campos.iter().collect();
            pares.sort_by_key(|(clave, _)| *clave);
            let textos: Vec<_> =
                pares.iter().map(|(c, v)| format!("{}:{}", Value::from(c.as_str()), canonico(v))).collect();
            format!("{{{}}}", textos.join(","))
        }
        Value::Array(elementos) => format!("[{}]", elementos.iter().map(canonico).collect::<Vec<_>>().join(",")),
        otro => otro.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn la_huella_no_depende_del_orden_de_los_campos() {
        let a: Value = serde_json::from_str(r#"{"b":[1,{"y":2,"x":1}],"a":"á"}"#).expect("json");
        let b: Value = serde_json::from_str(r#"{"a":"á","b":[1,{"x":1,"y":2}]}"#).expect("json");
        assert_eq!(huella(&a), huella(&b));
        assert_ne!(huella(&a), huella(&json!({"a": "á", "b": [1, {"x": 1, "y": 3}]})));
    }

    #[test]
    fn partes_distintas_nunca_dan_el_mismo_id() {
        assert_ne!(id_derivado(&["ab", "c"]), id_derivado(&["a", "bc"]));
        assert_ne!(id_comando(Uuid::nil(), "pagar", "hacer"), id_comando(Uuid::nil(), "pagar", "deshacer"));
    }
}
