//! The load: PRO subscriptions posted to the public door, followed to the end of their sagas in the database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use contratos::temas::TEMAS;
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use hdrhistogram::Histogram;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::entorno::Entorno;
use crate::postgres::Conexion;
use crate::servicios::SERVICIOS;

const PLAZO: Duration = Duration::from_secs(180);
const PAUSA: Duration = Duration::from_millis(20);

/// What one phase did.
pub struct Fase {
    pub sagas: u32,
    /// From the first request to the end of the last saga.
    pub duracion: Duration,
    /// Microseconds from the request to the end of the saga.
    pub latencias: Histogram<u64>,
}

pub struct Carga {
    cliente: Client,
    bff: String,
    admin: String,
    base: Mutex<Conexion>,
    tanda: Mutex<u32>,
}

impl Carga {
    pub async fn nueva(entorno: &Entorno) -> Result<Self> {
        let bff = SERVICIOS.iter().find(|servicio| servicio.nombre == "bff-web").context("sin bff-web")?;
        Ok(Self {
            cliente: Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?,
            bff: bff.url(&entorno.puertos),
            admin: entorno.url_admin(),
            base: Mutex::new(Conexion::abrir(entorno.puertos.postgres, "suscripciones").await?),
            tanda: Mutex::new(0),
        })
    }

    /// Room for every saga of the run.
    pub async fn preparar(&self) -> Result<()> {
        self.poner("/admin/nubes/nube-andina", &json!({"nombre": "Nube Andina", "tipo": "publica", "cupos": 50_000})).await?;
        let experto = json!({
            "nombres": "Ana", "apellidos": "Ríos", "usuario": "arios", "cedula": "1", "email": "ana@domain.com",
            "especialidades": ["radiologia"], "cupos": 50_000});
        self.poner("/admin/expertos/exp-carga", &experto).await
    }

    /// Requests at a fixed rate, whatever the answers do.
    pub async fn lazo_abierto(&self, ritmo: u32, segundos: u32) -> Result<Fase> {
        let (tanda, total) = (self.nueva_tanda().await, ritmo * segundos);
        let inicio = Instant::now();
        let envios = (0..total).map(|i| async move {
            let hora = inicio + Duration::from_secs(1) * i / ritmo;
            tokio::time::sleep_until(hora.into()).await;
            self.suscribir(tanda, i).await
        });
        let enviadas = try_join_all(envios).await?;
        self.cerrar(tanda, enviadas, inicio).await
    }

    /// A fixed number of sagas under way: the next begins when one ends.
    pub async fn lazo_cerrado(&self, total: u32, en_curso: u32) -> Result<Fase> {
        let tanda = self.nueva_tanda().await;
        let inicio = Instant::now();
        let cupo = Arc::new(tokio::sync::Semaphore::new(en_curso as usize));
        let ritmo = self.liberar(tanda, total, cupo.clone());
        let envios = stream::iter(0..total)
            .map(|i| {
                let cupo = cupo.clone();
                async move {
                    cupo.acquire_owned().await?.forget();
                    self.suscribir(tanda, i).await
                }
            })
            .buffered(en_curso as usize)
            .try_collect::<Vec<_>>();
        let (enviadas, ()) = tokio::try_join!(envios, ritmo)?;
        self.cerrar(tanda, enviadas, inicio).await
    }

    async fn nueva_tanda(&self) -> u32 {
        let mut tanda = self.tanda.lock().await;
        *tanda += 1;
        *tanda
    }

    /// Gives a permit back for each saga that ended.
    async fn liberar(&self, tanda: u32, total: u32, cupo: Arc<tokio::sync::Semaphore>) -> Result<()> {
        let limite = Instant::now() + PLAZO;
        let mut vistas = 0;
        while vistas < total {
            ensure!(Instant::now() < limite, "{vistas} de {total} sagas terminaron en {} s", PLAZO.as_secs());
            let terminadas = self.terminadas(tanda).await?;
            cupo.add_permits((terminadas - vistas) as usize);
            vistas = terminadas;
            tokio::time::sleep(PAUSA).await;
        }
        Ok(())
    }

