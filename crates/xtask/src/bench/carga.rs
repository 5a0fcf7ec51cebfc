//! The load: PRO subscriptions posted to the public door, each followed to the end of its saga.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::seguimiento::Seguimiento;
use crate::consola::Tarea;

/// Without the end of any saga for this long, the rest count as lost.
const SIN_AVANCE: Duration = Duration::from_secs(60);
/// Between two looks at the database.
const PAUSA: Duration = Duration::from_millis(50);
/// The most places that servicio-datos gives a cloud or an expert: each saga takes one.
pub const CUPOS_MAXIMOS: u32 = 100_000;

/// When the next request goes out.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadencia {
    /// Open loop: so many a second by the clock, whatever the answers do.
    Ritmo(u32),
    /// Closed loop: as soon as fewer than this many sagas are under way.
    EnCurso(u32),
}

/// One request.
pub struct Envio {
    pub cliente: String,
    /// When it had to go out: what waits behind a slow system counts as waiting.
    pub previsto: DateTime<Utc>,
    /// From then to the answer.
    pub respuesta: Duration,
    /// Why it got no 202.
    pub rechazo: Option<String>,
}

/// The public door, as a client calls it.
#[derive(Clone)]
pub struct Puerta {
    cliente: Client,
    base: String,
}

impl Puerta {
    pub fn nueva(base: String) -> Result<Self> {
        Ok(Self { cliente: Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?, base })
    }

    /// Places for every saga of the run.
    pub async fn hacer_sitio(&self, sagas: u32) -> Result<()> {
        self.poner("/admin/nubes/nube-andina", &json!({"nombre": "Nube Andina", "tipo": "publica", "cupos": sagas}))
            .await?;
        let experto = json!({
            "nombres": "Ana", "apellidos": "Ríos", "usuario": "arios", "cedula": "1", "email": "ana@domain.com",
            "especialidades": ["radiologia"], "cupos": sagas});
        self.poner("/admin/expertos/exp-carga", &experto).await
    }

    async fn poner(&self, ruta: &str, cuerpo: &Value) -> Result<()> {
        let respuesta = self.cliente.put(format!("{}{ruta}", self.base)).json(cuerpo).send().await?;
        let estado = respuesta.status();
        ensure!(estado.is_success(), "PUT {ruta}: {estado}: {}", respuesta.text().await?);
        Ok(())
    }

    /// Why it was not accepted; none when it was.
    pub async fn suscribir(&self, cliente: &str) -> Option<String> {
        let cuerpo = json!({
            "cliente": {
                "codigo": cliente, "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"}, "usuario": "pperez",
                "rut": {"numero": 123457890}, "cedula": {"numero": 123457890}, "email": "pperez@domain.com"},
            "plan": {"codigo": "pro", "nombre": "PRO"}, "facturas": []});
        let peticion = self.cliente.post(format!("{}/suscripciones/suscripcion-comando", self.base)).json(&cuerpo);
        match peticion.send().await {
            Ok(respuesta) if respuesta.status() == StatusCode::ACCEPTED => None,
            Ok(respuesta) => Some(respuesta.status().to_string()),
            Err(error) => Some(error.without_url().to_string()),
        }
    }
}

/// A run of requests: its clients' codes begin with `prefijo`, which no other run has.
pub struct Tanda {
    prefijo: String,
    total: u32,
    cadencia: Cadencia,
    /// Places for sagas under way, in a closed loop.
    libres: Semaphore,
    rechazadas: AtomicU32,
    inicio: Instant,
    /// The same moment as `inicio`, for comparing with the database.
    reloj: DateTime<Utc>,
}

impl Tanda {
    pub fn nueva(prefijo: &str, total: u32, cadencia: Cadencia) -> Arc<Self> {
        let libres = match cadencia {
            Cadencia::Ritmo(_) => 0,
            Cadencia::EnCurso(sagas) => sagas as usize,
        };
        Arc::new(Self {
            prefijo: prefijo.to_owned(),
            total,
            cadencia,
            libres: Semaphore::new(libres),
            rechazadas: AtomicU32::new(0),
            inicio: Instant::now(),
            reloj: contratos::ahora(),
        })
    }

