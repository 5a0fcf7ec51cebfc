use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::espera::esperar;

/// One process of the system under test, by its row in `estado.json`.
pub struct Proceso {
    estado: PathBuf,
    pub nombre: String,
}

impl Proceso {
    pub(crate) fn nuevo(estado: &Path, nombre: &str) -> Self {
        Self { estado: estado.to_owned(), nombre: nombre.to_owned() }
    }

    /// Ends the process with `SIGKILL`: it gets no chance to finish anything.
    pub async fn matar(&self) {
        self.enviar(Signal::SIGKILL).await;
    }

    /// Asks the process to end and waits for it.
    pub async fn detener(&self) {
        self.enviar(Signal::SIGTERM).await;
    }

    /// Stops the process in the middle of whatever it does: it neither works nor ends until it is continued.
    pub fn suspender(&self) {
        kill(Pid::from_raw(self.pid()), Signal::SIGSTOP).expect("señal");
    }

    /// Lets a suspended process go on as if no time had passed.
    pub fn continuar(&self) {
        kill(Pid::from_raw(self.pid()), Signal::SIGCONT).expect("señal");
    }

    async fn enviar(&self, senal: Signal) {
        let pid = self.pid();
        if !vive(pid) {
            return;
        }
        kill(Pid::from_raw(pid), senal).expect("señal");
        esperar(&format!("el fin de {}", self.nombre), Duration::from_secs(30), async || (!vive(pid)).then_some(()))
            .await;
    }

    /// Starts the process again as it was, with `extra` variables, and records its new pid.
    pub fn arrancar(&self, extra: &[(&str, &str)]) {
        let mut estado = leer(&self.estado);
        let fila = fila_mut(&mut estado, &self.nombre);
        let entorno: BTreeMap<String, String> = serde_json::from_value(fila["entorno"].clone()).expect("entorno");
        let argumentos: Vec<String> = serde_json::from_value(fila["argumentos"].clone()).expect("argumentos");
        let registro = OpenOptions::new().append(true).open(texto(&fila["registro"])).expect("registro");
        let mut comando = Command::new(texto(&fila["programa"]));
        comando.args(argumentos).envs(entorno).envs(extra.iter().copied()).process_group(0);
        comando.current_dir(texto(&fila["carpeta"])).stdin(Stdio::null());
        if let Some([usuario, grupo]) = usuario(fila) {
            comando.uid(usuario).gid(grupo);
        }
        comando.stderr(registro.try_clone().expect("registro")).stdout(registro);
        let mut hijo = comando.spawn().expect("arranque");
        let pid = i32::try_from(hijo.id()).expect("pid");
        fila["inicio"] = Value::from(inicio(pid).expect("inicio"));
        // Waited for, so that a successor does not take its zombie for a process that still runs.
        std::thread::spawn(move || hijo.wait());
        fila["pid"] = Value::from(pid);
        serde_json::to_writer_pretty(File::create(&self.estado).expect("estado"), &estado).expect("estado");
    }

    /// Runs its program once more beside it, with these arguments, to the end.
    pub async fn ordenar(&self, argumentos: &[&str]) -> Output {
        let mut estado = leer(&self.estado);
        let fila = fila_mut(&mut estado, &self.nombre);
        let entorno: BTreeMap<String, String> = serde_json::from_value(fila["entorno"].clone()).expect("entorno");
        let mut comando = tokio::process::Command::new(texto(&fila["programa"]));
        comando.args(argumentos).envs(entorno).current_dir(texto(&fila["carpeta"])).kill_on_drop(true);
        let salida = tokio::time::timeout(Duration::from_secs(180), comando.stdin(Stdio::null()).output());
        salida.await.expect("la orden termina a tiempo").expect("la orden arranca")
    }

    /// Waits until the process says that it is ready to work.
    pub async fn esperar_listo(&self) {
        let url = format!("{}/readyz", self.url());
        let cliente = reqwest::Client::new();
        esperar(&format!("{} listo", self.nombre), Duration::from_secs(60), async || {
            let respuesta = cliente.get(&url).timeout(Duration::from_secs(2)).send().await.ok()?;
            respuesta.status().is_success().then_some(())
        })
        .await;
    }

    /// Kills it, if it still runs, and starts it again as it was.
    pub async fn reiniciar(&self, extra: &[(&str, &str)]) {
        self.detener().await;
        self.arrancar(extra);
        self.esperar_listo().await;
    }

    pub fn url(&self) -> String {
        texto(&fila_mut(&mut leer(&self.estado), &self.nombre)["url"]).to_owned()
    }

