use super::Mapa;
use crate::borrador::Borrador;
use crate::{Causa, Definicion, Entrada, EstadoPaso, EstadoSaga};

/// Where a step of the old version is in the new one.
pub(super) fn destino<'a>(mapa: &'a Mapa, paso: &'a str) -> &'a str {
    mapa.get(paso).map_or(paso, String::as_str)
}

/// The entry that moves the saga, whatever becomes of it.
pub(super) fn entrada(a: &Definicion, estado: &EstadoSaga, mapa: &Mapa, causa: Causa, ahora_ms: i64) -> Entrada {
    borrador(a, estado, mapa, ahora_ms).cerrar(causa)
}

/// The state as the new version would have it.
pub(super) fn estado(a: &Definicion, estado: &EstadoSaga, mapa: &Mapa) -> EstadoSaga {
    borrador(a, estado, mapa, 0).resultado()
}

fn borrador<'a>(a: &'a Definicion, estado: &EstadoSaga, mapa: &Mapa, ahora_ms: i64) -> Borrador<'a> {
    let alcanzados = estado.pasos.iter().filter(|(_, paso)| **paso != EstadoPaso::Pendiente);
    let renombrados = alcanzados.filter_map(|(clave, _)| {
        let nueva = destino(mapa, clave);
        (nueva != clave).then(|| (clave.clone(), nueva.to_owned()))
    });
    let mut borrador = Borrador::nuevo(a, estado, ahora_ms);
    borrador.renombrar(renombrados.collect());
    borrador.seguir();
    borrador
}
