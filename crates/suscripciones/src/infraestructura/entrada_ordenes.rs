use std::sync::Arc;

use async_trait::async_trait;
use contratos::{
    ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoCrearSuscripcion, ComandoDesistirOperacion,
    ComandoPagarSuscripcion, Mensaje, temas,
};
use mensajeria::{Desenlace, Entrante, ErrorManejo, Manejador, Motivo};

use super::errores::de_manejo;
use super::mensajes::{self, APedido};
use crate::aplicacion::puertos::Contexto;
use crate::aplicacion::{AtenderOrdenes, Pedido};

/// The commands on subscriptions, as they come: one batch, one call of the use case.
pub struct EntradaOrdenes {
    atender: Arc<AtenderOrdenes>,
}

impl EntradaOrdenes {
    /// The commands that this entry understands.
    pub const TIPOS: &[&str] = &[
        ComandoCrearSuscripcion::TIPO,
        ComandoPagarSuscripcion::TIPO,
        ComandoCambiarPlanSuscripcion::TIPO,
        ComandoCancelarSuscripcion::TIPO,
        ComandoDesistirOperacion::TIPO,
    ];

    pub fn nueva(atender: Arc<AtenderOrdenes>) -> Self {
        Self { atender }
    }
}

#[async_trait]
impl Manejador for EntradaOrdenes {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let leidos: Vec<_> = lote.iter().map(leer).collect();
        let ordenes: Vec<(Contexto, Pedido)> = leidos.iter().filter_map(|leido| leido.as_ref().ok()).cloned().collect();
        if !ordenes.is_empty() {
            self.atender.ejecutar(&ordenes).await.map_err(de_manejo)?;
        }
        Ok(leidos.into_iter().map(|leido| leido.map_or_else(Desenlace::Rechazado, |_| Desenlace::Hecho)).collect())
    }
}

fn leer(entrante: &Entrante) -> Result<(Contexto, Pedido), Motivo> {
    match temas::por_nombre(&entrante.tema).map(|tema| tema.tipo) {
        Some(ComandoCrearSuscripcion::TIPO) => orden::<ComandoCrearSuscripcion>(entrante),
        Some(ComandoPagarSuscripcion::TIPO) => orden::<ComandoPagarSuscripcion>(entrante),
        Some(ComandoCambiarPlanSuscripcion::TIPO) => orden::<ComandoCambiarPlanSuscripcion>(entrante),
        Some(ComandoCancelarSuscripcion::TIPO) => orden::<ComandoCancelarSuscripcion>(entrante),
        Some(ComandoDesistirOperacion::TIPO) => orden::<ComandoDesistirOperacion>(entrante),
        _ => Err(Motivo { codigo: "tema_ajeno", detalle: "no command is read from this topic".to_owned() }),
    }
}

fn orden<D: APedido>(entrante: &Entrante) -> Result<(Contexto, Pedido), Motivo> {
    let recibido =
        entrante.decodificar::<D>().map_err(|error| Motivo { codigo: "indescifrable", detalle: error.to_string() })?;
    let pedido = mensajes::pedido(&recibido.cabecera, recibido.datos)?;
    Ok((mensajes::contexto(&recibido.cabecera), pedido))
}
