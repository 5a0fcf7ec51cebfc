use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use saga::{Codigo, Definicion};

use super::mesa::{Mesa, Peticion, Remitente, clave_cliente, producto};
use super::puertos::{
    Cambio, Catalogo, Consulta, Contexto, ErrorRepositorio, Guardado, Identidades, RepositorioSuscripciones,
};
use super::{cambiar_plan, cancelar_suscripcion, crear_suscripcion, desistir_operacion, pagar_suscripcion};
use crate::dominio::{
    Caso, CodigoCliente, CodigoPlan, DatosCliente, IdSaga, IdServicioDatos, IdSuscripcion, Operacion, Pago, Rechazo,
    Suscripcion,
};

/// How often a batch is decided again before its contention counts as a failure.
const INTENTOS: u32 = 8;

/// What a command asks of a subscription.
#[derive(Debug, Clone)]
pub enum Pedido {
    Crear {
        id: Option<IdSuscripcion>,
        cliente: CodigoCliente,
        datos: DatosCliente,
        plan: CodigoPlan,
    },
    Pagar {
        id: IdSuscripcion,
        pago: Pago,
    },
    /// From a client, the plan that is wanted; from a saga, the change that it has prepared.
    CambiarPlan {
        id: IdSuscripcion,
        plan: CodigoPlan,
        motivo: Option<String>,
        servicio: Option<IdServicioDatos>,
        medio_pago: Option<String>,
    },
    Cancelar {
        id: IdSuscripcion,
        motivo: Option<String>,
    },
    /// A saga gives up what it was doing; `codigo` is why.
    Desistir {
        id: IdSuscripcion,
        operacion: Operacion,
        codigo: Codigo,
    },
    /// A saga's command that lacks what it must say; the saga is told.
    Incompleto {
        id: IdSuscripcion,
    },
}

/// Attends commands on subscriptions, in batches: obtain, decide, save.
pub struct AtenderOrdenes {
    repositorio: Arc<dyn RepositorioSuscripciones>,
    catalogo: Arc<dyn Catalogo>,
    identidades: Arc<dyn Identidades>,
}

/// How an operation is carried out.
pub(super) enum Via {
    /// In the transaction that attends it.
    Inmediata,
    /// By a saga, of this id and definition.
    Saga(IdSaga, Arc<Definicion>),
    /// No flow is told how.
    Ninguna,
}

impl AtenderOrdenes {
    pub fn nuevo(
        repositorio: Arc<dyn RepositorioSuscripciones>,
        catalogo: Arc<dyn Catalogo>,
        identidades: Arc<dyn Identidades>,
    ) -> Self {
        Self { repositorio, catalogo, identidades }
    }

    /// Attends every command: each one is stored exactly once, whatever is repeated.
    pub async fn ejecutar(&self, ordenes: &[(Contexto, Pedido)]) -> Result<(), ErrorRepositorio> {
        let mut pendientes = sin_repetir(ordenes);
        for _ in 0..INTENTOS {
            let mut mesa = self.preparar(&pendientes).await?;
            let mut cambios = Vec::with_capacity(pendientes.len());
            for (contexto, pedido) in &pendientes {
                cambios.push(self.decidir(&mut mesa, contexto, pedido).await?);
            }
            let guardados = self.repositorio.guardar(&cambios).await?;
            let quedan = pendientes.into_iter().zip(guardados);
            pendientes =
                quedan.filter(|(_, guardado)| *guardado == Guardado::Conflicto).map(|(orden, _)| orden).collect();
            if pendientes.is_empty() {
                return Ok(());
            }
        }
        Err(ErrorRepositorio::Contencion(INTENTOS))
    }

