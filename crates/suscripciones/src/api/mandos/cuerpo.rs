use std::collections::BTreeMap;

use saga::Codigo;
use serde_json::Value;
use servidor::{Campos, Operador, Problema};

use crate::aplicacion::{Encargo, Orden};
use crate::dominio::INQUILINO_PUBLICO;

const MANDOS: &str = "debe ser reintentar, saltar, compensar, pausar, reanudar o abandonar";
const CODIGO: &str = "debe ser un código de 1 a 64 letras, cifras o . _ : -, no un texto libre: se guarda para siempre";

/// Reads `{mando, paso?, salida?, motivo}`.
pub fn leer_encargo(cuerpo: &Value, operador: &Operador) -> Result<Encargo, Problema> {
    let mut campos = Campos::de(cuerpo);
    let orden = leer_orden(&mut campos);
    let motivo = leer_motivo(&mut campos, matches!(orden, Some(Orden::Abandonar)));
    campos.terminar()?;
    let orden = orden.ok_or_else(Problema::interno)?;
    let actor = operador.codigo().to_owned();
    Ok(Encargo { inquilino: INQUILINO_PUBLICO.to_owned(), orden, actor, motivo, lote: None })
}

fn leer_orden(campos: &mut Campos<'_>) -> Option<Orden> {
    match campos.texto("mando").as_str() {
        "reintentar" => Some(Orden::Reintentar { paso: campos.texto("paso") }),
        "saltar" => Some(Orden::Saltar { paso: campos.texto("paso"), salida: leer_salida(campos) }),
        "compensar" => Some(Orden::Compensar),
        "pausar" => Some(Orden::Pausar),
        "reanudar" => Some(Orden::Reanudar),
        "abandonar" => Some(Orden::Abandonar),
        otro => {
            if !otro.is_empty() {
                campos.invalido("mando", MANDOS);
            }
            None
        }
    }
}

fn leer_salida(campos: &mut Campos<'_>) -> BTreeMap<String, Codigo> {
    let mut salida = BTreeMap::new();
    for (campo, texto) in campos.mapa_textos_opcional("salida").unwrap_or_default() {
        match Codigo::try_from(texto.as_str()) {
            Ok(codigo) => {
                salida.insert(campo, codigo);
            }
            Err(_) => campos.invalido(&format!("salida.{campo}"), CODIGO),
        }
    }
    salida
}

/// The reason of an order, a code.
pub fn leer_motivo(campos: &mut Campos<'_>, exigido: bool) -> Option<Codigo> {
    let texto = if exigido { Some(campos.texto("motivo")) } else { campos.texto_opcional("motivo") };
    let texto = texto.filter(|texto| !texto.is_empty())?;
    Codigo::try_from(texto.as_str()).inspect_err(|_| campos.invalido("motivo", CODIGO)).ok()
}
