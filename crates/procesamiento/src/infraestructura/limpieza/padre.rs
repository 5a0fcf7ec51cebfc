use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::protocolo::{Hallazgos, ORDEN, Pedido, Respuesta, TEXTO_MAXIMO};
use super::turnos::{Turno, Turnos};
use crate::aplicacion::{Dictamen, Encargo, ErrorTrozos, Limpiador, Limpio, Trozos};
use crate::dominio::{Atributos, Causa, Hallado, Modalidad, Paciente, RegionAnatomica};

/// Size of the pieces in which a clean file comes.
const TROZO: usize = 256 * 1024;

/// What one child may take.
#[derive(Clone, Copy, Debug)]
pub struct LimitesHijo {
    /// Bytes of memory.
    pub memoria: u64,
    /// By the clock, and as much of the processor.
    pub plazo: Duration,
}

/// Cleans each file in a child process: this same program under its hidden subcommand, without its environment.
pub struct LimpiadorEnHijo {
    programa: PathBuf,
    clave: SecretString,
    limites: LimitesHijo,
    turnos: Turnos,
    cierre: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorLimpiador {
    #[error("the process is closing, and begins no more")]
    Cierre,
    #[error("the child could not be started or watched")]
    Hijo(#[from] io::Error),
    #[error("the child was told to stop by somebody else")]
    Interrumpido,
    #[error("the child ended before its answer did")]
    Muerto,
    #[error("the child does not speak as agreed")]
    Protocolo(#[from] serde_json::Error),
}

impl LimpiadorEnHijo {
    /// `programa` is the binary of this service; `clave` the master key; after `cierre` no child is started.
    pub fn nuevo(programa: PathBuf, clave: SecretString, limites: LimitesHijo, cierre: CancellationToken) -> Self {
        Self { programa, clave, limites, turnos: Turnos::de_esta_maquina(), cierre }
    }

    fn arrancar(&self, turno: Turno) -> Result<Hijo, ErrorLimpiador> {
        let mut comando = Command::new(&self.programa);
        // Standard error is where a panic would quote what it read. A group of its own keeps signals to the
        // service's group away from it.
        comando.arg(ORDEN).env_clear().process_group(0).kill_on_drop(true);
        // Memory that the allocator sets aside without using it would count against the child's limit.
        comando.env("RAYON_NUM_THREADS", "1").env("MIMALLOC_ARENA_EAGER_COMMIT", "0");
        comando.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut proceso = comando.spawn()?;
        let sin_tubo = || io::Error::other("no pipe");
        let entrada = proceso.stdin.take().ok_or_else(sin_tubo)?;
        let salida = proceso.stdout.take().ok_or_else(sin_tubo)?;
        Ok(Hijo { proceso, entrada: Some(entrada), salida, limite: Instant::now() + self.limites.plazo, turno })
    }

    fn pedido(&self, encargo: &Encargo) -> Pedido {
        Pedido {
            clave: self.clave.expose_secret().to_owned(),
            inquilino: encargo.inquilino.as_str().to_owned(),
            formato: encargo.original.formato.as_str().to_owned(),
            bytes: encargo.original.bytes,
            sha256: encargo.original.sha256.as_str().to_owned(),
            memoria: self.limites.memoria,
            segundos: self.limites.plazo.as_secs().max(1),
        }
    }
}

#[async_trait]
impl Limpiador for LimpiadorEnHijo {
    #[tracing::instrument(name = "limpieza.hijo", skip_all, fields(imagen = %encargo.imagen))]
    async fn limpiar(&self, encargo: &Encargo, original: &mut dyn Trozos) -> Result<Dictamen, ErrorTrozos> {
        let turno = self.turnos.tomar(&self.cierre).await.ok_or(ErrorLimpiador::Cierre).map_err(infraestructura)?;
        let mut hijo = self.arrancar(turno).map_err(infraestructura)?;
        let limite = hijo.limite;
        let hablar = async {
            hijo.preguntar(&self.pedido(encargo), original).await?;
            hijo.escuchar().await.map_err(infraestructura)
        };
        match timeout_at(limite, hablar).await {
            Ok(Ok(Some(respuesta))) => Ok(dictamen(encargo, respuesta, hijo)),
            Ok(Ok(None)) => hijo.autopsia().await.map(Dictamen::Dudoso).map_err(infraestructura),
            Ok(Err(error)) => Err(error),
            Err(_) => hijo.matar().await.map(Dictamen::Dudoso).map_err(infraestructura),
        }
    }
}

fn dictamen(encargo: &Encargo, respuesta: Respuesta, hijo: Hijo) -> Dictamen {
    match respuesta {
        Respuesta::Rechazada { codigo, informe } => {
            hijo.anotar("cuarentena");
            Dictamen::Dudoso(Causa { codigo, informe: informe.map(|json| json.to_string()) })
        }
        Respuesta::Limpia { bytes, retirados, informe, atributos } => {
            let Hallazgos { paciente, modalidad, region_anatomica, estudio, serie, instancia, clase } = atributos;
            let hallado = Hallado {
                paciente: paciente.and_then(|texto| Paciente::try_from(texto.as_str()).ok()),
                modalidad: modalidad.and_then(|texto| Modalidad::try_from(texto.as_str()).ok()),
                region_anatomica: region_anatomica.and_then(|texto| RegionAnatomica::try_from(texto.as_str()).ok()),
            };
            Dictamen::Limpio(Limpio {
                formato: encargo.original.formato,
                retirados,
                hallado,
                atributos: Atributos { estudio, serie, instancia, clase },
                informe: informe.to_string(),
                contenido: Box::new(Contenido { hijo, quedan: bytes }),
            })
        }
    }
}

/// A child at work. It dies with this value.
struct Hijo {
    proceso: Child,
    entrada: Option<ChildStdin>,
    salida: ChildStdout,
    limite: Instant,
    turno: Turno,
}

impl Hijo {
    /// Hands the file over as it comes. A child that takes no more has died or knows enough: it tells next.
    async fn preguntar(&mut self, pedido: &Pedido, original: &mut dyn Trozos) -> Result<(), ErrorTrozos> {
        let Some(mut entrada) = self.entrada.take() else { return Ok(()) };
        let texto = serde_json::to_vec(pedido).map_err(infraestructura)?;
        let largo = u32::try_from(texto.len()).map_err(infraestructura)?.to_le_bytes();
        let mut trozo = Some([&largo[..], &texto].concat());
        while let Some(bytes) = trozo {
            if entrada.write_all(&bytes).await.is_err() {
                return Ok(());
            }
            trozo = original.siguiente().await?;
        }
        Ok(())
    }

    /// The answer; `None` if the child died before it.
    async fn escuchar(&mut self) -> Result<Option<Respuesta>, ErrorLimpiador> {
        let mut largo = [0; 4];
        if self.salida.read_exact(&mut largo).await.is_err() {
            return Ok(None);
        }
        let largo = u32::from_le_bytes(largo).min(TEXTO_MAXIMO);
        let mut texto = vec![0; usize::try_from(largo).unwrap_or(0)];
        if self.salida.read_exact(&mut texto).await.is_err() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&texto)?))
    }

