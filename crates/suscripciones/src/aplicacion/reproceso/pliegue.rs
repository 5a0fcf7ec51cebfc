use saga::{Causa, Entrada, EstadoSaga, aplicar};
use serde::Deserialize;

use super::informe::Intervalo;
use super::puertos::{CabeceraPublicada, EstadoPublicado, Historia, SagaPlegada};

/// What the published log of one saga makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pliegue {
    /// `None` when the log does not tell all of it.
    pub plegada: Option<SagaPlegada>,
    pub falta: Option<Falta>,
    /// Every version that is not there, up to the last one that anything tells of.
    pub ausentes: Vec<Intervalo>,
    /// What the published state says against the fold at its version.
    pub cotejo: Cotejo,
}

/// Why a saga cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Falta {
    /// That version is missing.
    Hueco(i64),
    /// That version is there and cannot be read.
    Ilegible(i64),
    SinCabecera,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cotejo {
    SinEstado,
    Igual,
    Distinto,
    /// It is newer than the log.
    Adelantado,
}

/// Folds the log of a saga. With `desde_estado`, what is missing before its published state is taken from there.
pub fn plegar(historia: &Historia, desde_estado: bool) -> Pliegue {
    let publicado = historia.estado.as_ref();
    let leido = publicado.and_then(|publicado| EstadoSaga::deserialize(&publicado.documento).ok());
    let salvavidas = leido.as_ref().filter(|_| desde_estado);
    let cotejo = cotejo_sin_llegar(publicado);
    let mut curso = Curso { estado: EstadoSaga::default(), cotejo, falta: None, definicion: None };
    let mut quedan = historia.transiciones.as_slice();
    while let [transicion, resto @ ..] = quedan {
        let siguiente = curso.estado.version + 1;
        let es_la_siguiente = transicion.version == siguiente;
        let entrada = Entrada::deserialize(&transicion.entrada).ok().filter(|_| es_la_siguiente);
        let salto = salvavidas.filter(|estado| estado.version >= siguiente);
        if transicion.version < siguiente {
            quedan = resto;
        } else if let Some(entrada) = entrada {
            curso.aplicar(&entrada);
            curso.cotejar(publicado, leido.as_ref());
            quedan = resto;
        } else if let Some(estado) = salto {
            curso.saltar(estado, publicado);
        } else {
            curso.falta = Some(if es_la_siguiente { Falta::Ilegible(siguiente) } else { Falta::Hueco(siguiente) });
            break;
        }
    }
    if let Some(estado) = salvavidas.filter(|estado| estado.version > curso.estado.version) {
        curso.saltar(estado, publicado);
    }
    curso.cerrar(historia)
}

struct Curso {
    estado: EstadoSaga,
    cotejo: Cotejo,
    falta: Option<Falta>,
    /// The version of its flow that it moved to.
    definicion: Option<i32>,
}

impl Curso {
    fn aplicar(&mut self, entrada: &Entrada) {
        if let Causa::Migrada { a, .. } = &entrada.causa {
            self.definicion = Some(a.cast_signed());
        }
        self.estado = aplicar(std::mem::take(&mut self.estado), entrada);
    }

    /// Goes on from the published state; its header tells the version of the flow then.
    fn saltar(&mut self, estado: &EstadoSaga, publicado: Option<&EstadoPublicado>) {
        self.definicion = publicado.map(|publicado| publicado.cabecera.definicion_version);
        self.estado = estado.clone();
    }

    fn cotejar(&mut self, publicado: Option<&EstadoPublicado>, leido: Option<&EstadoSaga>) {
        if publicado.is_some_and(|publicado| publicado.version == self.estado.version) {
            self.cotejo = if leido == Some(&self.estado) { Cotejo::Igual } else { Cotejo::Distinto };
        }
    }

    fn cerrar(self, historia: &Historia) -> Pliegue {
        let propia = historia.transiciones.iter().find_map(|transicion| transicion.cabecera.clone());
        let publicada = historia.estado.as_ref().map(|estado| estado.cabecera.clone());
        let cotejo =
            if cabeceras_distintas(propia.as_ref(), publicada.as_ref()) { Cotejo::Distinto } else { self.cotejo };
        let ultima = historia.transiciones.iter().rev().find(|transicion| transicion.version <= self.estado.version);
        let falta = match (&self.falta, propia.is_some() || publicada.is_some(), self.estado.version) {
            (Some(falta), ..) => Some(*falta),
            (None, _, 0) => Some(Falta::Hueco(1)),
            (None, false, _) => Some(Falta::SinCabecera),
            (None, true, _) => None,
        };
        let cabecera = propia.or(publicada).filter(|_| falta.is_none()).map(|cabecera| CabeceraPublicada {
            definicion_version: self.definicion.unwrap_or(cabecera.definicion_version),
            ..cabecera
        });
        let plegada = cabecera.map(|cabecera| SagaPlegada {
            saga: historia.saga,
            actualizada: ultima.map_or(cabecera.creada, |transicion| transicion.instante),
            cabecera,
            estado: self.estado,
        });
        Pliegue { plegada, falta, ausentes: ausentes(historia), cotejo }
    }
}

