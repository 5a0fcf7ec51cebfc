use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cliente::Cliente;
use crate::consumo::{Estado, Grupo, Suscripcion, atender};
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
    pub fn consumir(&self, grupo: Grupo) {
        let (entrada, cola) = mpsc::channel(grupo.maximo.max(1) * 2);
        for tema in &grupo.temas {
            let estado = Estado::nuevo(tema);
            self.suscripciones.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&estado));
            let completo = format!("persistent://{}/{tema}", self.espacio);
            let suscripcion = Suscripcion::nueva(
                (tema, completo, grupo.suscripcion.clone()),
                self.consumo.clone(),
                estado,
                entrada.clone(),
                grupo.maximo,
                self.cierre.clone(),
            );
            self.tareas.spawn(suscripcion.supervisar());
        }
        self.tareas.spawn(atender(grupo, cola, self.cierre.clone()));
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
