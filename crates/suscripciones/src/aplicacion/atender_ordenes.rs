use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::puertos::{
    Cambio, CambioNuevo, Catalogo, ClaveCliente, Consulta, Contenido, Contexto, ErrorRepositorio, Guardado,
    Identidades, Lectura, RepositorioSuscripciones, Respuesta, Versionada,
};
use super::{cancelar_suscripcion, crear_suscripcion, pagar_suscripcion};
use crate::dominio::{CodigoCliente, CodigoPlan, DatosCliente, Factura, IdSuscripcion, Plan, Rechazo, Suscripcion};

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
        factura: Factura,
    },
    Cancelar {
        id: IdSuscripcion,
        motivo: String,
    },
    /// A saga's command that lacks what it must say; the saga is told.
    Incompleto {
        id: IdSuscripcion,
    },
}

/// Attends commands on subscriptions, in batches: obtain, decide, save.
pub struct AtenderOrdenes {
    pub(super) repositorio: Arc<dyn RepositorioSuscripciones>,
    pub(super) catalogo: Arc<dyn Catalogo>,
    pub(super) identidades: Arc<dyn Identidades>,
}

/// What the decisions of one batch know; later commands see what earlier ones decided.
pub(super) struct Mesa {
    pub lectura: Lectura,
    pub planes: HashMap<CodigoPlan, Plan>,
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
            consulta.suscripciones.push(self.suscripcion_de(contexto, pedido));
            if let Pedido::Crear { cliente, plan, .. } = pedido {
                consulta.clientes.push(clave_cliente(contexto, cliente));
                if let Some(encontrado) = self.catalogo.plan(plan).await? {
                    planes.insert(plan.clone(), encontrado);
                }
            }
        }
        Ok(Mesa { lectura: self.repositorio.leer(&consulta).await?, planes })
    }

    async fn decidir(&self, mesa: &mut Mesa, contexto: &Contexto, pedido: &Pedido) -> Result<Cambio, ErrorRepositorio> {
        let cambio = match mesa.lectura.respuestas.get(&contexto.comando) {
            Some(Some(respuesta)) => {
                return Ok(Cambio::Repetido {
                    contexto: Box::new(contexto.clone()),
                    respuesta: Box::new(respuesta.clone()),
                });
            }
            Some(None) => cancelar_suscripcion::anulada(contexto, self.suscripcion_de(contexto, pedido)),
            None => match pedido {
                Pedido::Crear { cliente, datos, plan, .. } => {
                    let id = self.suscripcion_de(contexto, pedido);
                    self.crear(mesa, contexto, id, (cliente, datos), plan).await?
                }
                Pedido::Pagar { id, factura } => pagar_suscripcion::decidir(mesa, contexto, *id, factura),
                Pedido::Cancelar { id, motivo } => cancelar_suscripcion::decidir(mesa, contexto, *id, motivo),
                Pedido::Incompleto { id } => rechazar(mesa, contexto, *id, Rechazo::DatosIncompletos),
            },
        };
        mesa.anotar(&cambio);
        Ok(cambio)
    }

    async fn crear(
        &self,
        mesa: &mut Mesa,
        contexto: &Contexto,
        id: IdSuscripcion,
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
        let saga = self.identidades.saga(contexto.comando);
        Ok(crear_suscripcion::decidir(mesa, contexto, id, cliente, plan, definicion.map(|d| (saga, d))))
    }

    fn suscripcion_de(&self, contexto: &Contexto, pedido: &Pedido) -> IdSuscripcion {
        match pedido {
            Pedido::Crear { id: Some(id), .. }
            | Pedido::Pagar { id, .. }
            | Pedido::Cancelar { id, .. }
            | Pedido::Incompleto { id } => *id,
            Pedido::Crear { id: None, .. } => self.identidades.suscripcion(contexto.comando),
        }
    }
}

/// A command that comes twice in a batch is one command: a second answer, decided on a first that is then not stored,
/// would tell of what never happened.
fn sin_repetir(ordenes: &[(Contexto, Pedido)]) -> Vec<&(Contexto, Pedido)> {
    let mut vistas = HashSet::new();
    ordenes.iter().filter(|(contexto, _)| vistas.insert(contexto.comando)).collect()
}

impl Mesa {
    pub fn actual(&self, id: IdSuscripcion) -> Versionada {
        let ausente = || Versionada { suscripcion: Suscripcion::Inexistente, version: 0 };
        self.lectura.suscripciones.get(&id).cloned().unwrap_or_else(ausente)
    }

    /// Makes a decision visible to the next command of the batch.
    fn anotar(&mut self, cambio: &Cambio) {
        let Cambio::Nuevo(nuevo) = cambio else { return };
        self.lectura.respuestas.insert(nuevo.contexto.comando, Some(nuevo.respuesta.clone()));
        if let Some(anulado) = nuevo.anula {
            self.lectura.respuestas.insert(anulado, None);
        }
        if let Some(escritura) = &nuevo.escritura {
            let versionada = Versionada { suscripcion: escritura.suscripcion.clone(), version: escritura.nueva };
            self.lectura.suscripciones.insert(escritura.id, versionada);
        }
    }
}

pub(super) fn clave_cliente(contexto: &Contexto, codigo: &CodigoCliente) -> ClaveCliente {
    ClaveCliente { inquilino: contexto.inquilino.clone(), codigo: codigo.clone() }
}

/// A refusal: the subscription stays as it is and the answer says why.
pub(super) fn rechazar(mesa: &Mesa, contexto: &Contexto, id: IdSuscripcion, codigo: Rechazo) -> Cambio {
    let actual = mesa.actual(id);
    let contenido = Contenido::Fallida { codigo, estado: actual.suscripcion.estado(), saga: None };
    Cambio::Nuevo(Box::new(sin_efectos(contexto, respuesta(id, &actual, contenido))))
}

/// A change that stores its answer and nothing else, to be filled by the decision.
pub(super) fn sin_efectos(contexto: &Contexto, respuesta: Respuesta) -> CambioNuevo {
    CambioNuevo {
        contexto: contexto.clone(),
        escritura: None,
        respuesta,
        cliente: None,
        factura: None,
        saga: None,
        anula: None,
    }
}

/// The answer of a command on a subscription, from its state after it.
pub(super) fn respuesta(id: IdSuscripcion, despues: &Versionada, contenido: Contenido) -> Respuesta {
    let ficha = despues.suscripcion.ficha();
    Respuesta {
        id,
        cliente: ficha.map(|ficha| ficha.cliente.clone()),
        plan: ficha.map(|ficha| ficha.plan.clone()),
        version: despues.version,
        contenido,
    }
}
