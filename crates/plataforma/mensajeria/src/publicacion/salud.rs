use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::ErrorMensajeria;

/// What is known of the publishing side, from its own traffic and from the probe.
#[derive(Default)]
pub(super) struct Salud {
    abajo: AtomicBool,
    exitos: AtomicU64,
    temas: Mutex<Temas>,
}

#[derive(Default)]
struct Temas {
    sin_productor: BTreeSet<String>,
    incompatibles: BTreeSet<String>,
}

impl Salud {
    /// How often the broker answered so far: what an attempt takes note of when it begins.
    pub(super) fn exitos(&self) -> u64 {
        self.exitos.load(Ordering::Relaxed)
    }

    pub(super) fn exito(&self) {
        self.exitos.fetch_add(1, Ordering::Relaxed);
        if self.abajo.swap(false, Ordering::Relaxed) {
            tracing::info!("the broker takes messages again");
        }
    }

    /// The end of an attempt that began with `exitos`; it says nothing if the broker answered another since.
    pub(super) fn fallo(&self, error: &ErrorMensajeria, exitos: u64) {
        if self.exitos() == exitos && error.es_de_conexion() && !self.abajo.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the broker takes no messages");
        }
    }

    pub(super) fn disponible(&self) -> bool {
        !self.abajo.load(Ordering::Relaxed)
    }

    pub(super) fn esperar_productor(&self, tema: &str) {
        self.temas().sin_productor.insert(tema.to_owned());
    }

    pub(super) fn hay_productor(&self, tema: &str) {
        let mut temas = self.temas();
        temas.sin_productor.remove(tema);
        temas.incompatibles.remove(tema);
    }

    pub(super) fn incompatible(&self, tema: &str) {
        self.temas().incompatibles.insert(tema.to_owned());
    }

    pub(super) fn comprobar(&self) -> Result<(), ErrorMensajeria> {
        let temas = self.temas();
        if !temas.incompatibles.is_empty() {
            return Err(ErrorMensajeria::EsquemaIncompatible(temas.incompatibles.iter().cloned().collect()));
        }
        if self.exitos() == 0 || !self.disponible() {
            return Err(ErrorMensajeria::SinPublicacion);
        }
        if !temas.sin_productor.is_empty() {
            return Err(ErrorMensajeria::SinProductor(temas.sin_productor.iter().cloned().collect()));
        }
        Ok(())
    }

    fn temas(&self) -> MutexGuard<'_, Temas> {
        self.temas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disponible_hasta_que_se_sabe_lo_contrario_y_lista_solo_tras_un_exito() {
        let salud = Salud::default();
        assert!(salud.disponible());
        assert!(matches!(salud.comprobar(), Err(ErrorMensajeria::SinPublicacion)));
        salud.fallo(&ErrorMensajeria::IntentoReciente, 0);
        assert!(!salud.disponible());
        salud.exito();
        assert!(salud.disponible());
        assert!(salud.comprobar().is_ok());
    }

    #[test]
    fn un_fallo_que_empezo_antes_del_ultimo_exito_no_dice_nada() {
        let salud = Salud::default();
        let exitos = salud.exitos();
        salud.exito();
        salud.fallo(&ErrorMensajeria::IntentoReciente, exitos);
        assert!(salud.disponible());
    }

    #[test]
    fn un_esquema_rechazado_impide_estar_listo_hasta_que_hay_productor() {
        let salud = Salud::default();
        salud.exito();
        salud.incompatible("t");
        assert!(matches!(salud.comprobar(), Err(ErrorMensajeria::EsquemaIncompatible(temas)) if temas == ["t"]));
        salud.hay_productor("t");
        assert!(salud.comprobar().is_ok());
    }
}
