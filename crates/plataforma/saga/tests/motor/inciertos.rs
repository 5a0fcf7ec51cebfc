//! Silence, deadlines and undos that are refused.

use saga::{Direccion, EstadoPaso, Evento, Fase};

use crate::flujos::{compensable, flujo, inicial, leer, pasos_que_deshacen, pro, ramas};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, siempre_bien};

fn mudo(callado: &str, direccion_callada: Direccion, veces: u32) -> impl FnMut(&str, Direccion, u32) -> Reaccion {
    move |paso, direccion, intento| {
        if paso == callado && direccion == direccion_callada && intento <= veces {
            Reaccion::Silencio
        } else {
            Reaccion::Exito
        }
    }
}

#[test]
fn un_plazo_vencido_repite_la_misma_orden_y_espera_mas() {
    let definicion = ramas();
    let mut recorrido = Recorrido::iniciado(&definicion);
    let EstadoPaso::EnCurso { intento: 1, vence_ms } = *recorrido.estado.paso("a1") else {
        panic!("a1 is outstanding");
    };
    recorrido.ahora_ms = vence_ms;
    let vence = |recorrido: &mut Recorrido<'_>| recorrido.dar(Evento::PlazoVencido { paso: "a1".to_owned() });
    assert!(vence(&mut recorrido));
    let segundo = EstadoPaso::EnCurso { intento: 2, vence_ms: vence_ms + 100 + 10 };
    assert_eq!(*recorrido.estado.paso("a1"), segundo);
    assert!(!vence(&mut recorrido), "a timer that fires early is ignored");
}

#[test]
fn un_paso_que_responde_al_segundo_intento_no_cambia_el_final() {
    for definicion in [pro(), ramas()] {
        for paso in definicion.pasos().iter().filter(|paso| !paso.inicial) {
            let recorrido = Recorrido::iniciado(&definicion).correr(mudo(&paso.clave, Direccion::Hacer, 1));
            assert_eq!(recorrido.fase(), Fase::Completada);
            let veces = |(otro, ..): &&(String, Direccion, u32)| *otro == paso.clave;
            assert_eq!(recorrido.enviados.iter().filter(veces).count(), 2);
        }
    }
}

#[test]
fn un_compensable_que_nunca_responde_se_deshace_tambien_el() {
    for definicion in [pro(), ramas()] {
        for paso in pasos_que_deshacen(&definicion).filter(|paso| paso.intentos < Some(6)) {
            if paso.clase == saga::Clase::Pivote {
                continue;
            }
            let nunca = mudo(&paso.clave, Direccion::Hacer, u32::MAX);
            let recorrido = Recorrido::iniciado(&definicion).correr(nunca);
            assert_eq!(recorrido.fase(), Fase::Compensada);
            assert_eq!(*recorrido.estado.paso(&paso.clave), EstadoPaso::Deshecho);
            let motivo = recorrido.estado.motivo.expect("a reason");
            assert_eq!(motivo.paso, paso.clave);
            assert_eq!(motivo.codigo.as_str(), "sin_respuesta");
        }
    }
}

#[test]
fn el_pivote_sin_respuesta_se_pregunta_siempre_y_se_avisa() {
    let definicion = pro();
    let hasta = definicion.paso("pagar").and_then(|paso| paso.intentos).expect("a limit");
    let mut recorrido = Recorrido::iniciado(&definicion);
    for paso in ["crear_servicio", "asignar_experto", "iniciar_servicio"] {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    for intento in 1..=hasta * 4 {
        assert_eq!(recorrido.estado.atascada, intento > hasta);
        assert!(recorrido.vencer());
        assert_eq!(recorrido.fase(), Fase::Avanzando);
    }
    assert!(recorrido.responder("pagar", Direccion::Hacer, exito("1")));
    assert!(!recorrido.estado.atascada);
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn el_pivote_que_al_fin_rechaza_deshace() {
    let definicion = pro();
    let rechaza = |paso: &str, _: Direccion, intento: u32| match (paso, intento) {
        ("pagar", 1..=9) => Reaccion::Silencio,
        ("pagar", _) => Reaccion::Fallo,
        _ => Reaccion::Exito,
    };
    let recorrido = Recorrido::iniciado(&definicion).correr(rechaza);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(!recorrido.estado.atascada);
}

#[test]
fn el_reintentable_sin_respuesta_se_repite_mas_alla_de_su_limite() {
    for (definicion, paso) in [(pro(), "notificar"), (ramas(), "avisar")] {
        let recorrido = Recorrido::iniciado(&definicion).correr(mudo(paso, Direccion::Hacer, 20));
        assert_eq!(recorrido.fase(), Fase::Completada);
    }
}

#[test]
fn la_espera_entre_intentos_crece_hasta_su_maximo() {
    let definicion = ramas();
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("a1", Direccion::Hacer, fallo("rechazo")));
    assert!(recorrido.responder("c1", Direccion::Deshacer, exito("1")));
    let mut esperas = Vec::new();
    for _ in 0..6 {
        let enviado_ms = recorrido.ahora_ms;
        esperas.push(recorrido.estado.proximo_plazo().expect("a deadline") - enviado_ms);
        assert!(recorrido.vencer());
    }
    assert_eq!(esperas, [100, 110, 120, 140, 140, 140]);
}

#[test]
fn la_reversa_rechazada_se_repite_tras_su_espera_hasta_lograrse() {
    for definicion in [pro(), ramas()] {
        for rebelde in definicion.pasos() {
            let rechaza = |paso: &str, direccion: Direccion, intento: u32| match direccion {
                Direccion::Hacer if paso == "pagar" => Reaccion::Fallo,
                Direccion::Deshacer if paso == rebelde.clave && intento <= 7 => Reaccion::Fallo,
                _ => Reaccion::Exito,
            };
            let recorrido = Recorrido::iniciado(&definicion).correr(rechaza);
            assert_eq!(recorrido.fase(), Fase::Compensada);
        }
    }
}

#[test]
fn una_reversa_rechazada_dos_veces_cuenta_un_solo_intento_y_avisa_pasado_el_limite() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"])]));
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("a", Direccion::Hacer, fallo("rechazo")));
    for intento in 1..=5 {
        assert_eq!(recorrido.estado.atascada, intento > 2);
        assert!(recorrido.responder("inicio", Direccion::Deshacer, fallo("ocupado")));
        assert!(!recorrido.responder("inicio", Direccion::Deshacer, fallo("ocupado")));
        assert!(recorrido.vencer());
    }
    assert!(recorrido.responder("inicio", Direccion::Deshacer, exito("1")));
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(!recorrido.estado.atascada);
}

#[test]
fn una_reversa_rechazada_y_lograda_despues_se_acepta_sin_esperar() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"])]));
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("a", Direccion::Hacer, fallo("rechazo")));
    assert!(recorrido.responder("inicio", Direccion::Deshacer, fallo("ocupado")));
    assert!(recorrido.responder("inicio", Direccion::Deshacer, exito("1")));
    assert_eq!(recorrido.fase(), Fase::Compensada);
}
