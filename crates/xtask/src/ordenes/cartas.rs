//! `cartas`: the messages that a service set aside, and what an operator does with them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};

use crate::ambiente;
use crate::consola::{aviso, hecho, linea, negrita, tenue, titulo};
use crate::puertos::Puertos;
use crate::servicios::{SERVICIOS, Servicio};
use crate::{estado, rutas};

#[derive(Args)]
pub struct Cartas {
    /// La carpeta del sistema en marcha, si no es el de `up` (.local).
    #[arg(long, global = true)]
    entorno: Option<PathBuf>,
    #[command(subcommand)]
    accion: Accion,
}

#[derive(Subcommand)]
enum Accion {
    /// Las cartas de cada servicio, de la más nueva a la más vieja.
    Listar {
        /// Solo este servicio.
        #[arg(long)]
        servicio: Option<String>,
        /// reintento, muerta, reenviada o descartada.
        #[arg(long)]
        estado: Option<String>,
    },
    /// Dice qué encontraría un reenvío, sin ningún efecto.
    Simular { servicio: String, id: String },
    /// Entrega la carta otra vez a quien la rechazó.
    Reenviar { servicio: String, id: String },
    /// La da por perdida y borra su contenido.
    Descartar {
        servicio: String,
        id: String,
        #[arg(long)]
        motivo: String,
        /// Quién lo decide; por defecto, el usuario de este sistema.
        #[arg(long)]
        actor: Option<String>,
    },
}

impl Cartas {
    pub async fn ejecutar(self) -> Result<()> {
        let api = Api::nueva(&self.entorno.unwrap_or_else(rutas::local))?;
        match self.accion {
            Accion::Listar { servicio, estado } => {
                let elegidos = match servicio {
                    Some(nombre) => vec![con_cartas(&nombre)?],
                    None => SERVICIOS.iter().filter(|servicio| servicio.base.is_some()).collect(),
                };
                for servicio in elegidos {
                    listar(&api, servicio, estado.as_deref()).await?;
                }
            }
            Accion::Simular { servicio, id } => {
                let simulacion =
                    api.pedir(Method::POST, con_cartas(&servicio)?, &format!("/{id}/simular"), None).await?;
                mostrar_objeto(&simulacion);
            }
            Accion::Reenviar { servicio, id } => {
                api.pedir(Method::POST, con_cartas(&servicio)?, &format!("/{id}/reenviar"), None).await?;
                hecho("carta puesta en marcha; cargo xtask cartas listar dice cómo acabó");
            }
            Accion::Descartar { servicio, id, motivo, actor } => {
                let actor = actor.or_else(|| ambiente::variable("USER")).unwrap_or_else(|| "operador".to_owned());
                let cuerpo = json!({ "motivo": motivo, "actor": actor });
                api.pedir(Method::POST, con_cartas(&servicio)?, &format!("/{id}/descartar"), Some(cuerpo)).await?;
                hecho("carta descartada");
            }
        }
        Ok(())
    }
}

async fn listar(api: &Api, servicio: &Servicio, estado: Option<&str>) -> Result<()> {
    let filtro = estado.map_or_else(String::new, |estado| format!("&estado={estado}"));
    let mut cursor = String::new();
    let mut cuantas = 0;
    titulo(servicio.nombre);
    loop {
        let pagina = api.pedir(Method::GET, servicio, &format!("?limite=200{filtro}{cursor}"), None).await?;
        for carta in pagina["elementos"].as_array().into_iter().flatten() {
            cuantas += 1;
            mostrar_carta(carta);
        }
        match pagina["siguiente"].as_str() {
            Some(siguiente) => cursor = format!("&cursor={siguiente}"),
            None => break,
        }
    }
    if cuantas == 0 {
        linea(tenue("  ninguna"));
    }
    Ok(())
}

fn mostrar_carta(carta: &Value) {
    let texto = |campo: &str| carta[campo].as_str().unwrap_or("-").to_owned();
    linea(format!("  {}  {:<11}{:<22}{}", negrita(texto("id")), texto("estado"), texto("codigo"), texto("tema")));
    linea(tenue(format!("      {} · intentos {} · {}", texto("creado"), carta["intentos"], texto("detalle"))));
}

fn mostrar_objeto(valor: &Value) {
    let vacio = Map::new();
    for (campo, valor) in valor.as_object().unwrap_or(&vacio) {
        linea(format!("  {campo:<16}{}", valor.as_str().map_or_else(|| valor.to_string(), str::to_owned)));
    }
}

fn con_cartas(nombre: &str) -> Result<&'static Servicio> {
    match SERVICIOS.iter().find(|servicio| servicio.nombre == nombre && servicio.base.is_some()) {
        Some(servicio) => Ok(servicio),
        None => bail!("«{nombre}» no guarda cartas: suscripciones, servicio-datos, procesamiento o notificaciones"),
    }
}

struct Api {
    cliente: Client,
    puertos: Puertos,
}

impl Api {
    /// Of the running system, or of the documented ports when nothing is recorded.
    fn nueva(entorno: &Path) -> Result<Self> {
        let puertos = match estado::leer(entorno)? {
            Some(estado) => estado.puertos,
            None => {
                let registro = estado::ruta(entorno);
                aviso(format!("no existe {}; se prueba en los puertos documentados", registro.display()));
                Puertos::documentados()?
            }
        };
        Ok(Self { cliente: Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?, puertos })
    }

    async fn pedir(&self, metodo: Method, servicio: &Servicio, ruta: &str, cuerpo: Option<Value>) -> Result<Value> {
        let url = format!("{}/admin/cartas-muertas{ruta}", servicio.url(&self.puertos));
        let mut peticion = self.cliente.request(metodo, url);
        if let Some(cuerpo) = cuerpo {
            peticion = peticion.json(&cuerpo);
        }
        let respuesta = peticion.send().await?;
        let estado = respuesta.status();
        let bytes = respuesta.bytes().await?;
        let valor: Value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        if !estado.is_success() {
            let detalle = valor["detail"].as_str().or(valor["title"].as_str()).unwrap_or("sin detalle");
            bail!("{}: {estado}: {detalle}", servicio.nombre);
        }
        Ok(valor)
    }
}
