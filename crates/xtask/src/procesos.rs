//! Processes that outlive this one: started in a session of their own, recognised later, ended within a bound.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// How long a killed process may take to be gone.
const PLAZO_DE_MUERTE: Duration = Duration::from_secs(5);

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Senal {
    Term,
    /// Postgres ends its sessions on INT; on TERM it waits for its clients.
    Int,
}

/// What is needed to start a process.
pub struct Orden {
    pub nombre: String,
    pub programa: PathBuf,
    pub argumentos: Vec<String>,
    pub entorno: BTreeMap<String, String>,
    pub carpeta: PathBuf,
    pub registro: PathBuf,
    /// Another user and group, when this one may not run it.
    pub usuario: Option<(u32, u32)>,
    pub puerto: u16,
    pub url: String,
    pub cierre: Senal,
}

/// A started process, as `estado.json` keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proceso {
    pub nombre: String,
    pub pid: i32,
    /// Start time in clock ticks since boot: with the boot's id, it tells a reused pid from the process.
    pub inicio: u64,
    pub arranque: String,
    pub puerto: u16,
    pub url: String,
    pub registro: PathBuf,
    /// From here on, what it takes to start it again as it was (the file is private: keys are among the variables).
    pub programa: PathBuf,
    pub argumentos: Vec<String>,
    pub entorno: BTreeMap<String, String>,
    pub carpeta: PathBuf,
    pub usuario: Option<(u32, u32)>,
    pub cierre: Senal,
}

/// Starts a process detached from this terminal, its output in its log.
pub fn lanzar(orden: &Orden) -> Result<Proceso> {
    lanzar_en(orden, abrir_registro(&orden.registro)?)
}

fn lanzar_en(orden: &Orden, registro: File) -> Result<Proceso> {
    // Without `setsid` a process group of its own still keeps Ctrl-C away.
    let mut comando = match en_path("setsid") {
        Some(setsid) => {
            let mut comando = Command::new(setsid);
            comando.arg(&orden.programa);
            comando
        }
        None => {
            let mut comando = Command::new(&orden.programa);
            comando.process_group(0);
            comando
        }
    };
    comando.args(&orden.argumentos).envs(&orden.entorno).current_dir(&orden.carpeta);
    comando.stdin(Stdio::null()).stderr(registro.try_clone()?).stdout(registro);
    if let Some((usuario, grupo)) = orden.usuario {
        comando.uid(usuario).gid(grupo);
    }
    let mut hijo = comando.spawn().with_context(|| format!("no se pudo ejecutar {}", orden.programa.display()))?;
    let pid = i32::try_from(hijo.id())?;
    let Some((inicio, _)) = leer_stat(pid) else { bail!("{} terminó al arrancar", orden.nombre) };
    // Takes note of its end while this process lives: a killed Postgres that stays a zombie keeps the next one away.
    std::thread::spawn(move || hijo.wait().map(drop));
    Ok(Proceso {
        nombre: orden.nombre.clone(),
        pid,
        inicio,
        arranque: id_de_arranque(),
        puerto: orden.puerto,
        url: orden.url.clone(),
        registro: orden.registro.clone(),
        programa: orden.programa.clone(),
        argumentos: orden.argumentos.clone(),
        entorno: orden.entorno.clone(),
        carpeta: orden.carpeta.clone(),
        usuario: orden.usuario,
        cierre: orden.cierre,
    })
}

impl Proceso {
    /// Whether the recorded process, and not another with its pid, still runs.
    pub fn vive(&self) -> bool {
        self.arranque == id_de_arranque()
            && leer_stat(self.pid).is_some_and(|(inicio, estado)| inicio == self.inicio && estado != 'Z')
    }

    /// Ends it at once: it gets no chance to finish anything.
    pub async fn matar(&self) -> Result<()> {
        if !self.vive() {
            return Ok(());
        }
        self.enviar(Signal::SIGKILL)?;
        ensure!(
            self.esperar_fin(PLAZO_DE_MUERTE).await,
            "{} (proceso {}) sigue vivo tras SIGKILL",
            self.nombre,
            self.pid
        );
        Ok(())
    }

    /// Starts it again as it was; what it writes goes after what it wrote.
    pub fn relanzar(&self) -> Result<Self> {
        let orden = Orden {
            nombre: self.nombre.clone(),
            programa: self.programa.clone(),
            argumentos: self.argumentos.clone(),
            entorno: self.entorno.clone(),
            carpeta: self.carpeta.clone(),
            registro: self.registro.clone(),
            usuario: self.usuario,
            puerto: self.puerto,
            url: self.url.clone(),
            cierre: self.cierre,
        };
        let registro = OpenOptions::new().append(true).open(&self.registro);
        lanzar_en(&orden, registro.with_context(|| format!("no se pudo abrir {}", self.registro.display()))?)
    }

