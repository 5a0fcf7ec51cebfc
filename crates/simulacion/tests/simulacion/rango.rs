use std::ops::Range;
use std::thread;

use simulacion::{Defecto, Informe, correr};

/// Runs a range of seeds on every core, each seed in one thread; the reports in the order of the seeds.
pub fn correr_todas(semillas: Range<u64>, defecto: Defecto) -> Vec<Informe> {
    let hilos = thread::available_parallelism().map_or(1, usize::from);
    let una_si_otra_no = |hilo: usize| semillas.clone().skip(hilo).step_by(hilos);
    let mut informes: Vec<Informe> = thread::scope(|ambito| {
        let vuelos: Vec<_> = (0..hilos)
            .map(|hilo| ambito.spawn(move || una_si_otra_no(hilo).map(|semilla| correr(semilla, defecto)).collect()))
            .collect();
        vuelos.into_iter().flat_map(|vuelo| vuelo.join().unwrap_or_else(|_| Vec::new())).collect()
    });
    informes.sort_by_key(|informe| informe.semilla);
    informes
}
