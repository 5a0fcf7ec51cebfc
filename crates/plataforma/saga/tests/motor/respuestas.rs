//! Repeated, late and foreign replies.

use saga::{Definicion, Desenlace, Direccion, EstadoPaso, Evento, Fase, TipoRespuesta};

use crate::flujos::{compensable, cubierto, flujo, inicial, leer, pro, ramas};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, siempre_bien};

/// Answers every command twice, the second time with either outcome, and after the end once more.
#[test]
fn repetir_cada_respuesta_no_cambia_nada() {
    for definicion in [pro(), ramas()] {
        for fallido in definicion.pasos() {
            let mut recorrido = Recorrido::iniciado(&definicion);
            let mut respondidos = Vec::new();
            while let Some((paso, direccion)) = primero_en_vuelo(&recorrido) {
                let falla = paso == fallido.clave && direccion == Direccion::Hacer;
                let desenlace = if falla { fallo("rechazo") } else { exito("1") };
                assert!(recorrido.responder(&paso, direccion, desenlace));
                respondidos.push((paso, direccion));
                for (paso, direccion) in &respondidos {
                    assert!(!recorrido.responder(paso, *direccion, exito("2")));
                    assert!(!recorrido.responder(paso, *direccion, fallo("otro")));
                }
            }
            assert!(recorrido.fase().es_terminal());
        }
    }
}

fn primero_en_vuelo(recorrido: &Recorrido<'_>) -> Option<(String, Direccion)> {
    let (paso, direccion, ..) = recorrido.estado.en_vuelo().next()?;
    Some((paso.to_owned(), direccion))
}

#[test]
fn una_saga_terminada_ignora_todo() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion).correr(siempre_bien);
    let final_ = recorrido.estado.clone();
    recorrido.ahora_ms = i64::MAX;
    for paso in definicion.pasos() {
        for direccion in [Direccion::Hacer, Direccion::Deshacer] {
            assert!(!recorrido.responder(&paso.clave, direccion, exito("1")));
            assert!(!recorrido.responder(&paso.clave, direccion, fallo("tarde")));
        }
        assert!(!recorrido.dar(Evento::PlazoVencido { paso: paso.clave.clone() }));
    }
    assert!(!recorrido.dar(Evento::Iniciada { desenlace: exito("1") }));
    assert_eq!(recorrido.estado, final_);
}

#[test]
fn lo_que_nadie_espera_se_ignora() {
    let definicion = pro();
    let mut recorrido = Recorrido::vacio(&definicion);
    assert!(!recorrido.responder("crear_servicio", Direccion::Hacer, exito("1")));
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(!recorrido.responder("crear_suscripcion", Direccion::Hacer, exito("1")));
    assert!(!recorrido.responder("pagar", Direccion::Hacer, exito("1")));
    assert!(!recorrido.responder("crear_servicio", Direccion::Deshacer, exito("1")));
    assert!(!recorrido.responder("otro", Direccion::Hacer, exito("1")));
}

#[test]
fn un_exito_que_llega_tarde_se_deshace_igual() {
    let definicion = ramas();
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("a1", Direccion::Hacer, fallo("rechazo")));
    assert!(recorrido.reversas().contains(&"b1"));
    assert!(!recorrido.responder("b1", Direccion::Hacer, exito("1")));
    let recorrido = recorrido.correr(siempre_bien);
    assert_eq!(recorrido.fase(), Fase::Compensada);
}

/// `b` is undone by `a`, and `a` has to wait for `d`: meanwhile `b` stays uncertain.
fn con_un_paso_incierto(definicion: &Definicion) -> Recorrido<'_> {
    let mut recorrido = Recorrido::iniciado(definicion);
    for paso in ["a", "d"] {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    assert!(recorrido.responder("e", Direccion::Hacer, fallo("rechazo")));
    assert_eq!(*recorrido.estado.paso("b"), EstadoPaso::Incierto);
    recorrido
}

