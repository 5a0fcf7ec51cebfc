use std::collections::HashMap;

use super::puertos::{AlmacenNotificaciones, Cambio, ErrorAlmacen, Guardado, Versionada};
use crate::dominio::IdNotificacion;

/// What became of a batch of changes.
#[derive(Default)]
pub(super) struct Escritura {
    pub escritas: Vec<Versionada>,
    /// The streams that somebody else changed first, as they are now: decide again on them.
    pub perdidas: HashMap<IdNotificacion, Versionada>,
}

pub(super) async fn escribir(
    almacen: &dyn AlmacenNotificaciones,
    cambios: Vec<Cambio>,
) -> Result<Escritura, ErrorAlmacen> {
    let mut escritura = Escritura::default();
    if cambios.is_empty() {
        return Ok(escritura);
    }
    let estados: Vec<_> = cambios.iter().map(|cambio| (cambio.id, cambio.notificacion.clone())).collect();
    let mut conflictos = Vec::new();
    for ((id, notificacion), guardado) in estados.into_iter().zip(almacen.guardar(cambios).await?) {
        match guardado {
            Guardado::Escrito(marca) => escritura.escritas.push(Versionada { id, marca, notificacion }),
            Guardado::Conflicto => conflictos.push(id),
        }
    }
    if !conflictos.is_empty() {
        let leidas = almacen.obtener(&conflictos).await?;
        escritura.perdidas = leidas.into_iter().map(|leida| (leida.id, leida)).collect();
    }
    Ok(escritura)
}