    /// What a child died of, as far as that speaks of the file.
    async fn autopsia(mut self) -> Result<Causa, ErrorLimpiador> {
        let Ok(estado) = timeout_at(self.limite, self.proceso.wait()).await else { return self.matar().await };
        let codigo = causa_de_muerte(estado?).ok_or(ErrorLimpiador::Interrumpido)?;
        Ok(self.enterrar(codigo))
    }

    /// Time is up.
    async fn matar(mut self) -> Result<Causa, ErrorLimpiador> {
        self.proceso.kill().await?;
        Ok(self.enterrar("plazo_agotado"))
    }

    fn enterrar(self, codigo: &'static str) -> Causa {
        tracing::warn!(codigo, "a file ended the process that cleaned it");
        metrics::counter!("limpieza_hijos_muertos_total", "causa" => codigo).increment(1);
        self.anotar("muerte");
        Causa { codigo: codigo.to_owned(), informe: None }
    }

    fn anotar(&self, resultado: &'static str) {
        let segundos = self.turno.transcurrido().as_secs_f64();
        metrics::histogram!("limpieza_segundos", "resultado" => resultado).record(segundos);
    }
}

/// `None`: somebody told it to stop, which says nothing of the file.
fn causa_de_muerte(estado: ExitStatus) -> Option<&'static str> {
    let senal = estado.signal().and_then(|numero| Signal::try_from(numero).ok());
    match senal {
        Some(Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP | Signal::SIGQUIT) => None,
        Some(Signal::SIGXCPU) => Some("plazo_agotado"),
        // A failed allocation aborts; the system kills whom it takes memory from.
        Some(Signal::SIGABRT | Signal::SIGKILL) => Some("memoria_agotada"),
        Some(_) | None => Some("limpieza_interrumpida"),
    }
}

/// The clean file, as the child writes it.
struct Contenido {
    hijo: Hijo,
    quedan: u64,
}

#[async_trait]
impl Trozos for Contenido {
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos> {
        if self.quedan == 0 {
            self.hijo.anotar("limpia");
            return Ok(None);
        }
        let mut trozo = vec![0; TROZO.min(usize::try_from(self.quedan).unwrap_or(TROZO))];
        let leidos = match timeout_at(self.hijo.limite, self.hijo.salida.read(&mut trozo)).await {
            Ok(Ok(leidos @ 1..)) => leidos,
            Ok(Ok(0) | Err(_)) | Err(_) => return Err(ErrorTrozos::Roto(Box::new(ErrorLimpiador::Muerto))),
        };
        trozo.truncate(leidos);
        self.quedan = self.quedan.saturating_sub(leidos as u64);
        Ok(Some(trozo))
    }
}

fn infraestructura(error: impl std::error::Error + Send + Sync + 'static) -> ErrorTrozos {
    ErrorTrozos::Infraestructura(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn una_muerte_ajena_al_archivo_no_lo_acusa() {
        for senal in [15, 2, 1, 3] {
            assert_eq!(causa_de_muerte(ExitStatus::from_raw(senal)), None);
        }
        let casos =
            [(24, "plazo_agotado"), (6, "memoria_agotada"), (9, "memoria_agotada"), (11, "limpieza_interrumpida")];
        for (senal, codigo) in casos {
            assert_eq!(causa_de_muerte(ExitStatus::from_raw(senal)), Some(codigo), "{senal}");
        }
        assert_eq!(causa_de_muerte(ExitStatus::from_raw(1 << 8)), Some("limpieza_interrumpida"));
    }
}
