use super::mundo::{Mundo, Parte};
use super::{Cotas, Motor, Participantes};
use crate::{
    Cambio, Codigo, Definicion, Desenlace, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Mando, Paso, Reversa,
    Salida, aplicar,
};

/// What can happen next. Steps go by their place in the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suceso {
    Inicia {
        exito: bool,
    },
    /// The participant's answer to the command reaches the saga; `suelta`: it undid a command that had
    /// not come, and does not remember it.
    Responde {
        paso: usize,
        direccion: Direccion,
        exito: bool,
        suelta: bool,
    },
    Vence {
        paso: usize,
    },
    /// The command reaches its participant late, or again, and is done.
    Llega {
        paso: usize,
    },
    Manda(Orden),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orden {
    Reintentar(usize),
    Saltar(usize),
    Compensar,
    Pausar,
    Reanudar,
    Abandonar,
}

impl Suceso {
    /// The same event of the steps in the given places.
    pub(super) fn con_nombres(self, nombres: &[usize]) -> Self {
        match self {
            Self::Responde { paso, direccion, exito, suelta } => {
                Self::Responde { paso: nombres[paso], direccion, exito, suelta }
            }
            Self::Vence { paso } => Self::Vence { paso: nombres[paso] },
            Self::Llega { paso } => Self::Llega { paso: nombres[paso] },
            Self::Manda(Orden::Reintentar(paso)) => Self::Manda(Orden::Reintentar(nombres[paso])),
            Self::Manda(Orden::Saltar(paso)) => Self::Manda(Orden::Saltar(nombres[paso])),
            Self::Inicia { .. } | Self::Manda(_) => self,
        }
    }
}

/// Everything that may happen in a world; the saga ignores some of it.
pub(super) fn posibles(mundo: &Mundo, definicion: &Definicion, cotas: Cotas) -> Vec<Suceso> {
    if mundo.saga.version == 0 {
        return vec![Suceso::Inicia { exito: true }, Suceso::Inicia { exito: false }];
    }
    let mut sucesos = Vec::new();
    for (indice, paso) in definicion.pasos().iter().enumerate() {
        respuestas_hacer(mundo, indice, &mut sucesos);
        respuestas_deshacer(mundo, definicion, indice, cotas, &mut sucesos);
        if mundo.saga.paso(&paso.clave).en_vuelo().is_some() {
            sucesos.push(Suceso::Vence { paso: indice });
        }
        let otra_vez =
            mundo.partes[indice] == Parte::Hecha && !paso.inicial && !cotas.participantes.de(paso).idempotentes;
        if otra_vez || mundo.partes[indice] == Parte::Suelta {
            sucesos.push(Suceso::Llega { paso: indice });
        }
    }
    if !mundo.saga.fase.es_terminal() {
        sucesos.extend(mandos(mundo, definicion, cotas).map(Suceso::Manda));
    }
    sucesos
}

/// A participant that settled its command repeats that answer whenever it is asked again.
fn respuestas_hacer(mundo: &Mundo, paso: usize, sucesos: &mut Vec<Suceso>) {
    let (bien, mal) = match mundo.partes[paso] {
        Parte::Nada => (false, false),
        Parte::Hecha | Parte::Doble => (true, false),
        Parte::Rechazada => (false, true),
        Parte::Enviada | Parte::Cerrada | Parte::Suelta | Parte::Zombi => (true, true),
    };
    let responde = |exito| Suceso::Responde { paso, direccion: Direccion::Hacer, exito, suelta: false };
    sucesos.extend(bien.then(|| responde(true)));
    sucesos.extend(mal.then(|| responde(false)));
}

