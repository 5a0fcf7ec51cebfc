//! Moving live sagas to another version of their flow.

use std::cell::Cell;

use saga::migracion::{
    Aspecto, Clasificacion, Diferencia, Mapa, NoMigrable, Planificador, Razon, SinDestino, clasificar, comparar, migrar,
};
use saga::modelo::{Cotas, Defecto};
use saga::{Causa, Definicion, Direccion, EstadoPaso, EstadoSaga, Fase, Mando, aplicar, intenciones};
use serde_json::{Value, json};

use crate::flujos::{compensable, cubierto, flujo, inicial, leer, paso};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, plegar, siempre_bien};

fn pasos() -> Vec<Value> {
    vec![
        inicial("inicio"),
        compensable("a", &["inicio"]),
        compensable("b", &["a"]),
        paso("pagar", "pivote", &["b"]),
        paso("avisar", "reintentable", &["pagar"]),
    ]
}

fn version(version: u32, pasos: Vec<Value>) -> Definicion {
    let mut documento = flujo(pasos);
    documento["version"] = json!(version);
    leer(&documento)
}

fn una() -> Definicion {
    version(1, pasos())
}

fn otra(cambiar: impl FnOnce(&mut Vec<Value>)) -> Definicion {
    let mut pasos = pasos();
    cambiar(&mut pasos);
    version(2, pasos)
}

/// The flow with `b` under the name `c`, everything else the same.
fn con_b_renombrado() -> Definicion {
    otra(|pasos| {
        pasos[2]["clave"] = json!("c");
        pasos[3]["despues_de"] = json!(["c"]);
    })
}

fn mapa(pares: &[(&str, &str)]) -> Mapa {
    pares.iter().map(|(de, a)| ((*de).to_owned(), (*a).to_owned())).collect()
}

fn hasta<'a>(definicion: &'a Definicion, pasos: &[&str]) -> Recorrido<'a> {
    let mut recorrido = Recorrido::iniciado(definicion);
    for paso in pasos {
        assert!(recorrido.responder(paso, Direccion::Hacer, exito("1")));
    }
    recorrido
}

fn fijada(a: &Definicion, estado: &EstadoSaga) -> Razon {
    match clasificar(&una(), a, estado, &Mapa::new()) {
        Clasificacion::Fijada(razon) => razon,
        otra => panic!("not pinned: {otra:?}"),
    }
}

/// Goes on in the new version from a state and the log that leads to it.
fn migrado<'a>(recorrido: Recorrido<'_>, a: &'a Definicion, mapa: &Mapa) -> Recorrido<'a> {
    let entrada = migrar(recorrido.definicion, a, &recorrido.estado, mapa, "ana", None, 9_000).expect("it may move");
    let mut log = recorrido.log;
    log.push(entrada);
    Recorrido::reanudado(a, &log)
}

#[test]
fn una_saga_que_solo_difiere_en_lo_que_le_falta_se_muda_y_sigue_en_la_nueva() {
    let nueva = otra(|pasos| pasos.push(paso("factura", "reintentable", &["pagar"])));
    let vieja = una();
    let recorrido = hasta(&vieja, &["a"]);
    assert_eq!(clasificar(&vieja, &nueva, &recorrido.estado, &Mapa::new()), Clasificacion::Segura);
    let final_ = migrado(recorrido, &nueva, &Mapa::new()).correr(siempre_bien);
    assert_eq!(final_.fase(), Fase::Completada);
    assert_eq!(*final_.estado.paso("factura"), EstadoPaso::Hecho);
}

#[test]
fn la_mudanza_envia_en_el_acto_lo_que_la_nueva_version_hace_posible() {
    let nueva = otra(|pasos| {
        pasos.insert(3, compensable("extra", &["a"]));
        pasos[4]["despues_de"] = json!(["b", "extra"]);
    });
    let vieja = una();
    let estado = hasta(&vieja, &["a"]).estado;
    let entrada = migrar(&vieja, &nueva, &estado, &Mapa::new(), "ana", Some("mejora"), 9_000).expect("it may move");
    assert_eq!(intenciones(&entrada).len(), 1);
    let esperada = json!({ "tipo": "migrada", "actor": "ana", "motivo": "mejora", "de": 1, "a": 2 });
    assert_eq!(serde_json::to_value(&entrada.causa).expect("JSON"), esperada);
    assert!(matches!(entrada.causa, Causa::Migrada { de: 1, a: 2, .. }));
}

