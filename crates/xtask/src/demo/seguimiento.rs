//! Shows a saga's steps as they happen.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::bff::{Bff, PLAZO};
use super::respuestas::{Paso, Saga};
use crate::consola::{amarillo, duracion, linea, rojo, tenue, verde};

/// Follows a saga to its end, one line per change of a step.
pub async fn seguir(bff: &Bff, id: &str, desde: Instant) -> Result<Saga> {
    let ruta = format!("/sagas/{id}");
    let mut vistos: HashMap<String, String> = HashMap::new();
    while desde.elapsed() < PLAZO {
        if let Some(saga) = bff.leer::<Saga>(&ruta).await? {
            for paso in &saga.pasos {
                let antes = vistos.insert(paso.clave.clone(), paso.estado.clone());
                if antes.as_deref() != Some(paso.estado.as_str()) && paso.estado != "pendiente" {
                    mostrar(paso, desde);
                }
            }
            if saga.terminada() {
                return Ok(saga);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("la saga {id} no terminó en {} s", PLAZO.as_secs())
}

fn mostrar(paso: &Paso, desde: Instant) {
    let nombre = format!("{:<20}", paso.clave);
    let estado = format!("{:<14}", paso.estado.replace('_', " "));
    let estado = match paso.estado.as_str() {
        "hecho" => verde(estado),
        "fallido" | "reversa_rechazada" => rojo(estado),
        _ => amarillo(estado),
    };
    let codigo = paso.codigo.as_deref().map_or_else(String::new, |codigo| format!("  {}", rojo(codigo)));
    let propio = match (paso.enviado, paso.terminado.filter(|_| paso.deshecho.is_none())) {
        (Some(enviado), Some(terminado)) => (terminado - enviado).to_std().map(duracion).unwrap_or_default(),
        _ => String::new(),
    };
    let momento = tenue(format!("+{:<9}{propio}", duracion(desde.elapsed())));
    linea(format!("    {nombre}{estado}{momento}{codigo}"));
}
