use async_trait::async_trait;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contratos::{huella, id_derivado, id_nuevo};
use serde_json::{Value, json};
use servidor::Problema;
use uuid::Uuid;

use super::ficha::leer_con_archivo;
use crate::api::Casos;
use crate::api::cabeceras::{Repeticion, Solicitante};
use crate::api::problemas;
use crate::aplicacion::{Depositado, ErrorDeposito, ErrorTrozos, OrdenPaquete, Origen, Trozos};
use crate::dominio::{
    ClaveObjeto, FormatoArchivo, FormatoImagen, IdImagen, IdOperacion, Original, Paquete, Recepcion, SIN_INFORMAR,
};
use crate::infraestructura::Zip;

/// The files of a request, gathered in quarantine one by one until all of them become known.
pub(super) struct Recogida<'c> {
    casos: &'c Casos,
    depositados: Vec<Depositado>,
    omitidos: u32,
}

/// What became known.
pub(super) struct Recogido {
    pub(super) operacion: Uuid,
    pub(super) imagenes: Vec<IdImagen>,
    pub(super) repetido: bool,
}

impl<'c> Recogida<'c> {
    pub(super) fn nueva(casos: &'c Casos) -> Self {
        Self { casos, depositados: Vec::new(), omitidos: 0 }
    }

    pub(super) fn depositados(&self) -> &[Depositado] {
        &self.depositados
    }

    /// Takes one file, or those that a ZIP holds; in a ZIP, what is no image is left out and counted.
    pub(super) async fn recoger(&mut self, contenido: &mut dyn Trozos) -> Result<(), Problema> {
        let primero = contenido.siguiente().await.map_err(problemas::de_trozos)?;
        let es_zip = primero.as_ref().is_some_and(|trozo| trozo.starts_with(b"PK\x03\x04"));
        let mut contenido = Asomado { primero, resto: contenido };
        if es_zip {
            return self.recoger_zip(&mut contenido).await;
        }
        self.depositar(&mut contenido).await?.map_err(problemas::de_deposito)
    }

    async fn depositar(&mut self, contenido: &mut dyn Trozos) -> Result<Result<(), ErrorDeposito>, Problema> {
        self.depositar_si(&FormatoArchivo::TODOS, contenido).await
    }

    /// Takes one file of these formats. The outer error is about the packet, the inner one about the file.
    pub(super) async fn depositar_si(
        &mut self,
        admitidos: &[FormatoArchivo],
        contenido: &mut dyn Trozos,
    ) -> Result<Result<(), ErrorDeposito>, Problema> {
        let maximo = self.casos.recibir_paquete.limites().archivos;
        if self.depositados.len() >= maximo as usize {
            return Err(problemas::demasiados_archivos(maximo));
        }
        let depositado = self.casos.recibir_paquete.depositar(ClaveObjeto::from(id_nuevo()), admitidos, contenido);
        let depositado = depositado.await;
        Ok(depositado.map(|depositado| self.depositados.push(depositado)))
    }

    async fn recoger_zip(&mut self, contenido: &mut dyn Trozos) -> Result<(), Problema> {
        let mut zip = Zip::abrir(contenido, self.casos.limites.zip).await.map_err(problemas::de_zip)?;
        while let Some(mut entrada) = zip.siguiente().await.map_err(problemas::de_zip)? {
            match self.depositar(&mut entrada).await? {
                Ok(()) => {}
                Err(ErrorDeposito::Formato) => self.omitidos += 1,
                Err(error) => return Err(problemas::de_deposito(error)),
            }
        }
        Ok(())
    }

