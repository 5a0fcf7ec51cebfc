use std::sync::Arc;

use saga::{Definicion, DefinicionInvalida};
use serde_json::{Value, json};
use suscripciones::dominio::{Caso, Operacion};

/// The flow of the product, as it is released.
const PRO: &str = include_str!("../../suscripciones/config/flujos/pro.json");
/// Those of the operations on it.
const OPERACIONES: [&str; 4] = [
    include_str!("../../suscripciones/config/flujos/cancelacion.json"),
    include_str!("../../suscripciones/config/flujos/cambio_a_pro.json"),
    include_str!("../../suscripciones/config/flujos/cambio_desde_pro.json"),
    include_str!("../../suscripciones/config/flujos/cambio_entre_pro.json"),
];

/// The released flows, and one with branches that ends at a participant which the tree does not have.
pub fn definiciones() -> Result<Vec<Arc<Definicion>>, DefinicionInvalida> {
    let leer = |texto: &str| serde_json::from_str::<Value>(texto).map_err(DefinicionInvalida::Ilegible);
    let pro = leer(PRO)?;
    let mut documentos = vec![ramas(&pro), pro];
    for texto in OPERACIONES {
        documentos.push(leer(texto)?);
    }
    documentos.iter().map(|documento| Definicion::leer(documento).map(Arc::new)).collect()
}

/// Which flow carries out each operation, as a new database begins; nothing can be done with a plan with branches.
pub fn operaciones() -> Vec<(Caso, String)> {
    let pro = || Some("suscripcion-pro".to_owned());
    let caso = |operacion, desde, hacia| Caso { operacion, desde, hacia };
    [
        (caso(Operacion::Cancelar, pro(), None), "cancelacion-pro"),
        (caso(Operacion::CambiarPlan, None, pro()), "cambio-a-pro"),
        (caso(Operacion::CambiarPlan, pro(), None), "cambio-desde-pro"),
        (caso(Operacion::CambiarPlan, pro(), pro()), "cambio-entre-pro"),
    ]
    .map(|(caso, flujo)| (caso, flujo.to_owned()))
    .into()
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
