//! What a check of definitions says to people.

use axum::http::StatusCode;
use saga::modelo::{Cotas, Traza};
use serde_json::{Value, json};
use servidor::Problema;

use crate::aplicacion::{Comprobacion, ErrorComprobacion};

/// What was covered and what it took.
pub fn vista(comprobacion: &Comprobacion) -> Value {
    json!({
        "cotas": cotas(comprobacion.cotas, comprobacion.plazo.as_secs()),
        "estados": comprobacion.resultado.estados,
        "completa": comprobacion.resultado.completo,
        "duracion_ms": comprobacion.duracion.as_millis(),
    })
}

fn cotas(cotas: Cotas, plazo_s: u64) -> Value {
    json!({
        "ordenes_de_operador": cotas.mandos,
        "intentos": "el primero y el último de cada orden",
        "mensajes": "en cualquier orden, repetidos, tarde o nunca",
        "estados": cotas.estados,
        "plazo_s": plazo_s,
    })
}

/// A run that ends badly, step by step.
pub fn recorrido(traza: &Traza) -> Value {
    let sucesos = traza.sucesos.iter().zip(1..).map(|(suceso, numero): (_, u32)| format!("{numero}. {suceso}"));
    json!({ "sucesos": sucesos.collect::<Vec<_>>(), "defecto": traza.defecto.to_string() })
}

/// The definition can end badly, or was too big to know; the trace is there for the former.
pub fn rechazo(comprobacion: &Comprobacion) -> Problema {
    let nuevo = |codigo, titulo| Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, codigo, titulo);
    let problema = match &comprobacion.resultado.contraejemplo {
        Some(traza) => nuevo("definicion_acaba_mal", "La definición puede acabar mal")
            .detalle(format!("Tras {} sucesos: {}.", traza.sucesos.len(), traza.defecto))
            .con("contraejemplo", recorrido(traza)),
        None => nuevo("definicion_no_comprobable", "La definición es demasiado grande para comprobarla entera")
            .detalle(format!("{}: hacen falta menos pasos, o menos ramas.", sin_final(comprobacion))),
    };
    problema.con("comprobacion", vista(comprobacion))
}

/// What an order would lead to was too much to know; it can be given all the same.
pub fn sin_veredicto(comprobacion: &Comprobacion) -> Problema {
    let titulo = "Lo que la saga podría hacer después es demasiado para comprobarlo entero";
    Problema::nuevo(StatusCode::UNPROCESSABLE_ENTITY, "orden_no_comprobable", titulo)
        .detalle(format!(
            "{}; la orden puede darse de todos modos, sin saber si todo acaba bien.",
            sin_final(comprobacion)
        ))
        .con("comprobacion", vista(comprobacion))
}

fn sin_final(comprobacion: &Comprobacion) -> String {
    let (estados, ms) = (comprobacion.resultado.estados, comprobacion.duracion.as_millis());
    format!("Se recorrieron {estados} estados en {ms} ms sin llegar al final")
}

/// There was no check.
pub fn imposible(error: &ErrorComprobacion) -> Problema {
    match error {
        ErrorComprobacion::Ocupado => Problema::no_disponible("comprobacion_ocupada", 5)
            .detalle("Hay otra comprobación en marcha; nada cambió y puede repetirse."),
        ErrorComprobacion::Fallida(_) => {
            tracing::error!(error = error as &dyn std::error::Error, "a check could not be done");
            Problema::interno()
        }
    }
}
