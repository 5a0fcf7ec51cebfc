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
    let mut borrador = Borrador::nuevo(definicion, estado, ahora_ms);
    let causa = match evento {
        Evento::Iniciada { desenlace } => iniciar(&mut borrador, definicion, desenlace),
        Evento::Respuesta { paso, direccion, desenlace } => {
            let paso = definicion.paso(paso)?;
            match direccion {
                Direccion::Hacer => responder_hacer(&mut borrador, paso, estado, desenlace),
                Direccion::Deshacer if restauracion::prueba_de_retroceso(definicion, estado, *direccion) => {
                    borrador.retroceder(restauracion::motivo(estado));
                    Some(respuesta(paso, *direccion, desenlace))
                }
                Direccion::Deshacer => responder_deshacer(&mut borrador, paso, estado, desenlace),
            }
        }
        Evento::PlazoVencido { paso } => {
            let (direccion, intento, vence_ms) = estado.paso(paso).en_vuelo()?;
            if estado.pausada || ahora_ms < vence_ms {
                return None;
            }
            let paso = definicion.paso(paso)?;
            Some(repetir(&mut borrador, paso, direccion, intento))
        }
    }?;
    Some(borrador.cerrar(causa))
}

fn iniciar(borrador: &mut Borrador<'_>, definicion: &Definicion, desenlace: &Desenlace) -> Option<Causa> {
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
    Some(Causa::Iniciada { respuesta: desenlace.tipo() })
}

/// A late answer to a step of unknown outcome still counts, until the undo that covers it is sent.
fn responder_hacer(
    borrador: &mut Borrador<'_>,
    paso: &Paso,
    estado: &EstadoSaga,
    desenlace: &Desenlace,
) -> Option<Causa> {
    let esperada = match (estado.paso(&paso.clave), &paso.reversa) {
        (EstadoPaso::EnCurso { .. }, _) => true,
        (EstadoPaso::Incierto, Reversa::Por(otro)) => *estado.paso(otro) == EstadoPaso::Hecho,
        (EstadoPaso::Incierto, _) => true,
        _ => false,
    };
    if !esperada {
        return None;
    }
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
    Some(respuesta(paso, Direccion::Hacer, desenlace))
}

fn responder_deshacer(
    borrador: &mut Borrador<'_>,
    paso: &Paso,
    estado: &EstadoSaga,
    desenlace: &Desenlace,
) -> Option<Causa> {
    match (estado.paso(&paso.clave), desenlace) {
        (EstadoPaso::Deshaciendo { .. } | EstadoPaso::ReversaRechazada { .. }, Desenlace::Exito { .. }) => {
            borrador.deshecho(paso);
            borrador.seguir();
        }
        (EstadoPaso::Deshaciendo { intento, .. }, Desenlace::Fallo { codigo }) => {
            borrador.reversa_rechazada(paso, *intento, codigo);
        }
        _ => return None,
    }
    Some(respuesta(paso, Direccion::Deshacer, desenlace))
}

/// Silence is not failure: the same command goes again. Only a compensable step runs out of
/// attempts, because only it can be undone without knowing whether it happened.
fn repetir(borrador: &mut Borrador<'_>, paso: &Paso, direccion: Direccion, intento: u32) -> Causa {
    let agotado = intento >= paso.limite();
    match (direccion, paso.clase) {
        (Direccion::Hacer, Clase::Compensable) if agotado && borrador.puede_desistir() => {
            borrador.retroceder(motivo(paso, Codigo::sin_respuesta()));
        }
        _ => borrador.enviar(paso, direccion, intento.saturating_add(1)),
    }
    Causa::PlazoVencido { paso: paso.clave.clone(), direccion }
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
