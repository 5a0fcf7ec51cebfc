//! What the scenario does, in order; what must hold is looked at when all is done.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use administracion::{Admin, Retencion};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::huellas::{self, Huella};
use super::informe::Informe;
use super::informes::{Libro, ServicioInformes};
use super::puerta::{Puerta, Recursos};
use super::{esperar, producto, veredicto};
use crate::consola::Tarea;
use crate::entorno::Entorno;
use crate::estado::Diario;
use crate::procesos::Proceso;

/// How long the broker keeps the commands of the new service, so that they can be taken again.
const UNA_HORA: i64 = 60;

/// What becomes of a client, known in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clase {
    Completa,
    /// The payment, after the report, is refused: the report is undone.
    SinPago,
    /// The new service refuses.
    Imposible,
    /// Asks while the service is down.
    Tardia,
}

impl Clase {
    fn plan(self) -> &'static str {
        if self == Self::Imposible { producto::PLAN_IMPOSIBLE } else { producto::PLAN }
    }

    /// The phase that its saga must end in, and the code that turned it.
    pub fn previsto(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Completa | Self::Tardia => ("completada", None),
            Self::SinPago => ("compensada", Some("pago_rechazado")),
            Self::Imposible => ("compensada", Some("tipo_desconocido")),
        }
    }

    /// How its report must stand; none when there must be none.
    pub fn informe(self) -> Option<&'static str> {
        match self {
            Self::Completa | Self::Tardia => Some("vigente"),
            Self::SinPago => Some("descartado"),
            Self::Imposible => None,
        }
    }
}

/// One client and what came of it.
pub struct Caso {
    pub cliente: String,
    pub clase: Clase,
    pub recursos: Recursos,
    pub saga: Value,
}

/// An order that came after its own undo.
pub struct Lapida {
    pub orden: String,
    pub suscripcion: String,
}

/// Everything that was seen.
pub struct Visto {
    pub casos: Vec<Caso>,
    pub huellas: Vec<Huella>,
    pub huellas_al_final: Vec<Huella>,
    pub antes_de_repetir: Libro,
    pub tras_repetir: Libro,
    pub versiones_tras_repetir: BTreeMap<String, i64>,
    pub libro: Libro,
    pub lapida: Lapida,
    pub apartados: Vec<String>,
    pub paradas_en_orden: u64,
    pub definicion: Value,
}

pub async fn recorrer(entorno: &Entorno, diario: &Diario, python: PathBuf, clientes: u32) -> Result<Informe> {
    let estado = diario.actual();
    let (temas, respuestas) = producto::temas(&producto::definicion()?);
    let recorrido = Recorrido {
        puerta: Puerta::nueva(&estado.proceso("bff-web").context("bff-web no está en marcha")?.url)?,
        admin: Admin::nuevo(&entorno.url_admin(), &entorno.espacio)?,
        servicio: ServicioInformes::nuevo(entorno, diario, python),
        temas,
        respuestas,
    };
    let (visto, tiempos) = recorrido.hasta_el_final(diario, clientes).await?;
    let tarea = Tarea::nueva("Comprobando");
    let puntos = veredicto::dictar(&visto, entorno.puertos.postgres, &recorrido.puerta).await?;
    tarea.lista("comprobado");
    Ok(Informe { orden: String::new(), visto, puntos, tiempos })
}

struct Recorrido<'e> {
    puerta: Puerta,
    admin: Admin,
    servicio: ServicioInformes<'e>,
    /// The topics of the new commands, and of the answers to them.
    temas: Vec<String>,
    respuestas: Vec<String>,
}

