//! The public door, called as any client would.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde::de::DeserializeOwned;

use super::respuestas::{Operacion, Problema};

/// How long anything of the demo may take.
pub const PLAZO: Duration = Duration::from_secs(60);
const PAUSA: Duration = Duration::from_millis(50);

pub struct Bff {
    cliente: Client,
    base: String,
}

impl Bff {
    pub fn nuevo(base: &str) -> Result<Self> {
        ensure!(!base.is_empty(), "bff-web no está en marcha");
        Ok(Self {
            cliente: Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?,
            base: base.to_owned(),
        })
    }

    /// Sends a command; the answer is where its operation can be asked for.
    pub async fn ordenar(&self, ruta: &str, cuerpo: &str) -> Result<String> {
        let peticion = self.cliente.post(format!("{}{ruta}", self.base)).header(CONTENT_TYPE, "application/json");
        let respuesta = peticion.body(cuerpo.to_owned()).send().await?;
        if respuesta.status() != StatusCode::ACCEPTED {
            bail!("POST {ruta}: {}", explicar(respuesta).await);
        }
        let lugar = respuesta.headers().get(LOCATION).with_context(|| format!("POST {ruta}: 202 sin Location"))?;
        Ok(lugar.to_str()?.to_owned())
    }

    /// None while there is nothing there yet.
    pub async fn leer<T: DeserializeOwned>(&self, ruta: &str) -> Result<Option<T>> {
        let respuesta = self.cliente.get(format!("{}{ruta}", self.base)).send().await?;
        match respuesta.status() {
            StatusCode::NOT_FOUND => Ok(None),
            estado if estado.is_success() => {
                let texto = respuesta.text().await?;
                let valor = serde_json::from_str(&texto).with_context(|| format!("GET {ruta}: {texto}"))?;
                Ok(Some(valor))
            }
            _ => bail!("GET {ruta}: {}", explicar(respuesta).await),
        }
    }

    /// Asks again until `mirar` finds what it looks for.
    pub async fn esperar<T, R>(&self, ruta: &str, mirar: impl Fn(T) -> Option<R>) -> Result<R>
    where
        T: DeserializeOwned,
    {
        let limite = Instant::now() + PLAZO;
        while Instant::now() < limite {
            if let Some(hallado) = self.leer(ruta).await?.and_then(&mirar) {
                return Ok(hallado);
            }
            tokio::time::sleep(PAUSA).await;
        }
        bail!("GET {ruta}: no ocurrió en {} s", PLAZO.as_secs())
    }

    /// The operation once its service has taken it up.
    pub async fn operacion(&self, lugar: &str) -> Result<Operacion> {
        self.esperar(lugar, |operacion: Operacion| (operacion.estado != "aceptada").then_some(operacion)).await
    }
}

async fn explicar(respuesta: Response) -> String {
    let estado = respuesta.status();
    match respuesta.json::<Problema>().await {
        Ok(problema) => {
            let codigo = problema.code.map_or_else(String::new, |codigo| format!(" ({codigo})"));
            let detalle = problema.detail.map_or_else(String::new, |detalle| format!(": {detalle}"));
            format!("{estado}: {}{codigo}{detalle}", problema.title)
        }
        Err(_) => estado.to_string(),
    }
}
