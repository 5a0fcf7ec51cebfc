//! A saga whose log was read back without its end: participants keep what it no longer knows that it asked.

use std::collections::{BTreeMap, BTreeSet};

use saga::{
    Clase, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Indicios, Reversa, aplicar, decidir,
    restaurar,
};

use crate::flujos::{pro, ramas};
use crate::recorrido::{Reaccion, Recorrido, exito, fallo, plegar, siempre_bien};

/// How a participant takes the command that does its step, until the log is lost; afterwards all of them answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conducta {
    Bien,
    Rechaza,
    /// Does it, and the reply gets lost for longer than the saga waits.
    Mudo,
    /// The command lies unread for longer than the saga waits.
    Ausente,
}

const CONDUCTAS: [Conducta; 4] = [Conducta::Bien, Conducta::Rechaza, Conducta::Mudo, Conducta::Ausente];

/// The participants' ledgers: replies stored by command, undos done, tombstones.
#[derive(Clone)]
struct Libros<'a> {
    definicion: &'a Definicion,
    conducta: BTreeMap<String, Conducta>,
    respuestas: BTreeMap<String, bool>,
    deshechos: BTreeSet<String>,
    lapidas: BTreeSet<String>,
    perdido: bool,
}

impl<'a> Libros<'a> {
    fn nuevos(definicion: &'a Definicion, conducta: BTreeMap<String, Conducta>) -> Self {
        let respuestas = BTreeMap::from([(definicion.pasos()[0].clave.clone(), true)]);
        let (deshechos, lapidas) = Default::default();
        Self { definicion, conducta, respuestas, deshechos, lapidas, perdido: false }
    }

    fn atender(&mut self, paso: &str, direccion: Direccion, intento: u32) -> Reaccion {
        match direccion {
            Direccion::Hacer => self.hacer(paso, intento),
            Direccion::Deshacer => self.deshacer(paso),
        }
    }

    fn hacer(&mut self, paso: &str, intento: u32) -> Reaccion {
        let compensable = self.definicion.paso(paso).is_some_and(|paso| paso.clase == Clase::Compensable);
        let conducta = if self.perdido { Conducta::Bien } else { self.conducta[paso] };
        let callado = matches!(conducta, Conducta::Mudo | Conducta::Ausente) && (compensable || intento <= 3);
        if !self.respuestas.contains_key(paso) && (conducta != Conducta::Ausente || !callado) {
            let hecho = conducta != Conducta::Rechaza && !self.anulado(paso);
            self.respuestas.insert(paso.to_owned(), hecho);
        }
        match self.respuestas.get(paso) {
            _ if callado => Reaccion::Silencio,
            Some(true) => Reaccion::Exito,
            Some(false) => Reaccion::Fallo,
            None => Reaccion::Silencio,
        }
    }

    /// Its undo came first, or that of the step whose undo covers it.
    fn anulado(&self, paso: &str) -> bool {
        let cubierto = match self.definicion.paso(paso).map(|paso| &paso.reversa) {
            Some(Reversa::Por(otro)) => self.deshechos.contains(otro) || self.lapidas.contains(otro),
            _ => false,
        };
        cubierto || self.lapidas.contains(paso)
    }

    fn deshacer(&mut self, paso: &str) -> Reaccion {
        match self.respuestas.get(paso) {
            None => self.lapidas.insert(paso.to_owned()),
            Some(_) => self.deshechos.insert(paso.to_owned()),
        };
        Reaccion::Exito
    }

    /// Whether everything had been done by then that the saga knows of.
    fn conoce(&self, saga: &EstadoSaga) -> bool {
        saga.pasos.iter().all(|(clave, paso)| match paso {
            EstadoPaso::Hecho => self.respuestas.get(clave) == Some(&true),
            EstadoPaso::Fallido { .. } => self.respuestas.get(clave) == Some(&false),
            EstadoPaso::Deshecho => match self.definicion.paso(clave).map(|paso| &paso.reversa) {
                Some(Reversa::Por(otro)) => self.deshechos.contains(otro) || self.lapidas.contains(otro),
                _ => self.deshechos.contains(clave) || self.lapidas.contains(clave),
            },
            _ => true,
        })
    }

    fn indicios(&self) -> Indicios {
        Indicios { se_deshacia: !self.deshechos.is_empty() || !self.lapidas.is_empty() }
    }

    /// A completed saga's steps are done and stay so; of a compensated one nothing is left.
    fn comprobar(&self, fase: Fase, contexto: &str) {
        for paso in self.definicion.pasos() {
            let hecho = self.respuestas.get(&paso.clave) == Some(&true);
            let deshecho = match &paso.reversa {
                Reversa::Propia(_) => self.deshechos.contains(&paso.clave),
                Reversa::Por(otro) => self.deshechos.contains(otro),
                Reversa::Ninguna => false,
            };
            let vivo = hecho && !deshecho;
            match fase {
                Fase::Completada => assert!(vivo, "{} falta: {contexto}", paso.clave),
                Fase::CompletadaConAvisos => assert!(vivo || paso.clase == Clase::Reintentable, "{contexto}"),
                Fase::Compensada => assert!(!vivo, "{} queda: {contexto}", paso.clave),
                _ => panic!("no es un final: {contexto}"),
            }
        }
    }
}

