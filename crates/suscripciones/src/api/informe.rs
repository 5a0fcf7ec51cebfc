//! The report of a reprocessing, for people and for programs.

use std::fmt::Write;

use crate::aplicacion::reproceso::{Comparacion, Hecho, Hueco, Informe, Intervalo, Lista};

/// The report as JSON, on several lines.
pub fn json(informe: &Informe) -> String {
    serde_json::to_string_pretty(informe).unwrap_or_else(|error| error.to_string())
}

/// The report as text; what is zero and would be a fault is not shown.
pub fn texto(informe: &Informe) -> String {
    let mut hoja = Hoja::default();
    hoja.titulo(match (informe.real, informe.bien()) {
        (false, true) => "Simulacro: las tablas son lo que dice Pulsar",
        (false, false) => "Simulacro: hay diferencias",
        (true, true) => "Reproceso: las tablas son lo que dice Pulsar",
        (true, false) => "Reproceso: quedan diferencias",
    });
    let leido = &informe.leido;
    hoja.cuenta("transiciones leídas", leido.transiciones);
    hoja.cuenta("sagas publicadas", leido.sagas);
    hoja.si_hay("transiciones repetidas", leido.repetidas);
    hoja.si_hay("repetidas con otro contenido", leido.divergentes);
    hoja.si_hay("entradas o mensajes ilegibles", leido.ilegibles);
    if informe.de_nadie() {
        hoja.linea(format_args!("            de esa saga nadie sabe nada"));
    }
    hoja.huecos("sagas con huecos en su registro: faltan", &informe.huecos);
    hoja.huecos("sagas con entradas ilegibles", &informe.ilegibles);
    hoja.lista("sagas sin cabecera", &informe.sin_cabecera);
    hoja.lista("estados publicados que no cuadran con el registro", &informe.estados.distintos);
    hoja.si_hay("estados publicados por delante del registro", informe.estados.adelantados);
    hoja.comparacion(if informe.real { "Antes" } else { "Sagas" }, &informe.comparacion);
    if let Some(hecho) = &informe.rehecho {
        hoja.hecho(hecho);
    }
    if let Some(despues) = &informe.despues {
        hoja.comparacion("Después", despues);
    }
    hoja.0
}

#[derive(Default)]
struct Hoja(String);

impl Hoja {
    fn titulo(&mut self, texto: &str) {
        self.0.push_str(texto);
    }

    fn cuenta(&mut self, que: &str, cuantas: u64) {
        self.linea(format_args!("  {cuantas:>9} {que}"));
    }

    fn si_hay(&mut self, que: &str, cuantas: u64) {
        if cuantas > 0 {
            self.cuenta(que, cuantas);
        }
    }

    fn lista(&mut self, que: &str, lista: &Lista) {
        self.si_hay(que, lista.total);
        for ejemplo in &lista.ejemplos {
            self.linea(format_args!("            {ejemplo}"));
        }
        if lista.total > lista.ejemplos.len() as u64 {
            self.linea(format_args!("            ..."));
        }
    }

    /// All of them, with their versions.
    fn huecos(&mut self, que: &str, huecos: &[Hueco]) {
        self.si_hay(que, huecos.len() as u64);
        for hueco in huecos {
            let versiones: Vec<String> = hueco.versiones.iter().map(intervalo).collect();
            self.linea(format_args!("            {}: {}", hueco.saga, versiones.join(", ")));
        }
    }

    fn comparacion(&mut self, cuando: &str, comparacion: &Comparacion) {
        self.linea(format_args!("{cuando}:"));
        self.cuenta("iguales", comparacion.iguales);
        self.lista("distintas", &comparacion.distintas);
        self.lista("solo en Pulsar", &comparacion.solo_en_pulsar);
        self.lista("solo en Postgres", &comparacion.solo_en_postgres);
        self.si_hay("en marcha: solo se comparó su registro", comparacion.en_marcha);
        let transiciones = &comparacion.transiciones;
        self.si_hay("transiciones distintas", transiciones.distintas);
        self.si_hay("transiciones solo en Pulsar", transiciones.solo_en_pulsar);
        self.si_hay("transiciones solo en Postgres", transiciones.solo_en_postgres);
    }

    fn hecho(&mut self, hecho: &Hecho) {
        self.linea(format_args!("Hecho:"));
        self.cuenta("sagas escritas", hecho.sagas);
        self.cuenta("transiciones escritas", hecho.transiciones);
        self.si_hay("transiciones que vuelven a publicarse", hecho.republicadas);
        self.si_hay("sagas vivas que siguen desde lo publicado", hecho.reanimadas);
        self.si_hay("órdenes enviadas otra vez", hecho.reenviados);
        self.lista("de ellas, con el final de su registro perdido", &hecho.cola_perdida);
        self.lista("de ellas, que ya se deshacían", &hecho.se_deshacian);
        self.lista("sagas empezadas de nuevo: nada suyo se había publicado", &hecho.renacidas);
        self.lista("sagas aplazadas: su suscripción tiene otra viva", &hecho.aplazadas);
        self.lista("sagas cuya definición no está", &hecho.sin_definicion);
    }

    fn linea(&mut self, texto: std::fmt::Arguments<'_>) {
        self.0.push('\n');
        self.0.write_fmt(texto).unwrap_or_default();
    }
}

fn intervalo(tramo: &Intervalo) -> String {
    if tramo.desde == tramo.hasta { tramo.desde.to_string() } else { format!("{}-{}", tramo.desde, tramo.hasta) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn el_informe_dice_lo_que_hay_y_calla_lo_que_no() {
        let mut informe = Informe::default();
        informe.comparacion.iguales = 3;
        assert!(texto(&informe).contains("3 iguales") && !texto(&informe).contains("huecos"));
        let versiones = vec![Intervalo { desde: 3, hasta: 3 }, Intervalo { desde: 5, hasta: 7 }];
        informe.huecos.push(Hueco { saga: Uuid::nil(), versiones });
        let hoja = texto(&informe);
        assert!(
            hoja.starts_with("Simulacro: hay diferencias") && hoja.contains(&format!("{}: 3, 5-7", Uuid::nil())),
            "{hoja}"
        );
        assert!(json(&informe).contains("\"huecos\""));
    }
}
