//! Who may depend on whom, by manifest.

use super::arbol::{Arbol, Falta, Paquete};

/// Services meet only in `contratos`.
pub fn ningun_servicio_depende_de_otro(arbol: &Arbol) -> Vec<Falta> {
    dependencias_de_servicios(arbol, Paquete::es_servicio)
}

/// The platform does not know what is built on it.
pub fn la_plataforma_no_depende_de_servicios(arbol: &Arbol) -> Vec<Falta> {
    dependencias_de_servicios(arbol, Paquete::es_plataforma)
}

/// The simulation joins services to watch them, so nobody may be built on it.
pub fn nadie_depende_de_la_simulacion(arbol: &Arbol) -> Vec<Falta> {
    let simulaciones = || arbol.paquetes.iter().filter(|paquete| paquete.es_simulacion());
    let depende = |paquete: &&Paquete| simulaciones().any(|otra| paquete.dependencias.contains(&otra.nombre));
    let falta = |paquete: &Paquete| Falta::nueva(&paquete.carpeta, "depende de la simulación");
    arbol.paquetes.iter().filter(depende).map(falta).collect()
}

fn dependencias_de_servicios(arbol: &Arbol, quien: impl Fn(&Paquete) -> bool) -> Vec<Falta> {
    let mut faltas = Vec::new();
    for paquete in arbol.paquetes.iter().filter(|paquete| quien(paquete)) {
        for servicio in arbol.servicios().filter(|servicio| servicio.nombre != paquete.nombre) {
            if paquete.dependencias.contains(&servicio.nombre) {
                faltas.push(Falta::nueva(&paquete.carpeta, format!("depende del servicio {}", servicio.nombre)));
            }
        }
    }
    faltas
}
