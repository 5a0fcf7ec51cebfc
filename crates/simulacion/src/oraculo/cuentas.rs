use servicio_datos::dominio::{CodigoExperto, CodigoNube, Estado};

use crate::datos::Cupo;
use crate::mundo::Mundo;
use crate::nucleo::cerrojo;

/// Scarce things are neither lost nor made: what is taken is what somebody holds.
pub fn revisar(mundo: &Mundo) -> Vec<String> {
    let datos = cerrojo(&mundo.datos);
    let vivos = || {
        datos
            .servicios
            .values()
            .map(|fila| &fila.servicio)
            .filter(|servicio| !matches!(servicio.estado(), Estado::Inexistente | Estado::Terminado))
    };
    let en_nube = |codigo: &CodigoNube| {
        vivos().filter(|servicio| servicio.contrato().is_some_and(|contrato| contrato.nube == *codigo)).count()
    };
    let con_experto = |codigo: &CodigoExperto| {
        vivos().filter(|servicio| servicio.asignacion().is_some_and(|de| de.experto == *codigo)).count()
    };
    let mut faltas = Vec::new();
    for (codigo, cupo) in &datos.nubes {
        faltas.extend(cuadra(codigo.as_str(), *cupo, en_nube(codigo)));
    }
    for (codigo, (_, cupo)) in &datos.expertos {
        faltas.extend(cuadra(codigo.as_str(), *cupo, con_experto(codigo)));
    }
    let laboratorio = cerrojo(&mundo.laboratorio);
    let equipos = Cupo { total: laboratorio.total, libres: laboratorio.libres };
    faltas.extend(cuadra("equipos", equipos, laboratorio.reservas.values().filter(|tiene| **tiene).count()));
    faltas
}

fn cuadra(que: &str, cupo: Cupo, ocupados: usize) -> Option<String> {
    let cuadra = u64::from(cupo.libres) + ocupados as u64 == u64::from(cupo.total);
    (!cuadra).then(|| format!("{que}: {} libres y {ocupados} ocupados no son {}", cupo.libres, cupo.total))
}
