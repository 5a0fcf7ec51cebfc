//! Random flows under random events.

use std::collections::BTreeSet;

use proptest::prelude::*;
use saga::{
    Cambio, Definicion, Desenlace, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Intencion, Mando, Reversa,
    Salida, decidir, intenciones, ordenar,
};
use serde_json::Value;

use crate::flujos::{compensable, cubierto, flujo, inicial, leer, paso, pro, ramas};
use crate::recorrido::{Recorrido, exito, fallo, plegar, siempre_bien};

/// Raw numbers that a flow turns into an event: which step, what kind, how much time passes.
type Azar = (usize, u8, u16);

fn evento(recorrido: &Recorrido<'_>, (indice, clase, _): Azar) -> Evento {
    let en_vuelo: Vec<String> = recorrido.estado.en_vuelo().map(|v| v.0.to_owned()).collect();
    let pasos = recorrido.definicion.pasos();
    let paso = match en_vuelo.get(indice % (en_vuelo.len() + 2)) {
        Some(paso) => paso.clone(),
        None => pasos[indice % pasos.len()].clave.clone(),
    };
    let respuesta = |direccion, desenlace| Evento::Respuesta { paso: paso.clone(), direccion, desenlace };
    match clase % 8 {
        0 => respuesta(Direccion::Hacer, fallo("rechazo")),
        1..=3 => respuesta(Direccion::Hacer, exito("1")),
        4 => respuesta(Direccion::Deshacer, fallo("ocupado")),
        5 => respuesta(Direccion::Deshacer, exito("1")),
        6 => Evento::PlazoVencido { paso },
        _ => Evento::Iniciada { desenlace: desenlace_inicial(indice) },
    }
}

/// An order in one turn of eight: which one, and of which step, come from the same numbers.
fn mando(recorrido: &Recorrido<'_>, (indice, clase, _): Azar) -> Option<Mando> {
    let pasos = recorrido.definicion.pasos();
    let paso = &pasos[indice % pasos.len()];
    let salida = || {
        let salidas = paso.salidas.keys();
        salidas.map(|campo| (campo.clone(), "1".try_into().expect("a code"))).collect::<Salida>()
    };
    match clase {
        0..=9 => Some(Mando::Reintentar { paso: paso.clave.clone() }),
        10..=17 => Some(Mando::Saltar { paso: paso.clave.clone(), salida: salida() }),
        18..=19 => Some(Mando::Compensar),
        20..=24 => Some(Mando::Pausar),
        25..=30 => Some(Mando::Reanudar),
        31 if indice % 8 == 0 => Some(Mando::Abandonar),
        _ => None,
    }
}

/// One turn: an order or an event; true if the saga took it.
fn jugar_turno(recorrido: &mut Recorrido<'_>, azar: Azar) -> bool {
    recorrido.ahora_ms += i64::from(azar.2);
    match mando(recorrido, azar) {
        Some(mando) => recorrido.mandar(&mando).is_ok(),
        None => {
            let evento = evento(recorrido, azar);
            recorrido.dar(evento)
        }
    }
}

fn desenlace_inicial(indice: usize) -> Desenlace {
    if indice.is_multiple_of(7) { fallo("rechazo") } else { exito("1") }
}

/// Plays the events and checks, after each, everything that must always hold.
fn jugar(definicion: &Definicion, azares: Vec<Azar>) {
    let mut recorrido = Recorrido::vacio(definicion);
    let mut hechos = BTreeSet::new();
    for azar in azares {
        let anterior = recorrido.estado.clone();
        let aceptado = jugar_turno(&mut recorrido, azar);
        let Some(entrada) = recorrido.log.last().filter(|_| aceptado) else {
            assert_eq!(recorrido.estado, anterior);
            continue;
        };
        assert!(!anterior.fase.es_terminal(), "a terminal saga took an event");
        assert!(!vuelve_a_avanzar(anterior.fase, recorrido.fase()));
        for cambio in &entrada.cambios {
            if let Cambio::Hecho { paso, .. } = cambio {
                hechos.insert(paso.clone());
            }
        }
        verificar_pausa(&anterior, entrada, &recorrido.estado);
        verificar_envios(&recorrido);
        assert_eq!(plegar(&recorrido.log), recorrido.estado);
    }
    if recorrido.fase() == Fase::Compensada {
        for paso in hechos {
            assert_eq!(*recorrido.estado.paso(&paso), EstadoPaso::Deshecho);
        }
    }
    for largo in 1..=recorrido.log.len() {
        let reanudado = Recorrido::reanudado(definicion, &recorrido.log[..largo]).correr(siempre_bien);
        assert!(reanudado.fase().es_terminal());
        assert!(!reanudado.estado.atascada && !reanudado.estado.pausada);
    }
}

fn vuelve_a_avanzar(antes: Fase, ahora: Fase) -> bool {
    antes == Fase::Deshaciendo && !matches!(ahora, Fase::Deshaciendo | Fase::Compensada | Fase::Abandonada)
}