fn flujo_con_paso_cubierto() -> Definicion {
    leer(&flujo(vec![
        inicial("inicio"),
        compensable("a", &["inicio"]),
        cubierto("b", &["a"], "a"),
        compensable("d", &["a"]),
        compensable("e", &["a"]),
    ]))
}

#[test]
fn un_exito_tardio_antes_de_su_reversa_se_anota_sin_cambiar_el_rumbo() {
    let definicion = flujo_con_paso_cubierto();
    let mut recorrido = con_un_paso_incierto(&definicion);
    assert!(recorrido.responder("b", Direccion::Hacer, exito("tardia")));
    assert_eq!(recorrido.fase(), Fase::Deshaciendo);
    let salida = recorrido.estado.salida("b", "id").map(|codigo| codigo.as_str());
    assert_eq!(salida, Some("tardia"));
    assert!(!recorrido.responder("b", Direccion::Hacer, exito("otra")));
    let recorrido = recorrido.correr(siempre_bien);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert_eq!(recorrido.reversas(), ["d", "a", "inicio"]);
}

#[test]
fn un_exito_tardio_tras_la_reversa_que_lo_cubre_se_ignora() {
    let definicion = flujo_con_paso_cubierto();
    let mut recorrido = con_un_paso_incierto(&definicion);
    assert!(recorrido.responder("d", Direccion::Deshacer, exito("1")));
    assert_eq!(recorrido.reversas(), ["d", "a"]);
    assert!(!recorrido.responder("b", Direccion::Hacer, exito("tardia")));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Compensada);
}

#[test]
fn un_rechazo_tardio_mientras_se_deshace_no_necesita_reversa() {
    let definicion = flujo_con_paso_cubierto();
    let mut recorrido = con_un_paso_incierto(&definicion);
    assert!(recorrido.responder("b", Direccion::Hacer, fallo("sin_cupo")));
    let recorrido = recorrido.correr(siempre_bien);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(matches!(recorrido.estado.paso("b"), EstadoPaso::Fallido { .. }));
    assert_eq!(recorrido.estado.motivo.expect("a reason").paso, "e");
}

#[test]
fn solo_las_salidas_declaradas_entran_en_el_log() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    let (Desenlace::Exito { mut salida }, Desenlace::Exito { salida: declarada }) = (exito("intrusa"), exito("sd-1"))
    else {
        panic!("two successes");
    };
    salida.insert("id_serviciodatos".to_owned(), declarada["id"].clone());
    assert!(recorrido.responder("crear_servicio", Direccion::Hacer, Desenlace::Exito { salida }));
    assert!(recorrido.estado.salida("crear_servicio", "id_serviciodatos").is_some());
    assert!(recorrido.estado.salida("crear_servicio", "id").is_none());
}

#[test]
fn cada_tipo_de_mensaje_significa_algo_solo_para_su_paso_y_direccion() {
    let definicion = pro();
    let clasificar = |paso, direccion, tipo| definicion.clasificar_respuesta(paso, direccion, tipo);
    let fallida = "EventoServicioDatosFallida";
    let terminado = "EventoServicioDatosTerminado";
    assert_eq!(clasificar("asignar_experto", Direccion::Hacer, fallida), Some(TipoRespuesta::Fallo));
    assert_eq!(clasificar("crear_servicio", Direccion::Deshacer, terminado), Some(TipoRespuesta::Exito));
    assert_eq!(clasificar("crear_servicio", Direccion::Hacer, terminado), None);
    assert_eq!(clasificar("asignar_experto", Direccion::Deshacer, terminado), None);
    assert_eq!(clasificar("otro", Direccion::Hacer, fallida), None);
}

#[test]
fn el_silencio_de_un_paso_no_impide_responder_a_otro() {
    let definicion = ramas();
    let mudo_al_principio = |paso: &str, _: Direccion, intento: u32| {
        if paso == "b1" && intento == 1 { Reaccion::Silencio } else { Reaccion::Exito }
    };
    let recorrido = Recorrido::iniciado(&definicion).correr(mudo_al_principio);
    assert_eq!(recorrido.fase(), Fase::Completada);
}
