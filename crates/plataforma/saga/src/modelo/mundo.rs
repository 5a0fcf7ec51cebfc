use crate::{Codigo, Definicion, Direccion, EstadoPaso, EstadoSaga, Fase, Motivo, Paso};

/// A saga and what its participants hold of each step.
#[derive(Debug, Clone)]
pub(super) struct Mundo {
    pub saga: EstadoSaga,
    /// One per step, in the order of the definition.
    pub partes: Vec<Parte>,
    /// Orders that the operator has given.
    pub mandos: u8,
}

/// What the participant of a step holds of its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Parte {
    /// Never sent.
    Nada,
    /// Sent: it may not have come, or be done, or be refused; its reply may be on its way.
    Enviada,
    Hecha,
    Rechazada,
    /// Undone, or undone before it came: it will not be done any more.
    Cerrada,
    /// Undone before it came, and nobody remembers: it may still come.
    Suelta,
    /// Done after its undo.
    Zombi,
    /// Done twice.
    Doble,
}

/// A world without what no decision depends on, packed: a head, and a byte per step.
pub(super) type Clave = Box<[u8]>;

pub(super) const CABEZA: usize = 2;

const PARTES: [Parte; 8] = [
    Parte::Nada,
    Parte::Enviada,
    Parte::Hecha,
    Parte::Rechazada,
    Parte::Cerrada,
    Parte::Suelta,
    Parte::Zombi,
    Parte::Doble,
];

const FASES: [Fase; 6] = [
    Fase::Avanzando,
    Fase::Deshaciendo,
    Fase::Completada,
    Fase::CompletadaConAvisos,
    Fase::Compensada,
    Fase::Abandonada,
];

impl Parte {
    /// Whether the effect is there, or may appear.
    pub(super) const fn puede_estar(self) -> bool {
        matches!(self, Self::Enviada | Self::Hecha | Self::Zombi | Self::Doble)
    }
}

impl Mundo {
    /// Before the saga is created.
    pub(super) fn inicial(definicion: &Definicion) -> Self {
        Self { saga: EstadoSaga::default(), partes: vec![Parte::Nada; definicion.pasos().len()], mandos: 0 }
    }

    pub(super) fn desde(definicion: &Definicion, saga: &EstadoSaga) -> Self {
        let parte = |paso: &Paso| match saga.paso(&paso.clave) {
            EstadoPaso::Pendiente => Parte::Nada,
            EstadoPaso::Hecho => Parte::Hecha,
            EstadoPaso::Fallido { .. } => Parte::Rechazada,
            EstadoPaso::Deshecho => Parte::Cerrada,
            EstadoPaso::EnCurso { .. }
            | EstadoPaso::Incierto
            | EstadoPaso::Deshaciendo { .. }
            | EstadoPaso::ReversaRechazada { .. } => Parte::Enviada,
        };
        Self { partes: definicion.pasos().iter().map(parte).collect(), saga: saga.clone(), mandos: 0 }
    }

    pub(super) fn hecho(&self, paso: &Paso) -> bool {
        *self.saga.paso(&paso.clave) == EstadoPaso::Hecho
    }

    pub(super) fn empacar(&self, definicion: &Definicion) -> Clave {
        let [pausada, restaurada] = [self.saga.pausada, self.saga.restaurada].map(u8::from);
        let banderas = pausada | u8::from(self.saga.version > 0) << 1 | restaurada << 2;
        let cabeza: [u8; CABEZA] = [codigo_de_fase(self.saga.fase) | banderas << 4, self.mandos];
        let pasos = definicion.pasos().iter().zip(&self.partes);
        let cuerpo = pasos.map(|(paso, parte)| codigo_de(paso, self.saga.paso(&paso.clave)) | (*parte as u8) << 4);
        cabeza.into_iter().chain(cuerpo).collect()
    }

    pub(super) fn desempacar(clave: &[u8], definicion: &Definicion) -> Self {
        let fase = FASES[usize::from(clave[0] & 0xf)];
        let pasos = definicion.pasos().iter().zip(&clave[CABEZA..]);
        let estados = pasos.filter_map(|(paso, byte)| Some((paso.clave.clone(), paso_de(paso, byte & 0xf)?)));
        let saga = EstadoSaga {
            version: i64::from(clave[0] >> 5 & 1),
            fase,
            pausada: clave[0] >> 4 & 1 == 1,
            restaurada: clave[0] >> 6 & 1 == 1,
            motivo: (fase != Fase::Avanzando).then(|| Motivo { paso: String::new(), codigo: Codigo::sin_respuesta() }),
            pasos: estados.collect(),
            ..EstadoSaga::default()
        };
        let partes = clave[CABEZA..].iter().map(|byte| PARTES[usize::from(byte >> 4)]).collect();
        Self { saga, partes, mandos: clave[1] }
    }
}

/// The place of the phase in [`FASES`].
const fn codigo_de_fase(fase: Fase) -> u8 {
    match fase {
        Fase::Avanzando => 0,
        Fase::Deshaciendo => 1,
        Fase::Completada => 2,
        Fase::CompletadaConAvisos => 3,
        Fase::Compensada => 4,
        Fase::Abandonada => 5,
    }
}

fn codigo_de(paso: &Paso, estado: &EstadoPaso) -> u8 {
    let ultimo = |direccion, intento| u8::from(intento >= paso.ultimo_intento(direccion));
    match *estado {
        EstadoPaso::Pendiente => 0,
        EstadoPaso::EnCurso { intento, .. } => 1 + ultimo(Direccion::Hacer, intento),
        EstadoPaso::Hecho => 3,
        EstadoPaso::Fallido { .. } => 4,
        EstadoPaso::Incierto => 5,
        EstadoPaso::Deshaciendo { intento, .. } => 6 + ultimo(Direccion::Deshacer, intento),
        EstadoPaso::ReversaRechazada { intento, .. } => 8 + ultimo(Direccion::Deshacer, intento),
        EstadoPaso::Deshecho => 10,
    }
}

fn paso_de(paso: &Paso, codigo: u8) -> Option<EstadoPaso> {
    let intento = |direccion, primero: u8| {
        if codigo == primero { 1 } else { paso.ultimo_intento(direccion) }
    };
    Some(match codigo {
        0 => return None,
        1 | 2 => EstadoPaso::EnCurso { intento: intento(Direccion::Hacer, 1), vence_ms: 0 },
        3 => EstadoPaso::Hecho,
        4 => EstadoPaso::Fallido { codigo: Codigo::sin_respuesta() },
        5 => EstadoPaso::Incierto,
        6 | 7 => EstadoPaso::Deshaciendo { intento: intento(Direccion::Deshacer, 6), vence_ms: 0 },
        8 | 9 => EstadoPaso::ReversaRechazada {
            intento: intento(Direccion::Deshacer, 8),
            vence_ms: 0,
            codigo: Codigo::sin_respuesta(),
        },
        _ => EstadoPaso::Deshecho,
    })
}
