//! Which subscription has each product of a client.

use std::collections::{BTreeMap, HashMap};

use suscripciones::aplicacion::puertos::{CambioNuevo, Consulta, Escritura, Producto};
use suscripciones::dominio::{CodigoPlan, IdSuscripcion};

use super::base::Base;
use crate::Defecto;

/// By client and plan.
pub type Contrataciones = BTreeMap<(String, String), IdSuscripcion>;

fn clave(producto: &Producto) -> (String, String) {
    (producto.cliente.codigo.as_ref().to_owned(), producto.plan.as_ref().to_owned())
}

/// Who has each of the products that matter.
pub fn titulares(base: &Base, consulta: &Consulta, defecto: Defecto) -> HashMap<Producto, IdSuscripcion> {
    if defecto == Defecto::ProductoSinMirar {
        return HashMap::new();
    }
    let de_cambio = |(id, plan): &(IdSuscripcion, CodigoPlan)| {
        let cliente = super::clave(base.suscripciones.get(id)?.suscripcion.ficha()?.cliente.clone());
        Some(Producto { cliente, plan: plan.clone() })
    };
    let productos = consulta.productos.iter().cloned().chain(consulta.cambios.iter().filter_map(de_cambio));
    productos.filter_map(|producto| Some((producto.clone(), *base.contrataciones.get(&clave(&producto))?))).collect()
}

/// The table after a batch: what ended gives its products back, what began takes its own; none when one of them is
/// somebody else's.
pub fn contratar(
    base: &Base,
    cambios: &[&CambioNuevo],
    finales: &BTreeMap<IdSuscripcion, Escritura>,
    defecto: Defecto,
) -> Option<Contrataciones> {
    let plan = |id: &IdSuscripcion| {
        let suscripcion = &finales.get(id)?.suscripcion;
        suscripcion.ficha().filter(|_| suscripcion.estado().es_vigente()).map(|ficha| ficha.plan.as_ref())
    };
    let suyo = |de: &str, titular: &IdSuscripcion| plan(titular) == Some(de);
    let mut tabla = base.contrataciones.clone();
    tabla
        .retain(|(_, de), titular| !finales.contains_key(titular) || suyo(de, titular) || base.con_saga_viva(*titular));
    for cambio in cambios {
        let id = cambio.respuesta.id;
        let tomado =
            |producto: &&Producto| suyo(producto.plan.as_ref(), &id) || (cambio.saga.is_some() && plan(&id).is_some());
        let Some(producto) = cambio.contrata.as_ref().filter(tomado) else { continue };
        let anterior = tabla.insert(clave(producto), id);
        if anterior.is_some_and(|otro| otro != id) && defecto != Defecto::ProductoSinMirar {
            return None;
        }
    }
    Some(tabla)
}

/// Gives back what a subscription whose saga ended no longer has.
pub fn soltar(base: &mut Base, id: IdSuscripcion) {
    if base.con_saga_viva(id) {
        return;
    }
    let actual = base.suscripciones.get(&id).map(|fila| &fila.suscripcion);
    let ficha = actual.filter(|actual| actual.estado().es_vigente()).and_then(|actual| actual.ficha());
    let plan = ficha.map(|ficha| ficha.plan.as_ref().to_owned());
    base.contrataciones.retain(|(_, de), titular| *titular != id || Some(de) == plan.as_ref());
}