    async fn terminadas(&self, tanda: u32) -> Result<u32> {
        let consulta = format!(
            "select count(*) from saga where codigo_plan = 'pro' and codigo_cliente like 'b{tanda}-%'
             and fase not in ('avanzando', 'deshaciendo')"
        );
        let filas = self.base.lock().await.ejecutar(&consulta).await?;
        filas.first().and_then(|fila| fila.first()?.as_deref()?.parse().ok()).context("sin cuenta de sagas")
    }

    async fn suscribir(&self, tanda: u32, indice: u32) -> Result<(String, DateTime<Utc>)> {
        let codigo = format!("b{tanda}-{indice}");
        let cuerpo = json!({
            "cliente": {"codigo": codigo, "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"}, "usuario": "pperez",
                        "rut": {"numero": 123457890}, "cedula": {"numero": 123457890}, "email": "pperez@domain.com"},
            "plan": {"codigo": "pro", "nombre": "PRO"}, "facturas": []});
        let hora = contratos::ahora();
        let respuesta =
            self.cliente.post(format!("{}/suscripciones/suscripcion-comando", self.bff)).json(&cuerpo).send().await?;
        if respuesta.status() != StatusCode::ACCEPTED {
            bail!("{}: {}", respuesta.status(), respuesta.text().await?);
        }
        Ok((codigo, hora))
    }

    /// Waits for the last saga and compares each end with its request; both clocks are this machine's.
    async fn cerrar(&self, tanda: u32, enviadas: Vec<(String, DateTime<Utc>)>, inicio: Instant) -> Result<Fase> {
        let total = u32::try_from(enviadas.len())?;
        let limite = Instant::now() + PLAZO;
        while self.terminadas(tanda).await? < total {
            ensure!(Instant::now() < limite, "hay sagas sin terminar");
            tokio::time::sleep(PAUSA).await;
        }
        let duracion = inicio.elapsed();
        let consulta = format!(
            "select codigo_cliente, fase, (extract(epoch from actualizada) * 1000)::bigint from saga
             where codigo_cliente like 'b{tanda}-%'"
        );
        let filas = self.base.lock().await.ejecutar(&consulta).await?;
        let mut finales = BTreeMap::new();
        for fila in filas {
            let [Some(cliente), Some(fase), Some(fin)] = fila.as_slice() else { bail!("fila sin valores") };
            ensure!(fase == "completada", "la saga de {cliente} terminó {fase}");
            finales.insert(cliente.clone(), fin.parse::<i64>()?);
        }
        let mut latencias = Histogram::new(3)?;
        for (cliente, hora) in &enviadas {
            let fin = finales.get(cliente).with_context(|| format!("{cliente} no tiene saga"))?;
            latencias.record(u64::try_from(fin - hora.timestamp_millis()).unwrap_or_default() * 1000)?;
        }
        Ok(Fase { sagas: total, duracion, latencias })
    }

    /// Pulsar messages of one PRO saga alone, by topic.
    pub async fn mensajes_por_saga(&self) -> Result<BTreeMap<&'static str, i64>> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let antes = self.publicados().await?;
        self.lazo_cerrado(1, 1).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let despues = self.publicados().await?;
        Ok(despues.into_iter().map(|(tema, n)| (tema, n - antes[tema])).filter(|(_, n)| *n > 0).collect())
    }

    async fn publicados(&self) -> Result<BTreeMap<&'static str, i64>> {
        let mut cuentas = BTreeMap::new();
        for tema in TEMAS {
            let url = format!("{}/admin/v2/persistent/public/default/{}/stats", self.admin, tema.nombre);
            let datos: Value = self.cliente.get(url).send().await?.json().await?;
            cuentas.insert(tema.nombre, datos["msgInCounter"].as_i64().unwrap_or_default());
        }
        Ok(cuentas)
    }

    async fn poner(&self, ruta: &str, cuerpo: &Value) -> Result<()> {
        let respuesta = self.cliente.put(format!("{}{ruta}", self.bff)).json(cuerpo).send().await?;
        ensure!(respuesta.status().is_success(), "PUT {ruta}: {}", respuesta.status());
        Ok(())
    }
}
