//! The public door, as operators and clients use it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::header::LOCATION;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::esperar;

const OPERADOR: &str = "escenario-8";
const PLAZO_HTTP: Duration = Duration::from_secs(30);

pub struct Puerta {
    pub http: Client,
    pub base: String,
}

/// A subscription and the saga that makes it.
#[derive(Clone, Debug)]
pub struct Recursos {
    pub suscripcion: String,
    pub saga: String,
}

impl Puerta {
    pub fn nueva(base: &str) -> Result<Self> {
        Ok(Self { http: Client::builder().no_proxy().timeout(PLAZO_HTTP).build()?, base: base.to_owned() })
    }

    /// A request of an operator, and its answer; anything but success is an error with what the door said.
    pub async fn administrar(&self, metodo: Method, ruta: &str, cuerpo: &Value) -> Result<Value> {
        let peticion = self.http.request(metodo, format!("{}{ruta}", self.base)).header("X-Operador", OPERADOR);
        let respuesta = peticion.json(cuerpo).send().await?;
        let (estado, texto) = (respuesta.status(), respuesta.text().await?);
        ensure!(estado.is_success(), "{ruta}: {estado}: {texto}");
        if texto.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&texto).context("respuesta ilegible") }
    }

    pub async fn leer(&self, ruta: &str) -> Result<Value> {
        let respuesta = self.http.get(format!("{}{ruta}", self.base)).send().await?.error_for_status()?;
        Ok(respuesta.json().await?)
    }

    /// Asks for a subscription and waits until it exists.
    pub async fn suscribir(&self, cliente: &str, plan: &str) -> Result<Recursos> {
        let cuerpo = json!({
            "cliente": {
                "codigo": cliente, "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"}, "usuario": "pperez",
                "rut": {"numero": 123_457_890}, "cedula": {"numero": 123_457_890}, "email": format!("{cliente}@domain.com")},
            "plan": {"codigo": plan, "nombre": plan}, "facturas": []});
        let url = format!("{}/suscripciones/suscripcion-comando", self.base);
        let respuesta = self.http.post(url).header("Idempotency-Key", cliente).json(&cuerpo).send().await?;
        let lugar = respuesta.headers().get(LOCATION).and_then(|lugar| lugar.to_str().ok()).map(str::to_owned);
        let (estado, texto) = (respuesta.status(), respuesta.text().await?);
        ensure!(estado == StatusCode::ACCEPTED, "{cliente}: {estado}: {texto}");
        let lugar = lugar.context("202 sin Location")?;
        esperar(&format!("la suscripción de {cliente} existe"), async || {
            let recursos = self.leer(&lugar).await?["recursos"].clone();
            let texto = |clave: &str| recursos[clave].as_str().map(str::to_owned);
            Ok(texto("id_suscripcion").zip(texto("id_saga")).map(|(suscripcion, saga)| Recursos { suscripcion, saga }))
        })
        .await
    }

    pub async fn saga(&self, saga: &str) -> Result<Value> {
        self.leer(&format!("/sagas/{saga}")).await
    }

    /// The saga, once it has ended.
    pub async fn saga_terminada(&self, saga: &str) -> Result<Value> {
        esperar(&format!("la saga {saga} termina"), async || {
            let vista = self.saga(saga).await?;
            let viva = matches!(vista["fase"].as_str(), Some("avanzando" | "deshaciendo"));
            Ok((!viva).then_some(vista))
        })
        .await
    }
}
