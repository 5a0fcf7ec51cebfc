//! servicio-datos: its use case as it is, over a database in memory.

mod base;
mod mensajes;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use servicio_datos::aplicacion::{
    AtenderOrdenes, Cambio, ErrorRepositorio, Guardado, Orden, Panorama, RepositorioServicios,
};
use servicio_datos::dominio::Rechazo;

pub use base::{Base, Cupo, Tablas};

use crate::Defecto;
use crate::nucleo::{Futuro, cerrojo};
use crate::tuberia::{
    Bus, Corte, Despachador, Entrega, Fallo, Manejador, Suscripcion, Via, barrer, consumir, despachar,
};

pub const ORDENES: Suscripcion = Suscripcion {
    nombre: "servicio-datos",
    tipos: &[
        "ComandoCrearServicioDatos",
        "ComandoAsignarExperto",
        "ComandoIniciarServicioDatos",
        "ComandoTerminarServicioDatos",
    ],
};

const RITMO_BARRIDO_MS: i64 = 1_700;

/// The port of servicio-datos, as one of its instances has it.
#[derive(Clone)]
struct Almacen {
    via: Via,
    base: Tablas,
    despachador: Despachador,
    defecto: Defecto,
}

#[async_trait]
impl RepositorioServicios for Almacen {
    async fn obtener(&self, ordenes: &[Orden]) -> Result<Panorama, ErrorRepositorio> {
        self.via.transaccion("leer servicios", || cerrojo(&self.base).panorama(ordenes)).await.map_err(corte)
    }

    async fn guardar(&self, cambios: &[Cambio], _: DateTime<Utc>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let (guardados, salientes) =
            self.via.transaccion("guardar servicios", || self.escribir(cambios)).await.map_err(corte)?;
        self.despachador.entregar(salientes);
        Ok(guardados)
    }
}

impl Almacen {
    fn escribir(&self, cambios: &[Cambio]) -> (Vec<Guardado>, Vec<u64>) {
        let mut base = cerrojo(&self.base);
        if base.pisa(cambios) {
            self.via.nucleo.contar("tanda pisada en servicio-datos");
            return (vec![Guardado::Conflicto; cambios.len()], Vec::new());
        }
        let (mut guardados, mut salientes) = (Vec::with_capacity(cambios.len()), Vec::new());
        for cambio in cambios {
            if !base.escribir(cambio, self.defecto) {
                self.via.nucleo.contar("carrera perdida por un servicio");
                guardados.push(Guardado::Conflicto);
                continue;
            }
            base.responder(cambio, self.defecto);
            for atendida in &cambio.atendidas {
                let codigo = atendida.respuesta.rechazo.as_ref().map(Rechazo::codigo);
                self.via.nucleo.contar(match (codigo, atendida.repetida, atendida.cancela) {
                    (_, _, Some(_)) => "lápida en servicio-datos",
                    (Some("comando_cancelado"), ..) => "orden anulada en servicio-datos",
                    (_, true, _) => "orden repetida a servicio-datos",
                    (Some("sin_experto"), ..) => "sin experto",
                    (Some("sin_cupo_nube"), ..) => "sin cupo en la nube",
                    (Some(_), ..) => "otro rechazo de servicio-datos",
                    (None, ..) => "orden hecha por servicio-datos",
                });
            }
            salientes.extend(cambio.atendidas.iter().map(mensajes::respuesta));
            guardados.push(Guardado::Escrito);
            let estado = cambio.servicio.estado().nombre();
            self.via.anotar(format_args!("servicio {:.6}: {estado}", cambio.id.0.simple()));
        }
        let ids = base.bandeja.encolar(self.via.nucleo.ahora(), salientes);
        (guardados, ids)
    }
}

/// One instance of servicio-datos.
pub struct ServicioDatos {
    pub via: Via,
    pub bus: Bus,
    pub base: Tablas,
    pub defecto: Defecto,
}

impl ServicioDatos {
    pub fn arrancar(self) -> Vec<Futuro> {
        let Self { via, bus, base, defecto } = self;
        let despachador = Despachador::nuevo(via.nucleo.clone());
        let almacen = Almacen { via: via.clone(), base: base.clone(), despachador: despachador.clone(), defecto };
        let ordenes = Box::new(Ordenes { atender: AtenderOrdenes::nuevo(Arc::new(almacen)), via: via.clone() });
        vec![
            Box::pin(consumir(via.clone(), bus.clone(), ORDENES.nombre, ordenes, defecto)),
            Box::pin(despachar(via.clone(), bus.clone(), base.clone(), despachador, defecto)),
            Box::pin(barrer(via, bus, base, RITMO_BARRIDO_MS, defecto)),
        ]
    }
}

struct Ordenes {
    atender: AtenderOrdenes,
    via: Via,
}

#[async_trait]
impl Manejador for Ordenes {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo> {
        let ordenes = lote.iter().filter_map(|entrega| mensajes::orden(&entrega.mensaje)).collect();
        let ahora = self.via.nucleo.reloj(self.via.proceso);
        self.atender.ejecutar(ordenes, ahora).await.map_err(|_| Fallo::Infraestructura)
    }
}

fn corte(corte: Corte) -> ErrorRepositorio {
    ErrorRepositorio::NoDisponible(Box::new(corte))
}
