//! What was asked of subscriptions that existed.

use std::collections::BTreeMap;

use saga::Fase;
use servicio_datos::dominio::Estado as EstadoServicio;
use suscripciones::aplicacion::puertos::{Contenido, Saga};
use suscripciones::dominio::{Estado, EstadoFactura, Factura, Ficha, IdSuscripcion, Rechazo, Suscripcion};

use super::desenlaces::saltados;
use crate::clientela::{Alta, Tramite};
use crate::mundo::Mundo;
use crate::nucleo::cerrojo;

/// Whether something that was asked of the subscription began or was done.
pub fn cambio(mundo: &Mundo, alta: &Alta, tramites: &[Tramite]) -> bool {
    let suyos = tramites.iter().filter(|tramite| tramite.suscripcion == alta.suscripcion);
    suyos.filter_map(|tramite| respuesta(mundo, tramite)).any(|contenido| match contenido {
        Contenido::Fallida { .. } | Contenido::Pagada { .. } => false,
        Contenido::Cancelada { anterior, .. } => anterior.es_vigente(),
        _ => true,
    })
}

fn respuesta(mundo: &Mundo, tramite: &Tramite) -> Option<Contenido> {
    let base = cerrojo(&mundo.suscripciones);
    base.efectos.get(&tramite.comando)?.as_ref().map(|respuesta| respuesta.contenido.clone())
}

/// Each request was answered, whoever came second knows whom after, and every ledger shows the plan that there is.
pub fn revisar(mundo: &Mundo, altas: &[Alta], tramites: &[Tramite]) -> Vec<String> {
    let mut faltas: Vec<String> = tramites.iter().filter_map(|tramite| mal_contestado(mundo, tramite)).collect();
    for alta in altas.iter().filter(|alta| cambio(mundo, alta, tramites)) {
        let de = |falta| format!("{} de {} ({}): {falta}", alta.plan, alta.cliente, alta.suscripcion);
        faltas.extend(libros(mundo, alta.suscripcion).into_iter().map(de));
    }
    faltas
}

fn mal_contestado(mundo: &Mundo, tramite: &Tramite) -> Option<String> {
    let de_la_suscripcion = |id| {
        let base = cerrojo(&mundo.suscripciones);
        base.sagas.get(&id).is_some_and(|saga| saga.suscripcion == tramite.suscripcion)
    };
    match respuesta(mundo, tramite) {
        None => Some(format!("al trámite {} no se le contestó", tramite.comando)),
        Some(Contenido::Fallida { codigo: Rechazo::EnCurso, estorbo, .. })
            if !estorbo.saga.is_some_and(de_la_suscripcion) =>
        {
            Some(format!("el trámite {} no sabe qué saga va por delante", tramite.comando))
        }
        Some(_) => None,
    }
}

fn libros(mundo: &Mundo, id: IdSuscripcion) -> Vec<String> {
    let (suscripcion, sagas) = {
        let base = cerrojo(&mundo.suscripciones);
        let sagas: Vec<Saga> = base.sagas.values().filter(|saga| saga.suscripcion == id).cloned().collect();
        (base.suscripciones.get(&id).map(|fila| fila.suscripcion.clone()), sagas)
    };
    // Where an operator ended a saga, or vouched for a step, nobody promises what the ledgers say.
    let intervenida = |saga: &Saga| saga.estado.fase == Fase::Abandonada || !saltados(mundo, saga).is_empty();
    if sagas.iter().any(intervenida) {
        return Vec::new();
    }
    let Some((suscripcion, ficha)) = suscripcion.as_ref().and_then(|de| Some((de, de.ficha()?))) else {
        return vec!["no existe".to_owned()];
    };
    let mut faltas = servicios(mundo, suscripcion, ficha);
    faltas.extend(facturas(suscripcion, ficha, &sagas));
    faltas.extend(avisos(mundo, id, &sagas));
    faltas
}

