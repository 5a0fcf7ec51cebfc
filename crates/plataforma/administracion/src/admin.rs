use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ErrorAdmin;

const PLAZO: Duration = Duration::from_secs(30);
const API: &str = "/admin/v2";
/// How often, and for how long, a broker that is still starting is asked again.
const PAUSA: Duration = Duration::from_millis(250);
const INTENTOS: u32 = 40;

/// One broker's API and one namespace, `tenant/name`.
#[derive(Clone)]
pub struct Admin {
    cliente: Client,
    base: String,
    inquilino: String,
    espacio: String,
}

/// How long a topic keeps what everybody has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retencion {
    Ninguna,
    Minutos(i64),
    Siempre,
}

/// What the registry thinks of a schema for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compatibilidad {
    Compatible,
    /// With the broker's reason.
    Incompatible(String),
}

/// What a topic has taken since the broker loaded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publicado {
    #[serde(rename(deserialize = "msgInCounter"))]
    pub mensajes: u64,
    #[serde(rename(deserialize = "bytesInCounter"))]
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Lecturas {
    subscriptions: BTreeMap<String, Lectura>,
}

#[derive(Deserialize)]
struct Lectura {
    #[serde(rename = "msgBacklog")]
    atraso: u64,
}

#[derive(Deserialize)]
struct Internas {
    #[serde(rename = "numberOfEntries")]
    mensajes: u64,
}

impl Admin {
    pub fn nuevo(url: &str, espacio: &str) -> Result<Self, ErrorAdmin> {
        let inquilino = match espacio.split_once('/') {
            Some((inquilino, resto)) if !inquilino.is_empty() && !resto.is_empty() && !resto.contains('/') => inquilino,
            _ => return Err(ErrorAdmin::Espacio(espacio.to_owned())),
        };
        // Never through a proxy: the broker is on this machine or in this cluster.
        let cliente = Client::builder().no_proxy().timeout(PLAZO).build().map_err(ErrorAdmin::Cliente)?;
        let base = format!("{}{API}", url.trim_end_matches('/'));
        Ok(Self { cliente, base, inquilino: inquilino.to_owned(), espacio: espacio.to_owned() })
    }

    /// Whether the broker publishes to itself and reads it back.
    pub async fn sano(&self) -> bool {
        match self.cliente.get(format!("{}/brokers/health", self.base)).timeout(Duration::from_secs(5)).send().await {
            Ok(respuesta) => respuesta.status().is_success(),
            Err(_) => false,
        }
    }

    /// The tenant and the namespace, created if absent.
    pub async fn asegurar_espacio(&self) -> Result<(), ErrorAdmin> {
        let mut intento = 1;
        loop {
            match self.crear_espacio().await {
                Err(ErrorAdmin::Rechazo { estado: StatusCode::PRECONDITION_FAILED, .. }) if intento < INTENTOS => {
                    intento += 1;
                    tokio::time::sleep(PAUSA).await;
                }
                hecho => return hecho,
            }
        }
    }

    async fn crear_espacio(&self) -> Result<(), ErrorAdmin> {
        let grupos: Vec<String> = self.leer("clusters").await?;
        let cuerpo = json!({ "adminRoles": [], "allowedClusters": grupos });
        self.asegurar(Method::PUT, &format!("tenants/{}", self.inquilino), &cuerpo).await?;
        self.asegurar(Method::PUT, &format!("namespaces/{}", self.espacio), &json!({})).await
    }

    /// Schemas evolve both ways, and nobody publishes without one.
    pub async fn exigir_esquemas(&self) -> Result<(), ErrorAdmin> {
        let ruta = format!("namespaces/{}", self.espacio);
        self.asegurar(Method::PUT, &format!("{ruta}/schemaCompatibilityStrategy"), &json!("FULL")).await?;
        self.asegurar(Method::POST, &format!("{ruta}/schemaValidationEnforced"), &json!(true)).await
    }

    pub async fn crear_tema(&self, tema: &str) -> Result<(), ErrorAdmin> {
        self.asegurar(Method::PUT, &self.ruta(tema), &Value::Null).await
    }

    pub async fn registrar_esquema(&self, tema: &str, avsc: &str) -> Result<(), ErrorAdmin> {
        self.asegurar(Method::POST, &self.ruta_de_esquema(tema, "schema"), &esquema(avsc)).await
    }

