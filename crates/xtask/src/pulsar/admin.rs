//! The part of Pulsar's admin REST API that provisioning needs. Every call may be repeated.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One broker's API and one namespace, `tenant/name`.
#[derive(Clone)]
pub struct Admin {
    cliente: Client,
    base: String,
    espacio: String,
}

/// How long a topic keeps what everybody has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retencion {
    Ninguna,
    Minutos(i64),
    Siempre,
}

/// What a topic has taken since the broker loaded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publicado {
    #[serde(rename(deserialize = "msgInCounter"))]
    pub mensajes: u64,
    #[serde(rename(deserialize = "bytesInCounter"))]
    pub bytes: u64,
}

impl Admin {
    pub fn nuevo(url: &str, espacio: &str) -> Result<Self> {
        if espacio.split('/').filter(|parte| !parte.is_empty()).count() != 2 {
            bail!("el espacio «{espacio}» no tiene la forma inquilino/nombre");
        }
        // Never through a proxy: the broker is on this machine or in this cluster.
        let cliente = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { cliente, base: format!("{}/admin/v2", url.trim_end_matches('/')), espacio: espacio.to_owned() })
    }

    /// Whether the broker publishes to itself and reads it back.
    pub async fn sano(&self) -> bool {
        match self.cliente.get(format!("{}/brokers/health", self.base)).timeout(Duration::from_secs(5)).send().await {
            Ok(respuesta) => respuesta.status().is_success(),
            Err(_) => false,
        }
    }

    /// The tenant and the namespace, created if absent.
    pub async fn asegurar_espacio(&self) -> Result<()> {
        let inquilino = self.espacio.split('/').next().unwrap_or_default();
        let grupos: Vec<String> = self.leer("clusters").await?;
        let cuerpo = json!({ "adminRoles": [], "allowedClusters": grupos });
        self.asegurar(Method::PUT, &format!("tenants/{inquilino}"), &cuerpo).await?;
        self.asegurar(Method::PUT, &format!("namespaces/{}", self.espacio), &json!({})).await
    }

    /// Schemas evolve both ways, and nobody publishes without one.
    pub async fn exigir_esquemas(&self) -> Result<()> {
        let ruta = format!("namespaces/{}", self.espacio);
        self.asegurar(Method::PUT, &format!("{ruta}/schemaCompatibilityStrategy"), &json!("FULL")).await?;
        self.asegurar(Method::POST, &format!("{ruta}/schemaValidationEnforced"), &json!(true)).await
    }

    pub async fn crear_tema(&self, tema: &str) -> Result<()> {
        self.asegurar(Method::PUT, &self.ruta(tema), &Value::Null).await
    }

    pub async fn registrar_esquema(&self, tema: &str, avsc: &str) -> Result<()> {
        let cuerpo = json!({ "type": "AVRO", "schema": avsc, "properties": {} });
        self.asegurar(Method::POST, &format!("schemas/{}/{tema}/schema", self.espacio), &cuerpo).await
    }

    /// A durable subscription that starts with the first message kept.
    pub async fn crear_suscripcion(&self, tema: &str, nombre: &str) -> Result<()> {
        let primero = json!({ "ledgerId": -1, "entryId": -1, "partitionIndex": -1 });
        self.asegurar(Method::PUT, &format!("{}/subscription/{nombre}", self.ruta(tema)), &primero).await
    }

    pub async fn retener(&self, tema: &str, retencion: Retencion) -> Result<()> {
        let (minutos, megas) = match retencion {
            Retencion::Ninguna => (0, 0),
            Retencion::Minutos(minutos) => (minutos, -1),
            Retencion::Siempre => (-1, -1),
        };
        let cuerpo = json!({ "retentionTimeInMinutes": minutos, "retentionSizeInMB": megas });
        self.asegurar(Method::POST, &format!("{}/retention", self.ruta(tema)), &cuerpo).await
    }

    /// Compacts the topic whenever this many bytes wait for it.
    pub async fn compactar_desde(&self, tema: &str, bytes: u64) -> Result<()> {
        self.asegurar(Method::POST, &format!("{}/compactionThreshold", self.ruta(tema)), &json!(bytes)).await
    }

    pub async fn publicado(&self, tema: &str) -> Result<Publicado> {
        self.leer(&format!("{}/stats", self.ruta(tema))).await
    }

    fn ruta(&self, tema: &str) -> String {
        format!("persistent/{}/{tema}", self.espacio)
    }

    async fn leer<T: serde::de::DeserializeOwned>(&self, ruta: &str) -> Result<T> {
        let respuesta = self.cliente.get(format!("{}/{ruta}", self.base)).send().await?;
        Ok(respuesta.error_for_status()?.json().await?)
    }

    /// Sends a request whose effect may exist already.
    async fn asegurar(&self, metodo: Method, ruta: &str, cuerpo: &Value) -> Result<()> {
        let peticion = self.cliente.request(metodo, format!("{}/{ruta}", self.base));
        let peticion = if cuerpo.is_null() { peticion } else { peticion.json(cuerpo) };
        let respuesta = peticion.send().await.with_context(|| format!("{ruta}: Pulsar no responde"))?;
        match respuesta.status() {
            StatusCode::CONFLICT if !ruta.starts_with("schemas/") => Ok(()),
            estado if estado.is_success() => Ok(()),
            estado => bail!("{ruta}: {estado}: {}", razon(respuesta).await),
        }
    }
}

async fn razon(respuesta: Response) -> String {
    match respuesta.text().await {
        Ok(texto) => texto.chars().take(400).collect(),
        Err(error) => error.to_string(),
    }
}
