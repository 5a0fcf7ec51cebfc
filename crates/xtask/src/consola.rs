//! What people see: titles, results, progress.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::ambiente;

/// All bars of the process, so that lines printed between them do not tear them.
static BARRAS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);
static COLOR: LazyLock<bool> =
    LazyLock::new(|| std::io::stdout().is_terminal() && ambiente::variable("NO_COLOR").is_none());
static VIVA: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal() && std::io::stdout().is_terminal());

pub fn verde(texto: impl Display) -> String {
    pintar("32", texto)
}

pub fn rojo(texto: impl Display) -> String {
    pintar("31", texto)
}

pub fn amarillo(texto: impl Display) -> String {
    pintar("33", texto)
}

pub fn azul(texto: impl Display) -> String {
    pintar("36", texto)
}

pub fn negrita(texto: impl Display) -> String {
    pintar("1", texto)
}

pub fn tenue(texto: impl Display) -> String {
    pintar("2", texto)
}

fn pintar(codigo: &str, texto: impl Display) -> String {
    if *COLOR { format!("\x1b[{codigo}m{texto}\x1b[0m") } else { texto.to_string() }
}

/// One line of output, above whatever bar is running.
pub fn linea(texto: impl Display) {
    if *VIVA {
        BARRAS.suspend(|| escribir(std::io::stdout(), texto));
    } else {
        escribir(std::io::stdout(), texto);
    }
}

/// Whoever read may be gone (`| head`); what this process does goes on all the same.
fn escribir(mut salida: impl Write, texto: impl Display) {
    drop(writeln!(salida, "{texto}"));
}

pub fn titulo(texto: impl Display) {
    linea(format!("\n{}", negrita(azul(texto))));
}

pub fn hecho(texto: impl Display) {
    linea(format!("{} {texto}", verde("✓")));
}

pub fn aviso(texto: impl Display) {
    linea(format!("{} {texto}", amarillo("!")));
}

pub fn fallo(texto: impl Display) {
    linea(format!("{} {texto}", rojo("✗")));
}

/// An error with everything that caused it, on standard error.
pub fn error(causa: &anyhow::Error) {
    BARRAS.suspend(|| escribir(std::io::stderr(), format!("{} {causa:#}", rojo("error:"))));
}

/// A duration as people say it.
pub fn duracion(tiempo: Duration) -> String {
    match tiempo.as_secs() {
        0 => format!("{} ms", tiempo.as_millis()),
        1..=59 => format!("{:.1} s", tiempo.as_secs_f64()),
        segundos => format!("{} min {} s", segundos / 60, segundos % 60),
    }
}

/// Something that takes a while: a moving line in a terminal, a first and a last line elsewhere.
pub struct Tarea {
    barra: ProgressBar,
    inicio: Instant,
}

impl Tarea {
    pub fn nueva(nombre: impl Into<String>) -> Self {
        let barra = ProgressBar::new_spinner().with_style(estilo("{spinner:.cyan} {msg} {elapsed:.dim}"));
        Self::con(barra, &nombre.into())
    }

    /// A task with a known number of parts.
    pub fn con_total(nombre: impl Into<String>, total: u64) -> Self {
        let plantilla = "{spinner:.cyan} {msg} [{bar:30.cyan/dim}] {pos}/{len} {elapsed:.dim}";
        let barra = ProgressBar::new(total).with_style(estilo(plantilla).progress_chars("━━─"));
        Self::con(barra, &nombre.into())
    }

    fn con(barra: ProgressBar, nombre: &str) -> Self {
        if *VIVA {
            let barra = BARRAS.add(barra).with_message(nombre.to_owned());
            barra.enable_steady_tick(Duration::from_millis(120));
            return Self { barra, inicio: Instant::now() };
        }
        linea(tenue(format!("· {nombre} ...")));
        Self { barra: ProgressBar::hidden(), inicio: Instant::now() }
    }

    pub fn avanzar(&self, partes: u64) {
        self.barra.inc(partes);
    }

    pub fn lista(self, texto: impl Display) {
        self.barra.finish_and_clear();
        hecho(format!("{texto} {}", tenue(format!("({})", duracion(self.inicio.elapsed())))));
    }
}

impl Drop for Tarea {
    fn drop(&mut self) {
        self.barra.finish_and_clear();
    }
}

fn estilo(plantilla: &str) -> ProgressStyle {
    ProgressStyle::with_template(plantilla).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
