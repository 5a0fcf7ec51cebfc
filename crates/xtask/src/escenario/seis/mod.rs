//! Scenario 6: sagas with faults in every service, while every process is killed.

mod caos;
mod envios;
mod informe;
pub mod libros;
mod pedidos;
mod registro;
mod sorteo;
pub mod veredicto;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use administracion::Admin;
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Args;
use reqwest::Client;
use tokio::sync::watch;
use tokio::time::Instant;

use self::informe::Informe;
use self::libros::Pendiente;
use self::sorteo::Sorteo;
use self::veredicto::Escena;
use crate::arranque::{Perfil, compilar, otra_instancia};
use crate::consola::Tarea;
use crate::entorno::{Alcance, Entorno};
use crate::escenario::acta;
use crate::estado::{Diario, Estado};
use crate::servicios::SERVICIOS;
use crate::{herramientas, rutas};

/// How long the system may take, once nobody disturbs it, to finish all that was accepted.
const CALMA: Duration = Duration::from_secs(180);
const RONDA: Duration = Duration::from_secs(1);
const PLAZO_HTTP: Duration = Duration::from_secs(10);
const INFORME: &str = "docs/scenarios/escenario-6.md";

#[derive(Args)]
pub struct Seis {
    /// Cuántas sagas.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    sagas: u32,
    /// Repite los fallos y las muertes de otra ejecución.
    #[arg(long, default_value_t = 6)]
    semilla: u64,
    /// Minutos que duran la carga y las muertes.
    #[arg(long, default_value_t = 2.0)]
    minutos: f64,
    /// Dónde se escribe el informe.
    #[arg(long, value_name = "FICHERO")]
    informe: Option<PathBuf>,
}

impl Seis {
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let mut entorno = Entorno::aparte("escenario-6")?;
        // Durable: a killed Postgres must keep what it confirmed.
        entorno.efimero = false;
        let ruta = self.informe.clone().unwrap_or_else(|| rutas::raiz().join(INFORME));
        acta::levantar(&entorno, &ruta, self.correr(&entorno)).await
    }

    async fn correr(&self, entorno: &Entorno) -> Result<Informe> {
        let mut tiempos = Vec::new();
        herramientas::preparar().await?;
        compilar(Perfil::Desarrollo).await?;
        let reloj = Instant::now();
        let diario = Diario::de(entorno.levantar(Alcance::Completo).await?);
        let orquestador = SERVICIOS.iter().find(|servicio| servicio.nombre == "suscripciones");
        otra_instancia(entorno, &diario, orquestador.context("no hay orquestador")?, "suscripciones-2").await?;
        tiempos.push(("start", reloj.elapsed()));
        let corrida = Corrida::nueva(self, entorno, &diario)?;
        pedidos::preparar(&corrida.http, &corrida.url_bff, &corrida.pedidos).await?;
        corrida.hasta_el_final(&diario, tiempos).await
    }

    fn carga(&self) -> Duration {
        Duration::from_secs_f64(self.minutos * 60.0)
    }

    fn orden(&self) -> String {
        format!("cargo xtask escenario 6 --sagas {} --semilla {} --minutos {}", self.sagas, self.semilla, self.minutos)
    }
}

/// One run over a running system.
struct Corrida {
    http: Client,
    url_bff: String,
    admin: Admin,
    puerto_postgres: u16,
    pedidos: Vec<pedidos::Pedido>,
    golpes: Vec<caos::Golpe>,
    carga: Duration,
    orden: String,
    semilla: u64,
}

impl Corrida {
    fn nueva(seis: &Seis, entorno: &Entorno, diario: &Diario) -> Result<Self> {
        let estado: Estado = diario.actual();
        let mut sorteo = Sorteo::nuevo(seis.semilla);
        Ok(Self {
            http: Client::builder().no_proxy().timeout(PLAZO_HTTP).build()?,
            url_bff: estado.proceso("bff-web").context("bff-web no está en marcha")?.url.clone(),
            admin: Admin::nuevo(&entorno.url_admin(), &entorno.espacio)?,
            puerto_postgres: entorno.puertos.postgres,
            pedidos: pedidos::sortear(&mut sorteo, usize::try_from(seis.sagas)?),
            golpes: caos::sortear(&mut sorteo, &estado.procesos, seis.carga()),
            carga: seis.carga(),
            orden: seis.orden(),
            semilla: seis.semilla,
        })
    }