    async fn preparar(&self, ordenes: &[&(Contexto, Pedido)]) -> Result<Mesa, ErrorRepositorio> {
        let mut consulta = Consulta::default();
        let mut planes = HashMap::new();
        for (contexto, pedido) in ordenes {
            consulta.comandos.push(contexto.comando);
            consulta.comandos.extend(contexto.causa);
            consulta.remitentes.extend(contexto.correlacion.map(IdSaga));
            consulta.suscripciones.push(self.suscripcion_de(contexto, pedido));
            match pedido {
                Pedido::Crear { cliente, plan, .. } => {
                    consulta.clientes.push(clave_cliente(contexto, cliente));
                    consulta.productos.push(producto(contexto, cliente, plan));
                    planes.extend(self.catalogo.plan(plan).await?.map(|encontrado| (plan.clone(), encontrado)));
                }
                Pedido::CambiarPlan { id, plan, .. } => {
                    consulta.cambios.push((*id, plan.clone()));
                    planes.extend(self.catalogo.plan(plan).await?.map(|encontrado| (plan.clone(), encontrado)));
                }
                Pedido::Pagar { pago, .. } => consulta.facturas.push(pago.numero.clone()),
                Pedido::Cancelar { .. } | Pedido::Desistir { .. } | Pedido::Incompleto { .. } => {}
            }
        }
        Ok(Mesa { lectura: self.repositorio.leer(&consulta).await?, planes })
    }

    async fn decidir(&self, mesa: &mut Mesa, contexto: &Contexto, pedido: &Pedido) -> Result<Cambio, ErrorRepositorio> {
        let id = self.suscripcion_de(contexto, pedido);
        let cambio = match mesa.lectura.respuestas.get(&contexto.comando) {
            Some(Some(respuesta)) => {
                return Ok(Cambio::Repetido {
                    contexto: Box::new(contexto.clone()),
                    respuesta: Box::new(respuesta.clone()),
                });
            }
            Some(None) => cancelar_suscripcion::anulada(contexto, id),
            None => {
                let es_de_cliente = mesa.remitente(contexto, id) == Remitente::Cliente;
                let operacion = pedido.operacion().filter(|_| es_de_cliente);
                let peticion = Peticion { contexto, id, operacion };
                match mesa.cerrar_paso(&peticion) {
                    Some(negativa) => negativa,
                    None => self.obedecer(mesa, &peticion, pedido).await?,
                }
            }
        };
        mesa.anotar(&cambio);
        Ok(cambio)
    }

    async fn obedecer(
        &self,
        mesa: &mut Mesa,
        peticion: &Peticion<'_>,
        pedido: &Pedido,
    ) -> Result<Cambio, ErrorRepositorio> {
        match pedido {
            Pedido::Crear { cliente, datos, plan, .. } => self.crear(mesa, peticion, (cliente, datos), plan).await,
            Pedido::Pagar { pago, .. } => Ok(pagar_suscripcion::decidir(mesa, peticion, pago)),
            Pedido::CambiarPlan { plan, motivo, .. } if peticion.operacion.is_some() => {
                let via = self.via_de_cambio(mesa, peticion, plan).await?;
                cambiar_plan::pedir(mesa, peticion, plan, motivo.clone(), via)
            }
            Pedido::CambiarPlan { plan, servicio, medio_pago, .. } => {
                Ok(cambiar_plan::consumar(mesa, peticion, plan, *servicio, medio_pago.clone()))
            }
            Pedido::Cancelar { motivo, .. } => {
                let via = self.via_de_cancelacion(mesa, peticion).await?;
                cancelar_suscripcion::decidir(mesa, peticion, motivo.clone(), via)
            }
            Pedido::Desistir { operacion, codigo, .. } => {
                Ok(desistir_operacion::decidir(mesa, peticion, *operacion, codigo))
            }
            Pedido::Incompleto { .. } => Ok(mesa.rechazar(peticion, Rechazo::DatosIncompletos)),
        }
    }

