use crate::clientela::{Alta, Tramite};
use crate::nucleo::{Azar, Caos, Proceso};

const HORA_MS: i64 = 3_600_000;

/// What one seed makes happen.
#[derive(Debug, Clone)]
pub struct Escenario {
    pub instancias: Instancias,
    pub altas: Vec<Alta>,
    pub tramites: Vec<Tramite>,
    pub ordenes_de_operador: u32,
    pub expertos: u32,
    pub nubes: u32,
    pub equipos: u32,
    pub tormenta_ms: i64,
    pub caos: Caos,
    /// In order of time.
    pub golpes: Vec<(i64, Golpe)>,
    /// Whether everything is read again once all is over.
    pub releer: bool,
}

/// How many processes each service has.
#[derive(Debug, Clone, Copy)]
pub struct Instancias {
    pub suscripciones: u64,
    pub datos: u64,
    pub notificaciones: u64,
    pub laboratorio: u64,
}

/// Something that happens to the world at a given time; what it happens to is one of the mortal processes.
#[derive(Debug, Clone, Copy)]
pub enum Golpe {
    Matar(Proceso),
    /// The process stops, and goes on later as if nothing had been.
    Congelar(Proceso),
    Descongelar(Proceso),
    /// The broker takes the connection of a process for lost.
    Desconectar(Proceso),
    BrokerCae,
    BrokerVuelve,
    /// The clock of the process jumps to this many milliseconds from the true time.
    Reloj(Proceso, i64),
    /// The row of some saga cannot be read for a while.
    Envenenar,
    Sanar,
}

impl Golpe {
    pub fn nombre(self) -> &'static str {
        match self {
            Self::Matar(_) => "golpe: matar",
            Self::Congelar(_) => "golpe: congelar",
            Self::Descongelar(_) => "golpe: descongelar",
            Self::Desconectar(_) => "golpe: desconectar",
            Self::BrokerCae => "golpe: el broker cae",
            Self::BrokerVuelve => "golpe: el broker vuelve",
            Self::Reloj(..) => "golpe: reloj",
            Self::Envenenar => "golpe: envenenar",
            Self::Sanar => "golpe: sanar",
        }
    }
}

impl Instancias {
    pub fn total(self) -> u64 {
        self.suscripciones + self.datos + self.notificaciones + self.laboratorio
    }
}

impl Escenario {
    pub fn al_azar(azar: &mut Azar) -> Self {
        let mut cuantas = |hasta| azar.hasta(hasta) + 1;
        let instancias = Instancias {
            suscripciones: cuantas(3),
            datos: cuantas(2),
            notificaciones: cuantas(2),
            laboratorio: cuantas(2),
        };
        let tormenta_ms = azar.entre(15_000, 60_000);
        let altas: Vec<Alta> = (0..azar.entre(2, 8)).map(|_| Alta::al_azar(azar, tormenta_ms / 2)).collect();
        let tramites = altas.iter().flat_map(|alta| alta.tramites(azar, tormenta_ms)).collect();
        let mut golpes: Vec<(i64, Golpe)> = Vec::new();
        for _ in 0..azar.hasta(7) {
            golpes.extend(golpe(azar, instancias, tormenta_ms));
        }
        golpes.sort_by_key(|(cuando, _)| *cuando);
        let mut cupo = |hasta| u32::try_from(azar.entre(1, hasta)).unwrap_or(1);
        Self {
            instancias,
            altas,
            tramites,
            expertos: cupo(6),
            nubes: cupo(8),
            equipos: cupo(5),
            ordenes_de_operador: if azar.ocurre(4_000) { 4 } else { 0 },
            tormenta_ms,
            caos: caos(azar),
            golpes,
            releer: azar.ocurre(2_000),
        }
    }
}

/// Each fault is absent in many seeds, so that the others can be seen without it.
fn caos(azar: &mut Azar) -> Caos {
    let mut tasa = |alta: u32| {
        let tasas = [0, 0, alta / 10, alta / 3, alta];
        azar.elegir(&tasas).copied().unwrap_or_default()
    };
    Caos {
        muerte: tasa(60),
        fallo_antes: tasa(1_000),
        fallo_despues: tasa(800),
        perdida: tasa(2_000),
        sin_recibo: tasa(2_000),
        duplicado: tasa(3_000),
        correo: tasa(5_000),
        reversa_rechazada: tasa(8_000),
        retardo_mensaje_ms: azar.elegir(&[20, 300, 3_000, 9_000]).copied().unwrap_or(20),
        retardo_base_ms: azar.elegir(&[2, 10, 60, 400]).copied().unwrap_or(2),
    }
}

/// A blow, and its end if it has one.
fn golpe(azar: &mut Azar, instancias: Instancias, tormenta_ms: i64) -> Vec<(i64, Golpe)> {
    let cuando = azar.entre(0, tormenta_ms);
    let dura = azar.entre(100, 25_000);
    let quien = Proceso(usize::try_from(azar.hasta(instancias.total())).unwrap_or_default());
    let hasta = |golpe, fin| vec![(cuando, golpe), (cuando + dura, fin)];
    match azar.hasta(7) {
        0 => vec![(cuando, Golpe::Matar(quien))],
        1 | 2 => hasta(Golpe::Congelar(quien), Golpe::Descongelar(quien)),
        3 => vec![(cuando, Golpe::Desconectar(quien))],
        4 => hasta(Golpe::BrokerCae, Golpe::BrokerVuelve),
        5 => {
            let saltos = [-HORA_MS, -20_000, 20_000, HORA_MS];
            let salto = azar.elegir(&saltos).copied().unwrap_or_default();
            hasta(Golpe::Reloj(quien, salto), Golpe::Reloj(quien, 0))
        }
        _ => hasta(Golpe::Envenenar, Golpe::Sanar),
    }
}