    async fn hasta_el_final(self, diario: &Diario, mut tiempos: Vec<(&'static str, Duration)>) -> Result<Informe> {
        let (fin, acaba) = watch::channel(false);
        let seguir = async {
            let resultado = self.cargar_y_calmar(diario, &mut tiempos).await;
            fin.send_replace(true);
            resultado
        };
        let (parte, (envios, pendiente)) =
            tokio::try_join!(caos::desatar(diario, &self.golpes, Instant::now(), acaba), seguir)?;
        let reloj = Instant::now();
        let tarea = Tarea::nueva("Comprobando");
        let escena = Escena {
            pedidos: &self.pedidos,
            envios: &envios,
            puerto_postgres: self.puerto_postgres,
            admin: &self.admin,
            http: &self.http,
            url_bff: &self.url_bff,
        };
        let veredicto = veredicto::dictar(&escena, &pendiente).await?;
        tarea.lista("comprobado");
        tiempos.push(("checks", reloj.elapsed()));
        let nucleos = std::thread::available_parallelism()?.get();
        let Self { orden, semilla, pedidos, .. } = self;
        Ok(Informe { orden, semilla, nucleos, pedidos, envios, parte, veredicto, tiempos })
    }

    /// The load with its deaths, then the quiet phase: nobody dies any more, and everything ends.
    async fn cargar_y_calmar(
        &self,
        diario: &Diario,
        tiempos: &mut Vec<(&'static str, Duration)>,
    ) -> Result<(Vec<envios::Envio>, Pendiente)> {
        let reloj = Instant::now();
        let tarea = Tarea::con_total("Carga con muertes", self.pedidos.len() as u64);
        let envios = envios::enviar(&self.http, &self.url_bff, &self.pedidos, self.carga, &tarea).await?;
        tarea.lista(format!("{} peticiones enviadas", envios.len()));
        tiempos.push(("load and deaths", reloj.elapsed()));
        let reloj = Instant::now();
        let tarea = Tarea::nueva("Calma");
        caos::esperar_listos(diario).await?;
        let pendiente = self.esperar_calma().await?;
        tarea.lista("en calma");
        tiempos.push(("quiet phase", reloj.elapsed()));
        Ok((envios, pendiente))
    }

    /// Waits until nothing is under way and the audit has checked all of it; what is left when time is up.
    async fn esperar_calma(&self) -> Result<Pendiente> {
        let limite = Instant::now() + CALMA;
        let mut quietos: Option<DateTime<Utc>> = None;
        loop {
            let pendiente = libros::pendiente(self.puerto_postgres).await?;
            if pendiente.nada() {
                let desde = *quietos.get_or_insert_with(contratos::ahora);
                if self.revisado_despues_de(desde).await {
                    return Ok(pendiente);
                }
            } else {
                quietos = None;
            }
            if Instant::now() > limite {
                return Ok(pendiente);
            }
            tokio::time::sleep(RONDA).await;
        }
    }
    /// Whether the audit has checked all that had ended then, and nothing is wrong or in doubt.
    async fn revisado_despues_de(&self, desde: DateTime<Utc>) -> bool {
        // A door that is just busy is asked again.
        let Ok(consistencia) = veredicto::consistencia(&self.http, &self.url_bff).await else { return false };
        let hasta = serde_json::from_value::<Option<DateTime<Utc>>>(consistencia["revisado_hasta"].clone());
        let clara = consistencia["en_observacion"] == 0 && consistencia["inconsistentes"] == 0;
        clara && hasta.is_ok_and(|hasta| hasta.is_some_and(|hasta| hasta > desde))
    }
}