#[test]
fn un_paso_alcanzado_que_cambia_de_nombre_necesita_un_mapa_y_lo_pendiente_no() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let antes = hasta(&vieja, &[]);
    assert_eq!(clasificar(&vieja, &nueva, &antes.estado, &Mapa::new()), Clasificacion::Segura);
    let despues = hasta(&vieja, &["a"]);
    let perdido = SinDestino { paso: "b".to_owned(), candidatos: Vec::new() };
    assert_eq!(
        clasificar(&vieja, &nueva, &despues.estado, &Mapa::new()),
        Clasificacion::RequiereMapa(vec![SinDestino { candidatos: vec!["c".to_owned()], ..perdido.clone() }])
    );
    let sin_mapa = migrar(&vieja, &nueva, &despues.estado, &Mapa::new(), "ana", None, 0);
    assert!(matches!(sin_mapa, Err(NoMigrable::RequiereMapa(pasos)) if pasos[0].paso == perdido.paso));
    assert_eq!(clasificar(&vieja, &nueva, &despues.estado, &mapa(&[("b", "c")])), Clasificacion::Segura);
}

#[test]
fn las_ordenes_en_vuelo_de_un_paso_renombrado_conservan_su_identidad() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let mut recorrido = migrado(hasta(&vieja, &["a"]), &nueva, &mapa(&[("b", "c")]));
    assert!(matches!(recorrido.estado.paso("c"), EstadoPaso::EnCurso { .. }));
    assert_eq!(*recorrido.estado.paso("b"), EstadoPaso::Pendiente);
    assert_eq!(recorrido.estado.clave_de_comando("c"), "b");
    assert_eq!(recorrido.estado.clave_de_comando("a"), "a");
    assert!(recorrido.responder("c", Direccion::Hacer, exito("7")));
    assert_eq!(recorrido.estado.clave_de_comando("c"), "b", "its undo names the command that it undoes");
    assert_eq!(recorrido.estado.salida("c", "id").map(|codigo| codigo.as_str()), Some("7"));
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn dos_pasos_pueden_cambiarse_los_nombres_y_mudarse_otra_vez_sin_confundirse() {
    let cruzada = |numero| {
        let mut pasos = pasos();
        for (indice, clave) in [(1, "b"), (2, "a")] {
            pasos[indice]["clave"] = json!(clave);
        }
        // Each keeps its command: only the names are exchanged.
        pasos[2]["despues_de"] = json!(["b"]);
        pasos[3]["despues_de"] = json!(["a"]);
        version(numero, pasos)
    };
    let cruce = mapa(&[("a", "b"), ("b", "a")]);
    let (vieja, nueva) = (una(), cruzada(2));
    let recorrido = migrado(hasta(&vieja, &["a"]), &nueva, &cruce);
    assert_eq!(*recorrido.estado.paso("b"), EstadoPaso::Hecho);
    assert_eq!((recorrido.estado.clave_de_comando("a"), recorrido.estado.clave_de_comando("b")), ("b", "a"));
    let tercera = version(3, pasos());
    let vuelta = migrado(recorrido, &tercera, &cruce);
    assert!(vuelta.estado.claves.is_empty(), "back under the names that they were sent with");
    assert_eq!(vuelta.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn una_orden_nueva_no_puede_tener_la_identidad_de_otra() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let recorrido = migrado(hasta(&vieja, &["a"]), &nueva, &mapa(&[("b", "c")]));
    let tercera = version(3, {
        let mut pasos = pasos();
        pasos[2]["clave"] = json!("c");
        pasos[3]["despues_de"] = json!(["c"]);
        pasos[4]["clave"] = json!("b");
        pasos
    });
    let clase = clasificar(&nueva, &tercera, &recorrido.estado, &Mapa::new());
    assert_eq!(clase, Clasificacion::Fijada(Razon::IdentidadRepetida("b".to_owned())));
}

#[test]
fn se_fija_lo_que_ya_no_significa_lo_mismo() {
    let vieja = una();
    let estado = hasta(&vieja, &["a"]).estado;
    let texto = |clave: &str| clave.to_owned();
    let casos = [
        (
            otra(|pasos| pasos[2]["comando"] = json!("Otro")),
            Razon::OrdenCambiada { paso: texto("b"), direccion: Direccion::Hacer },
        ),
        (
            otra(|pasos| pasos[1]["deshacer"]["comando"] = json!("Otro")),
            Razon::OrdenCambiada { paso: texto("a"), direccion: Direccion::Deshacer },
        ),
        (
            otra(|pasos| pasos[2]["exito"] = json!(["Otra"])),
            Razon::RespuestaCambiada { paso: texto("b"), direccion: Direccion::Hacer, tipo: texto("Hecho-b") },
        ),
        (otra(|pasos| pasos[1] = cubierto("a", &["inicio"], "inicio")), Razon::ReversaCambiada(texto("a"))),
        (
            otra(|pasos| {
                pasos.insert(1, compensable("previo", &["inicio"]));
                pasos[2]["despues_de"] = json!(["previo"]);
            }),
            Razon::OrdenInvertido { paso: texto("a"), previo: texto("previo") },
        ),
        (
            otra(|pasos| {
                pasos[1]["salidas"]["nueva"] = json!("nueva");
                pasos[3]["carga"] = json!({ "dato": "salida.a.nueva" });
            }),
            Razon::FaltaSalida { paso: texto("a"), salida: texto("nueva") },
        ),
        (
            otra(|pasos| {
                pasos.remove(2);
                pasos[2]["despues_de"] = json!(["a"]);
            }),
            Razon::PasoRetirado(texto("b")),
        ),
        (version(1, pasos()), Razon::MismaVersion(1)),
    ];
    for (nueva, razon) in casos {
        assert_eq!(fijada(&nueva, &estado), razon);
    }
}

#[test]
fn lo_mismo_no_impide_mudarse_antes_de_alcanzarlo() {
    let vieja = una();
    let estado = hasta(&vieja, &[]).estado;
    for nueva in [
        otra(|pasos| pasos[2]["comando"] = json!("Otro")),
        otra(|pasos| pasos[2]["exito"] = json!(["Otra"])),
        otra(|pasos| pasos[2] = cubierto("b", &["a"], "a")),
    ] {
        assert_eq!(clasificar(&vieja, &nueva, &estado, &Mapa::new()), Clasificacion::Segura);
    }
}

#[test]
fn una_saga_terminada_o_de_otro_flujo_no_se_muda() {
    let vieja = una();
    let nueva = version(2, pasos());
    let terminada = hasta(&vieja, &[]).correr(siempre_bien);
    assert_eq!(fijada(&nueva, &terminada.estado), Razon::NoViva(Fase::Completada));
    let mut ajeno = flujo(pasos());
    ajeno["clave"] = json!("otro");
    let estado = hasta(&vieja, &[]).estado;
    assert_eq!(fijada(&leer(&ajeno), &estado), Razon::OtroFlujo { de: "prueba".to_owned(), a: "otro".to_owned() });
}

#[test]
fn un_mapa_que_no_dice_adonde_no_sirve() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let estado = hasta(&vieja, &["a"]).estado;
    let razon = |mapa| match clasificar(&vieja, &nueva, &estado, &mapa) {
        Clasificacion::Fijada(razon) => razon,
        otra => panic!("not pinned: {otra:?}"),
    };
    assert_eq!(razon(mapa(&[("b", "z")])), Razon::MapaDesconocido("z".to_owned()));
    assert_eq!(razon(mapa(&[("z", "c")])), Razon::MapaDesconocido("z".to_owned()));
    assert_eq!(razon(mapa(&[("b", "a")])), Razon::MapaAmbiguo("a".to_owned()));
}

