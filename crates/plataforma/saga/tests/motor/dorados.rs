//! Logs that released definitions wrote: today's engine has to decide the same again, entry by entry.
//!
//! A log is a line of JSON per entry, as `saga_log` keeps it: when, and what. A run without its file writes
//! it and fails; what it wrote is then read and committed.

use std::fs;
use std::path::{Path, PathBuf};

use saga::{
    Cambio, Causa, Codigo, Definicion, Desenlace, Direccion, Entrada, EstadoSaga, Evento, Indicios, Mando, Salida,
    TipoRespuesta, aplicar, decidir, ordenar, restaurar,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flujos::{documento_pro, leer};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, siempre_bien};

#[derive(Serialize, Deserialize)]
struct Linea {
    ahora_ms: i64,
    entrada: Entrada,
}

fn carpeta() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/motor/dorados")
}

fn texto(log: &[Linea]) -> String {
    log.iter().map(|linea| serde_json::to_string(linea).expect("JSON") + "\n").collect()
}

/// What brought an entry about, read back from the entry.
fn repetir(definicion: &Definicion, estado: &EstadoSaga, linea: &Linea) -> Option<Entrada> {
    let Linea { ahora_ms, entrada } = linea;
    let evento = match &entrada.causa {
        Causa::Iniciada { respuesta } => Evento::Iniciada { desenlace: desenlace(*respuesta, entrada) },
        Causa::Respuesta { paso, direccion, respuesta } => {
            Evento::Respuesta { paso: paso.clone(), direccion: *direccion, desenlace: desenlace(*respuesta, entrada) }
        }
        Causa::PlazoVencido { paso, .. } => Evento::PlazoVencido { paso: paso.clone() },
        Causa::Mando { mando, actor, motivo } => {
            let motivo = motivo.as_ref().map(Codigo::as_str);
            return ordenar(definicion, estado, mando, actor.as_str(), motivo, *ahora_ms).ok();
        }
        Causa::Restaurada => {
            let se_deshacia = entrada.cambios.iter().any(|cambio| matches!(cambio, Cambio::Fase { .. }));
            return restaurar(definicion, estado, Indicios { se_deshacia }, *ahora_ms);
        }
        Causa::Migrada { .. } => panic!("a log of one version moves to no other"),
    };
    decidir(definicion, estado, &evento, *ahora_ms)
}

fn desenlace(respuesta: TipoRespuesta, entrada: &Entrada) -> Desenlace {
    let salida = entrada.cambios.iter().find_map(|cambio| match cambio {
        Cambio::Hecho { salida, .. } => Some(salida.clone()),
        _ => None,
    });
    let codigo = entrada.cambios.iter().find_map(|cambio| match cambio {
        Cambio::Fallido { codigo, .. } | Cambio::ReversaRechazada { codigo, .. } => Some(codigo.clone()),
        _ => None,
    });
    match respuesta {
        TipoRespuesta::Exito => Desenlace::Exito { salida: salida.unwrap_or_default() },
        TipoRespuesta::Fallo => Desenlace::Fallo { codigo: codigo.expect("a failure notes its code") },
    }
}

/// Replays a committed log and gives back how many entries it has.
fn reproducir(definicion: &Definicion, ruta: &Path) -> usize {
    let guardado = fs::read_to_string(ruta).expect("the log reads");
    let log: Vec<Linea> = guardado.lines().map(|linea| serde_json::from_str(linea).expect("an entry")).collect();
    let mut estado = EstadoSaga::default();
    for (indice, linea) in log.iter().enumerate() {
        let repetida = repetir(definicion, &estado, linea);
        assert_eq!(repetida.as_ref(), Some(&linea.entrada), "{} line {}", ruta.display(), indice + 1);
        estado = aplicar(estado, &linea.entrada);
    }
    assert_eq!(texto(&log), guardado, "{} is written otherwise today", ruta.display());
    log.len()
}

#[test]
fn los_logs_de_cada_version_publicada_se_deciden_igual() {
    let mut versiones = 0;
    for version in fs::read_dir(carpeta()).expect("the folder of logs") {
        let version = version.expect("a version").path();
        let documento = fs::read_to_string(version.join("definicion.json")).expect("its definition");
        let definicion = leer(&serde_json::from_str::<Value>(&documento).expect("JSON"));
        let nombre = format!("{}-v{}", definicion.clave(), definicion.version());
        assert_eq!(version.file_name().and_then(|nombre| nombre.to_str()), Some(nombre.as_str()));
        let rutas = fs::read_dir(&version).expect("its logs").map(|ruta| ruta.expect("a file").path());
        let logs = rutas.filter(|ruta| ruta.extension().is_some_and(|extension| extension == "jsonl"));
        let entradas: usize = logs.map(|ruta| reproducir(&definicion, &ruta)).sum();
        assert!(entradas > 50, "only {entradas} entries in {nombre}");
        versiones += 1;
    }
    assert!(versiones > 0);
}

/// A released version is what it was; whoever changes its document gives it another number.
#[test]
fn el_documento_de_una_version_publicada_no_cambia() {
    let documento = documento_pro();
    let version = format!("suscripcion-pro-v{}", documento["version"]);
    let publicado = fs::read_to_string(carpeta().join(version).join("definicion.json")).expect("its logs are kept");
    assert_eq!(serde_json::from_str::<Value>(&publicado).expect("JSON"), documento);
}

