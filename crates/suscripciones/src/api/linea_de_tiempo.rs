use chrono::{DateTime, Utc};
use saga::{Cambio, Causa, Codigo, Direccion, Entrada, Fase, Mando, Motivo, TipoRespuesta};
use serde::Serialize;
use serde_json::Value;

use crate::infraestructura::Transicion;

/// One entry of a saga's log as a person reads it.
#[derive(Serialize)]
pub struct Hito {
    pub version: i64,
    pub instante: DateTime<Utc>,
    /// `iniciada`, `respuesta`, `plazo_vencido`, `mando`, `migrada`, `restaurada`.
    pub causa: String,
    /// The step that the cause is about.
    pub paso: Option<String>,
    /// The highest attempt that the entry sends.
    pub intento: Option<u32>,
    /// Who ordered it; none when nobody did.
    pub actor: Option<String>,
    /// The code it was ordered or failed with.
    pub motivo: Option<String>,
    pub texto: String,
    pub entrada: Value,
}

impl Hito {
    pub fn de(transicion: Transicion) -> Result<Self, serde_json::Error> {
        let entrada: Entrada = serde_json::from_value(transicion.entrada.clone())?;
        let causa = transicion.entrada["causa"]["tipo"].as_str().unwrap_or_default().to_owned();
        let intentos = entrada.cambios.iter().filter_map(|cambio| match cambio {
            Cambio::Enviado { intento, .. } => Some(*intento),
            _ => None,
        });
        let (actor, motivo) = match &entrada.causa {
            Causa::Mando { actor, motivo, .. } | Causa::Migrada { actor, motivo, .. } => {
                (Some(actor.to_string()), motivo.as_ref().map(ToString::to_string))
            }
            _ => (None, entrada.cambios.iter().find_map(codigo_de)),
        };
        Ok(Self {
            version: transicion.version,
            instante: transicion.instante,
            causa,
            paso: paso_de(&entrada.causa).map(str::to_owned),
            intento: intentos.max(),
            actor,
            motivo,
            texto: texto(&entrada),
            entrada: transicion.entrada,
        })
    }
}

fn paso_de(causa: &Causa) -> Option<&str> {
    match causa {
        Causa::Respuesta { paso, .. }
        | Causa::PlazoVencido { paso, .. }
        | Causa::Mando { mando: Mando::Reintentar { paso } | Mando::Saltar { paso, .. }, .. } => Some(paso),
        Causa::Iniciada { .. } | Causa::Mando { .. } | Causa::Migrada { .. } | Causa::Restaurada => None,
    }
}

fn codigo_de(cambio: &Cambio) -> Option<String> {
    match cambio {
        Cambio::Fallido { codigo, .. }
        | Cambio::ReversaRechazada { codigo, .. }
        | Cambio::Fase { motivo: Some(Motivo { codigo, .. }), .. } => Some(codigo.to_string()),
        _ => None,
    }
}

/// One sentence: what happened, and what it led to.
fn texto(entrada: &Entrada) -> String {
    let mut texto = frase(&entrada.causa);
    for (indice, cambio) in entrada.cambios.iter().enumerate() {
        texto.push_str(if indice == 0 { ": " } else { "; " });
        texto.push_str(&consecuencia(cambio));
    }
    texto.push('.');
    texto
}

