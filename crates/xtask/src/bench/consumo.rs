//! CPU time and memory of processes and of everything below them, from `/proc` (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::procesos::Proceso;

/// `USER_HZ`, the unit of times in `/proc`: 100 on every architecture of Linux but Alpha.
const TICS_POR_SEGUNDO: f64 = 100.0;
/// This process: it makes the load, so it is measured apart.
pub const CARGA: &str = "xtask";

/// CPU time used so far, by process name.
pub struct Lectura {
    hora: Instant,
    cpu: BTreeMap<String, f64>,
    /// Of the whole machine.
    maquina: f64,
}

/// What a process holds in memory now, in MiB.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memoria {
    /// `VmRSS`; of a process with children, the sum of their `Pss`, so that what they share counts once.
    pub residente: f64,
    /// `VmHWM`; none of a process with children.
    pub pico: Option<f64>,
}

impl Lectura {
    pub fn tomar(procesos: &[Proceso]) -> Result<Self> {
        let tabla = Tabla::leer()?;
        let mut cpu = BTreeMap::new();
        for Proceso { nombre, pid, .. } in procesos {
            let tics = tabla.tics_de_familia(*pid).with_context(|| format!("{nombre} ya no existe"))?;
            cpu.insert(nombre.clone(), tics as f64 / TICS_POR_SEGUNDO);
        }
        // Alone: the processes that it measures are its children.
        let propio = tabla.0.get(&i32::try_from(std::process::id())?).context("/proc no tiene este proceso")?;
        cpu.insert(CARGA.to_owned(), propio.tics as f64 / TICS_POR_SEGUNDO);
        let maquina = tics_de_la_maquina(&fs::read_to_string("/proc/stat")?).context("/proc/stat no se entiende")?;
        Ok(Self { hora: Instant::now(), cpu, maquina: maquina as f64 / TICS_POR_SEGUNDO })
    }

    /// Seconds of CPU of each process since an earlier reading.
    pub fn desde(&self, anterior: &Self) -> BTreeMap<String, f64> {
        let gasto = |(nombre, cpu): (&String, &f64)| {
            (nombre.clone(), cpu - anterior.cpu.get(nombre).copied().unwrap_or_default())
        };
        self.cpu.iter().map(gasto).collect()
    }

    /// Seconds of CPU since an earlier reading that went to none of these processes.
    pub fn de_otros_desde(&self, anterior: &Self) -> f64 {
        let propios: f64 = self.desde(anterior).values().sum();
        (self.maquina - anterior.maquina - propios).max(0.0)
    }

    pub fn tiempo_desde(&self, anterior: &Self) -> Duration {
        self.hora - anterior.hora
    }
}

/// Memory by process name.
pub fn memoria(procesos: &[Proceso]) -> Result<BTreeMap<String, Memoria>> {
    let tabla = Tabla::leer()?;
    procesos.iter().map(|proceso| Ok((proceso.nombre.clone(), memoria_de(&tabla.familia(proceso.pid))?))).collect()
}

fn memoria_de(familia: &[i32]) -> Result<Memoria> {
    if let [unico] = familia {
        let estado = fs::read_to_string(format!("/proc/{unico}/status"))?;
        let residente = mib(&estado, "VmRSS:").context("un proceso sin VmRSS")?;
        return Ok(Memoria { residente, pico: mib(&estado, "VmHWM:") });
    }
    let mut residente = 0.0;
    for pid in familia {
        if let Some(mapas) = leer_si_vive(&format!("/proc/{pid}/smaps_rollup"))? {
            residente += mib(&mapas, "Pss:").with_context(|| format!("el proceso {pid} no dice su Pss"))?;
        }
    }
    Ok(Memoria { residente, pico: None })
}

