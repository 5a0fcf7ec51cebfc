use std::sync::Arc;

use saga::{Definicion, DefinicionInvalida};
use serde_json::{Value, json};

/// The flow of the product, as it is released.
const PRO: &str = include_str!("../../suscripciones/config/flujos/pro.json");

/// The released flow, and one with branches that ends at a participant which the tree does not have.
pub fn definiciones() -> Result<Vec<Arc<Definicion>>, DefinicionInvalida> {
    let pro: Value = serde_json::from_str(PRO).map_err(DefinicionInvalida::Ilegible)?;
    [ramas(&pro), pro].iter().map(|documento| Definicion::leer(documento).map(Arc::new)).collect()
}

/// The released flow with a device reserved beside its data service, and the laboratory told beside the client.
fn ramas(pro: &Value) -> Value {
    let mut ramas = pro.clone();
    ramas["clave"] = "suscripcion-ramas".into();
    if let Some(pasos) = ramas["pasos"].as_array_mut() {
        for paso in pasos.iter_mut().filter(|paso| paso["clave"] == "pagar") {
            paso["despues_de"] = json!(["iniciar_servicio", "reservar_equipo"]);
        }
        pasos.extend([reservar(), avisar()]);
    }
    ramas
}

fn reservar() -> Value {
    json!({
        "clave": "reservar_equipo",
        "clase": "compensable",
        "despues_de": ["crear_suscripcion"],
        "comando": "ComandoReservarEquipo",
        "carga": { "id_suscripcion": "saga.id_suscripcion" },
        "exito": ["EventoEquipoReservado"],
        "fallo": ["EventoEquipoFallido"],
        "deshacer": {
            "comando": "ComandoLiberarEquipo",
            "carga": { "id_suscripcion": "saga.id_suscripcion", "motivo": "saga.motivo" },
            "exito": ["EventoEquipoLiberado"],
            "fallo": ["EventoEquipoFallido"]
        },
        "plazo_ms": 4000,
        "reintento": { "inicial_ms": 500, "maximo_ms": 8000 },
        "intentos": 2
    })
}

fn avisar() -> Value {
    json!({
        "clave": "avisar_laboratorio",
        "clase": "reintentable",
        "despues_de": ["pagar"],
        "comando": "ComandoAvisarLaboratorio",
        "carga": { "id_suscripcion": "saga.id_suscripcion" },
        "exito": ["EventoLaboratorioAvisado"],
        "fallo": ["EventoEquipoFallido"],
        "plazo_ms": 5000,
        "reintento": { "inicial_ms": 1000, "maximo_ms": 10000 },
        "intentos": 3
    })
}
