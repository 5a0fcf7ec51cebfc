use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::escenario::Escenario;
use crate::mundo::Mundo;
use crate::nucleo::Azar;
use crate::{Defecto, oraculo};

/// How long the world may take to come to rest once the storm is over. A clock that was an hour ahead left
/// deadlines an hour away.
const PACIENCIA_MS: i64 = 4 * 3_600_000;
const LATIDO_MS: i64 = 2_000;
const LATIDO_LARGO_MS: i64 = 60_000;
/// A world that does this much is not getting anywhere.
const PASOS: u64 = 3_000_000;

/// What came of one seed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Informe {
    pub semilla: u64,
    /// Empty when all was well.
    pub faltas: Vec<String>,
    /// Digest of everything that happened, in order.
    pub huella: u64,
    pub pasos: u64,
    /// How often each thing worth counting happened: faults, lost races, ways to end.
    pub cuentas: BTreeMap<&'static str, u64>,
    /// Readable trace; empty unless asked for.
    pub traza: Vec<String>,
}

/// Runs one seed.
pub fn correr(semilla: u64, defecto: Defecto) -> Informe {
    intentar(semilla, defecto, false)
}

/// Runs one seed and keeps its trace.
pub fn contar(semilla: u64, defecto: Defecto) -> Informe {
    intentar(semilla, defecto, true)
}

/// A panic in the code under test is a fault of its seed.
fn intentar(semilla: u64, defecto: Defecto, con_texto: bool) -> Informe {
    catch_unwind(AssertUnwindSafe(|| vivir(semilla, defecto, con_texto))).unwrap_or_else(|_| Informe {
        semilla,
        faltas: vec!["el código entró en pánico".to_owned()],
        ..Informe::default()
    })
}

fn vivir(semilla: u64, defecto: Defecto, con_texto: bool) -> Informe {
    let mut azar = Azar::nuevo(semilla);
    let escenario = Escenario::al_azar(&mut azar);
    let mut mundo = match Mundo::nuevo(azar, &escenario, defecto, con_texto) {
        Ok(mundo) => mundo,
        Err(imposible) => {
            let faltas = vec![imposible.to_string()];
            return Informe { semilla, faltas, ..Informe::default() };
        }
    };
    let mut faltas = pasar_la_tormenta(&mut mundo, &escenario);
    if faltas.is_empty() {
        faltas = oraculo::juzgar(&mundo, &escenario.altas, &escenario.tramites);
    }
    if faltas.is_empty() && escenario.releer && !oraculo::alguna_abandonada(&mundo) {
        faltas = releer(&mut mundo);
    }
    oraculo::contar_finales(&mundo);
    let pasos = mundo.pasos();
    let agenda = mundo.nucleo.agenda();
    let (huella, traza, cuentas) = (agenda.bitacora.huella(), agenda.bitacora.texto().to_vec(), agenda.cuentas.clone());
    Informe { semilla, faltas, huella, pasos, cuentas, traza }
}

/// The storm, then the calm in which everything must come to its end.
fn pasar_la_tormenta(mundo: &mut Mundo, escenario: &Escenario) -> Vec<String> {
    for (cuando, golpe) in &escenario.golpes {
        mundo.seguir(*cuando);
        mundo.golpear(*golpe);
    }
    mundo.seguir(escenario.tormenta_ms.max(mundo.nucleo.ahora()));
    mundo.calmar();
    reposar(mundo)
}

/// Waits until nothing is left to do; what is left if it never comes to that.
fn reposar(mundo: &mut Mundo) -> Vec<String> {
    let principio = mundo.nucleo.ahora();
    let limite = mundo.pasos() + PASOS;
    loop {
        let ahora = mundo.nucleo.ahora();
        let latido = if ahora - principio < LATIDO_LARGO_MS { LATIDO_MS } else { LATIDO_LARGO_MS };
        mundo.seguir(ahora + latido);
        let pendientes = oraculo::pendientes(mundo);
        if pendientes.is_empty() || ahora - principio > PACIENCIA_MS || mundo.pasos() > limite {
            return pendientes.into_iter().map(|que| format!("no llegó al reposo: {que}")).collect();
        }
    }
}

/// Everything that was ever said is heard again, and nothing changes.
fn releer(mundo: &mut Mundo) -> Vec<String> {
    let antes = oraculo::suma(mundo);
    mundo.bus.releer_todo();
    mundo.nucleo.contar("relectura");
    let mut faltas = reposar(mundo);
    if oraculo::suma(mundo) != antes {
        faltas.push("releer todos los mensajes cambió algo".to_owned());
    }
    faltas
}
