use crate::consola::{fallo, hecho, linea, tenue};

/// How many cases a failed check names.
const EJEMPLOS: usize = 5;

/// One thing that must hold.
pub struct Punto {
    pub nombre: &'static str,
    pub debido: u64,
    pub hallado: u64,
    pub ejemplos: Vec<String>,
}

impl Punto {
    pub fn cero(nombre: &'static str, casos: Vec<String>) -> Self {
        let hallado = casos.len() as u64;
        Self { nombre, debido: 0, hallado, ejemplos: casos.into_iter().take(EJEMPLOS).collect() }
    }

    pub fn cuenta(nombre: &'static str, debido: u64, hallado: u64) -> Self {
        Self { nombre, debido, hallado, ejemplos: Vec::new() }
    }

    pub fn se_cumple(&self) -> bool {
        self.debido == self.hallado
    }

    pub fn mostrar(&self) {
        let texto = format!("{}: {} de {}", self.nombre, self.hallado, self.debido);
        if self.se_cumple() {
            hecho(texto);
        } else {
            fallo(texto);
        }
        for ejemplo in &self.ejemplos {
            linea(tenue(format!("    {ejemplo}")));
        }
    }

    /// Its row in the table of a report.
    pub fn fila(&self) -> String {
        let cumple = if self.se_cumple() { "yes" } else { "**no**" };
        format!("| {} | {} | {} | {cumple} |", self.nombre, self.debido, self.hallado)
    }
}
