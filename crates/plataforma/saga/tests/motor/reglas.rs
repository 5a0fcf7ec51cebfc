//! What makes a document unusable, one broken document per rule.

use saga::{Definicion, DefinicionInvalida, Direccion, Falta, Violacion};
use serde_json::{Value, json};

use crate::flujos::{compensable, cubierto, documento_pro, documento_ramas, flujo, inicial, paso};

fn violaciones(documento: &Value) -> Vec<Violacion> {
    match Definicion::leer(documento) {
        Ok(_) => Vec::new(),
        Err(DefinicionInvalida::Incumple(violaciones)) => violaciones,
        Err(DefinicionInvalida::Ilegible(error)) => panic!("unreadable: {error}"),
    }
}

fn falta(paso: &str, falta: Falta) -> Violacion {
    Violacion { paso: Some(paso.to_owned()), falta }
}

/// A valid flow of five steps with one of them changed.
fn con(indice: usize, cambiar: impl FnOnce(&mut Value)) -> Vec<Violacion> {
    let mut pasos = vec![
        inicial("inicio"),
        compensable("a", &["inicio"]),
        compensable("b", &["a"]),
        paso("pagar", "pivote", &["b"]),
        paso("avisar", "reintentable", &["pagar"]),
    ];
    cambiar(&mut pasos[indice]);
    violaciones(&flujo(pasos))
}

#[test]
fn los_flujos_de_prueba_no_incumplen_nada() {
    assert_eq!(violaciones(&documento_pro()), []);
    assert_eq!(violaciones(&documento_ramas()), []);
    assert_eq!(con(0, |_| {}), []);
}

#[test]
fn todas_las_faltas_se_informan_a_la_vez() {
    let documento = json!({ "clave": "", "version": 0, "pasos": [
        { "clave": "a", "clase": "compensable" },
    ]});
    let del_paso = |otra| falta("a", otra);
    let del_flujo = |falta| Violacion { paso: None, falta };
    assert_eq!(
        violaciones(&documento),
        [
            del_flujo(Falta::SinClave),
            del_flujo(Falta::VersionCero),
            del_flujo(Falta::SinInicial),
            del_paso(Falta::SinPredecesores),
            del_paso(Falta::SinReversa),
            del_paso(Falta::PlazoCero),
            del_paso(Falta::EsperaCero),
            del_paso(Falta::SinIntentos),
            del_paso(Falta::SinComando(Direccion::Hacer)),
            del_paso(Falta::SinExito(Direccion::Hacer)),
        ]
    );
}

#[test]
fn un_campo_desconocido_no_se_pasa_por_alto() {
    let mut documento = documento_pro();
    documento["pasos"][0]["plaso_ms"] = json!(1);
    let leida = Definicion::leer(&documento);
    assert!(matches!(leida, Err(DefinicionInvalida::Ilegible(_))));
}

#[test]
fn las_claves_son_unicas_y_los_predecesores_existen() {
    let repetida = con(2, |paso| paso["clave"] = json!("a"));
    assert_eq!(repetida.iter().filter(|v| v.falta == Falta::ClaveRepetida).count(), 2);
    assert!(repetida.contains(&falta("pagar", Falta::PredecesorDesconocido("b".to_owned()))));
    let con_punto = con(4, |paso| paso["clave"] = json!("avi.sar"));
    assert_eq!(con_punto, [falta("avi.sar", Falta::ClaveInvalida)]);
}

#[test]
fn un_ciclo_se_informa_en_cada_uno_de_sus_pasos() {
    let ciclo = con(1, |paso| paso["despues_de"] = json!(["inicio", "b"]));
    assert_eq!(ciclo, [falta("a", Falta::Ciclo), falta("b", Falta::Ciclo)]);
}

#[test]
fn hay_un_solo_paso_inicial_y_nada_lo_precede() {
    let dos = con(1, |paso| paso["inicial"] = json!(true));
    assert!(dos.contains(&falta("inicio", Falta::InicialRepetido)));
    assert!(dos.contains(&falta("a", Falta::InicialRepetido)));
    let tardio = con(0, |paso| paso["despues_de"] = json!(["inicio"]));
    assert!(tardio.contains(&falta("inicio", Falta::InicialConPredecesores)));
    let suelto = con(4, |paso| paso["despues_de"] = json!([]));
    assert!(suelto.contains(&falta("avisar", Falta::SinPredecesores)));
}