    /// What [`Self::registrar_esquema`] would find, without registering anything; any schema suits a topic that has none.
    pub async fn compatibilidad(&self, tema: &str, avsc: &str) -> Result<Compatibilidad, ErrorAdmin> {
        let ruta = self.ruta_de_esquema(tema, "compatibility");
        let peticion = self.cliente.post(format!("{}/{ruta}", self.base)).json(&esquema(avsc));
        let respuesta = enviar(&ruta, peticion).await?;
        let estado = respuesta.status();
        let texto = texto_de(respuesta).await;
        if estado.is_success() {
            return Ok(Compatibilidad::Compatible);
        }
        if INADMISIBLES.iter().any(|excepcion| texto.contains(excepcion)) {
            return Ok(Compatibilidad::Incompatible(motivo(&texto)));
        }
        Err(ErrorAdmin::Rechazo { ruta, estado, razon: acortar(&texto) })
    }

    /// A durable subscription that starts with the first message kept.
    pub async fn crear_suscripcion(&self, tema: &str, nombre: &str) -> Result<(), ErrorAdmin> {
        let primero = json!({ "ledgerId": -1, "entryId": -1, "partitionIndex": -1 });
        self.asegurar(Method::PUT, &format!("{}/subscription/{nombre}", self.ruta(tema)), &primero).await
    }

    /// Has a subscription take every message that the topic still keeps again.
    pub async fn rebobinar(&self, tema: &str, suscripcion: &str) -> Result<(), ErrorAdmin> {
        let ruta = format!("{}/subscription/{suscripcion}/resetcursor/0", self.ruta(tema));
        self.asegurar(Method::POST, &ruta, &Value::Null).await
    }

    pub async fn retener(&self, tema: &str, retencion: Retencion) -> Result<(), ErrorAdmin> {
        let (minutos, megas) = match retencion {
            Retencion::Ninguna => (0, 0),
            Retencion::Minutos(minutos) => (minutos, -1),
            Retencion::Siempre => (-1, -1),
        };
        let cuerpo = json!({ "retentionTimeInMinutes": minutos, "retentionSizeInMB": megas });
        self.asegurar(Method::POST, &format!("{}/retention", self.ruta(tema)), &cuerpo).await
    }

    /// Compacts the topic whenever this many bytes wait for it.
    pub async fn compactar_desde(&self, tema: &str, bytes: u64) -> Result<(), ErrorAdmin> {
        self.asegurar(Method::POST, &format!("{}/compactionThreshold", self.ruta(tema)), &json!(bytes)).await
    }

    pub async fn publicado(&self, tema: &str) -> Result<Publicado, ErrorAdmin> {
        self.leer(&format!("{}/stats", self.ruta(tema))).await
    }

    /// How many messages a subscription has not acknowledged; none when it does not exist.
    pub async fn atraso(&self, tema: &str, suscripcion: &str) -> Result<Option<u64>, ErrorAdmin> {
        let lecturas: Lecturas = self.leer(&format!("{}/stats", self.ruta(tema))).await?;
        Ok(lecturas.subscriptions.get(suscripcion).map(|lectura| lectura.atraso))
    }

    /// How many messages the topic keeps, while nobody sends them in batches.
    pub async fn mensajes(&self, tema: &str) -> Result<u64, ErrorAdmin> {
        let internas: Internas = self.leer(&format!("{}/internalStats", self.ruta(tema))).await?;
        Ok(internas.mensajes)
    }

    /// The content of the message of that order, from 1, as it was sent.
    pub async fn mensaje(&self, tema: &str, orden: u64) -> Result<Vec<u8>, ErrorAdmin> {
        let ruta = format!("{}/examinemessage?initialPosition=earliest&messagePosition={orden}", self.ruta(tema));
        let respuesta = enviar(&ruta, self.cliente.get(format!("{}/{ruta}", self.base))).await?;
        if !respuesta.status().is_success() {
            return Err(rechazo(&ruta, respuesta).await);
        }
        let contenido = respuesta.bytes().await.map_err(|causa| sin_respuesta(&ruta, causa))?;
        Ok(contenido.to_vec())
    }

    /// The broker's own metrics, in Prometheus' text format; one that has just started may have none for a while.
    pub(crate) async fn metricas(&self) -> Result<String, ErrorAdmin> {
        let ruta = "metrics/";
        let url = format!("{}/{ruta}", self.base.trim_end_matches(API));
        let mut intento = 1;
        loop {
            let respuesta = enviar(ruta, self.cliente.get(&url)).await?;
            if respuesta.status().is_success() {
                return respuesta.text().await.map_err(|causa| sin_respuesta(ruta, causa));
            }
            if intento == INTENTOS {
                return Err(rechazo(ruta, respuesta).await);
            }
            intento += 1;
            tokio::time::sleep(PAUSA).await;
        }
    }

