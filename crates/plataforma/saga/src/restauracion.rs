use crate::borrador::Borrador;
use crate::{Causa, Clase, Codigo, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Fase, Motivo};

/// What is known of a saga beside its log, when the end of that log may be lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indicios {
    /// The undo of some step left or ran, though the log knows of none: the lost end had turned the saga.
    pub se_deshacia: bool,
}

/// The entry with which a saga goes on after its log was read back from where it was published; none if it ended.
///
/// Entries that were stored and not published are lost, but what they sent is not: their commands may have run, and
/// may still run. So every outstanding command goes again, under the same id, with all its attempts; the stored
/// replies lead the saga along the way that it had gone. From then on silence never turns it, however many attempts
/// go by, because it may already have gone further than it knows.
pub fn restaurar(definicion: &Definicion, estado: &EstadoSaga, indicios: Indicios, ahora_ms: i64) -> Option<Entrada> {
    if estado.version == 0 || estado.fase.es_terminal() {
        return None;
    }
    let mut borrador = Borrador::nuevo(definicion, estado, ahora_ms);
    borrador.restaurada();
    if indicios.se_deshacia && puede_volver(definicion, estado) {
        borrador.retroceder(motivo(definicion, estado));
    } else {
        borrador.reenviar();
    }
    Some(borrador.cerrar(Causa::Restaurada))
}

/// Whether an advancing saga has sent nothing that cannot be undone.
pub(crate) fn puede_volver(definicion: &Definicion, estado: &EstadoSaga) -> bool {
    let sin_vuelta = |clave: &str| definicion.paso(clave).is_some_and(|paso| paso.clase != Clase::Compensable);
    estado.fase == Fase::Avanzando
        && !estado.pasos.iter().any(|(clave, paso)| *paso != EstadoPaso::Pendiente && sin_vuelta(clave))
}

/// The reply to an undo that a restored saga never sent: the lost end of its log had turned it.
pub(crate) fn prueba_de_retroceso(definicion: &Definicion, estado: &EstadoSaga, direccion: Direccion) -> bool {
    estado.restaurada && direccion == Direccion::Deshacer && puede_volver(definicion, estado)
}

/// It turned at the step where it stood, for a reason that was lost with the entry.
pub(crate) fn motivo(definicion: &Definicion, estado: &EstadoSaga) -> Motivo {
    Motivo { paso: definicion.paso_actual(estado).clave.clone(), codigo: Codigo::registro_perdido() }
}
