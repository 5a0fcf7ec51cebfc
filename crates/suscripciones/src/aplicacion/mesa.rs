use std::collections::HashMap;

use super::puertos::{
    Cambio, CambioNuevo, Cargo, ClaveCliente, Contenido, Contexto, Escritura, Estorbo, Lectura, Producto, Respuesta,
    Versionada,
};
use crate::dominio::{
    CodigoCliente, CodigoPlan, Comando, Condiciones, Emision, EstadoFactura, Evento, Factura, IdSaga, IdSuscripcion,
    Operacion, Plan, Rechazo, Suscripcion,
};

/// What the decisions of one batch know; later commands see what earlier ones decided.
pub(super) struct Mesa {
    pub lectura: Lectura,
    pub planes: HashMap<CodigoPlan, Plan>,
}

/// A command under decision: on which subscription, and in whose name.
pub(super) struct Peticion<'a> {
    pub contexto: &'a Contexto,
    pub id: IdSuscripcion,
    /// What a client asks for as a whole; none for a step of a saga.
    pub operacion: Option<Operacion>,
}

/// What a command does to its subscription, before it is stored.
pub(super) struct Decidido {
    pub antes: Versionada,
    pub despues: Versionada,
    facturas: Vec<Factura>,
}

/// In whose name a command comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remitente {
    Cliente,
    /// The saga that has the subscription for itself, or the undo of one.
    Saga,
    /// A saga that has ended: what it sent comes too late.
    Rezagado,
}

impl Mesa {
    pub fn actual(&self, id: IdSuscripcion) -> Versionada {
        let ausente = || Versionada { suscripcion: Suscripcion::Inexistente, version: 0 };
        self.lectura.suscripciones.get(&id).cloned().unwrap_or_else(ausente)
    }

    /// What the business allows whoever has the subscription.
    pub fn condiciones(&self, peticion: &Peticion<'_>) -> Condiciones {
        let actual = self.actual(peticion.id).suscripcion;
        let clave = actual.ficha().map(|ficha| clave_cliente(peticion.contexto, &ficha.cliente));
        clave.and_then(|clave| self.lectura.condiciones.get(&clave).copied()).unwrap_or_default()
    }

    /// What the command does to its subscription as this batch leaves it; nothing, if it is so already.
    pub fn hacer(&self, peticion: &Peticion<'_>, comando: Comando) -> Result<Decidido, Rechazo> {
        let antes = self.actual(peticion.id);
        let eventos = antes.suscripcion.decidir(comando)?;
        let version = antes.version + i64::from(!eventos.is_empty());
        let suscripcion = eventos.iter().fold(antes.suscripcion.clone(), Suscripcion::aplicar);
        let facturas = eventos.iter().filter_map(Evento::factura).cloned().collect();
        Ok(Decidido { antes, despues: Versionada { suscripcion, version }, facturas })
    }

    pub fn en_curso(&self, id: IdSuscripcion) -> Option<IdSaga> {
        self.lectura.en_curso.get(&id).copied()
    }

    pub fn remitente(&self, contexto: &Contexto, id: IdSuscripcion) -> Remitente {
        match contexto.correlacion.map(IdSaga) {
            Some(_) if contexto.causa.is_some() => Remitente::Saga,
            Some(saga) if self.en_curso(id) == Some(saga) => Remitente::Saga,
            Some(saga) if self.lectura.terminadas.contains(&saga) => Remitente::Rezagado,
            _ => Remitente::Cliente,
        }
    }

    /// The answer of whoever may not touch the subscription now.
    pub fn cerrar_paso(&self, peticion: &Peticion<'_>) -> Option<Cambio> {
        match self.remitente(peticion.contexto, peticion.id) {
            Remitente::Saga => None,
            Remitente::Rezagado => Some(self.rechazar(peticion, Rechazo::OperacionTerminada)),
            Remitente::Cliente => {
                let saga = self.en_curso(peticion.id)?;
                let estorbo = Estorbo { saga: Some(saga), suscripcion: None };
                Some(self.rechazar_por(peticion, Rechazo::EnCurso, estorbo))
            }
        }
    }

    /// A refusal: the subscription stays as it is and the answer says why.
    pub fn rechazar(&self, peticion: &Peticion<'_>, codigo: Rechazo) -> Cambio {
        self.rechazar_por(peticion, codigo, Estorbo::default())
    }

