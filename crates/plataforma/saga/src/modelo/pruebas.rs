//! Engines and definitions with a defect planted: the check has to find each.

use serde_json::{Value, json};

use super::exploracion::Exploracion;
use super::mundo::Mundo;
use super::simetria::Simetrias;
use super::{Cotas, Decidir, Defecto, Motor, Participantes, Resultado};
use crate::{
    Cambio, Causa, Clase, Codigo, Definicion, Desenlace, Direccion, Entrada, EstadoSaga, Evento, Mando, MandoRechazado,
    Paso, Reversa, decidir, ordenar,
};

fn paso(clave: &str, clase: &str, despues_de: &[&str]) -> Value {
    let mut paso = json!({
        "clave": clave, "clase": clase, "despues_de": despues_de, "comando": "Hacer", "exito": ["Hecho"],
        "fallo": ["Fallido"], "plazo_ms": 1, "reintento": { "inicial_ms": 1, "maximo_ms": 1 }, "intentos": 2,
    });
    if clase == "compensable" {
        paso["deshacer"] = json!({ "comando": "Deshacer", "exito": ["Deshecho"], "fallo": ["Fallido"] });
    }
    if despues_de.is_empty() {
        paso["inicial"] = json!(true);
    }
    paso
}

/// Two branches alike between the first step and the pivot.
fn flujo() -> Definicion {
    let documento = json!({ "clave": "prueba", "version": 1, "pasos": [
        paso("inicio", "compensable", &[]),
        paso("a", "compensable", &["inicio"]),
        paso("b", "compensable", &["inicio"]),
        paso("pagar", "pivote", &["a", "b"]),
        paso("avisar", "reintentable", &["pagar"]),
    ]});
    Definicion::leer(&documento).expect("the flow is valid")
}

/// The flow with one step changed, past every rule.
fn con(clave: &str, cambiar: impl Fn(&mut Paso)) -> Definicion {
    let mut pasos = flujo().pasos().to_vec();
    pasos.iter_mut().filter(|paso| paso.clave == clave).for_each(cambiar);
    Definicion::nueva("prueba".to_owned(), 1, pasos, Default::default())
}

fn comprobar(definicion: &Definicion, motor: Motor) -> Resultado {
    Exploracion::nueva(definicion, Cotas::default(), motor, &|| true).recorrer(Mundo::inicial(definicion))
}

fn defecto(definicion: &Definicion, motor: Motor) -> Defecto {
    let resultado = comprobar(definicion, motor);
    resultado.contraejemplo.expect("a counterexample").defecto
}

fn motor_que_decide(decidir: Decidir) -> Motor {
    Motor { decidir, ..Motor::default() }
}

#[test]
fn el_motor_y_un_flujo_sanos_no_tienen_contraejemplo() {
    assert!(comprobar(&flujo(), Motor::default()).aprueba());
}

#[test]
fn una_definicion_sin_reversa_no_tiene_final() {
    let definicion = con("a", |paso| paso.reversa = Reversa::Ninguna);
    assert_eq!(defecto(&definicion, Motor::default()), Defecto::SinFinal);
}

#[test]
fn una_reversa_ajena_que_no_precede_a_lo_que_cubre_no_tiene_final() {
    let definicion = con("a", |paso| paso.reversa = Reversa::Por("b".to_owned()));
    assert_eq!(defecto(&definicion, Motor::default()), Defecto::SinFinal);
}

#[test]
fn un_compensable_junto_al_pivote_se_deshace_tras_el_pivote() {
    let definicion = con("pagar", |paso| paso.despues_de = vec!["b".to_owned()]);
    let esperado = Defecto::SinVueltaAtras { paso: "pagar".to_owned() };
    assert_eq!(defecto(&definicion, Motor::default()), esperado);
}

#[test]
fn dos_pivotes_se_contradicen() {
    let definicion = con("avisar", |paso| paso.clase = Clase::Pivote);
    let esperado = Defecto::SinVueltaAtras { paso: "pagar".to_owned() };
    assert_eq!(defecto(&definicion, Motor::default()), esperado);
}

/// Takes the silence of a class of steps for a refusal.
fn callar_es_rechazar(
    definicion: &Definicion,
    estado: &EstadoSaga,
    evento: &Evento,
    clase: Clase,
    ahora_ms: i64,
) -> Option<Entrada> {
    let callado = match evento {
        Evento::PlazoVencido { paso } => definicion.paso(paso).filter(|paso| paso.clase == clase),
        _ => None,
    };
    let Some(paso) = callado else { return decidir(definicion, estado, evento, ahora_ms) };
    let (direccion, ..) = estado.paso(&paso.clave).en_vuelo()?;
    let desenlace = Desenlace::Fallo { codigo: Codigo::sin_respuesta() };
    let evento = Evento::Respuesta { paso: paso.clave.clone(), direccion, desenlace };
    decidir(definicion, estado, &evento, ahora_ms)
}

#[test]
fn tomar_el_silencio_del_pivote_por_un_rechazo_se_descubre() {
    let motor = motor_que_decide(|definicion, estado, evento, ahora_ms| {
        callar_es_rechazar(definicion, estado, evento, Clase::Pivote, ahora_ms)
    });
    assert_eq!(defecto(&flujo(), motor), Defecto::SinVueltaAtras { paso: "pagar".to_owned() });
}