/// A plan with a flow has its data service and no other; one without, none.
fn servicios(mundo: &Mundo, suscripcion: &Suscripcion, ficha: &Ficha) -> Vec<String> {
    let base = cerrojo(&mundo.suscripciones);
    let con_flujo = base.planes.get(ficha.plan.as_ref()).is_some_and(|plan| plan.flujo.is_some());
    let suyo = ficha.servicio.map_or_else(|| contratos::id_serviciodatos(ficha.id.0), |id| id.0);
    let debido = (suscripcion.estado() == Estado::Activa && con_flujo).then_some((suyo, EstadoServicio::Iniciado));
    let datos = cerrojo(&mundo.datos);
    let en_pie: Vec<_> = datos
        .servicios
        .iter()
        .filter(|(_, fila)| fila.servicio.contrato().is_some_and(|de| de.titular.suscripcion.0 == ficha.id.0))
        .map(|(id, fila)| (id.0, fila.servicio.estado()))
        .filter(|(_, estado)| *estado != EstadoServicio::Terminado)
        .collect();
    let bien = en_pie == debido.into_iter().collect::<Vec<_>>();
    (!bien).then(|| format!("se esperaba en pie {debido:?} y está {en_pie:?}")).into_iter().collect()
}

/// What a saga did is paid, what it undid is void, and nobody owes for what is over.
fn facturas(suscripcion: &Suscripcion, ficha: &Ficha, sagas: &[Saga]) -> Vec<String> {
    let mal = |factura: &&Factura| {
        let saga = sagas.iter().find(|saga| Some(saga.id) == factura.saga);
        match (saga.map(|saga| saga.estado.fase), &factura.estado) {
            (Some(Fase::Compensada), estado) => *estado != EstadoFactura::Anulada,
            (Some(_), estado) => !matches!(estado, EstadoFactura::Pagada { .. }),
            (None, estado) => *estado == EstadoFactura::Pendiente && !suscripcion.estado().es_vigente(),
        }
    };
    let malas = ficha.facturas.iter().filter(mal);
    malas.map(|factura| format!("la factura {} quedó {}", factura.numero, factura.estado.nombre())).collect()
}

/// One notification per outcome, told by whoever brought it about.
fn avisos(mundo: &Mundo, id: IdSuscripcion, sagas: &[Saga]) -> Vec<String> {
    let mut debidos: BTreeMap<String, usize> = BTreeMap::new();
    let mut deber = |plantilla: &str| *debidos.entry(plantilla.to_owned()).or_default() += 1;
    let con_alta = sagas.iter().any(|saga| saga.definicion.clave().starts_with("suscripcion-"));
    if !con_alta {
        deber("suscripcion_activa");
    }
    for saga in sagas {
        let clave = saga.definicion.clave().split('-').next().unwrap_or_default();
        match (clave, saga.estado.fase == Fase::Compensada) {
            ("suscripcion", false) => deber("suscripcion_completada"),
            ("suscripcion", true) => deber("suscripcion_rechazada"),
            ("cambio", false) => deber("plan_cambiado"),
            ("cambio", true) => deber("cambio_rechazado"),
            (_, false) => {}
            (_, true) => deber("cancelacion_rechazada"),
        }
    }
    for respuesta in cerrojo(&mundo.suscripciones).efectos.values().flatten().filter(|respuesta| respuesta.id == id) {
        match respuesta.contenido {
            Contenido::PlanCambiado { saga: None, .. } => deber("plan_cambiado"),
            Contenido::Cancelada { anterior: Estado::Activa, .. } => deber("suscripcion_cancelada"),
            _ => {}
        }
    }
    let mut dichos: BTreeMap<String, usize> = BTreeMap::new();
    for flujo in cerrojo(&mundo.avisos).flujos.values() {
        let Some(solicitud) = flujo.notificacion.solicitud() else { continue };
        if solicitud.id_suscripcion == Some(id.0.into()) {
            *dichos.entry(solicitud.plantilla.como_texto().to_owned()).or_default() += 1;
        }
    }
    (dichos != debidos).then(|| format!("se esperaban los avisos {debidos:?} y hay {dichos:?}")).into_iter().collect()
}
