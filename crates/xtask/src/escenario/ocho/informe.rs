//! The report: lines for people who watch, a page for those who come later.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;

use super::producto;
use super::recorrido::{Clase, Visto};
use crate::consola::{duracion, linea, tenue, titulo};
use crate::escenario::acta::Acta;
use crate::escenario::punto::Punto;

/// Everything that the report tells.
pub struct Informe {
    pub orden: String,
    pub visto: Visto,
    pub puntos: Vec<Punto>,
    /// Of each part of the run, in order.
    pub tiempos: Vec<(&'static str, Duration)>,
}

impl Acta for Informe {
    fn se_cumple(&self) -> bool {
        self.puntos.iter().all(Punto::se_cumple)
    }

    fn mostrar(&self) {
        titulo("Escenario 8");
        self.puntos.iter().for_each(Punto::mostrar);
        linea("");
        for (nombre, tiempo) in &self.tiempos {
            linea(tenue(format!("  {nombre}: {}", duracion(*tiempo))));
        }
    }

    fn pagina(&self) -> Result<String> {
        let mut pagina = String::new();
        let resultado = if self.se_cumple() { "every measure holds" } else { "**some measure does not hold**" };
        writeln!(pagina, "# Scenario 8: a new product with a new service, and nothing else changes\n")?;
        writeln!(
            pagina,
            "The five services run. A product that needs a service unknown to them is put on sale through the admin API:\n\
             a definition with the schemas of five new messages, and its plans. The service is\n\
             [{0}](../../{0}), in Python; all that it shares with the others is the wire.\n\
             Clients subscribe; some complete, some cannot pay and have their report undone, some ask for what the service\n\
             refuses. Every command of the new service is then delivered again, bad messages are sent to it, an undo comes\n\
             before its order, and the service ends and comes back while a client waits.\n",
            producto::CARPETA
        )?;
        writeln!(pagina, "This page is written by the command. Its last result: {resultado}.\n")?;
        writeln!(pagina, "```bash\n{}\n```\n", self.orden)?;
        writeln!(pagina, "## Measures\n\n| | due | found | |\n|---|---:|---:|---|")?;
        for punto in &self.puntos {
            writeln!(pagina, "{}", punto.fila())?;
        }
        self.procesos(&mut pagina)?;
        self.producto(&mut pagina)?;
        writeln!(pagina, "\n## Times\n\n| | |\n|---|---:|")?;
        for (nombre, tiempo) in &self.tiempos {
            writeln!(pagina, "| {nombre} | {} |", duracion(*tiempo))?;
        }
        Ok(pagina)
    }
}

impl Informe {
    fn procesos(&self, pagina: &mut String) -> Result<()> {
        writeln!(
            pagina,
            "\n## Running programs\n\nThe digest is that of the program in memory (`/proc/<pid>/exe`), before the product \
             was known and after its last saga.\n\n| process | pid | sha256 before | sha256 after |\n|---|---:|---|---|"
        )?;
        for (antes, despues) in self.visto.huellas.iter().zip(&self.visto.huellas_al_final) {
            let (una, otra) = (&antes.sha256[..16], &despues.sha256[..16]);
            writeln!(pagina, "| {} | {} | `{una}…` | `{otra}…` |", antes.proceso, antes.pid)?;
        }
        Ok(())
    }

    fn producto(&self, pagina: &mut String) -> Result<()> {
        let definicion = &self.visto.definicion;
        let texto = |clave: &str| definicion[clave].as_str().unwrap_or_default().to_owned();
        writeln!(
            pagina,
            "\n## The product\n\nDefinition `{}` version {}, sha256 `{}`.\n\n| clients | saga | why it turned | report |\n|---:|---|---|---|",
            texto("clave"),
            definicion["version"],
            texto("sha256")
        )?;
        let mut clases: BTreeMap<Clase, u64> = BTreeMap::new();
        for caso in &self.visto.casos {
            *clases.entry(caso.clase).or_default() += 1;
        }
        for (clase, cuantos) in clases {
            let (fase, motivo) = clase.previsto();
            writeln!(
                pagina,
                "| {cuantos} | `{fase}` | {} | {} |",
                motivo.map_or_else(|| "–".to_owned(), |motivo| format!("`{motivo}`")),
                clase.informe().map_or_else(|| "none".to_owned(), |estado| format!("`{estado}`"))
            )?;
        }
        writeln!(
            pagina,
            "\nDead letters of the new service: {}.",
            self.visto.apartados.iter().map(|motivo| format!("`{motivo}`")).collect::<Vec<_>>().join(", ")
        )?;
        Ok(())
    }
}
