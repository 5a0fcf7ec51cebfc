//! A running system in one folder: Pulsar, Postgres and, if asked for, the five services.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::{join_all, try_join_all};

use crate::arranque::Perfil;
use crate::consola::{Tarea, aviso};
use crate::estado::{self, Diario, Estado};
use crate::procesos::Proceso;
use crate::puertos::{Puertos, exigir_libres};
use crate::{arranque, postgres, pulsar, rutas, topicos};
use administracion::Admin;

/// Services drain for up to 20 s.
const PLAZO_DE_SERVICIO: Duration = Duration::from_secs(25);
const PLAZO_DE_INFRAESTRUCTURA: Duration = Duration::from_secs(30);

/// How many test environments of one kind a machine may have at once.
const MAXIMO_A_LA_VEZ: usize = 8;

/// How much of the system to bring up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alcance {
    /// Postgres alone.
    BaseDeDatos,
    /// Postgres, Pulsar and its topics.
    Infraestructura,
    Completo,
}

/// Where an environment lives and on which ports; nothing of it is outside its folder.
#[derive(Clone, Debug)]
pub struct Entorno {
    pub carpeta: PathBuf,
    pub puertos: Puertos,
    pub espacio: String,
    /// For one test run: no promise to survive the machine, and every message kept for an hour.
    pub efimero: bool,
    /// How the services that it starts were built.
    pub perfil: Perfil,
    /// Keeps the folder from the other commands for as long as this one lives, whatever way it ends.
    _reserva: Option<Arc<File>>,
}

impl Entorno {
    /// The developer's: `.local` and the documented ports.
    pub fn local() -> Result<Self> {
        Ok(Self::en(rutas::local(), Puertos::documentados()?, false))
    }

    /// One of its own, for tests: free ports, and a folder of `.local` that nobody else uses meanwhile.
    pub fn aparte(nombre: &str) -> Result<Self> {
        fs::create_dir_all(rutas::local())?;
        for turno in 1..=MAXIMO_A_LA_VEZ {
            let carpeta = if turno == 1 { nombre.to_owned() } else { format!("{nombre}-{turno}") };
            if let Some(reserva) = reservar(&rutas::local().join(format!("{carpeta}.lock")))? {
                let entorno = Self::en(rutas::local().join(carpeta), Puertos::libres()?, true);
                return Ok(Self { _reserva: Some(Arc::new(reserva)), ..entorno });
            }
        }
        bail!("ya hay {MAXIMO_A_LA_VEZ} entornos «{nombre}» en uso")
    }

    pub fn en(carpeta: PathBuf, puertos: Puertos, efimero: bool) -> Self {
        let (espacio, perfil) = ("public/default".to_owned(), Perfil::default());
        Self { carpeta, puertos, espacio, efimero, perfil, _reserva: None }
    }

    pub fn url_pulsar(&self) -> String {
        format!("pulsar://127.0.0.1:{}", self.puertos.pulsar)
    }

