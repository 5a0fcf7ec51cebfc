use super::mesa::{Mesa, Peticion, clave_cliente, escritura, respuesta, sin_efectos};
use super::puertos::{Cambio, CambioNuevo, Contenido, Versionada};
use crate::dominio::{Comando, Factura, Suscripcion};

/// Decides a payment: it activates a pending subscription, or is refused and changes nothing.
pub(super) fn decidir(mesa: &Mesa, peticion: &Peticion<'_>, factura: &Factura) -> Cambio {
    let actual = mesa.actual(peticion.id);
    let cliente = actual.suscripcion.ficha().map(|ficha| clave_cliente(peticion.contexto, &ficha.cliente));
    let condiciones = cliente.and_then(|clave| mesa.lectura.condiciones.get(&clave).copied()).unwrap_or_default();
    let eventos = match actual.suscripcion.decidir(Comando::Pagar { factura: factura.clone(), condiciones }) {
        Ok(eventos) => eventos,
        Err(codigo) => return mesa.rechazar(peticion, codigo),
    };
    let suscripcion = eventos.iter().fold(actual.suscripcion, Suscripcion::aplicar);
    let despues = Versionada { suscripcion, version: actual.version + 1 };
    let respuesta = respuesta(peticion.id, &despues, Contenido::Pagada { factura: factura.clone() });
    Cambio::Nuevo(Box::new(CambioNuevo {
        escritura: Some(escritura(peticion, actual.version, &despues)),
        factura: Some(factura.clone()),
        ..sin_efectos(peticion, respuesta)
    }))
}
