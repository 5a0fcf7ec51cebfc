//! The report: lines for people who watch, a page for those who come later.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::caos::Parte;
use super::envios::Envio;
use super::pedidos::Pedido;
use super::veredicto::Veredicto;
use crate::consola::{duracion, linea, tenue, titulo};
use crate::escenario::acta::Acta;
use crate::escenario::punto::Punto;

/// Everything that the report tells.
pub struct Informe {
    pub orden: String,
    pub semilla: u64,
    pub nucleos: usize,
    pub pedidos: Vec<Pedido>,
    pub envios: Vec<Envio>,
    pub parte: Parte,
    pub veredicto: Veredicto,
    /// Of each part of the run, in order.
    pub tiempos: Vec<(&'static str, Duration)>,
}

impl Acta for Informe {
    fn se_cumple(&self) -> bool {
        self.veredicto.se_cumple()
    }

    fn mostrar(&self) {
        titulo("Escenario 6");
        self.veredicto.puntos.iter().for_each(Punto::mostrar);
        let muertes = self.parte.golpes.len();
        linea(format!("\n{} sagas, {muertes} muertes, semilla {}", self.pedidos.len(), self.semilla));
        for (nombre, tiempo) in &self.tiempos {
            linea(tenue(format!("  {nombre}: {}", duracion(*tiempo))));
        }
    }

    fn pagina(&self) -> Result<String> {
        let mut pagina = String::new();
        let resultado = if self.se_cumple() { "every measure holds" } else { "**some measure does not hold**" };
        writeln!(pagina, "# Scenario 6: nothing is lost, doubled or left half done\n")?;
        writeln!(
            pagina,
            "{} PRO subscriptions arrive by the clock while every process is killed at random; a quarter of them fails\n\
             in each service for business reasons. Two orchestrators share the sagas.\n\
             After a quiet phase: 100 % recorded, 0 inconsistent, 0 doubled, 0 stuck.\n",
            self.pedidos.len()
        )?;
        writeln!(pagina, "This page is written by the command. Its last result: {resultado}.\n")?;
        writeln!(pagina, "```bash\n{}\n```\n", self.orden)?;
        self.medidas(&mut pagina)?;
        self.desenlaces(&mut pagina)?;
        self.muertes(&mut pagina)?;
        self.duraciones(&mut pagina)?;
        Ok(pagina)
    }
}

impl Informe {
    fn medidas(&self, pagina: &mut String) -> Result<()> {
        writeln!(pagina, "## Measures\n\n| | due | found | |\n|---|---:|---:|---|")?;
        for punto in &self.veredicto.puntos {
            writeln!(pagina, "{}", punto.fila())?;
        }
        let v = &self.veredicto;
        writeln!(
            pagina,
            "\nThe ledgers are compared twice: by the system's own audit, and by queries to the three databases that\n\
             share no code with it. The topic of the saga log was read whole through the broker's admin API: {} messages with {}\n\
             transitions, {} of them published more than once. The audit opened and resolved {} findings on the way.\n",
            v.mensajes_de_registro, v.transiciones, v.transiciones_repetidas, v.hallazgos_resueltos
        )?;
        Ok(())
    }

    fn desenlaces(&self, pagina: &mut String) -> Result<()> {
        let mut previstas: BTreeMap<&str, u64> = BTreeMap::new();
        for pedido in &self.pedidos {
            *previstas.entry(pedido.previsto().0).or_default() += 1;
        }
        writeln!(pagina, "## Outcomes\n\n| phase | foreseen | found |\n|---|---:|---:|")?;
        let fases: Vec<&str> = ["completada", "completada_con_avisos", "compensada"].into_iter().collect();
        for fase in fases {
            let hallada = self.veredicto.fases.get(fase).copied().unwrap_or_default();
            writeln!(pagina, "| `{fase}` | {} | {hallada} |", previstas.get(fase).copied().unwrap_or_default())?;
        }
        let con = |falla: fn(&Pedido) -> bool| self.pedidos.iter().filter(|pedido| falla(pedido)).count();
        writeln!(
            pagina,
            "\nInjected: {} in suscripciones (client blocked, payment refused), {} in servicio-datos (no place in the\n\
             cloud, no expert, data set retired), {} in notificaciones (address refused). {} sagas turned back because\n\
             a participant stayed away past all attempts.\n",
            con(|p| p.suscripciones.is_some()),
            con(|p| p.datos.is_some()),
            con(|p| p.correo),
            self.veredicto.por_silencio
        )?;
        Ok(())
    }

    fn muertes(&self, pagina: &mut String) -> Result<()> {
        let mut por_proceso: BTreeMap<&str, (u32, Duration)> = BTreeMap::new();
        for golpe in &self.parte.golpes {
            let suyo = por_proceso.entry(golpe.proceso.as_str()).or_default();
            *suyo = (suyo.0 + 1, suyo.1 + golpe.ausencia);
        }
        writeln!(pagina, "## Deaths\n\n`SIGKILL`, then started again. Seed {}.\n", self.semilla)?;
        writeln!(pagina, "| process | killed | kept away | ended by itself |\n|---|---:|---:|---:|")?;
        for (proceso, (veces, ausencia)) in &por_proceso {
            let caidas = self.parte.caidas.get(*proceso).copied().unwrap_or_default();
            writeln!(pagina, "| {proceso} | {veces} | {:.1} s | {caidas} |", ausencia.as_secs_f64())?;
        }
        writeln!(pagina)?;
        Ok(())
    }

    fn duraciones(&self, pagina: &mut String) -> Result<()> {
        writeln!(pagina, "## Times\n\n| | |\n|---|---:|")?;
        for (nombre, tiempo) in &self.tiempos {
            writeln!(pagina, "| {nombre} | {} |", duracion(*tiempo))?;
        }
        let mut esperas = Histogram::<u64>::new(3)?;
        for envio in self.envios.iter().filter(|envio| envio.aceptado) {
            esperas.record(u64::try_from(envio.espera.as_millis())?)?;
        }
        let repetidas = self.envios.iter().filter(|envio| envio.intentos > 1).count();
        writeln!(
            pagina,
            "\nFrom the moment of a request to its 202: p50 {} ms, p99 {} ms, at most {} ms; {repetidas} requests had to\n\
             be repeated with their key, because the door, its database or the broker was away. On {} cores, debug build.",
            esperas.value_at_quantile(0.5),
            esperas.value_at_quantile(0.99),
            esperas.max(),
            self.nucleos
        )?;
        Ok(())
    }
}