    /// Makes every file known as an image with these fields.
    pub(super) async fn confirmar(
        &self,
        solicitante: &Solicitante,
        repeticion: Repeticion,
        campos: &Value,
    ) -> Result<Recogido, Problema> {
        if self.depositados.is_empty() {
            return Err(problemas::sin_archivos());
        }
        let origen = repeticion.origen(&self.huella(campos), solicitante)?;
        let (id, recepcion) = leer_con_archivo(campos, &solicitante.inquilino, &self.casos.seudonimizador)?;
        let operacion = origen.operacion.0;
        let paquete = Paquete {
            operacion: origen.operacion,
            inquilino: solicitante.inquilino.clone(),
            huella: origen.huella.clone().ok_or_else(Problema::interno)?,
            omitidos: self.omitidos,
        };
        let imagenes = self.depositados.iter().enumerate().map(|(lugar, depositado)| {
            let propio = |que| id_derivado(&[que, &operacion.to_string(), &lugar.to_string()]);
            let id = id.filter(|_| self.depositados.len() == 1).unwrap_or_else(|| propio("imagen"));
            let origen = Origen { operacion: IdOperacion(propio("limpieza")), ..origen.clone() };
            Ok((IdImagen(id), con_original(&recepcion, &depositado.original)?, origen))
        });
        let imagenes = imagenes.collect::<Result<Vec<_>, Problema>>()?;
        let ids = imagenes.iter().map(|(id, ..)| *id).collect();
        let recibo = self.casos.recibir_paquete.confirmar(OrdenPaquete { paquete, imagenes }).await;
        let recibo = recibo.map_err(problemas::de_recepcion)?;
        Ok(Recogido { operacion, imagenes: ids, repetido: recibo.repetido })
    }

    /// The answer; where it is not about something new, the files of this request go again.
    pub(super) async fn responder(&self, hecho: Result<Recogido, Problema>) -> Result<Response, Problema> {
        if !matches!(hecho, Ok(Recogido { repetido: false, .. })) {
            self.descartar().await;
        }
        hecho.map(aceptado)
    }

    /// What stays behind, because the store does not answer, the sweeper takes.
    pub(super) async fn descartar(&self) {
        if let Err(error) = self.casos.recibir_paquete.descartar(&self.depositados).await {
            let causa: &dyn std::error::Error = &error;
            tracing::warn!(error = causa, "files of a refused request stay until they are swept");
        }
    }

    /// Covers the fields and the bytes of each file.
    fn huella(&self, campos: &Value) -> String {
        let archivos: Vec<_> = self.depositados.iter().map(|d| d.original.sha256.as_str()).collect();
        huella(&json!({ "campos": campos, "archivos": archivos, "omitidos": self.omitidos }))
    }
}

fn con_original(recepcion: &Recepcion, original: &Original) -> Result<Recepcion, Problema> {
    let mut recepcion = Recepcion { original: Some(original.clone()), ..recepcion.clone() };
    if recepcion.ficha.formato_imagen.as_str() == SIN_INFORMAR {
        let formato = original.formato.as_str().to_uppercase();
        recepcion.ficha.formato_imagen = FormatoImagen::try_from(formato.as_str()).map_err(|_| Problema::interno())?;
    }
    Ok(recepcion)
}

fn aceptado(recogido: Recogido) -> Response {
    let Recogido { operacion, imagenes, repetido } = recogido;
    let imagenes: Vec<_> = imagenes.iter().map(|id| json!({ "id_imagen": id.to_string() })).collect();
    let cuerpo = json!({ "operacion": operacion.to_string(), "estado": "recibida", "imagenes": imagenes });
    let mut respuesta = (StatusCode::ACCEPTED, Json(cuerpo)).into_response();
    marcar(&mut respuesta, repetido);
    respuesta
}

pub(super) fn marcar(respuesta: &mut Response, repetido: bool) {
    if repetido {
        respuesta
            .headers_mut()
            .insert(header::HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    }
}

/// Pieces of which the first was looked at.
struct Asomado<'a> {
    primero: Option<Vec<u8>>,
    resto: &'a mut dyn Trozos,
}

#[async_trait]
impl Trozos for Asomado<'_> {
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos> {
        match self.primero.take() {
            Some(trozo) => Ok(Some(trozo)),
            None => self.resto.siguiente().await,
        }
    }
}
