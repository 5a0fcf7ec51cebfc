//! The exhaustive check: what it proves of the flows, and what it finds.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use saga::modelo::{
    Cotas, Defecto, Participantes, verificar, verificar_desde, verificar_desde_mientras, verificar_mientras,
};
use saga::{Definicion, Direccion, EstadoSaga, Mando};
use serde_json::json;

use crate::flujos::{compensable, cubierto, flujo, inicial, leer, paso, pro, ramas};
use crate::propiedades::construir;
use crate::recorrido::{Reaccion, Recorrido, exito};

/// Ten steps and no pivot: three branches of three, no two of them alike.
fn tres_ramas_distintas() -> Definicion {
    leer(&flujo(vec![
        inicial("inicio"),
        compensable("a1", &["inicio"]),
        compensable("b1", &["inicio"]),
        compensable("c1", &["inicio"]),
        compensable("a2", &["a1"]),
        compensable("b2", &["b1"]),
        cubierto("c2", &["c1"], "c1"),
        compensable("a3", &["a2"]),
        cubierto("b3", &["b2"], "b2"),
        compensable("c3", &["c2"]),
    ]))
}

fn con_participantes(cambiar: impl FnOnce(&mut Participantes)) -> Cotas {
    let mut participantes = Participantes::default();
    cambiar(&mut participantes);
    Cotas { participantes, ..Cotas::default() }
}

#[test]
fn el_flujo_pro_y_uno_de_diez_pasos_con_tres_ramas_se_comprueban_en_diez_segundos() {
    for (definicion, minimo) in [(pro(), 200), (ramas(), 10_000)] {
        let desde = Instant::now();
        let resultado = verificar(&definicion, Cotas::default());
        assert!(resultado.aprueba(), "{}", resultado.contraejemplo.expect("a counterexample"));
        assert!(resultado.estados > minimo, "only {} states", resultado.estados);
        assert!(desde.elapsed() < Duration::from_secs(10), "{:?}", desde.elapsed());
    }
}

#[test]
fn tres_ramas_largas_y_distintas_tampoco_pueden_acabar_mal() {
    let resultado = verificar(&tres_ramas_distintas(), Cotas::default());
    assert!(resultado.aprueba() && resultado.estados > 100_000);
}

#[test]
fn dos_ordenes_de_operador_tampoco_estropean_el_flujo_pro() {
    let una = verificar(&pro(), Cotas::default());
    let dos = verificar(&pro(), Cotas { mandos: 2, ..Cotas::default() });
    assert!(dos.aprueba() && dos.estados > una.estados);
}

#[test]
fn sin_lapidas_una_orden_que_llega_tras_su_reversa_deja_su_efecto() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"])]));
    let resultado = verificar(&definicion, con_participantes(|participantes| participantes.lapidas = false));
    let traza = resultado.contraejemplo.expect("a counterexample").to_string();
    let esperada = "\
1. empieza: el paso inicial se cumple; sale hacer a
2. el operador ordena compensar; la saga se deshace; a queda incierto; sale deshacer a
3. deshacer a responde que sí sin que su orden hubiera llegado, y nadie lo recuerda; sale deshacer inicio
4. llega la respuesta de deshacer inicio: cumplido; la saga termina compensada
5. la orden hacer a llega después de su reversa y se cumple
=> la saga termina compensada y el efecto de «a» queda o puede aparecer";
    assert_eq!(traza, esperada);
}

#[test]
fn sin_ordenes_de_operador_el_mismo_defecto_se_alcanza_callando() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"])]));
    let cotas = Cotas { mandos: 0, ..con_participantes(|participantes| participantes.lapidas = false) };
    let traza = verificar(&definicion, cotas).contraejemplo.expect("a counterexample");
    assert_eq!(traza.defecto, Defecto::QuedaEfecto { paso: "a".to_owned() });
    assert_eq!(traza.sucesos[1], "nadie responde a hacer a en su primer intento; sale hacer a");
    assert_eq!(traza.sucesos.len(), 6);
}

#[test]
fn las_trazas_nombran_los_pasos_que_se_estropean() {
    let resultado = verificar(&ramas(), con_participantes(|participantes| participantes.lapidas = false));
    let traza = resultado.contraejemplo.expect("a counterexample");
    let Defecto::QuedaEfecto { paso } = &traza.defecto else { panic!("{traza}") };
    let llega = format!("la orden hacer {paso} llega después de su reversa y se cumple");
    assert_eq!(traza.sucesos.last(), Some(&llega), "{traza}");
    let vuelve = format!("deshacer {paso} responde que sí");
    assert!(traza.sucesos.iter().any(|suceso| suceso.starts_with(&vuelve)), "{traza}");
}

#[test]
fn sin_idempotencia_una_orden_repetida_tiene_dos_efectos() {
    let resultado = verificar(&pro(), con_participantes(|participantes| participantes.idempotentes = false));
    let traza = resultado.contraejemplo.expect("a counterexample");
    assert_eq!(traza.defecto, Defecto::EfectoDoble { paso: "crear_servicio".to_owned() });
}