#[test]
fn hay_un_pivote_como_mucho() {
    let dos = con(4, |paso| paso["clase"] = json!("pivote"));
    assert_eq!(dos, [falta("pagar", Falta::PivoteRepetido), falta("avisar", Falta::PivoteRepetido)]);
}

#[test]
fn lo_compensable_precede_al_pivote_y_lo_reintentable_lo_sigue() {
    let tras = con(4, |paso| *paso = compensable("avisar", &["pagar"]));
    assert_eq!(tras, [falta("avisar", Falta::CompensableTrasPivote)]);
    let al_lado = con(4, |paso| *paso = compensable("avisar", &["a"]));
    assert_eq!(al_lado, [falta("avisar", Falta::CompensableTrasPivote)]);
    let antes = con(4, |paso| paso["despues_de"] = json!(["b"]));
    assert_eq!(antes, [falta("avisar", Falta::ReintentableAntesDePivote)]);
}

#[test]
fn sin_pivote_lo_reintentable_sigue_a_todo_lo_compensable() {
    let documento =
        flujo(vec![inicial("inicio"), compensable("a", &["inicio"]), paso("avisar", "reintentable", &["inicio"])]);
    let esperada = falta("avisar", Falta::ReintentableAntesDe("a".to_owned()));
    assert_eq!(violaciones(&documento), [esperada]);
}

#[test]
fn todo_compensable_dice_como_se_deshace_y_solo_de_una_manera() {
    let sin = con(2, |paso| paso["deshacer"] = Value::Null);
    assert_eq!(sin, [falta("b", Falta::SinReversa)]);
    let doble = con(2, |paso| paso["deshecho_por"] = json!("a"));
    assert_eq!(doble, [falta("b", Falta::ReversaDoble)]);
    let sobrante = con(3, |paso| paso["deshecho_por"] = json!("a"));
    assert_eq!(sobrante, [falta("pagar", Falta::ReversaSobrante)]);
}

#[test]
fn deshecho_por_nombra_a_un_ancestro_con_reversa_propia() {
    let desconocido = con(2, |paso| *paso = cubierto("b", &["a"], "z"));
    assert_eq!(desconocido, [falta("b", Falta::DeshechoPorDesconocido("z".to_owned()))]);
    let posterior = con(1, |paso| *paso = cubierto("a", &["inicio"], "b"));
    assert_eq!(posterior, [falta("a", Falta::DeshechoPorPosterior("b".to_owned()))]);
    let si_mismo = con(1, |paso| *paso = cubierto("a", &["inicio"], "a"));
    assert_eq!(si_mismo, [falta("a", Falta::DeshechoPorPosterior("a".to_owned()))]);
    let documento = flujo(vec![inicial("inicio"), cubierto("a", &["inicio"], "inicio"), cubierto("b", &["a"], "a")]);
    let en_cadena = falta("b", Falta::DeshechoPorSinReversa("a".to_owned()));
    assert_eq!(violaciones(&documento), [en_cadena]);
}

#[test]
fn los_plazos_y_los_intentos_no_son_cero() {
    let cero = con(1, |paso| {
        paso["plazo_ms"] = json!(0);
        paso["reintento"] = json!({ "inicial_ms": 0, "maximo_ms": 0 });
        paso["intentos"] = json!(0);
    });
    let faltas = [Falta::PlazoCero, Falta::EsperaCero, Falta::IntentosCero];
    assert_eq!(cero, faltas.map(|otra| falta("a", otra)));
    let encogida = con(1, |paso| paso["reintento"]["maximo_ms"] = json!(1));
    assert_eq!(encogida, [falta("a", Falta::EsperaMaximaMenor)]);
    let sin_limite = con(1, |paso| paso["intentos"] = Value::Null);
    assert_eq!(sin_limite, [falta("a", Falta::SinIntentos)]);
    assert_eq!(con(4, |paso| paso["intentos"] = Value::Null), []);
}

#[test]
fn cada_comando_tiene_quien_lo_responda_sin_ambiguedad() {
    let sin_exito = con(1, |paso| paso["exito"] = json!([]));
    assert_eq!(sin_exito, [falta("a", Falta::SinExito(Direccion::Hacer))]);
    let sin_reversa = con(1, |paso| paso["deshacer"] = json!({}));
    assert_eq!(
        sin_reversa,
        [falta("a", Falta::SinComando(Direccion::Deshacer)), falta("a", Falta::SinExito(Direccion::Deshacer)),]
    );
    let ambigua = con(1, |paso| paso["fallo"] = json!(["Hecho-a"]));
    let esperada = Falta::RespuestaAmbigua(Direccion::Hacer, "Hecho-a".to_owned());
    assert_eq!(ambigua, [falta("a", esperada)]);
}

