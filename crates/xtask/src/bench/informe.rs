//! The report: as a table for people, as JSON for programs.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

use super::carga::Cadencia;
use super::consumo::Memoria;
use super::fase::{Cpu, Fase};
use super::percentiles::Percentiles;
use crate::arranque::Perfil;
use crate::consola::{fallo, linea, negrita, tenue, titulo};

#[derive(Serialize)]
pub struct Informe {
    pub maquina: Maquina,
    pub perfil: Perfil,
    pub lazo_abierto: Fase,
    pub lazo_cerrado: Fase,
    /// Along the sagas that were asked for on top.
    pub tramos: Vec<Tramo>,
    /// At the end, in MiB.
    pub memoria: BTreeMap<String, Memoria>,
    /// Cores kept busy with nothing to do.
    pub reposo: BTreeMap<String, f64>,
}

impl Informe {
    pub fn completo(&self) -> bool {
        let tramos = self.tramos.iter().all(|tramo| tramo.completadas == tramo.pedidas);
        tramos && self.lazo_abierto.completa() && self.lazo_cerrado.completa()
    }
}

/// Some sagas, and the memory of each process right after them.
#[derive(Serialize)]
pub struct Tramo {
    pub pedidas: u32,
    pub completadas: u32,
    pub memoria: BTreeMap<String, Memoria>,
}

/// Where it was measured; without it the figures say little.
#[derive(Serialize)]
pub struct Maquina {
    pub nucleos: usize,
    pub procesador: Option<String>,
    /// The load average of the last minute when the benchmark began: others' work disturbs it.
    pub carga_previa: Option<f64>,
}

impl Maquina {
    pub fn esta() -> anyhow::Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
        let modelo = cpuinfo.lines().find(|linea| linea.starts_with("model name"));
        let media = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            nucleos: std::thread::available_parallelism()?.get(),
            procesador: modelo.and_then(|linea| Some(linea.split_once(':')?.1.trim().to_owned())),
            carga_previa: media.split(' ').next().and_then(|valor| valor.parse().ok()),
        })
    }

    pub fn mostrar(&self) {
        let procesador = self.procesador.as_deref().unwrap_or("procesador desconocido");
        let carga = self.carga_previa.map_or_else(String::new, |carga| format!(", carga media {carga:.2} al empezar"));
        linea(tenue(format!("{} núcleos, {procesador}{carga}", self.nucleos)));
    }
}

pub fn mostrar_fase(fase: &Fase) {
    titulo(match fase.cadencia {
        Cadencia::Ritmo(ritmo) => format!("Lazo abierto: {ritmo} sagas PRO por segundo"),
        Cadencia::EnCurso(sagas) => format!("Lazo cerrado: {sagas} sagas PRO en curso"),
    });
    linea(format!("completadas     {} de {} en {:.1} s", fase.completadas, fase.pedidas, fase.segundos));
    for (que, cuantas) in &fase.otras {
        fallo(format!("{cuantas}: {que}"));
    }
    linea(format!("caudal          {:.1} sagas/s", fase.sagas_por_segundo));
    mostrar_latencia("POST → 202", fase.aceptacion_ms);
    mostrar_latencia("POST → fin", fase.saga_ms);
    mostrar_mensajes(fase);
    mostrar_gasto(fase);
}

fn mostrar_latencia(que: &str, percentiles: Option<Percentiles>) {
    if let Some(Percentiles { p50, p90, p99, max }) = percentiles {
        linea(format!("{que:<15} p50 {p50:.1} ms   p90 {p90:.1} ms   p99 {p99:.1} ms   máx. {max:.1} ms"));
    }
}

/// The topics that take exactly one message per saga go without saying.
fn mostrar_mensajes(fase: &Fase) {
    let mensajes = &fase.mensajes;
    let kib = mensajes.bytes_por_saga / 1024.0;
    linea(format!(
        "mensajes        {:.2} por saga, {kib:.1} KiB, en {} tópicos",
        mensajes.por_saga,
        mensajes.por_tema.len()
    ));
    for (tema, publicado) in mensajes.por_tema.iter().filter(|(_, uno)| uno.mensajes != u64::from(fase.completadas)) {
        let por_saga = publicado.mensajes as f64 / f64::from(fase.completadas.max(1));
        linea(tenue(format!("                {por_saga:.2} en {tema}")));
    }
}

fn mostrar_gasto(fase: &Fase) {
    let gasto = &fase.gasto;
    let total = gasto.total();
    let fila = |nombre: &str, cpu: Cpu| {
        let reparto = 100.0 * cpu.ms_por_saga / total.ms_por_saga;
        format!("{nombre:<24}{:>10.2} ms {reparto:>8.0} % {:>10.2}", cpu.ms_por_saga, cpu.nucleos)
    };
    linea(negrita(format!("{:<24}{:>13}{:>11}{:>11}", "proceso", "CPU por saga", "reparto", "núcleos")));
    let mut procesos: Vec<_> = gasto.procesos.iter().collect();
    procesos.sort_by(|(_, uno), (_, otro)| otro.ms_por_saga.total_cmp(&uno.ms_por_saga));
    for (nombre, cpu) in procesos {
        linea(fila(nombre, *cpu));
    }
    linea(tenue(fila("servicios y Postgres", gasto.servicios_y_postgres)));
    linea(tenue(fila("Pulsar", gasto.pulsar)));
    linea(negrita(fila("todo el sistema", total)));
    linea(tenue(format!(
        "{:<24}{:>10.2} ms {:>21.2}",
        "la carga, aparte", gasto.carga.ms_por_saga, gasto.carga.nucleos
    )));
    linea(tenue(format!("{:<24}{:>35.2}", "otros procesos, aparte", gasto.nucleos_de_otros)));
}

/// One row for each look at the memory, one column for each process.
pub fn mostrar_tramos(tramos: &[Tramo]) {
    let Some(primero) = tramos.first() else { return };
    titulo("Memoria residente, en MiB, tras cada tanda");
    let columna = |texto: &str| format!("{texto:>16}");
    linea(negrita(format!(
        "{:<14}{}",
        "sagas",
        primero.memoria.keys().map(|nombre| columna(nombre)).collect::<String>()
    )));
    let mut sagas = 0;
    for tramo in tramos {
        sagas += tramo.completadas;
        let residentes = tramo.memoria.values().map(|memoria| columna(&format!("{:.1}", memoria.residente)));
        linea(format!("{sagas:<14}{}", residentes.collect::<String>()));
    }
}

/// What each process takes when nothing happens, after all that happened.
pub fn mostrar_reposo(memoria: &BTreeMap<String, Memoria>, reposo: &BTreeMap<String, f64>) {
    titulo("Al final, en reposo");
    linea(negrita(format!("{:<24}{:>14}{:>14}{:>11}", "proceso", "residente", "pico", "núcleos")));
    for (nombre, Memoria { residente, pico }) in memoria {
        let pico = pico.map_or_else(|| format!("{:>14}", "-"), |pico| format!("{pico:>10.1} MiB"));
        let nucleos = reposo.get(nombre).copied().unwrap_or_default();
        linea(format!("{nombre:<24}{residente:>10.1} MiB{pico}{nucleos:>11.3}"));
    }
}
