//! A business failure at each step.

use saga::{Direccion, EstadoPaso, Evento, Fase};

use crate::flujos::{compensable, cubierto, flujo, inicial, leer, paso, pasos_que_deshacen, pro, ramas};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, siempre_bien};

fn fallar_en(fallido: &str) -> impl FnMut(&str, Direccion, u32) -> Reaccion {
    move |paso, direccion, _| match direccion {
        Direccion::Hacer if paso == fallido => Reaccion::Fallo,
        _ => Reaccion::Exito,
    }
}

#[test]
fn sin_fallos_todos_los_pasos_quedan_hechos() {
    for definicion in [pro(), ramas()] {
        let recorrido = Recorrido::iniciado(&definicion).correr(siempre_bien);
        assert_eq!(recorrido.fase(), Fase::Completada);
        for paso in definicion.pasos() {
            assert_eq!(*recorrido.estado.paso(&paso.clave), EstadoPaso::Hecho);
        }
    }
}

#[test]
fn el_flujo_pro_deshace_en_orden_inverso_falle_donde_falle() {
    let definicion = pro();
    let esperadas = [
        ("crear_servicio", vec!["crear_suscripcion"]),
        ("asignar_experto", vec!["crear_servicio", "crear_suscripcion"]),
        ("iniciar_servicio", vec!["crear_servicio", "crear_suscripcion"]),
        ("pagar", vec!["crear_servicio", "crear_suscripcion"]),
    ];
    for (fallido, reversas) in esperadas {
        let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en(fallido));
        assert_eq!(recorrido.fase(), Fase::Compensada);
        assert_eq!(recorrido.reversas(), reversas, "failing at {fallido}");
        let motivo = recorrido.estado.motivo.expect("a reason");
        assert_eq!((motivo.paso.as_str(), motivo.codigo.as_str()), (fallido, "rechazo"));
    }
}

#[test]
fn con_ramas_paralelas_todo_lo_hecho_queda_deshecho_falle_donde_falle() {
    let definicion = ramas();
    for fallido in pasos_que_deshacen(&definicion) {
        let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en(&fallido.clave));
        assert_eq!(recorrido.fase(), Fase::Compensada);
        for paso in definicion.pasos() {
            assert!(!recorrido.estado.paso(&paso.clave).deja_efecto());
        }
        assert_eq!(recorrido.reversas().last(), Some(&"inicio"));
    }
}

#[test]
fn las_ramas_independientes_se_deshacen_a_la_vez() {
    let definicion = ramas();
    let mut recorrido = Recorrido::iniciado(&definicion);
    for paso in ["a1", "b1", "c1", "a2", "b2", "c2"] {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    assert!(recorrido.responder("unir", Direccion::Hacer, fallo("rechazo")));
    let mut primeras = recorrido.reversas();
    primeras.sort_unstable();
    assert_eq!(primeras, ["a2", "b2", "c1"]);
}

#[test]
fn una_reversa_ajena_deshace_tambien_los_pasos_que_cubre() {
    let definicion = pro();
    let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en("pagar"));
    for cubierto in ["asignar_experto", "iniciar_servicio"] {
        assert_eq!(*recorrido.estado.paso(cubierto), EstadoPaso::Deshecho);
        assert!(!recorrido.reversas().contains(&cubierto));
    }
}

#[test]
fn el_paso_que_fallo_por_respuesta_no_se_deshace() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"]), compensable("b", &["a"])]));
    let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en("b"));
    assert_eq!(recorrido.reversas(), ["a", "inicio"]);
}

#[test]
fn lo_que_corrio_tras_un_paso_cubierto_se_deshace_antes_que_quien_lo_cubre() {
    let definicion = leer(&flujo(vec![
        inicial("inicio"),
        compensable("a", &["inicio"]),
        cubierto("b", &["a"], "a"),
        compensable("c", &["b"]),
        paso("pagar", "pivote", &["c"]),
    ]));
    let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en("pagar"));
    assert_eq!(recorrido.reversas(), ["c", "a", "inicio"]);
}

#[test]
fn si_el_paso_inicial_falla_la_saga_nace_compensada() {
    let definicion = pro();
    let mut recorrido = Recorrido::vacio(&definicion);
    assert!(recorrido.dar(Evento::Iniciada { desenlace: fallo("cliente_bloqueado") }));
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(recorrido.enviados.is_empty());
    let motivo = recorrido.estado.motivo.expect("a reason");
    assert_eq!(motivo.codigo.as_str(), "cliente_bloqueado");
}

#[test]
fn el_fallo_de_un_paso_reintentable_completa_con_avisos_y_no_deshace() {
    for (definicion, fallido) in [(pro(), "notificar"), (ramas(), "avisar")] {
        let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en(fallido));
        assert_eq!(recorrido.fase(), Fase::CompletadaConAvisos);
        assert!(recorrido.reversas().is_empty());
        assert_eq!(recorrido.estado.motivo.expect("a reason").paso, fallido);
    }
}

#[test]
fn un_reintentable_fallido_no_detiene_a_los_que_no_dependen_de_el() {
    let definicion = leer(&flujo(vec![
        inicial("inicio"),
        paso("pagar", "pivote", &["inicio"]),
        paso("correo", "reintentable", &["pagar"]),
        paso("resumen", "reintentable", &["correo"]),
        paso("factura", "reintentable", &["pagar"]),
    ]));
    let recorrido = Recorrido::iniciado(&definicion).correr(fallar_en("correo"));
    assert_eq!(recorrido.fase(), Fase::CompletadaConAvisos);
    assert_eq!(*recorrido.estado.paso("factura"), EstadoPaso::Hecho);
    assert_eq!(*recorrido.estado.paso("resumen"), EstadoPaso::Pendiente);
}

#[test]
fn un_flujo_sin_pivote_se_completa_y_se_deshace() {
    let definicion = leer(&flujo(vec![inicial("inicio"), compensable("a", &["inicio"])]));
    let completo = Recorrido::iniciado(&definicion).correr(siempre_bien);
    assert_eq!(completo.fase(), Fase::Completada);
    let fallido = Recorrido::iniciado(&definicion).correr(fallar_en("a"));
    assert_eq!(fallido.fase(), Fase::Compensada);
}