    /// Sends every request and waits until all their sagas have ended, or none does any more.
    pub async fn correr(
        self: &Arc<Self>,
        puerta: &Puerta,
        seguimiento: &mut Seguimiento,
        tarea: &Tarea,
    ) -> Result<Vec<Envio>> {
        let (envios, ()) = tokio::try_join!(self.enviar(puerta), self.vigilar(seguimiento, tarea))?;
        Ok(envios)
    }

    async fn enviar(self: &Arc<Self>, puerta: &Puerta) -> Result<Vec<Envio>> {
        let mut envios = JoinSet::new();
        for indice in 0..self.total {
            let Some(previsto) = self.turno(indice).await else { break };
            envios.spawn(self.clone().enviar_uno(puerta.clone(), indice, previsto));
        }
        Ok(envios.join_all().await)
    }

    async fn enviar_uno(self: Arc<Self>, puerta: Puerta, indice: u32, previsto: Instant) -> Envio {
        let cliente = format!("{}{indice}", self.prefijo);
        let rechazo = puerta.suscribir(&cliente).await;
        if rechazo.is_some() {
            self.rechazadas.fetch_add(1, Ordering::Relaxed);
            self.libres.add_permits(1);
        }
        Envio { cliente, previsto: self.reloj + (previsto - self.inicio), respuesta: previsto.elapsed(), rechazo }
    }

    /// Waits for the moment of a request; none when it must not go out any more.
    async fn turno(&self, indice: u32) -> Option<Instant> {
        match self.cadencia {
            Cadencia::Ritmo(ritmo) => {
                let previsto = self.inicio + desfase(ritmo, indice);
                tokio::time::sleep_until(previsto.into()).await;
                Some(previsto)
            }
            Cadencia::EnCurso(_) => {
                // Closed when the sagas under way stopped ending.
                self.libres.acquire().await.ok()?.forget();
                Some(Instant::now())
            }
        }
    }

    async fn vigilar(&self, seguimiento: &mut Seguimiento, tarea: &Tarea) -> Result<()> {
        let (mut vistas, mut ultima) = (0, Instant::now());
        while vistas + self.rechazadas.load(Ordering::Relaxed) < self.total {
            tokio::time::sleep(PAUSA).await;
            let terminadas = seguimiento.terminadas().await?;
            if terminadas > vistas {
                self.libres.add_permits((terminadas - vistas) as usize);
                tarea.avanzar(u64::from(terminadas - vistas));
                (vistas, ultima) = (terminadas, Instant::now());
            } else if ultima.elapsed() > SIN_AVANCE {
                self.libres.close();
                break;
            }
        }
        Ok(())
    }
}

/// From the first request of an open loop to this one.
fn desfase(ritmo: u32, indice: u32) -> Duration {
    Duration::from_secs(1) * indice / ritmo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ritmo_fijo_los_turnos_los_da_el_reloj() {
        assert_eq!(desfase(20, 0), Duration::ZERO);
        assert_eq!(desfase(20, 39), Duration::from_millis(1950));
        assert_eq!(desfase(3, 3_000_000), Duration::from_secs(1_000_000));
    }

    #[tokio::test]
    async fn quien_llega_tarde_a_su_turno_cuenta_desde_el() {
        let tanda = Tanda::nueva("b-", 2, Cadencia::Ritmo(1000));
        tokio::time::sleep_until((tanda.inicio + Duration::from_millis(20)).into()).await;
        assert_eq!(tanda.turno(1).await, Some(tanda.inicio + Duration::from_millis(1)));
    }

    #[tokio::test]
    async fn en_lazo_cerrado_no_hay_turno_mientras_no_termine_una_saga() {
        let tanda = Tanda::nueva("b-", 2, Cadencia::EnCurso(1));
        assert!(tanda.turno(0).await.is_some());
        tanda.libres.close();
        assert!(tanda.turno(1).await.is_none());
    }
}
