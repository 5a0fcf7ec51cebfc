//! Everything that this service publishes, brought back to it: its own commands and the answers of its sagas, with the
//! other services played by what each test says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contratos::{
    Cabecera, ComandoAsignarExperto, ComandoCrearServicioDatos, ComandoEnviarNotificacion, ComandoIniciarServicioDatos,
    ComandoTerminarServicioDatos, EventoExpertoAsignado, EventoNotificacionEnviada, EventoServicioDatosCreada,
    EventoServicioDatosFallida, EventoServicioDatosIniciado, EventoServicioDatosTerminado, Mensaje, Recibido, Saliente,
    temas,
};
use mensajeria::{Desenlace, Entrante, Manejador, Posicion};
use serde_json::Value;
use suscripciones::infraestructura::{EntradaOrdenes, EntradaRespuestas};

use crate::banco::Banco;

pub struct Circuito<'b> {
    banco: &'b Banco,
    entregados: usize,
    /// Command type -> the code with which its service refuses it.
    fallos: BTreeMap<&'static str, &'static str>,
    /// Command types that nobody answers.
    mudos: BTreeSet<&'static str>,
}

impl<'b> Circuito<'b> {
    pub fn de(banco: &'b Banco) -> Self {
        Self { banco, entregados: 0, fallos: BTreeMap::new(), mudos: BTreeSet::new() }
    }

    pub fn falla<D: Mensaje>(&mut self, codigo: &'static str) {
        self.fallos.insert(D::TIPO, codigo);
    }

    pub fn calla<D: Mensaje>(&mut self) {
        self.mudos.insert(D::TIPO);
    }

    pub fn sana(&mut self) {
        self.fallos.clear();
        self.mudos.clear();
    }

    /// Delivers until nothing more is published.
    pub async fn correr(&mut self) {
        loop {
            let publicados = self.banco.publicados().await;
            if publicados.len() == self.entregados {
                return;
            }
            let nuevos = publicados[self.entregados..].to_vec();
            self.entregados = publicados.len();
            for saliente in nuevos {
                self.entregar(saliente).await;
            }
        }
    }

    async fn entregar(&self, saliente: Saliente) {
        let tema = temas::por_nombre(&saliente.tema).expect("tema");
        let respuesta = self.respuesta(tema.tipo, &entrante(&saliente));
        if let Some(respuesta) = respuesta {
            self.manejar(&EntradaRespuestas::nueva(self.banco.responder.clone()), &respuesta).await;
        } else if EntradaOrdenes::TIPOS.contains(&tema.tipo) {
            self.manejar(&EntradaOrdenes::nueva(self.banco.atender.clone()), &saliente).await;
        } else if tema.suscripciones.contains(&"suscripciones") {
            self.manejar(&EntradaRespuestas::nueva(self.banco.responder.clone()), &saliente).await;
        }
    }

    async fn manejar(&self, entrada: &dyn Manejador, saliente: &Saliente) {
        let desenlaces = entrada.manejar(&[entrante(saliente)]).await.expect("manejado");
        assert_eq!(desenlaces, [Desenlace::Hecho], "{}", saliente.tema);
    }

    /// What the service that owns a command answers to it.
    fn respuesta(&self, tipo: &str, mensaje: &Entrante) -> Option<Saliente> {
        let hace = [
            ComandoCrearServicioDatos::TIPO,
            ComandoAsignarExperto::TIPO,
            ComandoIniciarServicioDatos::TIPO,
            ComandoTerminarServicioDatos::TIPO,
            ComandoEnviarNotificacion::TIPO,
        ];
        if !hace.contains(&tipo) || self.mudos.contains(tipo) {
            return None;
        }
        let comando = mensaje.decodificar_json().expect("comando");
        if let Some(codigo) = self.fallos.get(tipo).filter(|_| comando.cabecera.causa.is_none()) {
            let fallo = EventoServicioDatosFallida { codigo: Some((*codigo).to_owned()), ..Default::default() };
            return Some(contestar(&comando, &fallo));
        }
        let servicio = comando.datos["id_serviciodatos"].as_str().map(str::to_owned);
        Some(match tipo {
            ComandoCrearServicioDatos::TIPO => {
                let id_serviciodatos = Some(servicio.unwrap_or_else(|| "por-la-suscripcion".to_owned()));
                contestar(&comando, &EventoServicioDatosCreada { id_serviciodatos, ..Default::default() })
            }
            ComandoAsignarExperto::TIPO => contestar(&comando, &EventoExpertoAsignado::default()),
            ComandoIniciarServicioDatos::TIPO => contestar(&comando, &EventoServicioDatosIniciado::default()),
            ComandoTerminarServicioDatos::TIPO => contestar(&comando, &EventoServicioDatosTerminado::default()),
            _ => contestar(&comando, &EventoNotificacionEnviada::default()),
        })
    }
}

fn contestar<D: Mensaje>(comando: &Recibido<Value>, datos: &D) -> Saliente {
    let cabecera = Cabecera {
        correlacion: comando.cabecera.correlacion,
        causa: Some(comando.cabecera.id),
        ..Cabecera::nueva(contratos::id_respuesta(comando.cabecera.id, D::TIPO), "pruebas", contratos::ahora())
    };
    contratos::codificar(&cabecera, datos).expect("codifica")
}

pub fn entrante(saliente: &Saliente) -> Entrante {
    Entrante {
        tema: Arc::from(saliente.tema.as_str()),
        posicion: Posicion { ledger: 1, entry: 1, indice: -1 },
        propiedades: BTreeMap::new(),
        carga: saliente.carga.clone(),
        escritor: None,
        publicado: contratos::ahora(),
    }
}
