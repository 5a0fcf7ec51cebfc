//! Every state that any order of answers and deadlines can reach.

use std::collections::HashSet;

use saga::{
    Codigo, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Mando, Paso, aplicar, decidir,
    ordenar,
};

use crate::flujos::{pro, ramas};
use crate::recorrido::{Recorrido, exito, fallo, plegar, siempre_bien};

/// One attempt past the limit: further repeats reach no new kind of state.
const INTENTOS_EXPLORADOS: u32 = 3;

/// What can be done to a saga.
enum Suceso {
    Evento(Evento),
    Mando(Mando),
}

impl Suceso {
    fn decidir(&self, recorrido: &Recorrido<'_>) -> Option<Entrada> {
        let (definicion, estado) = (recorrido.definicion, &recorrido.estado);
        match self {
            Self::Evento(evento) => decidir(definicion, estado, evento, i64::MAX),
            Self::Mando(mando) => ordenar(definicion, estado, mando, "ana", Some("revision"), i64::MAX).ok(),
        }
    }
}

/// Walks every distinct state (deadlines aside) and shows each one's log to `visitar`.
fn explorar(definicion: &Definicion, visitar: impl FnMut(&Recorrido<'_>)) -> usize {
    explorar_con_mandos(definicion, 0, visitar)
}

/// The same, with that many orders of an operator besides resuming.
fn explorar_con_mandos(definicion: &Definicion, mandos: usize, mut visitar: impl FnMut(&Recorrido<'_>)) -> usize {
    let mut pendientes = vec![(Recorrido::iniciado(definicion), 0)];
    let mut vistos = HashSet::from([(sin_plazos(&pendientes[0].0.estado), 0)]);
    while let Some((recorrido, dados)) = pendientes.pop() {
        visitar(&recorrido);
        let eventos = eventos_posibles(&recorrido.estado).into_iter().map(Suceso::Evento);
        let mandos = mandos_posibles(&recorrido, dados < mandos).into_iter().map(Suceso::Mando);
        for suceso in eventos.chain(mandos) {
            let Some(entrada) = suceso.decidir(&recorrido) else { continue };
            let dados = dados + usize::from(matches!(&suceso, Suceso::Mando(mando) if *mando != Mando::Reanudar));
            let siguiente = aplicar(recorrido.estado.clone(), &entrada);
            if vistos.insert((sin_plazos(&siguiente), dados)) {
                let mut recorrido = recorrido.clone();
                recorrido.ahora_ms = i64::MAX;
                recorrido.anotar(entrada);
                pendientes.push((recorrido, dados));
            }
        }
    }
    vistos.len()
}

fn mandos_posibles(recorrido: &Recorrido<'_>, quedan: bool) -> Vec<Mando> {
    let de_paso = |paso: &Paso| {
        let salida = paso.salidas.keys().map(|campo| (campo.clone(), Codigo::orden_de_operador())).collect();
        [Mando::Reintentar { paso: paso.clave.clone() }, Mando::Saltar { paso: paso.clave.clone(), salida }]
    };
    let mut mandos = vec![Mando::Reanudar];
    if quedan {
        mandos.extend([Mando::Compensar, Mando::Pausar, Mando::Abandonar]);
        mandos.extend(recorrido.definicion.pasos().iter().flat_map(de_paso));
    }
    mandos
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

#[test]
fn cada_prefijo_de_cada_log_con_ordenes_de_operador_llega_al_final() {
    let definicion = pro();
    let mut terminables = HashSet::new();
    let estados = explorar_con_mandos(&definicion, 2, |recorrido| {
        assert_eq!(plegar(&recorrido.log), recorrido.estado);
        let reanudado = Recorrido::reanudado(&definicion, &recorrido.log);
        llegar_al_final(reanudado, &mut terminables);
    });
    assert!(estados > 900, "only {estados} states");
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
        if recorrido.estado.pausada {
            recorrido.mandar(&Mando::Reanudar).expect("a paused saga resumes");
            continue;
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
            Fase::Abandonada => {}
            Fase::Avanzando | Fase::Deshaciendo => panic!("not an end: {estado:?}"),
        }
    }
}