/// The versions that are missing before a transition or a state that is there.
fn ausentes(historia: &Historia) -> Vec<Intervalo> {
    let despues = historia.estado.iter().map(|estado| estado.version + 1);
    let mut siguiente = 1;
    let mut ausentes = Vec::new();
    for version in historia.transiciones.iter().map(|transicion| transicion.version).chain(despues) {
        if version > siguiente {
            ausentes.push(Intervalo { desde: siguiente, hasta: version - 1 });
        }
        siguiente = siguiente.max(version + 1);
    }
    ausentes
}

/// The versions that are there and cannot be read.
pub fn ilegibles(historia: &Historia) -> Vec<Intervalo> {
    let ilegibles =
        historia.transiciones.iter().filter(|transicion| Entrada::deserialize(&transicion.entrada).is_err());
    ilegibles.map(|transicion| Intervalo { desde: transicion.version, hasta: transicion.version }).collect()
}

fn cotejo_sin_llegar(publicado: Option<&EstadoPublicado>) -> Cotejo {
    if publicado.is_some() { Cotejo::Adelantado } else { Cotejo::SinEstado }
}

/// Whether two headers are not of one saga; the version of its flow may change.
fn cabeceras_distintas(una: Option<&CabeceraPublicada>, otra: Option<&CabeceraPublicada>) -> bool {
    let (Some(una), Some(otra)) = (una, otra) else { return false };
    let definicion_version = una.definicion_version;
    *una != CabeceraPublicada { definicion_version, ..otra.clone() }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use saga::{Definicion, Desenlace, Evento, Salida, decidir};
    use uuid::Uuid;

    use super::super::puertos::TransicionPublicada;
    use super::*;
    use crate::dominio::IdSaga;

    const PRO: &str = include_str!("../../../config/flujos/pro.json");

    fn cabecera() -> CabeceraPublicada {
        CabeceraPublicada {
            id_suscripcion: Uuid::nil(),
            inquilino: "publico".into(),
            codigo_cliente: "0001".into(),
            codigo_plan: "pro".into(),
            definicion: "suscripcion-pro".into(),
            definicion_version: 1,
            traza: None,
            creada: DateTime::UNIX_EPOCH,
        }
    }

    /// Five transitions of a saga that nobody answers, with their states.
    fn historia() -> (Historia, Vec<EstadoSaga>) {
        let definicion = Definicion::leer(&PRO.parse().expect("json")).expect("flujo");
        let mut estados = vec![EstadoSaga::default()];
        let mut transiciones = Vec::new();
        for version in 1..=5 {
            let anterior = estados.last().cloned().expect("estado");
            let evento = match version {
                1 => Evento::Iniciada { desenlace: Desenlace::Exito { salida: Salida::new() } },
                _ => Evento::PlazoVencido { paso: "crear_servicio".into() },
            };
            let entrada = decidir(&definicion, &anterior, &evento, version * 1_000_000).expect("entrada");
            transiciones.push(TransicionPublicada {
                saga: IdSaga(Uuid::nil()),
                version,
                instante: DateTime::UNIX_EPOCH,
                entrada: a_datos(&entrada),
                cabecera: (version == 1).then(cabecera),
            });
            estados.push(aplicar(anterior, &entrada));
        }
        (Historia { saga: IdSaga(Uuid::nil()), transiciones, estado: None }, estados)
    }

    fn a_datos(valor: &impl serde::Serialize) -> saga::Datos {
        serde_json::to_value(valor).expect("json")
    }

    fn publicado(estado: &EstadoSaga) -> Option<EstadoPublicado> {
        let (saga, version, documento) = (IdSaga(Uuid::nil()), estado.version, a_datos(estado));
        Some(EstadoPublicado { saga, version, cabecera: cabecera(), documento })
    }

    #[test]
    fn un_registro_entero_se_pliega_y_se_coteja_con_el_estado_publicado() {
        let (historia, estados) = historia();
        let con_estado = Historia { estado: publicado(&estados[3]), ..historia.clone() };
        let pliegue = plegar(&con_estado, false);
        assert_eq!(pliegue.plegada.expect("plegada").estado, estados[5]);
        assert_eq!((pliegue.falta, pliegue.cotejo), (None, Cotejo::Igual));
        let otro = EstadoSaga { atascada: !estados[3].atascada, ..estados[3].clone() };
        assert_eq!(plegar(&Historia { estado: publicado(&otro), ..historia }, false).cotejo, Cotejo::Distinto);
    }

    #[test]
    fn de_un_hueco_se_dicen_todas_las_versiones() {
        let (mut historia, _) = historia();
        historia.transiciones.remove(2);
        historia.transiciones.remove(0);
        historia.transiciones[0].cabecera = Some(cabecera());
        assert_eq!(plegar(&historia, true).falta, Some(Falta::Hueco(1)));
        let tramos = |historia: &Historia| {
            plegar(historia, false).ausentes.iter().map(|tramo| (tramo.desde, tramo.hasta)).collect::<Vec<_>>()
        };
        assert_eq!(tramos(&historia), [(1, 1), (3, 3)]);
        historia.estado = publicado(&EstadoSaga { version: 8, ..EstadoSaga::default() });
        assert_eq!(tramos(&historia), [(1, 1), (3, 3), (6, 8)]);
    }

    #[test]
    fn un_hueco_solo_se_salva_con_un_estado_que_lo_cubra() {
        let (mut historia, estados) = historia();
        historia.transiciones.remove(2);
        for (publicada, plegada) in [(2, None), (3, Some(5)), (4, Some(5)), (5, Some(5))] {
            let con_estado = Historia { estado: publicado(&estados[publicada]), ..historia.clone() };
            assert_eq!(plegar(&con_estado, false).falta, Some(Falta::Hueco(3)));
            let salvada = plegar(&con_estado, true).plegada.map(|plegada| plegada.estado);
            assert_eq!(salvada, plegada.map(|version: usize| estados[version].clone()), "estado en {publicada}");
        }
    }

    #[test]
    fn lo_ilegible_y_lo_que_no_tiene_cabecera_no_se_inventa() {
        let (historia, estados) = historia();
        let mut ilegible = historia.clone();
        ilegible.transiciones[1].entrada = a_datos(&"?");
        assert_eq!(plegar(&ilegible, false).falta, Some(Falta::Ilegible(2)));
        assert_eq!(ilegibles(&ilegible), [Intervalo { desde: 2, hasta: 2 }]);
        let mut anonima = historia;
        anonima.transiciones[0].cabecera = None;
        assert_eq!(plegar(&anonima, false).falta, Some(Falta::SinCabecera));
        anonima.estado = publicado(&estados[1]);
        assert_eq!(plegar(&anonima, false).plegada.expect("plegada").cabecera, cabecera());
    }

    #[test]
    fn un_estado_mas_nuevo_que_el_registro_no_manda_sobre_el() {
        let (mut historia, estados) = historia();
        historia.transiciones.truncate(2);
        historia.estado = publicado(&estados[4]);
        let pliegue = plegar(&historia, false);
        assert_eq!(
            (pliegue.plegada.expect("plegada").estado, pliegue.cotejo),
            (estados[2].clone(), Cotejo::Adelantado)
        );
    }

    #[test]
    fn una_saga_que_cambio_de_version_vuelve_a_la_ultima() {
        let (mut historia, mut estados) = historia();
        let causa = Causa::Migrada { actor: saga::Actor::try_from("ana").expect("actor"), motivo: None, de: 1, a: 2 };
        let entrada = Entrada { causa, cambios: Vec::new() };
        estados.push(aplicar(estados[5].clone(), &entrada));
        let (saga, instante) = (historia.saga, DateTime::UNIX_EPOCH);
        historia.transiciones.push(TransicionPublicada {
            saga,
            version: 6,
            instante,
            entrada: a_datos(&entrada),
            cabecera: None,
        });
        historia.estado = publicado(&estados[6]);
        let pliegue = plegar(&historia, false);
        let plegada = pliegue.plegada.expect("plegada");
        assert_eq!((plegada.cabecera.definicion_version, plegada.estado.version), (2, 6));
        assert_eq!(pliegue.cotejo, Cotejo::Igual);
        historia.transiciones.truncate(5);
        assert_eq!(plegar(&historia, false).plegada.expect("plegada").cabecera.definicion_version, 1);
    }
}
