use super::{errores, ordenes};
use crate::aplicacion::{AtenderOrdenes, Paso};
use async_trait::async_trait;
use contratos::ahora;
use mensajeria::{Desenlace, Entrante, ErrorManejo, Manejador};

/// Names the consumer of orders in metrics and dead letters.
pub const GRUPO: &str = "ordenes";

/// The message types of the orders.
pub fn tipos_de_ordenes() -> [&'static str; 4] {
    [Paso::CrearServicio, Paso::AsignarExperto, Paso::IniciarServicio, Paso::TerminarServicio].map(ordenes::tipo)
}

/// Hands the commands of a batch, of whatever kind, to the use case together.
pub struct ManejadorOrdenes {
    atender: AtenderOrdenes,
}

impl ManejadorOrdenes {
    pub fn nuevo(atender: AtenderOrdenes) -> Self {
        Self { atender }
    }
}

#[async_trait]
impl Manejador for ManejadorOrdenes {
    #[tracing::instrument(name = "consumidor.ordenes", skip_all, fields(mensajes = lote.len()))]
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let mut ordenes = Vec::with_capacity(lote.len());
        let mut desenlaces = Vec::with_capacity(lote.len());
        for entrante in lote {
            desenlaces.push(match ordenes::leer(entrante) {
                Ok(orden) => {
                    ordenes.push(orden);
                    Desenlace::Hecho
                }
                Err(motivo) => Desenlace::Rechazado(motivo),
            });
        }
        self.atender.ejecutar(ordenes, ahora()).await.map_err(errores::de_manejo)?;
        Ok(desenlaces)
    }
}
