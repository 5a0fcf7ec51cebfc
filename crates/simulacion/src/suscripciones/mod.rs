//! suscripciones: its use cases as they are, over a database in memory.

mod altas;
mod arrendamientos;
mod base;
mod contrataciones;
mod emisor;
mod entradas;
mod identidades;
mod mensajes;
mod sagas;
mod temporizador;

use std::sync::Arc;

use async_trait::async_trait;
use saga::Definicion;
use suscripciones::aplicacion::puertos::{Catalogo, ClaveCliente, ErrorRepositorio};
use suscripciones::dominio::{Caso, CodigoCliente, CodigoPlan, Plan};

pub use base::Base;
pub use entradas::{Orquestador, RESPUESTAS, SUSCRIPCIONES};
pub use identidades::Derivadas;
pub use sagas::Tablas;

use crate::Defecto;
use crate::nucleo::cerrojo;
use crate::tuberia::{Despachador, Via};

/// The tenant of every command.
pub const INQUILINO: &str = "publico";

/// The ports of suscripciones, as one of its instances has them.
#[derive(Clone)]
pub struct Almacen {
    pub via: Via,
    pub base: Tablas,
    pub despachador: Despachador,
    pub defecto: Defecto,
}

fn clave(codigo: CodigoCliente) -> ClaveCliente {
    ClaveCliente { inquilino: INQUILINO.to_owned(), codigo }
}

#[async_trait]
impl Catalogo for Almacen {
    async fn plan(&self, codigo: &CodigoPlan) -> Result<Option<Plan>, ErrorRepositorio> {
        Ok(cerrojo(&self.base).planes.get(codigo.as_ref()).cloned())
    }

    async fn definicion(&self, flujo: &str) -> Result<Option<Arc<Definicion>>, ErrorRepositorio> {
        Ok(cerrojo(&self.base).definiciones.get(flujo).cloned())
    }

    async fn flujo_de(&self, caso: &Caso) -> Result<Option<String>, ErrorRepositorio> {
        let base = cerrojo(&self.base);
        Ok(base.flujos.iter().find(|(de, _)| de == caso).map(|(_, flujo)| flujo.clone()))
    }
}