    pub fn pid(&self) -> i32 {
        let pid = fila_mut(&mut leer(&self.estado), &self.nombre)["pid"].as_i64().expect("pid");
        i32::try_from(pid).expect("pid")
    }

    pub(crate) fn vive(&self) -> bool {
        vive(self.pid())
    }

    /// Bytes of its log so far; a mark for [`Self::registro_desde`].
    pub fn marca(&self) -> u64 {
        std::fs::metadata(self.registro()).expect("registro").len()
    }

    /// What it logged after a mark.
    pub fn registro_desde(&self, marca: u64) -> String {
        let bytes = std::fs::read(self.registro()).expect("registro");
        let desde = usize::try_from(marca).expect("marca").min(bytes.len());
        String::from_utf8_lossy(&bytes[desde..]).into_owned()
    }

    fn registro(&self) -> PathBuf {
        PathBuf::from(texto(&fila_mut(&mut leer(&self.estado), &self.nombre)["registro"]))
    }
}

/// Another instance of a service, beside the one that the system has; it is killed when the test lets go of it.
pub struct OtraInstancia(Proceso);

impl OtraInstancia {
    /// Starts it on a port of its own and waits until it is ready.
    pub(crate) async fn nueva(estado: &Path, de: &str) -> Self {
        let mut contenido = leer(estado);
        let mut fila = fila_mut(&mut contenido, de).clone();
        let puerto = TcpListener::bind("127.0.0.1:0").and_then(|oyente| oyente.local_addr()).expect("puerto").port();
        let nombre = format!("{de}-{puerto}");
        let registro = Path::new(texto(&fila["registro"])).with_file_name(format!("{nombre}.log"));
        File::create(&registro).expect("registro");
        fila["nombre"] = Value::from(nombre.as_str());
        fila["puerto"] = Value::from(puerto);
        fila["url"] = Value::from(format!("http://127.0.0.1:{puerto}"));
        fila["registro"] = Value::from(registro.to_str().expect("ruta"));
        fila["entorno"]["SALUDTECH_HTTP__PUERTO"] = Value::from(puerto.to_string());
        contenido["procesos"].as_array_mut().expect("procesos").push(fila);
        serde_json::to_writer_pretty(File::create(estado).expect("estado"), &contenido).expect("estado");
        let instancia = Self(Proceso::nuevo(estado, &nombre));
        instancia.arrancar(&[]);
        instancia.esperar_listo().await;
        instancia
    }
}

impl Deref for OtraInstancia {
    type Target = Proceso;

    fn deref(&self) -> &Proceso {
        &self.0
    }
}

impl Drop for OtraInstancia {
    fn drop(&mut self) {
        let pid = self.pid();
        let muerte = kill(Pid::from_raw(pid), Signal::SIGKILL);
        debug_assert!(muerte.is_ok() || !vive(pid), "{muerte:?}");
        let mut contenido = leer(&self.estado);
        let procesos = contenido["procesos"].as_array_mut().expect("procesos");
        procesos.retain(|fila| fila["nombre"] != self.nombre.as_str());
        serde_json::to_writer_pretty(File::create(&self.estado).expect("estado"), &contenido).expect("estado");
    }
}

/// Every process of the system.
pub(crate) fn todos(estado: &Path) -> Vec<Proceso> {
    let contenido = leer(estado);
    let filas = contenido["procesos"].as_array().expect("procesos");
    filas.iter().map(|fila| Proceso::nuevo(estado, texto(&fila["nombre"]))).collect()
}

fn leer(ruta: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(ruta).expect("estado.json")).expect("estado.json")
}

fn fila_mut<'v>(estado: &'v mut Value, nombre: &str) -> &'v mut Value {
    let procesos = estado["procesos"].as_array_mut().expect("procesos");
    procesos.iter_mut().find(|fila| fila["nombre"] == nombre).expect("proceso conocido")
}

fn usuario(fila: &Value) -> Option<[u32; 2]> {
    serde_json::from_value(fila["usuario"].clone()).ok()
}

fn texto(valor: &Value) -> &str {
    valor.as_str().expect("texto")
}

/// A zombie counts as dead: its parent is this test, which only reaps it at its end.
fn vive(pid: i32) -> bool {
    let Ok(texto) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    texto.rsplit_once(") ").is_some_and(|(_, resto)| !resto.starts_with('Z'))
}

fn inicio(pid: i32) -> Option<u64> {
    let texto = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    texto.rsplit_once(") ")?.1.split_whitespace().nth(19)?.parse().ok()
}