    pub fn rechazar_por(&self, peticion: &Peticion<'_>, codigo: Rechazo, estorbo: Estorbo) -> Cambio {
        let actual = self.actual(peticion.id);
        let contenido = Contenido::Fallida {
            codigo,
            estado: actual.suscripcion.estado(),
            operacion: peticion.operacion,
            saga: None,
            estorbo,
        };
        Cambio::Nuevo(Box::new(sin_efectos(peticion, respuesta(peticion.id, &actual, contenido))))
    }

    /// Makes a decision visible to the next command of the batch.
    pub fn anotar(&mut self, cambio: &Cambio) {
        let Cambio::Nuevo(nuevo) = cambio else { return };
        self.lectura.respuestas.insert(nuevo.contexto.comando, Some(nuevo.respuesta.clone()));
        if let Some(anulado) = nuevo.anula {
            self.lectura.respuestas.insert(anulado, None);
        }
        if let Some(avance) = nuevo.saga.as_ref().filter(|avance| !avance.estado.fase.es_terminal()) {
            self.lectura.en_curso.insert(avance.saga.suscripcion, avance.saga.id);
        }
        if let Some(producto) = &nuevo.contrata {
            self.lectura.contrataciones.insert(producto.clone(), nuevo.respuesta.id);
        }
        if let Some(escritura) = &nuevo.escritura {
            let versionada = Versionada { suscripcion: escritura.suscripcion.clone(), version: escritura.nueva };
            self.lectura.suscripciones.insert(escritura.id, versionada);
            self.soltar(escritura.id);
        }
    }

    /// Forgets what a subscription held and no longer does; while a saga has it, nothing is given back.
    fn soltar(&mut self, id: IdSuscripcion) {
        if self.en_curso(id).is_some() {
            return;
        }
        let actual = self.actual(id).suscripcion;
        let plan = actual.ficha().filter(|_| actual.estado().es_vigente()).map(|ficha| &ficha.plan);
        self.lectura.contrataciones.retain(|producto, titular| *titular != id || Some(&producto.plan) == plan);
    }
}

pub(super) fn clave_cliente(contexto: &Contexto, codigo: &CodigoCliente) -> ClaveCliente {
    ClaveCliente { inquilino: contexto.inquilino.clone(), codigo: codigo.clone() }
}

pub(super) fn producto(contexto: &Contexto, cliente: &CodigoCliente, plan: &CodigoPlan) -> Producto {
    Producto { cliente: clave_cliente(contexto, cliente), plan: plan.clone() }
}

/// An invoice has the number of the saga that issues it, or of the command when no saga follows.
pub(super) fn emision(contexto: &Contexto, saga: Option<IdSaga>) -> Emision {
    Emision { numero: saga.map_or(contexto.comando, |saga| saga.0).to_string(), saga }
}

impl Decidido {
    /// The invoice that was issued or paid.
    pub fn cargo(&self) -> Option<Cargo> {
        self.facturas.iter().find(|factura| factura.estado != EstadoFactura::Anulada).map(Cargo::from)
    }

    /// Whether something changes at all.
    pub fn cambia(&self) -> bool {
        self.despues.version > self.antes.version
    }

    /// The change that stores what was decided with that answer.
    pub fn con(self, peticion: &Peticion<'_>, contenido: Contenido) -> CambioNuevo {
        let escritura = self.cambia().then(|| Escritura {
            id: peticion.id,
            inquilino: peticion.contexto.inquilino.clone(),
            suscripcion: self.despues.suscripcion.clone(),
            leida: self.antes.version,
            nueva: self.despues.version,
        });
        let respuesta = respuesta(peticion.id, &self.despues, contenido);
        CambioNuevo { escritura, facturas: self.facturas, ..sin_efectos(peticion, respuesta) }
    }
}

/// A change that stores its answer and nothing else, to be filled by the decision.
pub(super) fn sin_efectos(peticion: &Peticion<'_>, respuesta: Respuesta) -> CambioNuevo {
    CambioNuevo {
        contexto: peticion.contexto.clone(),
        escritura: None,
        respuesta,
        cliente: None,
        facturas: Vec::new(),
        saga: None,
        contrata: None,
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
