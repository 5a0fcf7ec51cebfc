use async_trait::async_trait;
use contratos::{Mensaje, Procedencia, Recibido, Saliente};
use mensajeria::{ErrorPublicacion, Publicar};
use std::sync::{Mutex, PoisonError};

/// How the broker behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    Sano,
    /// Known to be down.
    Caido,
    /// Takes the message and never confirms it.
    Mudo,
    /// Refuses each message although it is not known to be down.
    Negado,
}

/// A broker in memory: keeps the bytes of what it took.
pub struct Buzon {
    estado: Mutex<(Broker, Vec<Saliente>)>,
}

impl Buzon {
    pub fn nuevo() -> Self {
        Self { estado: Mutex::new((Broker::Sano, Vec::new())) }
    }

    pub fn ponerse(&self, broker: Broker) {
        self.estado.lock().unwrap_or_else(PoisonError::into_inner).0 = broker;
    }

    pub fn mensajes(&self) -> Vec<Saliente> {
        self.estado.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// The only message taken, decoded as whoever consumes it would.
    pub fn unico<D: Mensaje>(&self) -> Recibido<D> {
        let mensajes = self.mensajes();
        assert_eq!(mensajes.len(), 1, "messages in the broker");
        leer(&mensajes[0])
    }
}

/// Decodes a message as its consumer does.
pub fn leer<D: Mensaje>(saliente: &Saliente) -> Recibido<D> {
    let procedencia =
        Procedencia { tema: &saliente.tema, posicion: "0:0:-1".to_owned(), publicado: contratos::ahora() };
    contratos::decodificar(&saliente.carga, None, &procedencia).expect("a message of its topic")
}

#[async_trait]
impl Publicar for Buzon {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        let broker = {
            let mut estado = self.estado.lock().unwrap_or_else(PoisonError::into_inner);
            if estado.0 != Broker::Negado {
                estado.1.extend(mensajes.iter().cloned());
            }
            estado.0
        };
        match broker {
            Broker::Mudo => std::future::pending().await,
            Broker::Negado => mensajes.iter().map(|m| Err(ErrorPublicacion::SinEsquema(m.tema.clone()))).collect(),
            Broker::Sano | Broker::Caido => mensajes.iter().map(|_| Ok(())).collect(),
        }
    }

    fn disponible(&self) -> bool {
        self.estado.lock().unwrap_or_else(PoisonError::into_inner).0 != Broker::Caido
    }
}