/// The rules look at each step alone; the check looks at what the whole can come to.
#[test]
fn el_ensayo_fija_lo_que_en_la_nueva_version_acabaria_mal() {
    let (vieja, nueva) = (una(), version(2, pasos()));
    let mut estado = hasta(&vieja, &["a"]).estado;
    assert_eq!(clasificar(&vieja, &nueva, &estado, &Mapa::new()), Clasificacion::Segura);
    estado.pasos.insert("pagar".to_owned(), EstadoPaso::Hecho);
    let Razon::AcabaMal(traza) = fijada(&nueva, &estado) else { panic!("the pivot was done before b") };
    assert_eq!(traza.defecto, Defecto::SinVueltaAtras { paso: "pagar".to_owned() });
}

#[test]
fn comparar_dice_que_cambia_en_cada_paso() {
    let nueva = otra(|pasos| {
        pasos[1]["plazo_ms"] = json!(500);
        pasos[2]["clave"] = json!("c");
        pasos[3]["despues_de"] = json!(["c"]);
        pasos[4]["comando"] = json!("Otro");
        pasos.push(paso("factura", "reintentable", &["pagar"]));
    });
    let diferencia = |paso: &str, aspecto| Diferencia { paso: paso.to_owned(), aspecto };
    let con_mapa = [
        diferencia("a", Aspecto::Plazos),
        diferencia("c", Aspecto::Renombrado("b".to_owned())),
        diferencia("avisar", Aspecto::Comando(Direccion::Hacer)),
        diferencia("factura", Aspecto::Anadido),
    ];
    assert_eq!(comparar(&una(), &nueva, &mapa(&[("b", "c")])), con_mapa);
    let sin_mapa = comparar(&una(), &nueva, &Mapa::new());
    assert!(sin_mapa.contains(&diferencia("c", Aspecto::Anadido)));
    assert!(sin_mapa.contains(&diferencia("b", Aspecto::Retirado)));
    assert_eq!(sin_mapa.last().map(ToString::to_string).as_deref(), Some("paso b: ya no está"));
    assert_eq!(comparar(&una(), &version(2, pasos()), &Mapa::new()), []);
}

