//! What an operator may order, and what is refused.

use saga::{
    Causa, Codigo, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Indicios, Mando,
    MandoRechazado, Salida, aplicar, intenciones, ordenar, restaurar,
};
use serde_json::json;

use crate::flujos::{flujo, inicial, leer, paso, pro, ramas};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, siempre_bien};

fn reintentar(paso: &str) -> Mando {
    Mando::Reintentar { paso: paso.to_owned() }
}

fn saltar(paso: &str, salidas: &[(&str, &str)]) -> Mando {
    let codigo = |valor: &str| Codigo::try_from(valor).expect("a code");
    let salida: Salida = salidas.iter().map(|(campo, valor)| ((*campo).to_owned(), codigo(valor))).collect();
    Mando::Saltar { paso: paso.to_owned(), salida }
}

fn hasta<'a>(definicion: &'a Definicion, pasos: &[&str]) -> Recorrido<'a> {
    let mut recorrido = Recorrido::iniciado(definicion);
    for paso in pasos {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    recorrido
}

fn ultimas_intenciones(recorrido: &Recorrido<'_>) -> usize {
    intenciones(recorrido.log.last().expect("an entry")).len()
}

#[test]
fn reintentar_envia_otra_vez_la_misma_orden_y_los_intentos_empiezan_de_nuevo() {
    let definicion = pro();
    let mut recorrido = hasta(&definicion, &["crear_servicio", "asignar_experto", "iniciar_servicio"]);
    for _ in 0..8 {
        assert!(recorrido.vencer());
    }
    assert!(recorrido.estado.atascada);
    recorrido.mandar(&reintentar("pagar")).expect("the pivot is outstanding");
    assert!(!recorrido.estado.atascada);
    assert_eq!(recorrido.enviados.last(), Some(&("pagar".to_owned(), Direccion::Hacer, 1)));
    let vence_ms = recorrido.ahora_ms + 10_000;
    assert_eq!(*recorrido.estado.paso("pagar"), EstadoPaso::EnCurso { intento: 1, vence_ms });
}

#[test]
fn reintentar_no_espera_a_que_venza_una_reversa_rechazada() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("crear_servicio", Direccion::Hacer, fallo("sin_cupo")));
    assert!(recorrido.responder("crear_suscripcion", Direccion::Deshacer, fallo("ocupada")));
    recorrido.mandar(&reintentar("crear_suscripcion")).expect("the undo was refused");
    assert!(matches!(recorrido.estado.paso("crear_suscripcion"), EstadoPaso::Deshaciendo { intento: 1, .. }));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Compensada);
}

#[test]
fn solo_se_reintenta_lo_que_espera_respuesta() {
    let definicion = pro();
    let mut recorrido = hasta(&definicion, &["crear_servicio"]);
    for paso in ["crear_servicio", "pagar"] {
        assert_eq!(recorrido.mandar(&reintentar(paso)), Err(MandoRechazado::NadaQueReintentar(paso.to_owned())));
    }
    assert_eq!(recorrido.mandar(&reintentar("otro")), Err(MandoRechazado::PasoDesconocido("otro".to_owned())));
}

#[test]
fn saltar_da_por_hecho_un_paso_en_curso_con_sus_salidas() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    recorrido.mandar(&saltar("crear_servicio", &[("id_serviciodatos", "sd-9")])).expect("it is outstanding");
    assert_eq!(*recorrido.estado.paso("crear_servicio"), EstadoPaso::Hecho);
    let salida = recorrido.estado.salida("crear_servicio", "id_serviciodatos");
    assert_eq!(salida.map(Codigo::as_str), Some("sd-9"));
    assert!(!recorrido.responder("crear_servicio", Direccion::Hacer, fallo("tarde")));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn lo_saltado_tambien_se_deshace() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    recorrido.mandar(&saltar("crear_servicio", &[("id_serviciodatos", "sd-9")])).expect("it is outstanding");
    let falla_el_pago = |paso: &str, _: Direccion, _: u32| match paso {
        "pagar" => Reaccion::Fallo,
        _ => Reaccion::Exito,
    };
    let recorrido = recorrido.correr(falla_el_pago);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert_eq!(recorrido.reversas(), ["crear_servicio", "crear_suscripcion"]);
}

#[test]
fn saltar_exige_las_salidas_que_otros_pasos_usan_y_solo_las_declaradas() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert_eq!(
        recorrido.mandar(&saltar("crear_servicio", &[])),
        Err(MandoRechazado::FaltaSalida { paso: "crear_servicio".to_owned(), salida: "id_serviciodatos".to_owned() })
    );
    let de_mas = saltar("crear_servicio", &[("id_serviciodatos", "sd-9"), ("otra", "1")]);
    assert_eq!(
        recorrido.mandar(&de_mas),
        Err(MandoRechazado::SalidaNoDeclarada { paso: "crear_servicio".to_owned(), salida: "otra".to_owned() })
    );
}

