//! Wires ports to adapters; nothing else names both.

use std::sync::Arc;

use anonimizacion::{ErrorSeudonimo, Seudonimizador};
use axum::Router;
use bandejas::Despachador;
use cifrado::Cifrador;
use contratos::{ComandoAnonimizarImagen, EventoAnonimizacion, EventoConsultaAnonimizacion, Mensaje};
use mensajeria::Manejador;
use proceso::Base;
use secrecy::SecretString;
use sqlx::PgPool;

use crate::api::{self, Casos};
use crate::aplicacion::{AnonimizarImagenes, ConsultarImagenes, RecibirImagen};
use crate::infraestructura::{ConsumidorAnonimizar, PgConsultas, PgImagenes};

const GRUPO: &str = "anonimizar";

/// The service without its surroundings: what HTTP calls, and what messages call.
pub struct Piezas {
    pub rutas: Router,
    pub manejador: Arc<dyn Manejador>,
}

/// Starts the consumer and gives the routes.
pub fn componer(base: &mut Base, claves: &SecretString) -> Result<Router, ErrorSeudonimo> {
    let piezas = armar(&base.pool, &base.despachador, base.cifrador.clone(), claves)?;
    base.publicar(&[ComandoAnonimizarImagen::TIPO, EventoAnonimizacion::TIPO, EventoConsultaAnonimizacion::TIPO]);
    base.consumir(GRUPO, &[ComandoAnonimizarImagen::TIPO], piezas.manejador);
    Ok(piezas.rutas)
}

/// Wires the use cases to Postgres and to the outbox.
pub fn armar(
    pool: &PgPool,
    despachador: &Despachador,
    cifrador: Arc<Cifrador>,
    claves: &SecretString,
) -> Result<Piezas, ErrorSeudonimo> {
    let seudonimizador = Arc::new(Seudonimizador::nuevo(claves)?);
    let imagenes = Arc::new(PgImagenes::nuevo(pool.clone(), despachador.clone(), cifrador));
    let consultas = Arc::new(PgConsultas::nuevo(pool.clone(), despachador.clone()));
    let casos = Casos {
        recibir: Arc::new(RecibirImagen::nuevo(imagenes.clone())),
        consultar: Arc::new(ConsultarImagenes::nuevo(consultas, imagenes.clone())),
        seudonimizador: Arc::clone(&seudonimizador),
    };
    let manejador = ConsumidorAnonimizar::nuevo(AnonimizarImagenes::nuevo(imagenes), seudonimizador);
    Ok(Piezas { rutas: api::rutas(casos), manejador: Arc::new(manejador) })
}