type Guion = fn(&mut Recorrido<'_>);

fn correr(recorrido: &mut Recorrido<'_>, reaccion: impl FnMut(&str, Direccion, u32) -> Reaccion) {
    *recorrido = recorrido.clone().correr(reaccion);
}

fn falla_en(recorrido: &mut Recorrido<'_>, fallido: &str) {
    correr(recorrido, |paso, direccion, _| match direccion {
        Direccion::Hacer if paso == fallido => Reaccion::Fallo,
        _ => Reaccion::Exito,
    });
}

fn calla_en(recorrido: &mut Recorrido<'_>, callado: &str, veces: u32) {
    correr(recorrido, |paso, direccion, intento| match direccion {
        Direccion::Hacer if paso == callado && intento <= veces => Reaccion::Silencio,
        _ => Reaccion::Exito,
    });
}

fn crear_servicio() -> Desenlace {
    let codigo = Codigo::try_from("sd-1").expect("a code");
    Desenlace::Exito { salida: Salida::from([("id_serviciodatos".to_owned(), codigo)]) }
}

fn mandar(recorrido: &mut Recorrido<'_>, mando: Mando) {
    recorrido.ahora_ms += 250;
    recorrido.mandar(&mando).expect("a legal order");
}

const GUIONES: [(&str, Guion); 17] = [
    ("completada", |saga| {
        saga.responder("crear_servicio", Direccion::Hacer, crear_servicio());
        correr(saga, siempre_bien);
    }),
    ("rechazo_de_crear_servicio", |saga| falla_en(saga, "crear_servicio")),
    ("rechazo_de_asignar_experto", |saga| falla_en(saga, "asignar_experto")),
    ("rechazo_de_iniciar_servicio", |saga| falla_en(saga, "iniciar_servicio")),
    ("rechazo_de_pagar", |saga| falla_en(saga, "pagar")),
    ("rechazo_de_notificar", |saga| falla_en(saga, "notificar")),
    ("silencio_de_crear_servicio", |saga| calla_en(saga, "crear_servicio", u32::MAX)),
    ("silencio_de_iniciar_servicio", |saga| calla_en(saga, "iniciar_servicio", u32::MAX)),
    ("silencio_de_pagar", |saga| calla_en(saga, "pagar", 7)),
    ("silencio_breve_de_notificar", |saga| calla_en(saga, "notificar", 2)),
    ("reversa_rechazada", |saga| {
        correr(saga, |paso, direccion, intento| match (paso, direccion) {
            ("asignar_experto", Direccion::Hacer) => Reaccion::Fallo,
            (_, Direccion::Deshacer) if intento <= 6 => Reaccion::Fallo,
            _ => Reaccion::Exito,
        });
    }),
    ("orden_de_reintentar", |saga| {
        saga.vencer();
        mandar(saga, Mando::Reintentar { paso: "crear_servicio".to_owned() });
        correr(saga, siempre_bien);
    }),
    ("orden_de_saltar", |saga| {
        let Desenlace::Exito { salida } = crear_servicio() else { return };
        mandar(saga, Mando::Saltar { paso: "crear_servicio".to_owned(), salida });
        falla_en(saga, "pagar");
    }),
    ("orden_de_compensar", |saga| {
        saga.responder("crear_servicio", Direccion::Hacer, crear_servicio());
        mandar(saga, Mando::Compensar);
        correr(saga, siempre_bien);
    }),
    ("orden_de_pausar_y_reanudar", |saga| {
        mandar(saga, Mando::Pausar);
        saga.responder("crear_servicio", Direccion::Hacer, fallo("sin_cupo"));
        mandar(saga, Mando::Reanudar);
        saga.vencer();
        correr(saga, siempre_bien);
    }),
    ("orden_de_abandonar", |saga| {
        mandar(saga, Mando::Pausar);
        mandar(saga, Mando::Abandonar);
    }),
    ("registro_sin_su_final", |saga| {
        saga.responder("crear_servicio", Direccion::Hacer, crear_servicio());
        let entrada = restaurar(saga.definicion, &saga.estado, Indicios::default(), saga.ahora_ms);
        saga.anotar(entrada.expect("a live saga"));
        for _ in 0..6 {
            saga.vencer();
        }
        saga.responder("crear_servicio", Direccion::Deshacer, exito("1"));
        correr(saga, siempre_bien);
    }),
];

#[test]
fn cada_guion_del_flujo_pro_tiene_su_log_publicado() {
    let definicion = leer(&documento_pro());
    let carpeta = carpeta().join(format!("{}-v{}", definicion.clave(), definicion.version()));
    let mut escritos = Vec::new();
    for (nombre, guion) in GUIONES {
        let mut saga = Recorrido::iniciado(&definicion);
        guion(&mut saga);
        assert!(saga.fase().es_terminal(), "{nombre} does not end");
        assert_eq!(saga.log.len(), saga.instantes.len());
        let lineas = saga.instantes.iter().zip(&saga.log);
        let log: Vec<Linea> =
            lineas.map(|(ahora_ms, entrada)| Linea { ahora_ms: *ahora_ms, entrada: entrada.clone() }).collect();
        let ruta = carpeta.join(format!("{nombre}.jsonl"));
        if ruta.exists() {
            assert_eq!(texto(&log), fs::read_to_string(&ruta).expect("the log reads"), "{nombre}");
        } else {
            fs::write(&ruta, texto(&log)).expect("the log is written");
            escritos.push(nombre);
        }
    }
    assert!(escritos.is_empty(), "written, to be read and committed: {escritos:?}");
}