/// Every state of a run, forward or unwinding, paused or not, moves or is pinned; what moves folds to the
/// stored state and ends well whatever its participants answer from there.
#[test]
fn toda_saga_que_se_muda_llega_a_un_final_coherente() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let mapa = mapa(&[("b", "c")]);
    let mut planificador = Planificador::nuevo(&vieja, &nueva, &mapa);
    let mut mudadas = 0;
    for fallido in ["ninguno", "b", "pagar"] {
        let falla = |paso: &str, direccion: Direccion, intento: u32| match direccion {
            Direccion::Hacer if paso == fallido => Reaccion::Fallo,
            Direccion::Deshacer if intento == 1 => Reaccion::Fallo,
            _ => Reaccion::Exito,
        };
        let recorrido = Recorrido::iniciado(&vieja).correr(falla);
        for largo in 1..recorrido.log.len() {
            for en_pausa in [false, true] {
                let mut parcial = Recorrido::reanudado(&vieja, &recorrido.log[..largo]);
                if en_pausa {
                    parcial.mandar(&Mando::Pausar).expect("it is live");
                }
                assert_eq!(planificador.clasificar(&parcial.estado), Clasificacion::Segura);
                for mal in [false, true] {
                    let reaccion = move |paso: &str, direccion: Direccion, _: u32| match direccion {
                        Direccion::Hacer if mal && paso == "pagar" => Reaccion::Fallo,
                        _ => Reaccion::Exito,
                    };
                    let mudada = migrado(parcial.clone(), &nueva, &mapa);
                    assert_eq!(plegar(&mudada.log), mudada.estado);
                    assert_eq!(mudada.estado.pausada, en_pausa);
                    assert!(mudada.correr(reaccion).fase().es_terminal());
                    mudadas += 1;
                }
            }
        }
    }
    assert!(mudadas > 50, "only {mudadas}");
}