    fn ruta(&self, tema: &str) -> String {
        format!("persistent/{}/{tema}", self.espacio)
    }

    fn ruta_de_esquema(&self, tema: &str, que: &str) -> String {
        format!("schemas/{}/{tema}/{que}", self.espacio)
    }

    async fn leer<T: DeserializeOwned>(&self, ruta: &str) -> Result<T, ErrorAdmin> {
        let respuesta = enviar(ruta, self.cliente.get(format!("{}/{ruta}", self.base))).await?;
        if !respuesta.status().is_success() {
            return Err(rechazo(ruta, respuesta).await);
        }
        respuesta.json().await.map_err(|causa| sin_respuesta(ruta, causa))
    }

    /// Sends a request whose effect may exist already.
    async fn asegurar(&self, metodo: Method, ruta: &str, cuerpo: &Value) -> Result<(), ErrorAdmin> {
        let peticion = self.cliente.request(metodo, format!("{}/{ruta}", self.base));
        let respuesta = enviar(ruta, if cuerpo.is_null() { peticion } else { peticion.json(cuerpo) }).await?;
        match respuesta.status() {
            StatusCode::CONFLICT if !ruta.starts_with("schemas/") => Ok(()),
            estado if estado.is_success() => Ok(()),
            _ => Err(rechazo(ruta, respuesta).await),
        }
    }
}

/// The broker tells in a stack trace, with status 500, that a schema does not suit.
const INADMISIBLES: [&str; 2] = ["IncompatibleSchemaException", "InvalidSchemaDataException"];
/// How much of a reason is kept: the broker quotes whole schemas.
const LARGO_DE_RAZON: usize = 400;

fn esquema(avsc: &str) -> Value {
    json!({ "type": "AVRO", "schema": avsc, "properties": {} })
}

async fn enviar(ruta: &str, peticion: RequestBuilder) -> Result<Response, ErrorAdmin> {
    peticion.send().await.map_err(|causa| sin_respuesta(ruta, causa))
}

fn sin_respuesta(ruta: &str, causa: reqwest::Error) -> ErrorAdmin {
    ErrorAdmin::SinRespuesta { ruta: ruta.to_owned(), causa: causa.without_url() }
}

async fn rechazo(ruta: &str, respuesta: Response) -> ErrorAdmin {
    let estado = respuesta.status();
    let texto = texto_de(respuesta).await;
    ErrorAdmin::Rechazo { ruta: ruta.to_owned(), estado, razon: acortar(&texto) }
}

async fn texto_de(respuesta: Response) -> String {
    match respuesta.text().await {
        Ok(texto) => texto,
        Err(error) => error.to_string(),
    }
}

/// The sentence of a refusal, without the stack trace that the broker adds.
fn motivo(texto: &str) -> String {
    #[derive(Deserialize)]
    struct Envoltura {
        reason: String,
    }
    let razon = serde_json::from_str(texto).map_or_else(|_| texto.to_owned(), |Envoltura { reason }| reason);
    let mensaje = razon.split("Stacktrace:").next().unwrap_or(&razon);
    acortar(mensaje.split_once("Message: ").map_or(mensaje, |(_, mensaje)| mensaje))
}

fn acortar(texto: &str) -> String {
    let palabras: Vec<&str> = texto.split_whitespace().collect();
    palabras.join(" ").chars().take(LARGO_DE_RAZON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn el_motivo_de_un_rechazo_es_su_frase_sin_la_traza() {
        let texto = r#"{"reason":"\n --- An unexpected error ---\n\nMessage: Unable to read schema: \n{ \"a\" : 1 }\n\nStacktrace:\n\norg.X"}"#;
        assert_eq!(motivo(texto), r#"Unable to read schema: { "a" : 1 }"#);
        assert_eq!(motivo("otra cosa"), "otra cosa");
        assert_eq!(motivo(&"x".repeat(5000)).len(), LARGO_DE_RAZON);
    }

    #[test]
    fn un_espacio_sin_inquilino_no_se_admite() {
        assert!(matches!(Admin::nuevo("http://127.0.0.1:1", "default"), Err(ErrorAdmin::Espacio(_))));
    }
}
