//! CPU time and memory of the system's processes, from /proc.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::procesos::Proceso;

/// Clock ticks per second of /proc on Linux.
const TICS: f64 = 100.0;

/// What one process and its children have used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Consumo {
    /// Seconds of CPU, user and system.
    pub cpu: f64,
    /// Resident memory in MiB.
    pub memoria: f64,
}

/// Usage by process name. Postgres is its postmaster and its backends.
pub fn leer(procesos: &[Proceso]) -> Result<BTreeMap<String, Consumo>> {
    procesos.iter().map(|proceso| Ok((proceso.nombre.clone(), de_familia(proceso.pid)?))).collect()
}

fn de_familia(pid: i32) -> Result<Consumo> {
    let mut total = de_uno(pid)?.0;
    for entrada in fs::read_dir("/proc")? {
        let Ok(otro) = entrada?.file_name().to_string_lossy().parse::<i32>() else { continue };
        // A process may end while it is being read: then it no longer counts.
        let Ok((consumo, padre)) = de_uno(otro) else { continue };
        if padre == pid {
            total.cpu += consumo.cpu;
            total.memoria += consumo.memoria;
        }
    }
    Ok(total)
}

/// Usage and parent of one process; ended children of a parent that waited for them are in its own count.
fn de_uno(pid: i32) -> Result<(Consumo, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, resto) = stat.rsplit_once(") ").context("stat ilegible")?;
    let campos: Vec<&str> = resto.split_whitespace().collect();
    let tics = |i: usize| campos.get(i).and_then(|campo| campo.parse::<f64>().ok()).unwrap_or_default();
    let cpu = (tics(11) + tics(12) + tics(13) + tics(14)) / TICS;
    let estado = fs::read_to_string(format!("/proc/{pid}/status"))?;
    // Shared buffers would count once per backend, so only memory of its own counts.
    let propia = estado.lines().find_map(|linea| linea.strip_prefix("RssAnon:"));
    let kib = propia.and_then(|texto| texto.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default();
    let padre = campos.get(1).and_then(|campo| campo.parse().ok()).unwrap_or_default();
    Ok((Consumo { cpu, memoria: kib / 1024.0 }, padre))
}