    /// Asks it to end, and kills it when `plazo` has passed. A process that is gone is fine.
    pub async fn terminar(&self, plazo: Duration) -> Result<()> {
        if !self.vive() {
            return Ok(());
        }
        let senal = match self.cierre {
            Senal::Term => Signal::SIGTERM,
            Senal::Int => Signal::SIGINT,
        };
        self.enviar(senal)?;
        if self.esperar_fin(plazo).await {
            return Ok(());
        }
        self.matar().await
    }

    async fn esperar_fin(&self, plazo: Duration) -> bool {
        let limite = Instant::now() + plazo;
        while self.vive() {
            if Instant::now() > limite {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    }

    fn enviar(&self, senal: Signal) -> Result<()> {
        match kill(Pid::from_raw(self.pid), senal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("no se pudo señalar a {}", self.nombre)),
        }
    }

    /// The end of its log, for an error message.
    pub fn ultimas_lineas(&self, cuantas: usize) -> String {
        let Ok(contenido) = fs::read_to_string(&self.registro) else { return String::new() };
        let lineas: Vec<&str> = contenido.lines().collect();
        lineas[lineas.len().saturating_sub(cuantas)..].join("\n")
    }
}

/// Whether a process has ended and nobody has taken note.
pub fn es_zombi(pid: i32) -> bool {
    leer_stat(pid).is_some_and(|(_, estado)| estado == 'Z')
}

/// The full path of a program, if PATH has it.
pub fn en_path(programa: &str) -> Option<PathBuf> {
    let carpetas = crate::ambiente::variable("PATH")?;
    std::env::split_paths(&carpetas).map(|carpeta| carpeta.join(programa)).find(|ruta| ruta.is_file())
}

fn abrir_registro(ruta: &Path) -> Result<File> {
    if let Some(carpeta) = ruta.parent() {
        fs::create_dir_all(carpeta)?;
    }
    let crear = || -> std::io::Result<File> {
        File::create(ruta)?;
        // Appending: whoever starts the process again writes after it, not over it.
        OpenOptions::new().append(true).open(ruta)
    };
    crear().with_context(|| format!("no se pudo crear {}", ruta.display()))
}

fn id_de_arranque() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Start time and state letter of a process.
fn leer_stat(pid: i32) -> Option<(u64, char)> {
    let contenido = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; what follows it is regular.
    let campos: Vec<&str> = contenido.rsplit_once(')')?.1.split_whitespace().collect();
    Some((campos.get(19)?.parse().ok()?, campos.first()?.chars().next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orden_de_dormir(carpeta: &Path) -> Orden {
        Orden {
            nombre: "dormir".to_owned(),
            programa: PathBuf::from("sleep"),
            argumentos: vec!["60".to_owned()],
            entorno: BTreeMap::new(),
            carpeta: PathBuf::from("/"),
            registro: carpeta.join("dormir.log"),
            usuario: None,
            puerto: 0,
            url: String::new(),
            cierre: Senal::Term,
        }
    }

    fn carpeta_de_prueba(nombre: &str) -> PathBuf {
        std::env::temp_dir().join(format!("xtask-{nombre}-{}", std::process::id()))
    }

    #[tokio::test]
    async fn un_proceso_lanzado_se_reconoce_y_se_termina() {
        let carpeta = carpeta_de_prueba("procesos");
        let proceso = lanzar(&orden_de_dormir(&carpeta)).expect("sleep starts");
        assert!(proceso.vive());
        proceso.terminar(Duration::from_secs(5)).await.expect("sleep ends");
        assert!(!proceso.vive());
        fs::remove_dir_all(carpeta).expect("clean up");
    }

    #[tokio::test]
    async fn un_pid_reutilizado_no_se_toca() {
        let carpeta = carpeta_de_prueba("reuso");
        let proceso = lanzar(&orden_de_dormir(&carpeta)).expect("sleep starts");
        let impostor = Proceso { inicio: proceso.inicio + 1, ..proceso.clone() };
        impostor.terminar(Duration::from_secs(1)).await.expect("nothing to end");
        assert!(proceso.vive());
        proceso.terminar(Duration::from_secs(5)).await.expect("sleep ends");
        fs::remove_dir_all(carpeta).expect("clean up");
    }
}
