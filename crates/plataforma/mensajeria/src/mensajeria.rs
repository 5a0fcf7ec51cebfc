use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cliente::Cliente;
use crate::consumo::{Estado, Grupo, Lectura, Llegado, Suscripcion, atender};
use crate::error::ErrorMensajeria;
use crate::publicacion::{Publicador, Publicar};

/// How to reach the broker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesPulsar {
    /// `pulsar://host:6650`, or `pulsar+ssl://`.
    pub url: String,
    /// `tenant/namespace`.
    pub espacio: String,
}

/// The messaging of a process: one connection to publish and one to consume, since sharing one makes a
/// publication wait for the acknowledgements.
///
/// It never fails to start: it connects when the broker is there, and again after every outage.
#[derive(Clone)]
pub struct Mensajeria {
    espacio: Arc<str>,
    consumo: Cliente,
    publicador: Publicador,
    suscripciones: Arc<Mutex<Vec<Arc<Estado>>>>,
    tareas: TaskTracker,
    cierre: CancellationToken,
}

impl Mensajeria {
    pub fn nueva(a: &AjustesPulsar, tareas: &TaskTracker, cierre: &CancellationToken) -> Self {
        Self {
            espacio: Arc::from(a.espacio.as_str()),
            consumo: Cliente::nuevo(&a.url),
            publicador: Publicador::nuevo(&a.url, &a.espacio, tareas, cierre),
            suscripciones: Arc::default(),
            tareas: tareas.clone(),
            cierre: cierre.clone(),
        }
    }

    pub fn publicador(&self) -> Publicador {
        self.publicador.clone()
    }

    /// Starts to consume, until `cierre`; then the batch in hand is finished and acknowledged.
    pub fn consumir(&self, mut grupo: Grupo) -> Consumo {
        let (entrada, cola) = mpsc::channel(grupo.maximo.max(1) * 2);
        let temas = std::mem::take(&mut grupo.temas);
        let consumo = Consumo {
            mensajeria: self.clone(),
            suscripcion: grupo.suscripcion.clone(),
            maximo: grupo.maximo,
            adelanto: grupo.adelanto,
            entrada,
            temas: Mutex::default(),
        };
        consumo.anadir(temas);
        self.tareas.spawn(atender(grupo, cola, self.cierre.clone()));
        consumo
    }

    /// Reads a topic from its beginning to its present end; `compactada`, only the last message of each key.
    pub async fn leer(&self, tema: &str, compactada: bool) -> Result<Lectura, ErrorMensajeria> {
        let completo = format!("persistent://{}/{tema}", self.espacio);
        Lectura::abrir(&self.consumo, tema, &completo, compactada).await
    }

    /// Whether the process can do its work: the publishing connection is up, every topic is subscribed, and
    /// every topic that was prepared can be published to.
    pub async fn comprobar(&self) -> Result<(), ErrorMensajeria> {
        self.publicador.comprobar()?;
        let faltan = self.sin_suscribir();
        if faltan.is_empty() { Ok(()) } else { Err(ErrorMensajeria::SinSuscripcion(faltan)) }
    }

    /// Whether messages travel both ways, as far as this process knows: then silence says something of the others.
    pub fn conectada(&self) -> bool {
        self.publicador.disponible() && self.sin_suscribir().is_empty()
    }

    fn sin_suscribir(&self) -> Vec<String> {
        let suscripciones = self.suscripciones.lock().unwrap_or_else(PoisonError::into_inner);
        suscripciones.iter().filter_map(|estado| estado.falta()).collect()
    }
}

/// A group at work, to which topics may be added. It works on when this is dropped.
pub struct Consumo {
    mensajeria: Mensajeria,
    suscripcion: String,
    maximo: usize,
    adelanto: u32,
    entrada: mpsc::Sender<Llegado>,
    temas: Mutex<BTreeSet<String>>,
}

impl Consumo {
    /// Reads these topics too, with the same handler; those that it reads already are left as they are.
    ///
    /// The process counts as not ready until each is subscribed.
    pub fn anadir(&self, temas: impl IntoIterator<Item = String>) {
        let mut conocidos = self.temas.lock().unwrap_or_else(PoisonError::into_inner);
        for tema in temas {
            if conocidos.insert(tema.clone()) {
                self.suscribir(&tema);
            }
        }
    }

    fn suscribir(&self, tema: &str) {
        let Mensajeria { espacio, consumo, suscripciones, tareas, cierre, .. } = &self.mensajeria;
        let estado = Estado::nuevo(tema);
        suscripciones.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&estado));
        let completo = format!("persistent://{espacio}/{tema}");
        let suscripcion = Suscripcion::nueva(
            (tema, completo, self.suscripcion.clone()),
            consumo.clone(),
            estado,
            self.entrada.clone(),
            (self.maximo, self.adelanto),
            cierre.clone(),
        );
        tareas.spawn(suscripcion.supervisar());
    }
}