#[test]
fn la_entrada_de_una_mudanza_sobrevive_a_json_y_sin_mudanzas_el_estado_se_escribe_como_siempre() {
    let (vieja, nueva) = (una(), con_b_renombrado());
    let antes = hasta(&vieja, &["a"]).estado;
    let entrada = migrar(&vieja, &nueva, &antes, &mapa(&[("b", "c")]), "ana", None, 9_000).expect("it may move");
    let leida = serde_json::from_value(serde_json::to_value(&entrada).expect("JSON")).expect("it reads back");
    assert_eq!(entrada, leida);
    let estado = aplicar(antes.clone(), &entrada);
    assert_eq!(estado.version, antes.version + 1);
    let escrito = serde_json::to_value(&antes).expect("JSON");
    assert!(escrito.get("claves").is_none());
}

#[test]
fn una_mudanza_sin_actor_o_con_un_motivo_de_texto_se_rechaza() {
    let (vieja, nueva) = (una(), version(2, pasos()));
    let estado = hasta(&vieja, &["a"]).estado;
    let migrar = |actor, motivo| migrar(&vieja, &nueva, &estado, &Mapa::new(), actor, motivo, 0);
    assert!(matches!(migrar("", None), Err(NoMigrable::ActorInvalido(_))));
    assert!(matches!(migrar("ana", Some("porque sí")), Err(NoMigrable::MotivoInvalido(_))));
    let mut rechazada = hasta(&vieja, &[]);
    assert!(rechazada.responder("a", Direccion::Hacer, fallo("rechazo")));
    let terminada = rechazada.correr(siempre_bien).estado;
    let no = saga::migracion::migrar(&vieja, &nueva, &terminada, &Mapa::new(), "ana", None, 0);
    assert_eq!(no, Err(NoMigrable::Fijada(Razon::NoViva(Fase::Compensada))));
}

#[test]
fn a_lo_que_no_llega_el_tiempo_de_otros_no_se_le_niega_nada() {
    let (vieja, nueva, mapa) =
        (una(), otra(|pasos| pasos.push(paso("factura", "reintentable", &["pagar"]))), Mapa::new());
    let (primero, segundo) = (hasta(&vieja, &[]).estado, hasta(&vieja, &["a"]).estado);
    let consultas = Cell::new(0);
    let contar = || consultas.replace(consultas.get() + 1) < usize::MAX;
    let ilimitado = |estado: &EstadoSaga| {
        Planificador::nuevo(&vieja, &nueva, &mapa).acotado(Cotas::default(), &contar).clasificar(estado)
    };
    assert_eq!(ilimitado(&primero), Clasificacion::Segura);

    let limite = consultas.replace(0);
    let seguir = || consultas.replace(consultas.get() + 1) < limite;
    let mut turno = Planificador::nuevo(&vieja, &nueva, &mapa).acotado(Cotas::default(), &seguir);
    assert_eq!(turno.clasificar(&primero), Clasificacion::Segura);
    for _ in 0..2 {
        assert_eq!(turno.clasificar(&segundo), Clasificacion::Fijada(Razon::SinTiempo));
    }
    consultas.set(0);
    let mut siguiente = Planificador::nuevo(&vieja, &nueva, &mapa).acotado(Cotas::default(), &seguir);
    assert_eq!(siguiente.clasificar(&segundo), Clasificacion::Segura);

    let mut sin_tiempo = Planificador::nuevo(&vieja, &nueva, &mapa).acotado(Cotas::default(), &|| false);
    assert_eq!(sin_tiempo.clasificar(&primero), Clasificacion::Fijada(Razon::SinComprobar), "tuvo todo el que hay");
    assert_eq!(sin_tiempo.clasificar(&segundo), Clasificacion::Fijada(Razon::SinTiempo));
    let pocos = Cotas { estados: 2, ..Cotas::default() };
    let mut sin_sitio = Planificador::nuevo(&vieja, &nueva, &mapa).acotado(pocos, &|| true);
    for estado in [&primero, &segundo] {
        assert_eq!(sin_sitio.clasificar(estado), Clasificacion::Fijada(Razon::SinComprobar));
    }
}
