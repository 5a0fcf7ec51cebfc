use chrono::{DateTime, Utc};
use saga::{Causa, Entrada, EstadoPaso, EstadoSaga, Fase, Mando};

use crate::dominio::{Estado, IdSaga, IdSuscripcion};

/// What the ledgers say of one subscription; every part from this service is of one moment.
#[derive(Debug, Clone)]
pub struct Expediente {
    pub id: IdSuscripcion,
    /// None when there is no such subscription.
    pub suscripcion: Option<Estado>,
    /// Paid invoices, but for those that an operation without a saga issued: nobody but the client pays these.
    pub pagos: usize,
    /// Every saga that is about it, oldest first.
    pub flujos: Vec<Flujo>,
    /// None when servicio-datos did not answer.
    pub servicios: Option<Vec<ServicioVisto>>,
    /// None when notificaciones did not answer.
    pub avisos: Option<Vec<Aviso>>,
}

/// A saga as its row and its log tell it.
#[derive(Debug, Clone)]
pub struct Flujo {
    pub id: IdSaga,
    pub columnas: Columnas,
    /// None when the stored state cannot be read.
    pub estado: Option<EstadoSaga>,
    pub registro: Vec<Registro>,
    /// What each step does to the ledgers, predecessors first; empty when the definition is unknown.
    pub papeles: Vec<(String, Papel)>,
    /// The invoice that it issued, if it issued one.
    pub cobro: Option<Cobro>,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cobro {
    Pendiente,
    Pagado,
    Anulado,
}

/// What a saga's row says beside its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columnas {
    /// None for a word that is no phase.
    pub fase: Option<Fase>,
    pub atascada: bool,
    pub version: i64,
    pub proximo_plazo: Option<DateTime<Utc>>,
}

/// One row of a saga's log.
#[derive(Debug, Clone)]
pub struct Registro {
    pub version: i64,
    /// None when it cannot be read.
    pub entrada: Option<Entrada>,
}

/// What a step's command does to a ledger that the audit knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Papel {
    CrearSuscripcion,
    PagarSuscripcion,
    CambiarPlan,
    /// Begins an operation on a subscription that exists; with the operation that its undo gives up.
    Solicitar(Option<String>),
    CancelarSuscripcion,
    CrearServicio,
    AsignarExperto,
    IniciarServicio,
    TerminarServicio,
    /// With the template, when the definition states it.
    Avisar(Option<String>),
    /// A command of somebody whose ledger is not audited.
    Ajeno,
}

/// A data service as servicio-datos knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicioVisto {
    pub estado: String,
    pub plazas: Plazas,
}

/// Which scarce places a data service holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plazas {
    pub nube: bool,
    pub experto: bool,
}

/// A notification as notificaciones knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aviso {
    pub plantilla: String,
    pub estado: String,
}

impl Flujo {
    /// Whether the saga has ended, as its state says.
    pub fn termino(&self) -> bool {
        self.estado.as_ref().is_some_and(|estado| estado.fase.es_terminal())
    }

    /// Each step's part and where it stands.
    pub fn pasos(&self) -> impl Iterator<Item = (&Papel, &EstadoPaso)> {
        let estado = self.estado.as_ref();
        self.papeles.iter().filter_map(move |(clave, papel)| Some((papel, estado?.paso(clave))))
    }

    /// Whether the plan is another one since this saga.
    pub fn cambio_de_plan(&self) -> bool {
        self.pasos().any(|(papel, estado)| *papel == Papel::CambiarPlan && *estado == EstadoPaso::Hecho)
    }

    /// Whether it left a data service.
    pub fn creo_servicio(&self) -> bool {
        self.pasos().any(|(papel, estado)| *papel == Papel::CrearServicio && *estado == EstadoPaso::Hecho)
    }

    /// Whether it asked for a data service, whatever became of it.
    pub fn pudo_crear_servicio(&self) -> bool {
        self.pasos().any(|(papel, estado)| *papel == Papel::CrearServicio && *estado != EstadoPaso::Pendiente)
    }

    /// Whether an operator took a step for done that tells the client: who told, and how, is not known.
    pub fn aviso_saltado(&self) -> bool {
        let saltado = |registro: &Registro| match &registro.entrada.as_ref()?.causa {
            Causa::Mando { mando: Mando::Saltar { paso, .. }, .. } => Some(paso.clone()),
            _ => None,
        };
        let saltados: Vec<String> = self.registro.iter().filter_map(saltado).collect();
        self.papeles.iter().any(|(clave, papel)| matches!(papel, Papel::Avisar(_)) && saltados.contains(clave))
    }
}