/// The number of KiB after a key, in MiB.
fn mib(texto: &str, clave: &str) -> Option<f64> {
    let resto = texto.lines().find_map(|linea| linea.strip_prefix(clave))?;
    Some(resto.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// Every process of the machine at one moment.
struct Tabla(BTreeMap<i32, Stat>);

impl Tabla {
    fn leer() -> Result<Self> {
        let mut tabla = BTreeMap::new();
        for entrada in fs::read_dir("/proc")? {
            let nombre = entrada?.file_name();
            let Some(pid) = nombre.to_str().and_then(|nombre| nombre.parse().ok()) else { continue };
            if let Some(texto) = leer_si_vive(&format!("/proc/{pid}/stat"))? {
                tabla.insert(pid, Stat::leer(&texto).with_context(|| format!("/proc/{pid}/stat no se entiende"))?);
            }
        }
        Ok(Self(tabla))
    }

    /// A process and all its descendants; empty when it is gone.
    fn familia(&self, pid: i32) -> Vec<i32> {
        let mut familia: Vec<i32> = self.0.contains_key(&pid).then_some(pid).into_iter().collect();
        let mut siguiente = 0;
        while let Some(padre) = familia.get(siguiente).copied() {
            familia.extend(self.0.iter().filter(|(_, stat)| stat.padre == padre).map(|(hijo, _)| *hijo));
            siguiente += 1;
        }
        familia
    }

    fn tics_de_familia(&self, pid: i32) -> Option<u64> {
        let familia = self.familia(pid);
        let tics = |pid: &i32| self.0[pid].tics + self.0[pid].tics_de_terminados;
        (!familia.is_empty()).then(|| familia.iter().map(tics).sum())
    }
}

/// What `/proc/<pid>/stat` tells of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    padre: i32,
    /// User and system time.
    tics: u64,
    /// The same of its children that have ended, and of theirs.
    tics_de_terminados: u64,
}

impl Stat {
    /// The name, in parentheses, may hold blanks and parentheses; what follows the last one is regular.
    fn leer(texto: &str) -> Option<Self> {
        let campos: Vec<&str> = texto.rsplit_once(')')?.1.split_whitespace().collect();
        let padre = campos.get(1)?.parse().ok()?;
        let tiempo = |indice: usize| campos.get(indice)?.parse::<u64>().ok();
        Some(Self { padre, tics: tiempo(11)? + tiempo(12)?, tics_de_terminados: tiempo(13)? + tiempo(14)? })
    }
}

/// Time that was not idle, from the first line of `/proc/stat`; what the hypervisor took counts too.
fn tics_de_la_maquina(stat: &str) -> Option<u64> {
    let campos: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).map_while(|campo| campo.parse().ok()).collect();
    let [usuario, prioridad_baja, sistema, _, _, interrupciones, blandas, robado, ..] = *campos else { return None };
    Some(usuario + prioridad_baja + sistema + interrupciones + blandas + robado)
}

/// A file of `/proc`; none when its process has ended.
fn leer_si_vive(ruta: &str) -> Result<Option<String>> {
    match fs::read_to_string(ruta) {
        Ok(texto) => Ok(Some(texto)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(nix::errno::Errno::ESRCH as i32) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("no se pudo leer {ruta}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(nombre: &str, padre: i32, tiempos: [u64; 4]) -> String {
        let [u, s, cu, cs] = tiempos;
        format!(
            "4242 ({nombre}) S {padre} 4242 4242 0 -1 4194560 900 0 0 0 {u} {s} {cu} {cs} 20 0 1 0 77 230000 5000\n"
        )
    }

    #[test]
    fn un_nombre_con_espacios_y_parentesis_no_corre_los_campos() {
        for nombre in ["postgres", "postgres: io worker", "a) S 1 (b", "(sd-pam)", ":-) 1 2 3", ""] {
            let leido = Stat::leer(&stat(nombre, 7, [10, 20, 300, 4000]));
            assert_eq!(leido, Some(Stat { padre: 7, tics: 30, tics_de_terminados: 4300 }), "{nombre:?}");
        }
    }

    #[test]
    fn un_stat_cortado_no_se_lee() {
        for texto in ["", "4242 (sin fin S 1", "4242 (x) S 1 2 3", "4242 (x) S uno 0 0 0 0 0 0 0 0 0 1 1 1 1"] {
            assert_eq!(Stat::leer(texto), None, "{texto:?}");
        }
    }

    #[test]
    fn la_familia_son_todos_los_descendientes_y_nadie_mas() {
        let con = |padre, tics| Stat { padre, tics, tics_de_terminados: 1 };
        let tabla = Tabla(BTreeMap::from([
            (10, con(1, 100)),
            (11, con(10, 20)),
            (12, con(11, 3)),
            (20, con(1, 5000)),
            (9, con(10, 7)),
        ]));
        assert_eq!(tabla.tics_de_familia(10), Some(134));
        assert_eq!(tabla.tics_de_familia(20), Some(5001));
        assert_eq!(tabla.tics_de_familia(99), None);
    }

    #[test]
    fn la_maquina_suma_todo_lo_que_no_es_espera() {
        let stat = "cpu  1 20 300 99999 88888 4000 50000 600000 1 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(tics_de_la_maquina(stat), Some(654_321));
        assert_eq!(tics_de_la_maquina("cpu 1 2"), None);
    }

    #[test]
    fn la_memoria_se_lee_en_mib() {
        let estado = "Name:\txtask\nVmHWM:\t   20480 kB\nVmRSS:\t    1536 kB\n";
        assert_eq!(mib(estado, "VmRSS:"), Some(1.5));
        assert_eq!(mib(estado, "VmHWM:"), Some(20.0));
        assert_eq!(mib(estado, "Pss:"), None);
    }

    #[test]
    fn este_proceso_gasta_y_ocupa() {
        let propio = i32::try_from(std::process::id()).expect("a pid");
        let tabla = Tabla::leer().expect("/proc");
        assert!(tabla.tics_de_familia(propio).is_some());
        assert!(memoria_de(&[propio]).expect("its status").residente > 1.0);
    }
}