#[test]
fn no_se_salta_el_pivote_ni_una_reversa_ni_lo_que_no_esta_en_curso() {
    let definicion = ramas();
    let mut recorrido = hasta(&definicion, &["a1", "b1", "c1", "a2", "b2", "c2", "unir"]);
    assert_eq!(recorrido.mandar(&saltar("pagar", &[])), Err(MandoRechazado::PivoteNoSeSalta("pagar".to_owned())));
    assert_eq!(recorrido.mandar(&saltar("avisar", &[])), Err(MandoRechazado::NadaQueSaltar("avisar".to_owned())));
    assert_eq!(recorrido.mandar(&saltar("a1", &[])), Err(MandoRechazado::NadaQueSaltar("a1".to_owned())));
    assert!(recorrido.responder("pagar", Direccion::Hacer, fallo("sin_saldo")));
    assert_eq!(recorrido.mandar(&saltar("unir", &[])), Err(MandoRechazado::ReversaNoSeSalta));
}

fn flujo_con_dos_avisos() -> Definicion {
    leer(&flujo(vec![
        inicial("inicio"),
        paso("pagar", "pivote", &["inicio"]),
        paso("correo", "reintentable", &["pagar"]),
        paso("resumen", "reintentable", &["correo"]),
        paso("factura", "reintentable", &["pagar"]),
    ]))
}

#[test]
fn saltar_un_paso_que_fallo_tras_el_pivote_deja_seguir_a_los_que_dependen_de_el() {
    let definicion = flujo_con_dos_avisos();
    let mut recorrido = hasta(&definicion, &["pagar"]);
    assert!(recorrido.responder("correo", Direccion::Hacer, fallo("rebotado")));
    recorrido.mandar(&saltar("correo", &[("id", "7")])).expect("it failed after the pivot");
    assert!(matches!(recorrido.estado.paso("resumen"), EstadoPaso::EnCurso { .. }));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn compensar_deshace_lo_hecho_y_lo_incierto_con_el_motivo_del_operador() {
    let definicion = ramas();
    let mut recorrido = hasta(&definicion, &["a1", "b1"]);
    recorrido.mandar(&Mando::Compensar).expect("the pivot is far");
    assert_eq!(recorrido.fase(), Fase::Deshaciendo);
    let motivo = recorrido.estado.motivo.clone().expect("a reason");
    assert_eq!((motivo.paso.as_str(), motivo.codigo.as_str()), ("c1", "revision"));
    assert_eq!(recorrido.mandar(&Mando::Compensar), Err(MandoRechazado::YaDeshaciendo));
    let recorrido = recorrido.correr(siempre_bien);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(definicion.pasos().iter().all(|paso| !recorrido.estado.paso(&paso.clave).deja_efecto()));
}

#[test]
fn no_se_compensa_desde_que_el_pivote_se_envia() {
    let definicion = pro();
    let mut recorrido = hasta(&definicion, &["crear_servicio", "asignar_experto", "iniciar_servicio"]);
    let rechazo = Err(MandoRechazado::SinVueltaAtras("pagar".to_owned()));
    assert_eq!(recorrido.mandar(&Mando::Compensar), rechazo);
    assert!(recorrido.responder("pagar", Direccion::Hacer, exito("1")));
    assert_eq!(recorrido.mandar(&Mando::Compensar), rechazo);
}

#[test]
fn una_saga_que_perdio_el_final_de_su_registro_no_se_compensa_si_pudo_pasar_el_pivote() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    let entrada = restaurar(&definicion, &recorrido.estado, Indicios::default(), 2_000).expect("a live saga");
    recorrido.estado = aplicar(recorrido.estado.clone(), &entrada);
    assert_eq!(recorrido.mandar(&Mando::Compensar), Err(MandoRechazado::FinalPerdido("pagar".to_owned())));
}

