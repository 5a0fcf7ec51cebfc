use std::collections::BTreeMap;

use chrono::DateTime;

use super::Anotada;
use super::ficha::{Ficha, Lamina, Tono};
use crate::{Cambio, Causa, Definicion, Direccion, EstadoPaso, EstadoSaga, Fase, Mando, aplicar};

/// When a step was first sent, settled, first sent to be undone, and undone.
#[derive(Default)]
struct Momentos {
    enviado: Option<i64>,
    terminado: Option<i64>,
    reversa: Option<i64>,
    deshecho: Option<i64>,
    saltado: bool,
}

type Historia = BTreeMap<String, Momentos>;

pub(super) fn lamina(definicion: &Definicion, log: &[Anotada]) -> Lamina {
    let mut estado = EstadoSaga::default();
    let mut historia = Historia::new();
    for (instante_ms, entrada) in log {
        let saltado = match &entrada.causa {
            Causa::Mando { mando: Mando::Saltar { paso, .. }, .. } => Some(paso.as_str()),
            _ => None,
        };
        for cambio in &entrada.cambios {
            anotar(&mut historia, cambio, saltado, *instante_ms);
        }
        estado = aplicar(estado, entrada);
    }
    let pasos = definicion.pasos().iter();
    Lamina {
        titulo: titulo(definicion, &estado, log),
        fichas: pasos.map(|paso| ficha(&paso.clave, &estado, historia.get(&paso.clave))).collect(),
    }
}

fn anotar(historia: &mut Historia, cambio: &Cambio, saltado: Option<&str>, instante_ms: i64) {
    match cambio {
        Cambio::Enviado { paso, direccion: Direccion::Hacer, .. } => {
            de(historia, paso).enviado.get_or_insert(instante_ms);
        }
        Cambio::Enviado { paso, direccion: Direccion::Deshacer, .. } => {
            de(historia, paso).reversa.get_or_insert(instante_ms);
        }
        Cambio::Hecho { paso, .. } => {
            let momentos = de(historia, paso);
            momentos.terminado = Some(instante_ms);
            momentos.saltado = saltado == Some(paso.as_str());
        }
        Cambio::Fallido { paso, .. } => de(historia, paso).terminado = Some(instante_ms),
        Cambio::Deshecho { paso } => de(historia, paso).deshecho = Some(instante_ms),
        Cambio::Renombrados { pasos } => {
            let viejos = std::mem::take(historia);
            let nombre = |clave: String| pasos.get(&clave).cloned().unwrap_or(clave);
            *historia = viejos.into_iter().map(|(clave, momentos)| (nombre(clave), momentos)).collect();
        }
        Cambio::Incierto { .. }
        | Cambio::ReversaRechazada { .. }
        | Cambio::Fase { .. }
        | Cambio::Atascada { .. }
        | Cambio::Pausada { .. }
        | Cambio::Restaurada
        | Cambio::Rearmado { .. } => {}
    }
}

fn de<'h>(historia: &'h mut Historia, paso: &str) -> &'h mut Momentos {
    historia.entry(paso.to_owned()).or_default()
}

fn titulo(definicion: &Definicion, estado: &EstadoSaga, log: &[Anotada]) -> String {
    let fase = match estado.fase {
        Fase::Avanzando => "avanzando",
        Fase::Deshaciendo => "deshaciendo",
        Fase::Completada => "completada",
        Fase::CompletadaConAvisos => "completada con avisos",
        Fase::Compensada => "compensada",
        Fase::Abandonada => "abandonada",
    };
    let mut partes = vec![format!("{} v{}", definicion.clave(), definicion.version()), fase.to_owned()];
    partes.extend(estado.pausada.then(|| "en pausa".to_owned()));
    partes.extend(estado.atascada.then(|| "atascada".to_owned()));
    partes.extend(estado.motivo.as_ref().map(|motivo| format!("{} en {}", motivo.codigo, motivo.paso)));
    if let (Some((primera, _)), Some((ultima, _))) = (log.first(), log.last()) {
        partes.push(format!("{} a {} UTC", utc(*primera), utc(*ultima)));
    }
    partes.join(" · ")
}

fn ficha(clave: &str, estado: &EstadoSaga, momentos: Option<&Momentos>) -> Ficha {
    let (texto, tono) = match estado.paso(clave) {
        EstadoPaso::Pendiente => ("pendiente".to_owned(), Tono::Pendiente),
        EstadoPaso::EnCurso { intento, .. } => (format!("en curso, intento {intento}"), Tono::EnCurso),
        EstadoPaso::Hecho if momentos.is_some_and(|momentos| momentos.saltado) => {
            ("hecho por orden de un operador".to_owned(), Tono::Hecho)
        }
        EstadoPaso::Hecho => ("hecho".to_owned(), Tono::Hecho),
        EstadoPaso::Fallido { codigo } => (format!("fallido: {codigo}"), Tono::Fallido),
        EstadoPaso::Incierto => ("incierto".to_owned(), Tono::Deshaciendo),
        EstadoPaso::Deshaciendo { intento, .. } => (format!("deshaciendo, intento {intento}"), Tono::Deshaciendo),
        EstadoPaso::ReversaRechazada { codigo, .. } => (format!("reversa rechazada: {codigo}"), Tono::Deshaciendo),
        EstadoPaso::Deshecho => ("deshecho".to_owned(), Tono::Deshecho),
    };
    let momento = |que: &str, cuando: Option<i64>| cuando.map(|cuando| format!("{que} {}", utc(cuando)));
    let momentos = momentos.map(|momentos| {
        [
            momento("enviado", momentos.enviado),
            momento("resuelto", momentos.terminado),
            momento("reversa", momentos.reversa),
            momento("deshecho", momentos.deshecho),
        ]
    });
    let lineas = momentos.into_iter().flatten().flatten();
    Ficha { clave: clave.to_owned(), lineas: std::iter::once(texto).chain(lineas).collect(), tono }
}

fn utc(instante_ms: i64) -> String {
    match DateTime::from_timestamp_millis(instante_ms) {
        Some(instante) => instante.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        None => format!("{instante_ms} ms"),
    }
}
