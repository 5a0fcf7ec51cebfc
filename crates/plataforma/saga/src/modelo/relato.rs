use super::defecto::Defecto;
use super::mundo::{Mundo, Parte};
use super::suceso::{Orden, Suceso};
use crate::{Cambio, Definicion, Direccion, Entrada, EstadoPaso, Fase};

/// A run that ends badly, told in Spanish, one line per event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traza {
    pub sucesos: Vec<String>,
    pub defecto: Defecto,
}

impl std::fmt::Display for Traza {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (numero, suceso) in self.sucesos.iter().enumerate() {
            writeln!(f, "{}. {suceso}", numero + 1)?;
        }
        write!(f, "=> {}", self.defecto)
    }
}

/// What happens, and what the saga does about it.
pub(super) fn contar(definicion: &Definicion, antes: &Mundo, suceso: Suceso, entrada: Option<&Entrada>) -> String {
    let cambios = entrada.map(|entrada| entrada.cambios.as_slice()).unwrap_or_default();
    let consecuencias = cambios.iter().filter_map(consecuencia);
    std::iter::once(hecho(definicion, antes, suceso)).chain(consecuencias).collect::<Vec<_>>().join("; ")
}

fn hecho(definicion: &Definicion, antes: &Mundo, suceso: Suceso) -> String {
    let clave = |paso: usize| definicion.pasos()[paso].clave.as_str();
    match suceso {
        Suceso::Inicia { exito: true } => "empieza: el paso inicial se cumple".to_owned(),
        Suceso::Inicia { exito: false } => "empieza: el paso inicial se rechaza".to_owned(),
        Suceso::Responde { paso, suelta: true, .. } => {
            format!("deshacer {} responde que sí sin que su orden hubiera llegado, y nadie lo recuerda", clave(paso))
        }
        Suceso::Responde { paso, direccion, exito, .. } => {
            let tarde = match antes.saga.paso(clave(paso)) {
                EstadoPaso::Incierto => ", tarde",
                _ => "",
            };
            let como = if exito { "cumplido" } else { "rechazado" };
            format!("llega la respuesta de {direccion} {}: {como}{tarde}", clave(paso))
        }
        Suceso::Vence { paso } => {
            let (direccion, intento, _) = antes.saga.paso(clave(paso)).en_vuelo().unwrap_or((Direccion::Hacer, 1, 0));
            let ultimo = intento >= definicion.pasos()[paso].ultimo_intento(direccion);
            let cual = if ultimo { "último" } else { "primer" };
            format!("nadie responde a {direccion} {} en su {cual} intento", clave(paso))
        }
        Suceso::Llega { paso } => match antes.partes[paso] {
            Parte::Suelta => format!("la orden hacer {} llega después de su reversa y se cumple", clave(paso)),
            _ => format!("la orden hacer {} llega otra vez y se cumple otra vez", clave(paso)),
        },
        Suceso::Manda(orden) => mandado(orden, clave),
    }
}

fn mandado<'a>(orden: Orden, clave: impl Fn(usize) -> &'a str) -> String {
    match orden {
        Orden::Reintentar(paso) => format!("el operador ordena reintentar {}", clave(paso)),
        Orden::Saltar(paso) => format!("el operador da por hecho {}", clave(paso)),
        Orden::Compensar => "el operador ordena compensar".to_owned(),
        Orden::Pausar => "el operador ordena pausar".to_owned(),
        Orden::Reanudar => "el operador ordena reanudar".to_owned(),
        Orden::Abandonar => "el operador ordena abandonar".to_owned(),
    }
}

fn consecuencia(cambio: &Cambio) -> Option<String> {
    Some(match cambio {
        Cambio::Enviado { paso, direccion, .. } => format!("sale {direccion} {paso}"),
        Cambio::Incierto { paso } => format!("{paso} queda incierto"),
        Cambio::Fase { fase, .. } => match fase {
            Fase::Avanzando => "la saga avanza".to_owned(),
            Fase::Deshaciendo => "la saga se deshace".to_owned(),
            Fase::Completada => "la saga termina completada".to_owned(),
            Fase::CompletadaConAvisos => "la saga termina completada con avisos".to_owned(),
            Fase::Compensada => "la saga termina compensada".to_owned(),
            Fase::Abandonada => "la saga termina abandonada".to_owned(),
        },
        _ => return None,
    })
}