/// While a saga is paused nothing leaves, no deadline runs and it does not end by itself.
fn verificar_pausa(anterior: &EstadoSaga, entrada: &Entrada, estado: &EstadoSaga) {
    if estado.pausada {
        assert!(intenciones(entrada).is_empty());
        assert_eq!(estado.proximo_plazo(), None);
        assert!(!estado.fase.es_terminal());
    } else if anterior.pausada && !estado.fase.es_terminal() {
        assert!(estado.proximo_plazo().is_some());
    }
}

/// Every undo sent belongs to a step that was sent or ran first, and a step is never sent forward
/// once the saga unwinds.
fn verificar_envios(recorrido: &Recorrido<'_>) {
    let mut corridos: BTreeSet<String> =
        recorrido.definicion.pasos().iter().filter(|paso| paso.inicial).map(|paso| paso.clave.clone()).collect();
    let mut deshaciendo = false;
    for intencion in recorrido.log.iter().flat_map(intenciones) {
        let Intencion::Enviar { paso, direccion, .. } = intencion;
        match direccion {
            Direccion::Hacer => {
                assert!(!deshaciendo, "{paso} sent forward while unwinding");
                corridos.insert(paso);
            }
            Direccion::Deshacer => {
                deshaciendo = true;
                assert!(corridos.contains(&paso), "{paso} undone without having been sent");
            }
        }
    }
}

/// A valid flow from random numbers: a DAG of compensable steps, perhaps a pivot, perhaps retriables.
pub fn construir(aristas: &[u16], con_pivote: bool, reintentables: usize) -> Definicion {
    let mut pasos: Vec<Value> = vec![inicial("p0")];
    let mut con_reversa = vec![vec!["p0".to_owned()]];
    let claves: Vec<String> = (0..=aristas.len()).map(|i| format!("p{i}")).collect();
    for (indice, azar) in aristas.iter().enumerate() {
        let elegido = |i: &usize| azar >> i & 1 == 1;
        let mut previos: Vec<usize> = (0..=indice).filter(elegido).collect();
        if previos.is_empty() {
            previos.push(usize::from(*azar) % (indice + 1));
        }
        let nombres: Vec<&str> = previos.iter().map(|i| claves[*i].as_str()).collect();
        let mut propias: Vec<String> = previos.iter().flat_map(|i| con_reversa[*i].clone()).collect();
        let clave = &claves[indice + 1];
        if azar >> 8 & 3 == 0 {
            let por = &propias[usize::from(azar >> 10) % propias.len()];
            pasos.push(cubierto(clave, &nombres, por));
        } else {
            pasos.push(compensable(clave, &nombres));
            propias.push(clave.clone());
        }
        con_reversa.push(propias);
    }
    let todos: Vec<&str> = claves.iter().map(String::as_str).collect();
    let ultimo = if con_pivote {
        pasos.push(paso("pivote", "pivote", &todos));
        vec!["pivote"]
    } else {
        todos
    };
    for indice in 0..reintentables {
        pasos.push(paso(&format!("r{indice}"), "reintentable", &ultimo));
    }
    leer(&flujo(pasos))
}

fn azares() -> impl Strategy<Value = Vec<Azar>> {
    prop::collection::vec((0_usize..64, any::<u8>(), 0_u16..200), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn los_flujos_conocidos_resisten_cualquier_orden_de_eventos(azares in azares(), es_pro: bool) {
        jugar(&if es_pro { pro() } else { ramas() }, azares);
    }

    #[test]
    fn cualquier_flujo_valido_resiste_cualquier_orden_de_eventos(
        aristas in prop::collection::vec(any::<u16>(), 0..7),
        con_pivote: bool,
        reintentables in 0_usize..3,
        azares in azares(),
    ) {
        jugar(&construir(&aristas, con_pivote, reintentables), azares);
    }

    #[test]
    fn decidir_es_pura(azares in azares(), indice in 0_usize..64, clase: u8) {
        let definicion = ramas();
        let mut recorrido = Recorrido::iniciado(&definicion);
        for azar in azares {
            jugar_turno(&mut recorrido, azar);
        }
        let evento = evento(&recorrido, (indice, clase, 0));
        let decidir = || decidir(&definicion, &recorrido.estado, &evento, i64::MAX);
        prop_assert_eq!(decidir(), decidir());
    }

    #[test]
    fn un_estado_de_otra_definicion_tampoco_hace_caer_al_motor(azares in azares()) {
        let (una, otra) = (pro(), ramas());
        let mut recorrido = Recorrido::iniciado(&una);
        recorrido.definicion = &otra;
        for azar in azares {
            let evento = evento(&recorrido, azar);
            let _entrada = decidir(&otra, &recorrido.estado, &evento, i64::from(azar.2));
            if let Some(mando) = mando(&recorrido, azar) {
                let _resultado = ordenar(&otra, &recorrido.estado, &mando, "ana", Some("revision"), 0);
            }
        }
    }
}

#[test]
fn los_flujos_al_azar_tienen_pasos_cubiertos_y_ramas() {
    let definicion = construir(&[0b1, 0b1, 0b110, 0b1000 | 1 << 8], true, 2);
    let cubiertos = definicion.pasos().iter().filter(|paso| matches!(paso.reversa, Reversa::Por(_)));
    assert_eq!(cubiertos.count(), 3);
    assert_eq!(definicion.pasos().len(), 8);
}
