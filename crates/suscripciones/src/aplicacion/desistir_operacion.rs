use saga::Codigo;

use super::mesa::{Mesa, Peticion};
use super::puertos::{Cambio, Contenido};
use crate::dominio::{Comando, IdSaga, Operacion};

/// Decides that an operation is given up: the subscription stands as before it, what it would have cost is not owed,
/// and the client is told why.
pub(super) fn decidir(mesa: &Mesa, peticion: &Peticion<'_>, operacion: Operacion, codigo: &Codigo) -> Cambio {
    let saga = peticion.contexto.correlacion.map(IdSaga);
    match mesa.hacer(peticion, Comando::Desistir { saga }) {
        Ok(decidido) => {
            let estado = decidido.despues.suscripcion.estado();
            let contenido = Contenido::Desistida { operacion, codigo: codigo.clone(), estado };
            Cambio::Nuevo(Box::new(decidido.con(peticion, contenido)))
        }
        Err(codigo) => mesa.rechazar(peticion, codigo),
    }
}