#[test]
fn si_las_reversas_nunca_se_cumplen_la_saga_no_tiene_final() {
    let resultado = verificar(&pro(), con_participantes(|participantes| participantes.deshacen = false));
    assert_eq!(resultado.contraejemplo.expect("a counterexample").defecto, Defecto::SinFinal);
}

#[test]
fn una_comprobacion_que_no_cabe_no_aprueba() {
    let resultado = verificar(&ramas(), Cotas { estados: 1_000, ..Cotas::default() });
    assert!(!resultado.completo && !resultado.aprueba());
    assert_eq!(resultado.contraejemplo, None);
}

#[test]
fn desde_cualquier_estado_vivo_del_flujo_pro_tampoco_se_acaba_mal() {
    let definicion = pro();
    let falla = |paso: &str, direccion: Direccion, intento: u32| match (paso, direccion, intento) {
        ("pagar", Direccion::Hacer, _) | (_, Direccion::Deshacer, 1) => Reaccion::Fallo,
        _ => Reaccion::Exito,
    };
    let recorrido = Recorrido::iniciado(&definicion).correr(falla);
    for largo in 1..=recorrido.log.len() {
        let estado = Recorrido::reanudado(&definicion, &recorrido.log[..largo]).estado;
        let resultado = verificar_desde(&definicion, &estado, Cotas::default());
        assert!(resultado.aprueba(), "{:?}", resultado.contraejemplo);
    }
}

#[test]
fn un_efecto_de_un_paso_que_la_definicion_no_conoce_no_lo_deshara_nadie() {
    let corta = leer(&flujo(vec![inicial("inicio"), compensable("b", &["inicio"])]));
    let larga = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"]), compensable("b", &["inicio"])]));
    let recorrido = Recorrido::iniciado(&larga);
    let resultado = verificar_desde(&corta, &recorrido.estado, Cotas::default());
    let traza = resultado.contraejemplo.expect("a counterexample");
    assert_eq!(traza.defecto, Defecto::PasoAjeno { paso: "a".to_owned() });
}

#[test]
fn una_saga_en_pausa_se_comprueba_reanudandola() {
    let definicion =
        leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"]), paso("pagar", "pivote", &["a"])]));
    let mut recorrido = Recorrido::iniciado(&definicion);
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    assert!(recorrido.responder("a", Direccion::Hacer, exito("1")));
    let resultado = verificar_desde(&definicion, &recorrido.estado, Cotas { mandos: 0, ..Cotas::default() });
    assert!(resultado.aprueba() && resultado.estados > 3);
}

/// A participant that forgets its undone commands harms a step that is undone, and no other.
#[test]
fn un_flujo_que_cumple_las_reglas_y_cuyo_participante_olvida_lo_que_deshizo_acaba_mal() {
    let con_olvido = |olvidadizo: &str| {
        let mut pasos = vec![inicial("inicio"), compensable("a", &["inicio"]), paso("pagar", "pivote", &["a"])];
        for paso in pasos.iter_mut().filter(|paso| paso["clave"] == olvidadizo) {
            paso["participante"] = json!({ "lapidas": false });
        }
        verificar(&leer(&flujo(pasos)), Cotas::default())
    };
    assert!(con_olvido("pagar").aprueba());
    let traza = con_olvido("a").contraejemplo.expect("a counterexample");
    assert_eq!(traza.defecto, Defecto::QuedaEfecto { paso: "a".to_owned() });
    assert_eq!(
        traza.sucesos.last().map(String::as_str),
        Some("la orden hacer a llega después de su reversa y se cumple")
    );
}

/// The flow has no end of states for its size, and its check ends when it is told to.
#[test]
fn una_comprobacion_se_detiene_cuando_se_le_dice() {
    let pasos = std::iter::once(inicial("inicio")).chain((0..40).map(|i| compensable(&format!("p{i}"), &["inicio"])));
    let definicion = leer(&flujo(pasos.collect()));
    let consultas = std::cell::Cell::new(0);
    let seguir = || consultas.replace(consultas.get() + 1) < 20;
    let resultado = verificar_mientras(&definicion, Cotas::default(), &seguir);
    assert!(!resultado.completo && !resultado.aprueba() && resultado.contraejemplo.is_none());
    let cortada = verificar_desde_mientras(&definicion, &EstadoSaga::default(), Cotas::default(), &|| false);
    assert_eq!((cortada.completo, cortada.estados), (false, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the rules let through never ends badly.
    #[test]
    fn ningun_flujo_valido_puede_acabar_mal(
        aristas in prop::collection::vec(any::<u16>(), 0..5),
        con_pivote: bool,
        reintentables in 0_usize..3,
    ) {
        let resultado = verificar(&construir(&aristas, con_pivote, reintentables), Cotas::default());
        prop_assert!(resultado.aprueba(), "{:?}", resultado.contraejemplo);
    }
}
