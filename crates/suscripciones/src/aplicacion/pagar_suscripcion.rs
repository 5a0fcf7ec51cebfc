use super::atender_ordenes::{Mesa, clave_cliente, rechazar, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, Contexto, Escritura, Versionada};
use crate::dominio::{Comando, Factura, IdSuscripcion, Suscripcion};

/// Decides a payment: it activates a pending subscription, or is refused and changes nothing.
pub(super) fn decidir(mesa: &Mesa, contexto: &Contexto, id: IdSuscripcion, factura: &Factura) -> Cambio {
    let actual = mesa.actual(id);
    let cliente = actual.suscripcion.ficha().map(|ficha| clave_cliente(contexto, &ficha.cliente));
    let condiciones = cliente.and_then(|clave| mesa.lectura.condiciones.get(&clave).copied()).unwrap_or_default();
    let eventos = match actual.suscripcion.decidir(Comando::Pagar { factura: factura.clone(), condiciones }) {
        Ok(eventos) => eventos,
        Err(codigo) => return rechazar(mesa, contexto, id, codigo),
    };
    let suscripcion = eventos.iter().fold(actual.suscripcion, Suscripcion::aplicar);
    let despues = Versionada { suscripcion, version: actual.version + 1 };
    let respuesta = respuesta(id, &despues, Contenido::Pagada { factura: factura.clone() });
    Cambio::Nuevo(Box::new(CambioNuevo {
        escritura: Some(Escritura {
            id,
            inquilino: contexto.inquilino.clone(),
            suscripcion: despues.suscripcion,
            leida: actual.version,
            nueva: despues.version,
        }),
        factura: Some(factura.clone()),
        ..sin_efectos(contexto, respuesta)
    }))
}
