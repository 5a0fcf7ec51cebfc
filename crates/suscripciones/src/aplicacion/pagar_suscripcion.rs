use super::mesa::{Mesa, Peticion};
use super::puertos::{Cambio, Contenido};
use crate::dominio::{Comando, Ficha, Pago};

/// Decides a payment: its invoice is paid, which activates a pending subscription, or it is refused and changes nothing.
///
/// The answer to a payment that was made before is that payment.
pub(super) fn decidir(mesa: &Mesa, peticion: &Peticion<'_>, pago: &Pago) -> Cambio {
    let titular = mesa.lectura.facturas.get(&pago.numero);
    let comando = Comando::Pagar {
        pago: pago.clone(),
        ajena: titular.is_some_and(|titular| *titular != peticion.id),
        condiciones: mesa.condiciones(peticion),
    };
    let decidido = match mesa.hacer(peticion, comando) {
        Ok(decidido) => decidido,
        Err(codigo) => return mesa.rechazar(peticion, codigo),
    };
    let ficha = decidido.despues.suscripcion.ficha();
    let pagada = ficha.and_then(|ficha: &Ficha| ficha.factura(&pago.numero)?.pago());
    let contenido = Contenido::Pagada { pago: pagada.unwrap_or_else(|| pago.clone()) };
    Cambio::Nuevo(Box::new(decidido.con(peticion, contenido)))
}