fn respuestas_deshacer(mundo: &Mundo, definicion: &Definicion, paso: usize, cotas: Cotas, sucesos: &mut Vec<Suceso>) {
    let descrito = &definicion.pasos()[paso];
    let enviada = matches!(
        mundo.saga.paso(&descrito.clave),
        EstadoPaso::Deshaciendo { .. } | EstadoPaso::ReversaRechazada { .. } | EstadoPaso::Deshecho
    );
    if !enviada || !matches!(descrito.reversa, Reversa::Propia(_)) {
        return;
    }
    let responde = |exito, suelta| Suceso::Responde { paso, direccion: Direccion::Deshacer, exito, suelta };
    sucesos.push(responde(false, false));
    let participante = cotas.participantes.de(descrito);
    if participante.deshacen {
        sucesos.push(responde(true, false));
    }
    let por_venir = deshechos_con(definicion, paso).any(|otro| mundo.partes[otro] == Parte::Enviada);
    if participante.deshacen && !participante.lapidas && por_venir {
        sucesos.push(responde(true, true));
    }
}

fn mandos(mundo: &Mundo, definicion: &Definicion, cotas: Cotas) -> impl Iterator<Item = Orden> {
    let quedan = mundo.mandos < cotas.mandos;
    let generales = [Orden::Compensar, Orden::Pausar, Orden::Abandonar];
    let de_pasos = (0..definicion.pasos().len()).flat_map(|paso| [Orden::Reintentar(paso), Orden::Saltar(paso)]);
    let contados = generales.into_iter().chain(de_pasos).filter(move |_| quedan);
    mundo.saga.pausada.then_some(Orden::Reanudar).into_iter().chain(contados)
}

/// The world after it, and what the saga wrote; none if nothing changes.
pub(super) fn ocurrir(
    mundo: &Mundo,
    definicion: &Definicion,
    participantes: Participantes,
    motor: Motor,
    suceso: Suceso,
) -> Option<(Mundo, Option<Entrada>)> {
    if let Suceso::Llega { paso } = suceso {
        let mut siguiente = mundo.clone();
        let zombi = mundo.partes[paso] == Parte::Suelta;
        siguiente.partes[paso] = if zombi { Parte::Zombi } else { Parte::Doble };
        return Some((siguiente, None));
    }
    let (saga, entrada) = decidir(&mundo.saga, definicion, motor, suceso)?;
    let mandos = mundo.mandos + u8::from(matches!(suceso, Suceso::Manda(orden) if orden != Orden::Reanudar));
    let mut siguiente = Mundo { saga: aplicar(saga, &entrada), partes: mundo.partes.clone(), mandos };
    asentar(&mut siguiente, definicion, suceso);
    anotar_envios(&mut siguiente, definicion, participantes, &entrada);
    Some((siguiente, Some(entrada)))
}

/// Asks the engine; the state that it was asked about goes with its answer.
fn decidir(saga: &EstadoSaga, definicion: &Definicion, motor: Motor, suceso: Suceso) -> Option<(EstadoSaga, Entrada)> {
    let clave = |paso: usize| definicion.pasos()[paso].clave.clone();
    let evento = match suceso {
        Suceso::Llega { .. } => return None,
        Suceso::Manda(orden) => {
            let mando = orden.mando(definicion);
            let entrada = (motor.ordenar)(definicion, saga, &mando, "operador", Some("orden"), 0).ok()?;
            return Some((saga.clone(), entrada));
        }
        Suceso::Inicia { exito } => Evento::Iniciada { desenlace: desenlace(exito) },
        Suceso::Responde { paso, direccion, exito, .. } => {
            Evento::Respuesta { paso: clave(paso), direccion, desenlace: desenlace(exito) }
        }
        Suceso::Vence { paso } => {
            let saga = con_intento_adelantado(saga.clone(), &definicion.pasos()[paso]);
            let evento = Evento::PlazoVencido { paso: clave(paso) };
            let entrada = (motor.decidir)(definicion, &saga, &evento, i64::MAX)?;
            return Some((saga, entrada));
        }
    };
    let entrada = (motor.decidir)(definicion, saga, &evento, 0)?;
    Some((saga.clone(), entrada))
}

/// Collapses the attempts between the first and the last: the next silence is the one that matters.
fn con_intento_adelantado(mut saga: EstadoSaga, paso: &Paso) -> EstadoSaga {
    let ultimo = |direccion| paso.ultimo_intento(direccion).saturating_sub(1);
    match saga.pasos.get_mut(&paso.clave) {
        Some(EstadoPaso::EnCurso { intento, .. }) => *intento = ultimo(Direccion::Hacer).max(*intento),
        Some(EstadoPaso::Deshaciendo { intento, .. } | EstadoPaso::ReversaRechazada { intento, .. }) => {
            *intento = ultimo(Direccion::Deshacer).max(*intento);
        }
        _ => {}
    }
    saga
}

