use std::collections::HashSet;

use async_trait::async_trait;
use chrono::DateTime;
use contratos::{CabeceraSaga, EstadoSaga, Mensaje, RegistroSaga, TransicionSaga, temas};
use mensajeria::{Entrante, Mensajeria};
use uuid::Uuid;

use crate::aplicacion::reproceso::puertos::{
    CabeceraPublicada, ErrorReproceso, EstadoPublicado, Lectura, Lote, Publicado, TransicionPublicada,
};
use crate::dominio::IdSaga;

/// How many transitions or states a batch gathers.
const LOTE: usize = 2_000;

/// The topics of the sagas in Pulsar.
pub struct PublicadoPulsar {
    mensajeria: Mensajeria,
}

impl PublicadoPulsar {
    pub fn nuevo(mensajeria: Mensajeria) -> Self {
        Self { mensajeria }
    }

    async fn abrir(&self, tema: &str, compactada: bool) -> Result<mensajeria::Lectura, ErrorReproceso> {
        self.mensajeria.leer(tema, compactada).await.map_err(de_topicos)
    }

    async fn leer<T: Send + 'static>(
        &self,
        tipo: &str,
        compactada: bool,
        interpretar: Interprete<T>,
    ) -> Result<Box<dyn Lectura<T>>, ErrorReproceso> {
        let tema = temas::por_tipo(tipo).map_or(tipo, |tema| tema.nombre);
        Ok(Box::new(LecturaPulsar { lectura: self.abrir(tema, compactada).await?, interpretar, agotada: false }))
    }
}

/// What a message holds; each thing in it that cannot be read is `None`.
type Interprete<T> = fn(&Entrante) -> Vec<Option<T>>;

struct LecturaPulsar<T> {
    lectura: mensajeria::Lectura,
    interpretar: Interprete<T>,
    agotada: bool,
}

#[async_trait]
impl<T: Send> Lectura<T> for LecturaPulsar<T> {
    async fn siguiente(&mut self) -> Result<Option<Lote<T>>, ErrorReproceso> {
        let mut lote = Lote { leidos: Vec::new(), mensajes: 0, ilegibles: 0 };
        while !self.agotada && lote.leidos.len() < LOTE {
            match self.lectura.siguiente().await.map_err(de_topicos)? {
                Some(entrante) => {
                    lote.mensajes += 1;
                    for leido in (self.interpretar)(&entrante) {
                        match leido {
                            Some(leido) => lote.leidos.push(leido),
                            None => lote.ilegibles += 1,
                        }
                    }
                }
                None => self.agotada = true,
            }
        }
        Ok((lote.mensajes > 0).then_some(lote))
    }
}

#[async_trait]
impl Publicado for PublicadoPulsar {
    async fn registro(&self) -> Result<Box<dyn Lectura<TransicionPublicada>>, ErrorReproceso> {
        self.leer(RegistroSaga::TIPO, false, |entrante| match entrante.decodificar::<RegistroSaga>() {
            Ok(recibido) => {
                recibido.datos.transiciones.into_iter().flatten().map(|leida| leida.try_into().ok()).collect()
            }
            Err(_) => vec![None],
        })
        .await
    }

    async fn estados(&self) -> Result<Box<dyn Lectura<EstadoPublicado>>, ErrorReproceso> {
        self.leer(EstadoSaga::TIPO, true, |entrante| match entrante.decodificar::<EstadoSaga>() {
            // What was published before the header was: of no use here, and no error.
            Ok(recibido) if recibido.datos.inquilino.is_none() => Vec::new(),
            Ok(recibido) => vec![recibido.datos.try_into().ok()],
            Err(_) if entrante.carga.is_empty() => Vec::new(),
            Err(_) => vec![None],
        })
        .await
    }

    async fn contestados(&self, temas: &[String], comandos: &HashSet<Uuid>) -> Result<HashSet<Uuid>, ErrorReproceso> {
        let mut contestados = HashSet::new();
        for tema in temas {
            let mut lectura = self.abrir(tema, false).await?;
            while let Some(entrante) = lectura.siguiente().await.map_err(de_topicos)? {
                let causa = entrante.propiedades.get("ce_causationid").and_then(|texto| Uuid::parse_str(texto).ok());
                contestados.extend(causa.filter(|causa| comandos.contains(causa)));
            }
        }
        Ok(contestados)
    }
}

/// Something published that does not say what it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a published transition or state lacks something, or cannot be read")]
pub struct Ilegible;

impl TryFrom<TransicionSaga> for TransicionPublicada {
    type Error = Ilegible;

    fn try_from(leida: TransicionSaga) -> Result<Self, Ilegible> {
        let cabecera = leida.cabecera.map(|leida| cabecera(leida).ok_or(Ilegible)).transpose()?;
        let resto = || {
            let saga = IdSaga(Uuid::parse_str(&leida.saga?).ok()?);
            let instante = DateTime::from_timestamp_millis(leida.instante?)?;
            let entrada = serde_json::from_str(&leida.entrada?).ok()?;
            Some(Self { saga, version: leida.version?, instante, entrada, cabecera })
        };
        resto().ok_or(Ilegible)
    }
}

impl TryFrom<EstadoSaga> for EstadoPublicado {
    type Error = Ilegible;

    fn try_from(leido: EstadoSaga) -> Result<Self, Ilegible> {
        estado(leido).ok_or(Ilegible)
    }
}

fn cabecera(leida: CabeceraSaga) -> Option<CabeceraPublicada> {
    Some(CabeceraPublicada {
        id_suscripcion: Uuid::parse_str(&leida.id_suscripcion?).ok()?,
        inquilino: leida.inquilino?,
        codigo_cliente: leida.codigo_cliente?,
        codigo_plan: leida.codigo_plan?,
        definicion: leida.definicion?,
        definicion_version: i32::try_from(leida.definicion_version?).ok()?,
        traza: leida.traza,
        creada: DateTime::from_timestamp_millis(leida.creada?)?,
    })
}

fn estado(leido: EstadoSaga) -> Option<EstadoPublicado> {
    let (saga, version) = (IdSaga(Uuid::parse_str(leido.id_saga.as_deref()?).ok()?), leido.version?);
    let documento = serde_json::from_str(leido.documento.as_deref()?).ok()?;
    let cabecera = cabecera(CabeceraSaga {
        id_suscripcion: leido.id_suscripcion,
        inquilino: leido.inquilino,
        codigo_cliente: leido.codigo_cliente,
        codigo_plan: leido.codigo_plan,
        definicion: leido.definicion,
        definicion_version: leido.definicion_version,
        traza: leido.traza,
        creada: leido.creada,
    })?;
    Some(EstadoPublicado { saga, version, cabecera, documento })
}

fn de_topicos(error: mensajeria::ErrorMensajeria) -> ErrorReproceso {
    ErrorReproceso::Topicos(Box::new(error))
}
