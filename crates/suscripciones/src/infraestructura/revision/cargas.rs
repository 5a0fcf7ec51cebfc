use std::collections::BTreeMap;

use contratos::Schema;
use saga::{Fuente, Orden, Paso};
use serde_json::Value;

use super::esquema::es_personal;
use super::{Esquema, falta};
use crate::aplicacion::puertos::Incumplimiento;
use crate::dominio::Plan;
use crate::infraestructura::emisor::CAMPOS_DE_CLIENTE;

/// Each value of a command's payload has a place in its schema, fits there, and comes from somewhere that exists.
pub fn revisar(ruta: &str, orden: &Orden, esquemas: &BTreeMap<&str, Esquema>) -> Vec<Incumplimiento> {
    let mut faltas = Vec::new();
    for (destino, fuente) in &orden.carga {
        let ruta = format!("{ruta}.{destino}");
        if let Some(nombre) = fuente_vacia(fuente) {
            faltas.push(falta("fuente_vacia", ruta.as_str(), format!("ningún dato se llama «{nombre}»")));
        }
        let Some(esquema) = esquemas.get(orden.comando.as_str()) else { continue };
        match esquema.en(destino) {
            None => {
                let texto = format!("«{}» no tiene el campo «{destino}»", orden.comando);
                faltas.push(falta("campo_desconocido", ruta, texto));
            }
            Some(campo) if !cabe(fuente, campo) => {
                let texto = format!("«{destino}» de «{}» no admite el texto que recibiría", orden.comando);
                faltas.push(falta("tipo_distinto", ruta, texto));
            }
            Some(_) => {}
        }
    }
    faltas
}

/// Each output is a field of every success reply, of a type that a code can be taken from, and names nobody.
pub fn revisar_salidas(paso: &Paso, esquemas: &BTreeMap<&str, Esquema>) -> Vec<Incumplimiento> {
    let mut faltas = Vec::new();
    for (salida, campo) in &paso.salidas {
        let ruta = format!("pasos.{}.salidas.{salida}", paso.clave);
        let ultimo = campo.rsplit('.').next().unwrap_or(campo);
        if es_personal(salida) || es_personal(ultimo) {
            let texto = format!("«{campo}» es un dato personal y las salidas se guardan");
            faltas.push(falta("dato_personal", ruta.as_str(), texto));
        }
        for tipo in &paso.hacer.exito {
            let Some(esquema) = esquemas.get(tipo.as_str()) else { continue };
            let hallado = esquema.en(campo).and_then(|campo| esquema.contenido(campo));
            let legible = matches!(hallado, Some(Schema::String | Schema::Int | Schema::Long | Schema::Enum(_)));
            if !legible {
                let texto = format!("«{tipo}» no tiene en «{campo}» un texto o un entero");
                faltas.push(falta("salida_inexistente", ruta.as_str(), texto));
            }
        }
    }
    faltas
}

/// The name of a source that never has a value.
fn fuente_vacia(fuente: &Fuente) -> Option<String> {
    match fuente {
        Fuente::Cliente(campo) if !CAMPOS_DE_CLIENTE.contains(&campo.as_str()) => Some(format!("cliente.{campo}")),
        Fuente::Plan(ruta) if !Plan::ruta_conocida(ruta) => Some(format!("plan.{ruta}")),
        _ => None,
    }
}

/// Every source gives text; only of a literal it is known which.
fn cabe(fuente: &Fuente, campo: &Schema) -> bool {
    let muestra = match fuente {
        Fuente::Literal(texto) => texto.as_str(),
        _ => "x",
    };
    contratos::a_avro(&Value::from(muestra), campo).is_ok()
}