#[test]
fn en_pausa_las_respuestas_se_anotan_y_nada_sale_hasta_reanudar() {
    let definicion = ramas();
    let mut recorrido = hasta(&definicion, &["a1"]);
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    assert_eq!(recorrido.estado.proximo_plazo(), None);
    assert!(recorrido.responder("b1", Direccion::Hacer, exito("1")));
    assert_eq!(*recorrido.estado.paso("b1"), EstadoPaso::Hecho);
    assert_eq!(ultimas_intenciones(&recorrido), 0);
    recorrido.ahora_ms = 1_000_000;
    assert!(!recorrido.dar(Evento::PlazoVencido { paso: "a2".to_owned() }));
    assert_eq!(recorrido.mandar(&reintentar("a2")), Err(MandoRechazado::EnPausa));
    assert_eq!(recorrido.mandar(&Mando::Pausar), Err(MandoRechazado::YaEnPausa));
    recorrido.mandar(&Mando::Reanudar).expect("it is paused");
    assert_eq!(ultimas_intenciones(&recorrido), 1, "only b2 became possible; a2 and c1 are still awaited");
    assert_eq!(recorrido.estado.proximo_plazo(), Some(1_000_100));
    assert_eq!(recorrido.mandar(&Mando::Reanudar), Err(MandoRechazado::SinPausa));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn un_fallo_durante_la_pausa_se_deshace_al_reanudar() {
    let definicion = ramas();
    let mut recorrido = hasta(&definicion, &["a1"]);
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    assert!(recorrido.responder("b1", Direccion::Hacer, fallo("rechazo")));
    assert_eq!(recorrido.fase(), Fase::Deshaciendo);
    assert!(recorrido.reversas().is_empty());
    assert!(recorrido.responder("a2", Direccion::Hacer, fallo("sin_cupo")), "a late answer still counts");
    recorrido.mandar(&Mando::Reanudar).expect("it is paused");
    let recorrido = recorrido.correr(siempre_bien);
    assert_eq!(recorrido.fase(), Fase::Compensada);
    assert!(!recorrido.reversas().contains(&"a2"), "it was refused: there is nothing to undo");
}

#[test]
fn una_saga_que_termina_de_responder_en_pausa_acaba_al_reanudar() {
    let definicion = pro();
    let mut recorrido = hasta(&definicion, &["crear_servicio", "asignar_experto", "iniciar_servicio", "pagar"]);
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    assert!(recorrido.responder("notificar", Direccion::Hacer, exito("1")));
    assert_eq!(recorrido.fase(), Fase::Avanzando);
    recorrido.mandar(&Mando::Reanudar).expect("it is paused");
    assert_eq!(recorrido.fase(), Fase::Completada);
}

#[test]
fn abandonar_termina_donde_esta_y_dice_que_quedo() {
    let definicion = pro();
    let mut recorrido = hasta(&definicion, &["crear_servicio"]);
    recorrido.mandar(&Mando::Pausar).expect("it is live");
    recorrido.mandar(&Mando::Abandonar).expect("there is a reason");
    assert_eq!(recorrido.fase(), Fase::Abandonada);
    assert!(!recorrido.estado.pausada);
    assert_eq!(recorrido.estado.proximo_plazo(), None);
    assert!(recorrido.estado.paso("crear_servicio").deja_efecto());
    assert!(!recorrido.responder("asignar_experto", Direccion::Hacer, exito("1")));
    assert_eq!(recorrido.mandar(&Mando::Reanudar), Err(MandoRechazado::Terminada(Fase::Abandonada)));
}

#[test]
fn abandonar_una_saga_que_se_deshace_conserva_por_que_se_deshacia() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    assert!(recorrido.responder("crear_servicio", Direccion::Hacer, fallo("sin_cupo")));
    recorrido.mandar(&Mando::Abandonar).expect("there is a reason");
    assert_eq!(recorrido.estado.motivo.expect("a reason").codigo.as_str(), "sin_cupo");
}

#[test]
fn una_orden_sin_lo_que_el_log_exige_se_rechaza() {
    let definicion = pro();
    let estado = Recorrido::iniciado(&definicion).estado;
    let intentar = |mando: &Mando, actor: &str, motivo| ordenar(&definicion, &estado, mando, actor, motivo, 0);
    assert_eq!(intentar(&Mando::Abandonar, "ana", None), Err(MandoRechazado::SinMotivo));
    let con_texto = intentar(&Mando::Pausar, "ana", Some("llamó Juan Pérez"));
    assert!(matches!(con_texto, Err(MandoRechazado::MotivoInvalido(_))));
    for actor in ["", "ana perez", "ana/perez"] {
        let sin_actor = intentar(&Mando::Pausar, actor, None);
        assert!(matches!(sin_actor, Err(MandoRechazado::ActorInvalido(_))));
    }
    let vacia = ordenar(&definicion, &EstadoSaga::default(), &Mando::Pausar, "ana", None, 0);
    assert_eq!(vacia, Err(MandoRechazado::NoIniciada));
}

#[test]
fn cada_orden_queda_en_el_log_con_su_actor_y_su_motivo() {
    let definicion = pro();
    let mut recorrido = Recorrido::iniciado(&definicion);
    recorrido.mandar(&saltar("crear_servicio", &[("id_serviciodatos", "sd-9")])).expect("it is outstanding");
    let entrada = recorrido.log.last().expect("an entry");
    assert!(matches!(&entrada.causa, Causa::Mando { actor, .. } if actor.as_str() == "ana.perez"));
    let causa = serde_json::to_value(&entrada.causa).expect("JSON");
    let mando = json!({ "orden": "saltar", "paso": "crear_servicio", "salida": { "id_serviciodatos": "sd-9" } });
    assert_eq!(causa, json!({ "tipo": "mando", "mando": mando, "actor": "ana.perez", "motivo": "revision" }));
    let leida: Entrada = serde_json::from_value(serde_json::to_value(entrada).expect("JSON")).expect("it reads back");
    assert_eq!(&leida, entrada);
}

#[test]
fn lo_guardado_antes_de_que_hubiera_pausas_se_lee_y_se_escribe_igual() {
    let guardado = json!({
        "version": 2, "fase": "avanzando", "atascada": false, "motivo": null,
        "pasos": { "crear_suscripcion": { "estado": "hecho" } }, "salidas": {},
    });
    let estado: EstadoSaga = serde_json::from_value(guardado.clone()).expect("an older state reads");
    assert!(!estado.pausada);
    assert_eq!(serde_json::to_value(&estado).expect("JSON"), guardado);
}
