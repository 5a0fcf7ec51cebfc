use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use saga::{Codigo, Datos, Desenlace, Direccion, EstadoSaga, Evento, Paso, SalidaIlegible, TipoRespuesta};

use super::puertos::{Avance, ErrorRepositorio, Guardado, Identidades, RepositorioSagas, RespuestaDeSaga, Saga};
use crate::dominio::IdSaga;

/// How often a batch is decided again before its contention counts as a failure.
const INTENTOS: u32 = 8;

/// Moves sagas with the answers of their participants, in batches.
///
/// Any instance may decide any answer: the saga's version is the fence. Answers that no saga waits for are ignored.
pub struct ResponderSaga {
    repositorio: Arc<dyn RepositorioSagas>,
    identidades: Arc<dyn Identidades>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atendida {
    Avanzo,
    /// No saga, or none that waits for it: late, repeated or foreign.
    Ignorada,
    /// The answer claims success but an output is not a code.
    Ilegible(SalidaIlegible),
}

impl ResponderSaga {
    pub fn nuevo(repositorio: Arc<dyn RepositorioSagas>, identidades: Arc<dyn Identidades>) -> Self {
        Self { repositorio, identidades }
    }

    /// One outcome per answer, in order.
    pub async fn ejecutar(
        &self,
        respuestas: &[RespuestaDeSaga],
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Atendida>, ErrorRepositorio> {
        let mut atendidas = vec![Atendida::Ignorada; respuestas.len()];
        let mut pendientes: Vec<usize> = (0..respuestas.len()).collect();
        for _ in 0..INTENTOS {
            let avances = self.decidir(respuestas, &pendientes, &mut atendidas, ahora).await?;
            if avances.is_empty() {
                return Ok(atendidas);
            }
            let guardados = self.repositorio.guardar(&avances).await?;
            let perdidas: Vec<IdSaga> = avances
                .iter()
                .zip(guardados)
                .filter(|(_, guardado)| *guardado == Guardado::Conflicto)
                .map(|(avance, _)| avance.saga.id)
                .collect();
            pendientes.retain(|&i| perdidas.contains(&respuestas[i].saga));
            if pendientes.is_empty() {
                return Ok(atendidas);
            }
        }
        Err(ErrorRepositorio::Contencion(INTENTOS))
    }

    async fn decidir(
        &self,
        respuestas: &[RespuestaDeSaga],
        pendientes: &[usize],
        atendidas: &mut [Atendida],
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Avance>, ErrorRepositorio> {
        let mut ids: Vec<IdSaga> = pendientes.iter().map(|&i| respuestas[i].saga).collect();
        ids.sort_unstable();
        ids.dedup();
        let sagas = self.repositorio.obtener(&ids).await?;
        let mut avances: HashMap<IdSaga, Avance> =
            sagas.into_iter().map(|saga| (saga.id, sin_avance(saga, ahora))).collect();
        for &i in pendientes {
            atendidas[i] = match avances.get_mut(&respuestas[i].saga) {
                Some(avance) => self.atender(avance, &respuestas[i]),
                None => Atendida::Ignorada,
            };
        }
        let mut avances: Vec<Avance> = avances.into_values().filter(|avance| !avance.entradas.is_empty()).collect();
        avances.sort_unstable_by_key(|avance| avance.saga.id);
        Ok(avances)
    }

    fn atender(&self, avance: &mut Avance, respuesta: &RespuestaDeSaga) -> Atendida {
        let Some((paso, direccion)) = self.comando_de(&avance.saga, respuesta) else { return Atendida::Ignorada };
        let Some(clase) = avance.saga.definicion.clasificar_respuesta(&paso.clave, direccion, &respuesta.tipo) else {
            return Atendida::Ignorada;
        };
        let desenlace = match desenlace(paso, direccion, clase, &respuesta.datos) {
            Ok(desenlace) => desenlace,
            Err(ilegible) => return Atendida::Ilegible(ilegible),
        };
        let evento = Evento::Respuesta { paso: paso.clave.clone(), direccion, desenlace };
        if avanzar(avance, &evento) { Atendida::Avanzo } else { Atendida::Ignorada }
    }

    /// The step and direction whose command has that id: ids are derived, so no table of them is kept.
    fn comando_de<'s>(&self, saga: &'s Saga, respuesta: &RespuestaDeSaga) -> Option<(&'s Paso, Direccion)> {
        let direcciones = [Direccion::Hacer, Direccion::Deshacer];
        saga.definicion.pasos().iter().flat_map(|paso| direcciones.map(|direccion| (paso, direccion))).find(
            |(paso, direccion)| {
                let clave = saga.estado.clave_de_comando(&paso.clave);
                self.identidades.comando(saga.id, clave, *direccion) == respuesta.comando
            },
        )
    }
}

pub(super) fn sin_avance(saga: Saga, instante: DateTime<Utc>) -> Avance {
    Avance { estado: saga.estado.clone(), saga, entradas: Vec::new(), instante }
}

/// Decides one event and folds its entry; false when the saga ignores it.
pub(super) fn avanzar(avance: &mut Avance, evento: &Evento) -> bool {
    let ahora_ms = avance.instante.timestamp_millis();
    let Some(entrada) = saga::decidir(&avance.saga.definicion, &avance.estado, evento, ahora_ms) else { return false };
    let anterior: EstadoSaga = std::mem::take(&mut avance.estado);
    avance.estado = saga::aplicar(anterior, &entrada);
    avance.entradas.push(entrada);
    true
}

fn desenlace(
    paso: &Paso,
    direccion: Direccion,
    clase: TipoRespuesta,
    datos: &Datos,
) -> Result<Desenlace, SalidaIlegible> {
    Ok(match (clase, direccion) {
        (TipoRespuesta::Exito, Direccion::Hacer) => Desenlace::Exito { salida: paso.leer_salidas(datos)? },
        (TipoRespuesta::Exito, Direccion::Deshacer) => Desenlace::Exito { salida: saga::Salida::new() },
        (TipoRespuesta::Fallo, _) => Desenlace::Fallo { codigo: codigo_de_fallo(datos) },
    })
}

/// The failure's own code; a reply without a readable one still is a failure.
fn codigo_de_fallo(datos: &Datos) -> Codigo {
    let texto = datos.get("codigo").and_then(Datos::as_str);
    texto.and_then(|texto| Codigo::try_from(texto).ok()).unwrap_or_else(Codigo::sin_codigo)
}
