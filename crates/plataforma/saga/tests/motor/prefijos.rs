//! Every state that any order of answers and deadlines can reach.

use std::collections::HashSet;

use saga::{Definicion, Direccion, EstadoPaso, EstadoSaga, Evento, Fase, aplicar, decidir};

use crate::flujos::{pro, ramas};
use crate::recorrido::{Recorrido, exito, fallo, plegar, siempre_bien};

/// One attempt past the limit: further repeats reach no new kind of state.
const INTENTOS_EXPLORADOS: u32 = 3;

/// Walks every distinct state (deadlines aside) and shows each one's log to `visitar`.
fn explorar(definicion: &Definicion, mut visitar: impl FnMut(&Recorrido<'_>)) -> usize {
    let mut pendientes = vec![Recorrido::iniciado(definicion)];
    let mut vistos = HashSet::from([sin_plazos(&pendientes[0].estado)]);
    while let Some(recorrido) = pendientes.pop() {
        visitar(&recorrido);
        for evento in eventos_posibles(&recorrido.estado) {
            let Some(entrada) = decidir(definicion, &recorrido.estado, &evento, i64::MAX) else {
                continue;
            };
            let siguiente = aplicar(recorrido.estado.clone(), &entrada);
            if vistos.insert(sin_plazos(&siguiente)) {
                let mut recorrido = recorrido.clone();
                recorrido.ahora_ms = i64::MAX;
                assert!(recorrido.dar(evento));
                pendientes.push(recorrido);
            }
        }
    }
    vistos.len()
}

/// Both answers to everything that may still be answered, and every deadline.
fn eventos_posibles(estado: &EstadoSaga) -> Vec<Evento> {
    let mut eventos = Vec::new();
    for (clave, paso) in &estado.pasos {
        let direccion = match paso.en_vuelo() {
            Some((direccion, ..)) => direccion,
            None if *paso == EstadoPaso::Incierto => Direccion::Hacer,
            None => continue,
        };
        eventos.extend([exito("1"), fallo("rechazo")].map(|desenlace| Evento::Respuesta {
            paso: clave.clone(),
            direccion,
            desenlace,
        }));
        if paso.en_vuelo().is_some_and(|(_, intento, _)| intento < INTENTOS_EXPLORADOS) {
            eventos.push(Evento::PlazoVencido { paso: clave.clone() });
        }
    }
    eventos
}

fn sin_plazos(estado: &EstadoSaga) -> EstadoSaga {
    let mut estado = estado.clone();
    estado.version = 0;
    for paso in estado.pasos.values_mut() {
        match paso {
            EstadoPaso::EnCurso { vence_ms, .. }
            | EstadoPaso::Deshaciendo { vence_ms, .. }
            | EstadoPaso::ReversaRechazada { vence_ms, .. } => *vence_ms = 0,
            _ => {}
        }
    }
    estado
}

/// Every prefix of a log is the log of a state on the way, so visiting states visits prefixes.
#[test]
fn cada_prefijo_de_cada_log_se_pliega_en_su_estado_y_llega_al_final() {
    for (definicion, minimo) in [(pro(), 50), (ramas(), 50_000)] {
        let mut terminables = HashSet::new();
        let estados = explorar(&definicion, |recorrido| {
            assert_eq!(plegar(&recorrido.log), recorrido.estado);
            let reanudado = Recorrido::reanudado(&definicion, &recorrido.log);
            llegar_al_final(reanudado, &mut terminables);
        });
        assert!(estados > minimo, "only {estados} states");
    }
}

/// Answers well until the end, or until a state that is known to reach it.
fn llegar_al_final(mut recorrido: Recorrido<'_>, terminables: &mut HashSet<EstadoSaga>) {
    let mut camino = Vec::new();
    while !terminables.contains(&sin_plazos(&recorrido.estado)) {
        camino.push(sin_plazos(&recorrido.estado));
        if recorrido.fase().es_terminal() {
            verificar_final(recorrido.definicion, &recorrido.estado);
            break;
        }
        let siguiente = recorrido.estado.en_vuelo().next();
        let (paso, direccion, ..) = siguiente.expect("a live saga waits for an answer");
        let paso = paso.to_owned();
        assert!(recorrido.responder(&paso, direccion, exito("1")));
    }
    terminables.extend(camino);
}

#[test]
fn todo_prefijo_de_un_log_que_se_deshace_con_ramas_se_reanuda() {
    let definicion = ramas();
    let mut logs = 0;
    explorar(&definicion, |recorrido| {
        if recorrido.fase() != Fase::Compensada {
            return;
        }
        logs += 1;
        for largo in 1..recorrido.log.len() {
            let reanudado = Recorrido::reanudado(&definicion, &recorrido.log[..largo]);
            assert_eq!(reanudado.estado, plegar(&reanudado.log));
            verificar_final(&definicion, &reanudado.correr(siempre_bien).estado);
        }
    });
    assert!(logs > 10, "only {logs} logs");
}

#[test]
fn el_log_y_el_estado_sobreviven_a_json() {
    explorar(&pro(), |recorrido| {
        let texto = serde_json::to_string(&recorrido.log).expect("the log is JSON");
        let log: Vec<saga::Entrada> = serde_json::from_str(&texto).expect("the log reads back");
        assert_eq!(log, recorrido.log);
        let texto = serde_json::to_string(&recorrido.estado).expect("the state is JSON");
        let estado: EstadoSaga = serde_json::from_str(&texto).expect("the state reads back");
        assert_eq!(estado, recorrido.estado);
    });
}

fn verificar_final(definicion: &Definicion, estado: &EstadoSaga) {
    for paso in definicion.pasos() {
        let paso = estado.paso(&paso.clave);
        match estado.fase {
            Fase::Completada => assert_eq!(*paso, EstadoPaso::Hecho),
            Fase::Compensada => assert!(!paso.deja_efecto()),
            Fase::CompletadaConAvisos => {
                assert!(!matches!(paso, EstadoPaso::Deshecho));
            }
            Fase::Avanzando | Fase::Deshaciendo | Fase::Abandonada => panic!("not an end: {estado:?}"),
        }
    }
}