    async fn crear(
        &self,
        mesa: &mut Mesa,
        peticion: &Peticion<'_>,
        cliente: (&CodigoCliente, &DatosCliente),
        plan: &CodigoPlan,
    ) -> Result<Cambio, ErrorRepositorio> {
        let flujo = mesa.planes.get(plan).and_then(|plan| plan.flujo.clone());
        let definicion = match &flujo {
            Some(flujo) => self.catalogo.definicion(flujo).await?,
            None => None,
        };
        if flujo.is_some() && definicion.is_none() {
            mesa.planes.remove(plan);
        }
        let saga = self.identidades.saga(peticion.contexto.comando);
        crear_suscripcion::decidir(mesa, peticion, cliente, plan, definicion.map(|definicion| (saga, definicion)))
    }

    /// A saga's own step is done at once; what a client asks for depends on what provisions the present plan.
    async fn via_de_cancelacion(&self, mesa: &Mesa, peticion: &Peticion<'_>) -> Result<Via, ErrorRepositorio> {
        match (peticion.operacion, mesa.actual(peticion.id).suscripcion) {
            (Some(operacion), Suscripcion::Activa(ficha)) => {
                let desde = self.catalogo.plan(&ficha.plan).await?.and_then(|plan| plan.flujo);
                self.via(peticion, Caso { operacion, desde, hacia: None }).await
            }
            _ => Ok(Via::Inmediata),
        }
    }

    /// It depends on what provisions the present plan and the one that is wanted.
    async fn via_de_cambio(
        &self,
        mesa: &Mesa,
        peticion: &Peticion<'_>,
        plan: &CodigoPlan,
    ) -> Result<Via, ErrorRepositorio> {
        match (peticion.operacion, mesa.actual(peticion.id).suscripcion, mesa.planes.get(plan)) {
            (Some(operacion), Suscripcion::Activa(ficha), Some(plan)) => {
                let desde = self.catalogo.plan(&ficha.plan).await?.and_then(|plan| plan.flujo);
                self.via(peticion, Caso { operacion, desde, hacia: plan.flujo.clone() }).await
            }
            _ => Ok(Via::Inmediata),
        }
    }

    async fn via(&self, peticion: &Peticion<'_>, caso: Caso) -> Result<Via, ErrorRepositorio> {
        let Some(flujo) = self.catalogo.flujo_de(&caso).await? else {
            return Ok(if caso.es_inmediato() { Via::Inmediata } else { Via::Ninguna });
        };
        let saga = self.identidades.saga(peticion.contexto.comando);
        let definicion = self.catalogo.definicion(&flujo).await?;
        Ok(definicion.map_or(Via::Ninguna, |definicion| Via::Saga(saga, definicion)))
    }

    fn suscripcion_de(&self, contexto: &Contexto, pedido: &Pedido) -> IdSuscripcion {
        match pedido {
            Pedido::Crear { id: Some(id), .. }
            | Pedido::Pagar { id, .. }
            | Pedido::CambiarPlan { id, .. }
            | Pedido::Cancelar { id, .. }
            | Pedido::Desistir { id, .. }
            | Pedido::Incompleto { id } => *id,
            Pedido::Crear { id: None, .. } => self.identidades.suscripcion(contexto.comando),
        }
    }
}

impl Pedido {
    /// The operation, when it is a client who asks.
    fn operacion(&self) -> Option<Operacion> {
        match self {
            Self::Crear { .. } => Some(Operacion::Crear),
            Self::Pagar { .. } => Some(Operacion::Pagar),
            Self::CambiarPlan { .. } => Some(Operacion::CambiarPlan),
            Self::Cancelar { .. } => Some(Operacion::Cancelar),
            Self::Desistir { .. } | Self::Incompleto { .. } => None,
        }
    }
}

/// A command that comes twice in a batch is one command: a second answer, decided on a first that is then not stored,
/// would tell of what never happened.
fn sin_repetir(ordenes: &[(Contexto, Pedido)]) -> Vec<&(Contexto, Pedido)> {
    let mut vistas = HashSet::new();
    ordenes.iter().filter(|(contexto, _)| vistas.insert(contexto.comando)).collect()
}