#[test]
fn las_fuentes_de_la_carga_existen() {
    for fuente in ["texto", "=texto", "saga.color", "plan", "plan.", "salida.a", "experto.email"] {
        let rota = con(2, |paso| paso["carga"] = json!({ "x": fuente }));
        assert_eq!(rota, [falta("b", Falta::FuenteDesconocida(fuente.to_owned()))]);
    }
    for fuente in ["= texto", "cliente.email", "plan.nube.tipo", "saga.motivo", "salida.a.id"] {
        assert_eq!(con(2, |paso| paso["carga"] = json!({ "x": fuente })), []);
    }
}

#[test]
fn una_carga_solo_lee_salidas_de_pasos_anteriores() {
    for fuente in ["salida.a.otra", "salida.z.id", "salida.pagar.id", "salida.b.id"] {
        let rota = con(2, |paso| paso["carga"] = json!({ "x": fuente }));
        assert_eq!(rota, [falta("b", Falta::SalidaNoDisponible(fuente.to_owned()))]);
    }
    let propia = con(2, |paso| paso["deshacer"]["carga"] = json!({ "x": "salida.b.id" }));
    assert_eq!(propia, []);
}

#[test]
fn los_destinos_son_rutas_que_no_se_contradicen() {
    let carga = json!({ "nube": "plan.nube", "nube.tipo": "plan.nube.tipo", "a..b": "saga.id" });
    let rota = con(1, |paso| paso["carga"] = carga);
    let invalido = |destino: &str| falta("a", Falta::DestinoInvalido(destino.to_owned()));
    assert_eq!(rota, [invalido("a..b"), invalido("nube")]);
}

#[test]
fn ningun_dato_personal_llega_a_una_salida_ni_a_una_reversa() {
    for fuente in ["cliente.email", "experto.email"] {
        let en_reversa = con(1, |paso| paso["deshacer"]["carga"] = json!({ "x": fuente }));
        assert_eq!(en_reversa, [falta("a", Falta::DatoPersonal(fuente.to_owned()))]);
    }
    for campo in ["cliente.email", "experto.cedula", "cliente_email", "experto_nombres"] {
        let en_salida = con(4, |paso| paso["salidas"] = json!({ "x": campo }));
        assert_eq!(en_salida, [falta("avisar", Falta::DatoPersonal(campo.to_owned()))]);
    }
    assert_eq!(con(4, |paso| paso["salidas"] = json!({ "x": "experto_codigo" })), []);
    let sin_nombre = con(4, |paso| paso["salidas"] = json!({ "x.y": "id" }));
    assert_eq!(sin_nombre, [falta("avisar", Falta::SalidaInvalida("x.y".to_owned()))]);
}

#[test]
fn cada_violacion_dice_donde_y_por_que() {
    let sin = con(2, |paso| paso["deshacer"] = Value::Null);
    let texto = sin.first().map(ToString::to_string);
    assert_eq!(texto.as_deref(), Some("paso b: es compensable y no dice cómo se deshace"));
}

#[test]
fn cada_violacion_nombra_su_regla_y_su_lugar_en_el_documento() {
    let sin = con(2, |paso| paso["deshacer"] = Value::Null);
    let lugares: Vec<_> = sin.iter().map(|violacion| (violacion.falta.regla(), violacion.ruta())).collect();
    assert_eq!(lugares, [("sin_reversa", "pasos.b.deshacer".to_owned())]);
    let vacio = violaciones(&json!({ "clave": "x", "version": 1, "pasos": [] }));
    assert_eq!(vacio.first().map(|violacion| violacion.ruta()).as_deref(), Some("pasos"));
}

#[test]
fn un_flujo_de_demasiados_pasos_se_rechaza_sin_comprobarlo() {
    let sueltos = (0..64).map(|indice| compensable(&format!("p{indice}"), &["inicio"]));
    let pasos = std::iter::once(inicial("inicio")).chain(sueltos).collect();
    assert_eq!(violaciones(&flujo(pasos)), [Violacion { paso: None, falta: Falta::DemasiadosPasos(64) }]);
}