impl Recorrido<'_> {
    async fn hasta_el_final(&self, diario: &Diario, clientes: u32) -> Result<(Visto, Vec<(&'static str, Duration)>)> {
        let mut tiempos = Vec::new();
        let huellas = huellas::tomar(diario)?;
        let reloj = Instant::now();
        let definicion = self.vender().await?;
        tiempos.push(("definition and plans", reloj.elapsed()));
        let reloj = Instant::now();
        let proceso = self.servicio.arrancar().await?;
        let mut casos = self.atender_clientes(clientes).await?;
        tiempos.push(("clients", reloj.elapsed()));
        let reloj = Instant::now();
        let antes_de_repetir = self.servicio.libro().await?;
        let tras_repetir = self.repetir(&antes_de_repetir).await?;
        let versiones_tras_repetir = self.versiones(&casos).await?;
        let lapida = self.molestar().await?;
        tiempos.push(("repetitions and bad messages", reloj.elapsed()));
        let (tardia, proceso, primera) = self.reiniciar_el_nuevo(proceso).await?;
        casos.push(tardia);
        let libro = self.servicio.libro().await?;
        let apartados = serde_json::from_str(&self.servicio.ajenos(&["apartados"]).await?)?;
        let segunda = self.servicio.detener(&proceso).await?;
        let paradas_en_orden = u64::from(primera) + u64::from(segunda);
        let huellas_al_final = huellas::tomar(diario)?;
        let visto = Visto {
            casos,
            huellas,
            huellas_al_final,
            antes_de_repetir,
            tras_repetir,
            versiones_tras_repetir,
            libro,
            lapida,
            apartados,
            paradas_en_orden,
            definicion,
        };
        Ok((visto, tiempos))
    }

    /// The product becomes known to the running system: its flow, its topics, its plans.
    async fn vender(&self) -> Result<Value> {
        let tarea = Tarea::nueva("Dando de alta el producto");
        let documento = producto::definicion()?;
        self.puerta.administrar(Method::POST, "/admin/definiciones", &documento).await?;
        let ruta = format!("/admin/definiciones/{}/{}", texto(&documento["clave"]), documento["version"]);
        for paso in ["verificar", "activar"] {
            self.puerta.administrar(Method::POST, &format!("{ruta}/{paso}"), &json!({})).await?;
        }
        for (plan, tipo) in [(producto::PLAN, "mensual"), (producto::PLAN_IMPOSIBLE, "horoscopo")] {
            let ruta = format!("/admin/planes/{plan}");
            self.puerta.administrar(Method::PUT, &ruta, &producto::plan(tipo)).await?;
        }
        self.admin.crear_tema(producto::CARTAS_MUERTAS).await?;
        for tema in &self.temas {
            self.admin.retener(tema, Retencion::Minutos(UNA_HORA)).await?;
        }
        let definicion = self.puerta.leer(&ruta).await?;
        tarea.lista("producto a la venta");
        Ok(definicion)
    }

    async fn atender_clientes(&self, clientes: u32) -> Result<Vec<Caso>> {
        let tarea = Tarea::con_total("Clientes", u64::from(clientes) * 3);
        let mut pedidos = Vec::new();
        for numero in 0..clientes {
            for (clase, nombre) in
                [(Clase::Completa, "completa"), (Clase::SinPago, "sin-pago"), (Clase::Imposible, "imposible")]
            {
                let cliente = format!("ocho-{nombre}-{numero:03}");
                if clase == Clase::SinPago {
                    let ruta = format!("/admin/clientes/{cliente}/condiciones");
                    self.puerta.administrar(Method::PUT, &ruta, &json!({ "limite_pago": "1.00" })).await?;
                }
                let recursos = self.puerta.suscribir(&cliente, clase.plan()).await?;
                pedidos.push((cliente, clase, recursos));
                tarea.avanzar(1);
            }
        }
        let mut casos = Vec::with_capacity(pedidos.len());
        for (cliente, clase, recursos) in pedidos {
            let saga = self.puerta.saga_terminada(&recursos.saga).await?;
            casos.push(Caso { cliente, clase, recursos, saga });
        }
        tarea.lista(format!("{} clientes atendidos", casos.len()));
        Ok(casos)
    }

    /// Every command of the new service is delivered once more; the ledger afterwards.
    async fn repetir(&self, antes: &Libro) -> Result<Libro> {
        for tema in &self.temas {
            self.admin.rebobinar(tema, producto::SERVICIO).await?;
        }
        let todas = antes.ordenes.len();
        esperar("cada comando llega otra vez", async || {
            let libro = self.servicio.libro().await?;
            let repetidas = libro.ordenes.iter().filter(|orden| orden.entregas > 1).count();
            Ok((repetidas >= todas).then_some(libro))
        })
        .await
    }

    /// The version of each saga, once every repeated answer has been read.
    async fn versiones(&self, casos: &[Caso]) -> Result<BTreeMap<String, i64>> {
        for tema in &self.respuestas {
            esperar("se lee cada respuesta repetida", async || {
                let atraso = self.admin.atraso(tema, "suscripciones").await?;
                Ok((atraso == Some(0)).then_some(()))
            })
            .await?;
        }
        let mut versiones = BTreeMap::new();
        for caso in casos {
            let saga = self.puerta.saga(&caso.recursos.saga).await?;
            versiones.insert(caso.recursos.saga.clone(), saga["version"].as_i64().context("saga sin versión")?);
        }
        Ok(versiones)
    }

    /// Messages that nobody can execute, and an undo that comes before its order.
    async fn molestar(&self) -> Result<Lapida> {
        let [orden, suscripcion] = [(); 2].map(|()| contratos::id_nuevo().to_string());
        self.servicio.ajenos(&["basura"]).await?;
        self.servicio.ajenos(&["deshacer", &orden, &suscripcion]).await?;
        self.esperar_orden(&orden, 0).await?;
        self.servicio.ajenos(&["crear", &orden, &suscripcion]).await?;
        self.esperar_orden(&orden, 1).await?;
        Ok(Lapida { orden, suscripcion })
    }

    async fn esperar_orden(&self, orden: &str, entregas: u64) -> Result<()> {
        esperar("el servicio de informes conoce la orden", async || {
            let libro = self.servicio.libro().await?;
            let hallada = libro.ordenes.iter().any(|otra| otra.id == orden && otra.entregas == entregas);
            Ok(hallada.then_some(()))
        })
        .await
    }

    /// The new service ends and comes back; a client who asked meanwhile gets what it asked for.
    async fn reiniciar_el_nuevo(&self, proceso: Proceso) -> Result<(Caso, Proceso, bool)> {
        let tarea = Tarea::nueva("El servicio nuevo se va y vuelve");
        let en_orden = self.servicio.detener(&proceso).await?;
        let cliente = "ocho-tardia-000".to_owned();
        let recursos = self.puerta.suscribir(&cliente, producto::PLAN).await?;
        let proceso = self.servicio.arrancar().await?;
        let saga = self.puerta.saga_terminada(&recursos.saga).await?;
        tarea.lista("el servicio nuevo atendió lo que le esperaba");
        Ok((Caso { cliente, clase: Clase::Tardia, recursos, saga }, proceso, en_orden))
    }
}

fn texto(valor: &Value) -> &str {
    valor.as_str().unwrap_or_default()
}