/// What the participants hold now that this happened.
fn asentar(mundo: &mut Mundo, definicion: &Definicion, suceso: Suceso) {
    match suceso {
        Suceso::Inicia { exito } => {
            if let Some(inicial) = definicion.pasos().iter().position(|paso| paso.inicial) {
                mundo.partes[inicial] = if exito { Parte::Hecha } else { Parte::Rechazada };
            }
        }
        Suceso::Responde { paso, direccion: Direccion::Hacer, exito, .. } => {
            if mundo.partes[paso] == Parte::Enviada {
                mundo.partes[paso] = if exito { Parte::Hecha } else { Parte::Rechazada };
            }
        }
        Suceso::Responde { paso, direccion: Direccion::Deshacer, exito: true, suelta } => {
            for otro in deshechos_con(definicion, paso).collect::<Vec<_>>() {
                mundo.partes[otro] = match mundo.partes[otro] {
                    Parte::Enviada if suelta => Parte::Suelta,
                    Parte::Nada => Parte::Nada,
                    _ => Parte::Cerrada,
                };
            }
        }
        // On the operator's word the effect is there.
        Suceso::Manda(Orden::Saltar(paso)) => mundo.partes[paso] = Parte::Hecha,
        Suceso::Responde { .. } | Suceso::Vence { .. } | Suceso::Llega { .. } | Suceso::Manda(_) => {}
    }
}

/// A command that is sent may come from now on. Of one that is being undone it no longer matters whether it
/// came, as long as its participant remembers the undo.
fn anotar_envios(mundo: &mut Mundo, definicion: &Definicion, participantes: Participantes, entrada: &Entrada) {
    for cambio in &entrada.cambios {
        let Cambio::Enviado { paso, direccion, .. } = cambio else { continue };
        let Some(indice) = definicion.pasos().iter().position(|otro| otro.clave == *paso) else { continue };
        let participante = participantes.de(&definicion.pasos()[indice]);
        let recuerdan = participante.lapidas && participante.idempotentes;
        let sin_ver = match direccion {
            Direccion::Hacer => mundo.partes[indice] == Parte::Nada,
            Direccion::Deshacer => mundo.partes[indice] == Parte::Hecha && recuerdan,
        };
        if sin_ver {
            mundo.partes[indice] = Parte::Enviada;
        }
    }
}

/// The steps that the undo of one undoes: itself and those it covers.
fn deshechos_con(definicion: &Definicion, paso: usize) -> impl Iterator<Item = usize> {
    let clave = &definicion.pasos()[paso].clave;
    let cubierto = move |otro: &Paso| matches!(&otro.reversa, Reversa::Por(por) if por == clave);
    let pasos = definicion.pasos().iter().enumerate();
    pasos.filter(move |(indice, otro)| *indice == paso || cubierto(otro)).map(|(indice, _)| indice)
}

fn desenlace(exito: bool) -> Desenlace {
    if exito {
        Desenlace::Exito { salida: Salida::new() }
    } else {
        Desenlace::Fallo { codigo: Codigo::sin_respuesta() }
    }
}

impl Orden {
    fn mando(self, definicion: &Definicion) -> Mando {
        let clave = |paso: usize| definicion.pasos()[paso].clave.clone();
        match self {
            Self::Reintentar(paso) => Mando::Reintentar { paso: clave(paso) },
            Self::Saltar(paso) => {
                let declaradas = definicion.pasos()[paso].salidas.keys();
                let salida = declaradas.map(|campo| (campo.clone(), Codigo::orden_de_operador())).collect();
                Mando::Saltar { paso: clave(paso), salida }
            }
            Self::Compensar => Mando::Compensar,
            Self::Pausar => Mando::Pausar,
            Self::Reanudar => Mando::Reanudar,
            Self::Abandonar => Mando::Abandonar,
        }
    }
}
