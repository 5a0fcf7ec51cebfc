//! The new product, all of it data: its flow with the schemas of its messages, and the plans that sell it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::rutas;

pub const CARPETA: &str = "examples/servicio-informes";
/// The name of the service: of its process, of its subscriptions.
pub const SERVICIO: &str = "servicio-informes";
pub const CARTAS_MUERTAS: &str = "servicio-informes-cartas-muertas";
pub const PLAN: &str = "informes";
/// Asks for a kind of report that the service does not make.
pub const PLAN_IMPOSIBLE: &str = "informes_imposibles";

pub fn carpeta() -> PathBuf {
    rutas::raiz().join(CARPETA)
}

/// The definition as the admin API takes it: the document with the schemas of its new messages.
pub fn definicion() -> Result<Value> {
    let mut documento = leer("definicion.json")?;
    let nuevos = documento["esquemas"].as_object_mut().context("la definición no nombra mensajes nuevos")?;
    for (tipo, entrada) in nuevos {
        entrada["avsc"] = leer(&format!("esquemas/{tipo}.avsc"))?;
    }
    Ok(documento)
}

/// The topics of its commands, which its service reads, and those of its answers.
pub fn temas(documento: &Value) -> (Vec<String>, Vec<String>) {
    let entradas = documento["esquemas"].as_object().into_iter().flat_map(|mensajes| mensajes.values());
    let (comandos, respuestas): (Vec<&Value>, Vec<&Value>) =
        entradas.partition(|entrada| !entrada["lectores"].is_null());
    let nombres =
        |entradas: Vec<&Value>| entradas.iter().filter_map(|e| e["tema"].as_str().map(str::to_owned)).collect();
    (nombres(comandos), nombres(respuestas))
}

pub fn plan(tipo_informe: &str) -> Value {
    json!({ "nombre": "INFORMES", "monto": "90000.00", "moneda": "COP", "en_venta": true, "flujo": "suscripcion-informes",
            "parametros": { "tipo_informe": tipo_informe, "periodicidad": "P1M" } })
}

fn leer(nombre: &str) -> Result<Value> {
    let ruta = carpeta().join(nombre);
    let texto = fs::read(&ruta).with_context(|| rutas::corta(&ruta))?;
    serde_json::from_slice(&texto).with_context(|| rutas::corta(&ruta))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn la_definicion_lleva_los_esquemas_de_sus_cinco_mensajes_y_sus_dos_comandos() {
        let documento = definicion().expect("definicion");
        let mensajes = documento["esquemas"].as_object().expect("mensajes");
        assert_eq!(mensajes.len(), 5);
        assert!(mensajes.iter().all(|(tipo, entrada)| entrada["avsc"]["name"] == tipo.as_str()));
        let (comandos, respuestas) = temas(&documento);
        assert_eq!((comandos.len(), respuestas.len()), (2, 3));
    }
}