fn frase(causa: &Causa) -> String {
    match causa {
        Causa::Iniciada { respuesta: TipoRespuesta::Exito } => "La saga empieza".to_owned(),
        Causa::Iniciada { respuesta: TipoRespuesta::Fallo } => "La saga no llega a empezar".to_owned(),
        Causa::Respuesta { paso, direccion, respuesta } => {
            let que = match direccion {
                Direccion::Hacer => format!("«{paso}»"),
                Direccion::Deshacer => format!("La reversa de «{paso}»"),
            };
            let como = match respuesta {
                TipoRespuesta::Exito => "responde que sí",
                TipoRespuesta::Fallo => "responde que no",
            };
            format!("{que} {como}")
        }
        Causa::PlazoVencido { paso, direccion: Direccion::Hacer } => format!("«{paso}» no responde a tiempo"),
        Causa::PlazoVencido { paso, direccion: Direccion::Deshacer } => {
            format!("La reversa de «{paso}» no responde a tiempo")
        }
        Causa::Mando { mando, actor, motivo } => {
            format!("{actor} ordena {}{}", verbo(mando), por(motivo.as_ref()))
        }
        Causa::Migrada { actor, motivo, de, a } => {
            format!("{actor} lleva la saga de la versión {de} a la {a} de su flujo{}", por(motivo.as_ref()))
        }
        Causa::Restaurada => "La saga se rehace desde su registro publicado".to_owned(),
    }
}

fn por(motivo: Option<&Codigo>) -> String {
    motivo.map_or_else(String::new, |motivo| format!(" por «{motivo}»"))
}

fn verbo(mando: &Mando) -> String {
    match mando {
        Mando::Reintentar { paso } => format!("reintentar «{paso}»"),
        Mando::Saltar { paso, .. } => format!("dar «{paso}» por hecho"),
        Mando::Compensar => "deshacer la saga".to_owned(),
        Mando::Pausar => "pausar la saga".to_owned(),
        Mando::Reanudar => "reanudar la saga".to_owned(),
        Mando::Abandonar => "abandonar la saga".to_owned(),
    }
}

fn consecuencia(cambio: &Cambio) -> String {
    match cambio {
        Cambio::Enviado { paso, direccion, intento, .. } => {
            let pide = if *intento > 1 { "se vuelve a pedir" } else { "se pide" };
            let que = match direccion {
                Direccion::Hacer => format!("«{paso}»"),
                Direccion::Deshacer => format!("deshacer «{paso}»"),
            };
            format!("{pide} {que} (intento {intento})")
        }
        Cambio::Hecho { paso, .. } => format!("«{paso}» queda hecho"),
        Cambio::Fallido { paso, codigo } => format!("«{paso}» falla con «{codigo}»"),
        Cambio::Incierto { paso } => format!("no se sabe si «{paso}» ocurrió"),
        Cambio::ReversaRechazada { paso, intento, codigo, .. } => {
            format!("deshacer «{paso}» se rechaza con «{codigo}» (intento {intento}) y se repetirá")
        }
        Cambio::Deshecho { paso } => format!("«{paso}» queda deshecho"),
        Cambio::Fase { fase, motivo } => {
            let motivo = motivo
                .as_ref()
                .map_or_else(String::new, |motivo| format!(" por «{}» en «{}»", motivo.codigo, motivo.paso));
            format!("la saga {}{motivo}", desenlace(*fase))
        }
        Cambio::Atascada { atascada: true } => "la saga queda atascada".to_owned(),
        Cambio::Atascada { atascada: false } => "la saga deja de estar atascada".to_owned(),
        Cambio::Pausada { pausada: true } => "la saga queda en pausa".to_owned(),
        Cambio::Pausada { pausada: false } => "la saga deja de estar en pausa".to_owned(),
        Cambio::Rearmado { paso, .. } => format!("el plazo de «{paso}» empieza de nuevo"),
        Cambio::Renombrados { pasos } => {
            let nombres: Vec<String> = pasos.iter().map(|(antes, ahora)| format!("«{antes}» es «{ahora}»")).collect();
            format!("desde ahora {}", nombres.join(", "))
        }
        Cambio::Restaurada => "en adelante el silencio no la hará volver".to_owned(),
    }
}

fn desenlace(fase: Fase) -> &'static str {
    match fase {
        Fase::Avanzando => "avanza",
        Fase::Deshaciendo => "empieza a deshacerse",
        Fase::Completada => "termina completada",
        Fase::CompletadaConAvisos => "termina completada con avisos",
        Fase::Compensada => "termina deshecha",
        Fase::Abandonada => "se abandona",
    }
}
