use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::aplicacion::auditoria::puertos::{LibrosAjenos, SinRespuesta};
use crate::aplicacion::auditoria::{Aviso, Plazas, ServicioVisto};
use crate::dominio::IdSuscripcion;

/// The longest that a question may take.
const PLAZO: Duration = Duration::from_secs(5);
const PLAZO_DE_CONEXION: Duration = Duration::from_secs(2);
const RUTA: &str = "interno/libro";
/// What one question may name.
const MAXIMO: usize = 1000;

const SERVICIO_DATOS: &str = "servicio-datos";
const NOTIFICACIONES: &str = "notificaciones";

/// The ledgers as their owners tell them over HTTP.
pub struct LibrosHttp {
    cliente: Client,
    servicio_datos: String,
    notificaciones: String,
}

#[derive(Deserialize)]
struct AsientoDeServicio {
    id_suscripcion: Uuid,
    estado: String,
    nube_ocupada: bool,
    experto_ocupado: bool,
}

#[derive(Deserialize)]
struct AsientoDeAviso {
    id_suscripcion: Option<Uuid>,
    plantilla: String,
    estado: String,
}

impl LibrosHttp {
    /// The base URLs of servicio-datos and of notificaciones.
    pub fn nuevos(servicio_datos: &str, notificaciones: &str) -> Result<Self, reqwest::Error> {
        let cliente = Client::builder().timeout(PLAZO).connect_timeout(PLAZO_DE_CONEXION).no_proxy().build()?;
        let libro = |base: &str| format!("{}/{RUTA}", base.trim_end_matches('/'));
        Ok(Self { cliente, servicio_datos: libro(servicio_datos), notificaciones: libro(notificaciones) })
    }

    async fn preguntar<T: DeserializeOwned>(
        &self,
        url: &str,
        quien: &'static str,
        ids: &[IdSuscripcion],
    ) -> Result<Vec<T>, SinRespuesta> {
        let mut asientos = Vec::with_capacity(ids.len());
        for tramo in ids.chunks(MAXIMO) {
            let ids: Vec<Uuid> = tramo.iter().map(|id| id.0).collect();
            let leidos: Result<Vec<T>, reqwest::Error> = async {
                let respuesta = self.cliente.post(url).json(&json!({ "ids": ids })).send().await?;
                respuesta.error_for_status()?.json().await
            }
            .await;
            asientos.extend(leidos.map_err(|error| {
                tracing::warn!(quien, error = &error as &dyn std::error::Error, "a ledger cannot be read");
                SinRespuesta(quien)
            })?);
        }
        Ok(asientos)
    }
}

#[async_trait]
impl LibrosAjenos for LibrosHttp {
    async fn servicios(
        &self,
        ids: &[IdSuscripcion],
    ) -> Result<HashMap<IdSuscripcion, Vec<ServicioVisto>>, SinRespuesta> {
        let mut libro: HashMap<_, Vec<_>> = HashMap::new();
        for asiento in self.preguntar::<AsientoDeServicio>(&self.servicio_datos, SERVICIO_DATOS, ids).await? {
            let plazas = Plazas { nube: asiento.nube_ocupada, experto: asiento.experto_ocupado };
            let visto = ServicioVisto { estado: asiento.estado, plazas };
            libro.entry(IdSuscripcion(asiento.id_suscripcion)).or_default().push(visto);
        }
        Ok(libro)
    }

    async fn avisos(&self, ids: &[IdSuscripcion]) -> Result<HashMap<IdSuscripcion, Vec<Aviso>>, SinRespuesta> {
        let mut libro: HashMap<_, Vec<_>> = HashMap::new();
        for asiento in self.preguntar::<AsientoDeAviso>(&self.notificaciones, NOTIFICACIONES, ids).await? {
            let aviso = Aviso { plantilla: asiento.plantilla, estado: asiento.estado };
            if let Some(id) = asiento.id_suscripcion {
                libro.entry(IdSuscripcion(id)).or_default().push(aviso);
            }
        }
        Ok(libro)
    }
}