#[test]
fn no_deshacer_lo_incierto_se_descubre() {
    let motor = motor_que_decide(|definicion, estado, evento, ahora_ms| {
        callar_es_rechazar(definicion, estado, evento, Clase::Compensable, ahora_ms)
    });
    assert!(matches!(defecto(&flujo(), motor), Defecto::QuedaEfecto { .. }));
}

#[test]
fn no_repetir_lo_que_nadie_responde_se_descubre() {
    let motor = motor_que_decide(|definicion, estado, evento, ahora_ms| {
        let entrada = decidir(definicion, estado, evento, ahora_ms)?;
        let repite = matches!(entrada.causa, Causa::PlazoVencido { .. })
            && entrada.cambios.iter().all(|cambio| matches!(cambio, Cambio::Enviado { .. } | Cambio::Atascada { .. }));
        (!repite).then_some(entrada)
    });
    assert_eq!(defecto(&flujo(), motor), Defecto::SinFinal);
}

#[test]
fn dar_por_hecha_una_reversa_que_se_rechaza_se_descubre() {
    let motor = motor_que_decide(|definicion, estado, evento, ahora_ms| match evento {
        Evento::Respuesta { paso, direccion: Direccion::Deshacer, .. } => {
            let desenlace = Desenlace::Exito { salida: Default::default() };
            let evento = Evento::Respuesta { paso: paso.clone(), direccion: Direccion::Deshacer, desenlace };
            decidir(definicion, estado, &evento, ahora_ms)
        }
        _ => decidir(definicion, estado, evento, ahora_ms),
    });
    assert!(matches!(defecto(&flujo(), motor), Defecto::QuedaEfecto { .. }));
}

/// Orders that the engine refuses because of the pivot, obeyed.
fn sin_pivote(
    definicion: &Definicion,
    estado: &EstadoSaga,
    mando: &Mando,
    actor: &str,
    motivo: Option<&str>,
    ahora_ms: i64,
) -> Result<Entrada, MandoRechazado> {
    let mut pasos = definicion.pasos().to_vec();
    pasos.iter_mut().for_each(|paso| paso.clase = Clase::Compensable);
    let definicion = Definicion::nueva("prueba".to_owned(), 1, pasos, Default::default());
    ordenar(&definicion, estado, mando, actor, motivo, ahora_ms)
}

#[test]
fn compensar_tras_el_pivote_se_descubre() {
    let motor = Motor { ordenar: sin_pivote, ..Motor::default() };
    assert_eq!(defecto(&flujo(), motor), Defecto::SinVueltaAtras { paso: "pagar".to_owned() });
}

fn reanudar_sin_seguir(
    definicion: &Definicion,
    estado: &EstadoSaga,
    mando: &Mando,
    actor: &str,
    motivo: Option<&str>,
    ahora_ms: i64,
) -> Result<Entrada, MandoRechazado> {
    let mut entrada = ordenar(definicion, estado, mando, actor, motivo, ahora_ms)?;
    if *mando == Mando::Reanudar {
        entrada.cambios.retain(|cambio| matches!(cambio, Cambio::Pausada { .. } | Cambio::Rearmado { .. }));
    }
    Ok(entrada)
}

#[test]
fn reanudar_sin_enviar_lo_que_se_hizo_posible_se_descubre() {
    let motor = Motor { ordenar: reanudar_sin_seguir, ..Motor::default() };
    let traza = comprobar(&flujo(), motor).contraejemplo.expect("a counterexample");
    assert_eq!(traza.defecto, Defecto::SinFinal);
    assert!(traza.sucesos.iter().any(|suceso| suceso == "el operador ordena pausar"), "{traza}");
}

/// The same verdict, and a counterexample of the same length, with and without taking branches that are
/// alike for one another.
#[test]
fn las_simetrias_ahorran_estados_y_no_cambian_el_veredicto() {
    let sin_lapidas = Participantes { lapidas: false, ..Participantes::default() };
    let casos = [
        (flujo(), Participantes::default()),
        (flujo(), sin_lapidas),
        (flujo(), Participantes { idempotentes: false, ..Participantes::default() }),
        (flujo(), Participantes { deshacen: false, ..Participantes::default() }),
        (con("inicio", |paso| paso.reversa = Reversa::Ninguna), Participantes::default()),
    ];
    for (definicion, participantes) in casos {
        let cotas = Cotas { participantes, ..Cotas::default() };
        let explorar = |simetrias| {
            let mut exploracion = Exploracion::nueva(&definicion, cotas, Motor::default(), &|| true);
            exploracion.simetrias = simetrias;
            exploracion.recorrer(Mundo::inicial(&definicion))
        };
        let con_ellas = explorar(Simetrias::de(&definicion));
        let sin_ellas = explorar(Simetrias::ninguna(definicion.pasos().len()));
        let largo = |resultado: &Resultado| resultado.contraejemplo.as_ref().map(|traza| traza.sucesos.len());
        let clase = |resultado: &Resultado| {
            resultado.contraejemplo.as_ref().map(|traza| std::mem::discriminant(&traza.defecto))
        };
        assert!(con_ellas.estados < sin_ellas.estados);
        assert_eq!(largo(&con_ellas), largo(&sin_ellas));
        assert_eq!(clase(&con_ellas), clase(&sin_ellas));
    }
}
