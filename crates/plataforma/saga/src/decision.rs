use crate::borrador::Borrador;
use crate::restauracion;
use crate::{
    Causa, Clase, Codigo, Definicion, Desenlace, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Motivo,
    Paso, Reversa, TipoRespuesta,
};

/// Decides what an event means for a saga, without changing anything.
///
/// `None` means that the event is not awaited (repeated, late, early, foreign) and is ignored; any
/// other answer is the next entry of the log. `ahora_ms` is in milliseconds since the epoch.
pub fn decidir(definicion: &Definicion, estado: &EstadoSaga, evento: &Evento, ahora_ms: i64) -> Option<Entrada> {
    let iniciada = estado.version > 0;
    let inicia = matches!(evento, Evento::Iniciada { .. });
    if estado.fase.es_terminal() || iniciada == inicia {
        return None;
    }
    let borrador = || Borrador::nuevo(definicion, estado, ahora_ms);
    match evento {
        Evento::Iniciada { desenlace } => iniciar(borrador(), definicion, desenlace),
        Evento::Respuesta { paso, direccion, desenlace } => {
            let paso = definicion.paso(paso)?;
            match direccion {
                Direccion::Deshacer if restauracion::prueba_de_retroceso(definicion, estado, *direccion) => {
                    let mut borrador = borrador();
                    borrador.retroceder(restauracion::motivo(definicion, estado));
                    Some(borrador.cerrar(respuesta(paso, *direccion, desenlace)))
                }
                _ if !se_espera(estado, paso, *direccion, desenlace) => None,
                Direccion::Hacer => Some(responder_hacer(borrador(), paso, desenlace)),
                Direccion::Deshacer => Some(responder_deshacer(borrador(), paso, estado, desenlace)),
            }
        }
        Evento::PlazoVencido { paso } => {
            let (direccion, intento, vence_ms) = estado.paso(paso).en_vuelo()?;
            if estado.pausada || ahora_ms < vence_ms {
                return None;
            }
            Some(repetir(borrador(), definicion.paso(paso)?, direccion, intento))
        }
    }
}

fn iniciar(mut borrador: Borrador<'_>, definicion: &Definicion, desenlace: &Desenlace) -> Option<Entrada> {
    let inicial = definicion.pasos().iter().find(|paso| paso.inicial)?;
    match desenlace {
        Desenlace::Exito { salida } => {
            borrador.hecho(inicial, salida);
            borrador.seguir();
        }
        Desenlace::Fallo { codigo } => {
            borrador.fallido(inicial, codigo);
            borrador.terminar(Fase::Compensada, Some(motivo(inicial, codigo.clone())));
        }
    }
    Some(borrador.cerrar(Causa::Iniciada { respuesta: desenlace.tipo() }))
}

/// Whether the step waits for that answer. A late one to a step of unknown outcome still counts, until
/// the undo that covers it is sent; a refused undo waits for its success only.
fn se_espera(estado: &EstadoSaga, paso: &Paso, direccion: Direccion, desenlace: &Desenlace) -> bool {
    match (direccion, estado.paso(&paso.clave)) {
        (Direccion::Hacer, EstadoPaso::EnCurso { .. }) | (Direccion::Deshacer, EstadoPaso::Deshaciendo { .. }) => true,
        (Direccion::Hacer, EstadoPaso::Incierto) => match &paso.reversa {
            Reversa::Por(otro) => *estado.paso(otro) == EstadoPaso::Hecho,
            Reversa::Propia(_) | Reversa::Ninguna => true,
        },
        (Direccion::Deshacer, EstadoPaso::ReversaRechazada { .. }) => matches!(desenlace, Desenlace::Exito { .. }),
        _ => false,
    }
}

fn responder_hacer(mut borrador: Borrador<'_>, paso: &Paso, desenlace: &Desenlace) -> Entrada {
    match desenlace {
        Desenlace::Exito { salida } => borrador.hecho(paso, salida),
        Desenlace::Fallo { codigo } => borrador.fallido(paso, codigo),
    }
    match (borrador.fase(), desenlace) {
        (Fase::Avanzando, Desenlace::Fallo { codigo }) if paso.clase.hace_retroceder() => {
            borrador.retroceder(motivo(paso, codigo.clone()));
        }
        _ => borrador.seguir(),
    }
    borrador.cerrar(respuesta(paso, Direccion::Hacer, desenlace))
}

fn responder_deshacer(mut borrador: Borrador<'_>, paso: &Paso, estado: &EstadoSaga, desenlace: &Desenlace) -> Entrada {
    match (estado.paso(&paso.clave), desenlace) {
        (EstadoPaso::Deshaciendo { intento, .. }, Desenlace::Fallo { codigo }) => {
            borrador.reversa_rechazada(paso, *intento, codigo);
        }
        _ => {
            borrador.deshecho(paso);
            borrador.seguir();
        }
    }
    borrador.cerrar(respuesta(paso, Direccion::Deshacer, desenlace))
}

/// Silence is not failure: the same command goes again. Only a compensable step runs out of
/// attempts, because only it can be undone without knowing whether it happened.
fn repetir(mut borrador: Borrador<'_>, paso: &Paso, direccion: Direccion, intento: u32) -> Entrada {
    let agotado = intento >= paso.limite();
    match (direccion, paso.clase) {
        (Direccion::Hacer, Clase::Compensable) if agotado && borrador.puede_desistir() => {
            borrador.retroceder(motivo(paso, Codigo::sin_respuesta()));
        }
        _ => borrador.enviar(paso, direccion, intento.saturating_add(1)),
    }
    borrador.cerrar(Causa::PlazoVencido { paso: paso.clave.clone(), direccion })
}

fn motivo(paso: &Paso, codigo: Codigo) -> Motivo {
    Motivo { paso: paso.clave.clone(), codigo }
}

fn respuesta(paso: &Paso, direccion: Direccion, desenlace: &Desenlace) -> Causa {
    Causa::Respuesta { paso: paso.clave.clone(), direccion, respuesta: desenlace.tipo() }
}

impl Desenlace {
    const fn tipo(&self) -> TipoRespuesta {
        match self {
            Self::Exito { .. } => TipoRespuesta::Exito,
            Self::Fallo { .. } => TipoRespuesta::Fallo,
        }
    }
}