    pub fn url_admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.puertos.pulsar_admin)
    }

    /// Where the mails of this environment land.
    pub fn correos(&self) -> PathBuf {
        self.carpeta.join("correos")
    }

    /// The folder of the two stores of images.
    pub fn almacenes(&self) -> PathBuf {
        self.carpeta.join("almacenes")
    }

    /// Starts everything, provisions the topics and returns when all of it is ready. What a failed or interrupted
    /// start leaves running is in `estado.json`, and [`bajar`] ends it.
    pub async fn levantar(&self, alcance: Alcance) -> Result<Estado> {
        fs::create_dir_all(self.correos())?;
        let _cerrojo = cerrar(self)?;
        self.retirar_restos().await?;
        exigir_libres(&self.puertos.de_infraestructura())?;
        if alcance == Alcance::Completo {
            exigir_libres(&self.puertos.de_servicios())?;
        }
        let diario = Diario::nuevo(self.estado_inicial())?;
        match alcance {
            Alcance::BaseDeDatos => postgres::arrancar(self, &diario).await?,
            Alcance::Infraestructura => self.infraestructura(&diario).await?,
            Alcance::Completo => {
                self.infraestructura(&diario).await?;
                arranque::servicios(self, &diario).await?;
            }
        }
        diario.completar()
    }

    async fn infraestructura(&self, diario: &Diario) -> Result<()> {
        tokio::try_join!(self.preparar_pulsar(diario), postgres::arrancar(self, diario))?;
        Ok(())
    }

    async fn preparar_pulsar(&self, diario: &Diario) -> Result<()> {
        pulsar::arrancar(self, diario).await?;
        let minima = self.efimero.then_some(Duration::from_secs(3600));
        topicos::aplicar(&Admin::nuevo(&self.url_admin(), &self.espacio)?, minima).await
    }

    async fn retirar_restos(&self) -> Result<()> {
        let Some(anterior) = estado::leer(&self.carpeta)? else { return Ok(()) };
        if anterior.procesos.iter().any(Proceso::vive) {
            aviso("quedaban procesos de un arranque anterior: se detienen");
        }
        detener(&anterior).await?;
        estado::borrar(&self.carpeta)
    }

    fn estado_inicial(&self) -> Estado {
        Estado {
            completo: false,
            carpeta: self.carpeta.clone(),
            puertos: self.puertos.clone(),
            pulsar: self.url_pulsar(),
            pulsar_admin: self.url_admin(),
            espacio: self.espacio.clone(),
            postgres: postgres::url(self.puertos.postgres, "postgres"),
            correos: self.correos(),
            procesos: vec![],
        }
    }

    /// Stops what runs there; false when nothing was recorded.
    pub async fn bajar(&self) -> Result<bool> {
        let Some(estado) = estado::leer(&self.carpeta)? else { return Ok(false) };
        let _cerrojo = cerrar(self)?;
        let tarea = Tarea::nueva("Deteniendo");
        detener(&estado).await?;
        estado::borrar(&self.carpeta)?;
        tarea.lista("todo detenido");
        Ok(true)
    }

    /// Deletes what its processes keep: databases, messages, mails, images. Nothing of it may run.
    pub fn borrar_datos(&self) -> Result<()> {
        postgres::borrar_datos(&self.carpeta)?;
        borrar_carpeta(&self.carpeta.join("datos"))?;
        borrar_carpeta(&self.almacenes())?;
        borrar_carpeta(&self.correos())
    }

    /// Deletes all that an ephemeral environment wrote. Nothing of it may run.
    pub fn borrar(&self) -> Result<()> {
        self.borrar_datos()?;
        borrar_carpeta(&self.carpeta)
    }
}

fn borrar_carpeta(carpeta: &Path) -> Result<()> {
    match fs::remove_dir_all(carpeta) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("no se pudo borrar {}", carpeta.display()))
        }
        _ => Ok(()),
    }
}

/// First the services, so that they can still commit and publish while they drain; then what they stand on.
async fn detener(estado: &Estado) -> Result<()> {
    let (infraestructura, servicios): (Vec<&Proceso>, Vec<&Proceso>) =
        estado.procesos.iter().partition(|proceso| matches!(proceso.nombre.as_str(), "pulsar" | "postgres"));
    let resultados = join_all(servicios.iter().map(|proceso| proceso.terminar(PLAZO_DE_SERVICIO))).await;
    try_join_all(infraestructura.iter().map(|proceso| proceso.terminar(PLAZO_DE_INFRAESTRUCTURA))).await?;
    resultados.into_iter().collect()
}

/// Two commands must not start or stop the same environment at once.
fn cerrar(entorno: &Entorno) -> Result<File> {
    let cerrojo = reservar(&entorno.carpeta.join("entorno.lock"))?;
    cerrojo.context("otra orden arranca o detiene este entorno: espera a que termine")
}

/// Takes a lock that ends with its owner; none when somebody has it.
fn reservar(ruta: &Path) -> Result<Option<File>> {
    let cerrojo = File::create(ruta).with_context(|| format!("no se pudo crear {}", ruta.display()))?;
    match cerrojo.try_lock() {
        Ok(()) => Ok(Some(cerrojo)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}
