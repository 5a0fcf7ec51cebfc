use saga::Codigo;

use super::mesa::{Mesa, Peticion, escritura, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, Versionada};
use crate::dominio::{Comando, Operacion, Suscripcion};

/// Decides that an operation is given up: the subscription stands as before it, and its client is told why.
pub(super) fn decidir(mesa: &Mesa, peticion: &Peticion<'_>, operacion: Operacion, codigo: &Codigo) -> Cambio {
    let actual = mesa.actual(peticion.id);
    let eventos = match actual.suscripcion.decidir(Comando::Desistir) {
        Ok(eventos) => eventos,
        Err(codigo) => return mesa.rechazar(peticion, codigo),
    };
    let cambia = !eventos.is_empty();
    let suscripcion = eventos.iter().fold(actual.suscripcion, Suscripcion::aplicar);
    let despues = Versionada { suscripcion, version: actual.version + i64::from(cambia) };
    let estado = despues.suscripcion.estado();
    let contenido = Contenido::Desistida { operacion, codigo: codigo.clone(), estado };
    Cambio::Nuevo(Box::new(CambioNuevo {
        escritura: cambia.then(|| escritura(peticion, actual.version, &despues)),
        ..sin_efectos(peticion, respuesta(peticion.id, &despues, contenido))
    }))
}
