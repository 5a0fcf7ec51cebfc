use saga::{Direccion, EstadoSaga, Fase, Intencion};
use serde::Serialize;
use servidor::Problema;
use uuid::Uuid;

use crate::api::linea_de_tiempo::Hito;
use crate::aplicacion::{Avance, Comprobacion, Prevision, Rechazo};
use crate::infraestructura::Transicion;

/// What an order would lead to on one saga.
#[derive(Serialize)]
pub struct Prevista {
    id_saga: Uuid,
    codigo_cliente: String,
    codigo_plan: String,
    /// `aplicable` or `rechazado`.
    resultado: &'static str,
    codigo: Option<&'static str>,
    detalle: Option<String>,
    antes: Situacion,
    despues: Option<Situacion>,
    /// The commands that would go out.
    comandos: Vec<Envio>,
    /// The entry that the log would get.
    hito: Option<Hito>,
}

#[derive(Serialize)]
struct Situacion {
    fase: Fase,
    atascada: bool,
    pausada: bool,
    en_espera: Vec<String>,
}

#[derive(Serialize)]
struct Envio {
    paso: String,
    direccion: Direccion,
    comando: String,
}

/// Whether every run that the saga could have afterwards ends well.
#[derive(Serialize)]
pub struct Veredicto {
    aprueba: bool,
    estados: usize,
    /// The shortest run that ends badly.
    contraejemplo: Option<String>,
}

impl Prevista {
    pub fn de(prevision: &Prevision) -> Result<Self, Problema> {
        let saga = &prevision.saga;
        let avance = prevision.decidido.as_ref().ok();
        let rechazo = prevision.decidido.as_ref().err();
        Ok(Self {
            id_saga: saga.id.0,
            codigo_cliente: saga.cliente.codigo.to_string(),
            codigo_plan: saga.plan.to_string(),
            resultado: if avance.is_some() { "aplicable" } else { "rechazado" },
            codigo: rechazo.map(Rechazo::codigo),
            detalle: rechazo.map(ToString::to_string),
            antes: Situacion::de(&saga.estado),
            despues: avance.map(|avance| Situacion::de(&avance.estado)),
            comandos: avance.map(envios).unwrap_or_default(),
            hito: avance.map(hito).transpose().map_err(|error| ilegible(saga.id.0, &error))?,
        })
    }
}

impl Situacion {
    fn de(estado: &EstadoSaga) -> Self {
        Self {
            fase: estado.fase,
            atascada: estado.atascada,
            pausada: estado.pausada,
            en_espera: estado.en_vuelo().map(|(paso, ..)| paso.to_owned()).collect(),
        }
    }
}

impl Veredicto {
    /// None of a check that gave up before it had seen every run: it says nothing.
    pub fn de(comprobacion: &Comprobacion) -> Option<Self> {
        let resultado = &comprobacion.resultado;
        (resultado.completo || resultado.contraejemplo.is_some()).then(|| Self {
            aprueba: resultado.aprueba(),
            estados: resultado.estados,
            contraejemplo: resultado.contraejemplo.as_ref().map(ToString::to_string),
        })
    }
}

/// A stored entry that is not what this program writes.
pub fn ilegible(saga: Uuid, error: &serde_json::Error) -> Problema {
    tracing::error!(%saga, error = error as &dyn std::error::Error, "an entry of a saga cannot be read");
    Problema::interno()
}

fn envios(avance: &Avance) -> Vec<Envio> {
    let definicion = &avance.saga.definicion;
    let envio = |Intencion::Enviar { paso, direccion, .. }: Intencion| {
        let comando = definicion.orden(&paso, direccion)?.comando.clone();
        Some(Envio { paso, direccion, comando })
    };
    avance.entradas.iter().flat_map(saga::intenciones).filter_map(envio).collect()
}

fn hito(avance: &Avance) -> Result<Hito, serde_json::Error> {
    let entrada = serde_json::to_value(avance.entradas.last())?;
    Hito::de(Transicion { version: avance.estado.version, instante: avance.instante, entrada })
}