/// What every mix of conducts makes of a flow whose log is then cut at every length, whatever had been done by then.
fn perder_cada_cola(definicion: &Definicion, mezclas: impl Iterator<Item = BTreeMap<String, Conducta>>) -> usize {
    let mut restauradas = 0;
    for conducta in mezclas {
        let mut libros = Libros::nuevos(definicion, conducta);
        let mut momentos = Vec::new();
        let entera = Recorrido::iniciado(definicion).correr(|paso, direccion, intento| {
            let reaccion = libros.atender(paso, direccion, intento);
            momentos.push(libros.clone());
            reaccion
        });
        for largo in 1..entera.log.len() {
            let prefijo = plegar(&entera.log[..largo]);
            for momento in momentos.iter().filter(|momento| momento.conoce(&prefijo)) {
                let contexto = format!("{:?} cortada a {largo}", momento.conducta);
                let mut libros = Libros { perdido: true, ..momento.clone() };
                let restaurada = restaurado(definicion, &entera.log[..largo], libros.indicios());
                let fase =
                    restaurada.correr(|paso, direccion, intento| libros.atender(paso, direccion, intento)).fase();
                libros.comprobar(fase, &contexto);
                restauradas += 1;
            }
        }
    }
    restauradas
}

fn restaurado<'a>(definicion: &'a Definicion, log: &[Entrada], indicios: Indicios) -> Recorrido<'a> {
    let estado = plegar(log);
    let entrada = restaurar(definicion, &estado, indicios, 5_000).expect("a live saga");
    let log: Vec<Entrada> = log.iter().cloned().chain([entrada]).collect();
    Recorrido::reanudado(definicion, &log)
}

fn mezclas(definicion: &Definicion) -> impl Iterator<Item = BTreeMap<String, Conducta>> {
    let pasos: Vec<&str> = definicion.pasos().iter().skip(1).map(|paso| paso.clave.as_str()).collect();
    let total = CONDUCTAS.len().pow(u32::try_from(pasos.len()).expect("few steps"));
    (0..total).map(move |mut numero| {
        let mut mezcla = BTreeMap::new();
        for paso in &pasos {
            mezcla.insert((*paso).to_owned(), CONDUCTAS[numero % CONDUCTAS.len()]);
            numero /= CONDUCTAS.len();
        }
        mezcla
    })
}

#[test]
fn perder_cualquier_cola_del_registro_no_deja_una_saga_incoherente() {
    let definicion = pro();
    let restauradas = perder_cada_cola(&definicion, mezclas(&definicion));
    assert!(restauradas > 20_000, "only {restauradas}");
}

#[test]
fn perder_cualquier_cola_de_un_flujo_con_ramas_tampoco() {
    let definicion = ramas();
    let restauradas = perder_cada_cola(&definicion, mezclas(&definicion).step_by(499));
    assert!(restauradas > 5_000, "only {restauradas}");
}

#[test]
fn el_silencio_no_hace_retroceder_a_una_saga_restaurada() {
    let definicion = pro();
    let antes = Recorrido::iniciado(&definicion);
    let mut recorrido = restaurado(&definicion, &antes.log, Indicios::default());
    for _ in 0..20 {
        assert!(recorrido.vencer());
    }
    assert_eq!(recorrido.fase(), Fase::Avanzando);
    assert!(recorrido.estado.atascada);
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Completada);
}

#[test]
fn restaurar_repite_lo_pendiente_con_todos_sus_intentos() {
    let definicion = pro();
    let mut antes = Recorrido::iniciado(&definicion);
    assert!(antes.vencer() && antes.vencer());
    let entrada = restaurar(&definicion, &antes.estado, Indicios::default(), 90_000).expect("entrada");
    let estado = aplicar(antes.estado.clone(), &entrada);
    assert_eq!(saga::intenciones(&entrada).len(), 1);
    assert_eq!(*estado.paso("crear_servicio"), EstadoPaso::EnCurso { intento: 1, vence_ms: 100_000 });
    assert!(estado.restaurada);
}

#[test]
fn la_respuesta_a_una_reversa_que_no_consta_hace_retroceder_antes_del_pivote_y_no_despues() {
    let definicion = pro();
    let antes = Recorrido::iniciado(&definicion);
    let prueba = || Evento::Respuesta {
        paso: "crear_servicio".to_owned(),
        direccion: Direccion::Deshacer,
        desenlace: exito("1"),
    };
    assert!(decidir(&definicion, &antes.estado, &prueba(), 1).is_none(), "no se ha restaurado");
    let mut recorrido = restaurado(&definicion, &antes.log, Indicios::default());
    assert!(recorrido.dar(prueba()));
    assert_eq!(recorrido.fase(), Fase::Deshaciendo);
    assert_eq!(recorrido.correr(siempre_bien).fase(), Fase::Compensada);

    let mut tarde = restaurado(&definicion, &antes.log, Indicios::default());
    for paso in ["crear_servicio", "asignar_experto", "iniciar_servicio"] {
        assert!(tarde.responder(paso, Direccion::Hacer, exito("1")));
    }
    assert!(!tarde.dar(prueba()));
    assert!(tarde.responder("pagar", Direccion::Hacer, fallo("pago_rechazado")));
    assert_eq!(tarde.fase(), Fase::Deshaciendo);
}

#[test]
fn una_saga_terminada_o_sin_empezar_no_se_restaura() {
    let definicion = pro();
    let terminada = Recorrido::iniciado(&definicion).correr(siempre_bien);
    assert!(restaurar(&definicion, &terminada.estado, Indicios::default(), 1).is_none());
    assert!(restaurar(&definicion, &plegar(&[]), Indicios::default(), 1).is_none());
}
