use super::plan::Plan;
use super::rechazo::Rechazo;
use super::valores::{CodigoPlan, IdSaga, Monto};

/// A charge, as it is ordered and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pago {
    pub numero: String,
    pub monto: Monto,
    /// ISO 4217.
    pub moneda: String,
    pub medio_pago: String,
}

/// What a subscription owes for a plan, has paid, or need not pay any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factura {
    pub numero: String,
    pub plan: CodigoPlan,
    pub monto: Monto,
    /// ISO 4217.
    pub moneda: String,
    /// The saga that issued it, if one did.
    pub saga: Option<IdSaga>,
    pub estado: EstadoFactura,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EstadoFactura {
    Pendiente,
    Pagada { medio_pago: String },
    Anulada,
}

/// In whose name an operation issues its invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emision {
    /// The id of the saga, or of the command of an operation without one.
    pub numero: String,
    pub saga: Option<IdSaga>,
}

impl EstadoFactura {
    /// Its name, as stored and shown.
    pub fn nombre(&self) -> &'static str {
        match self {
            Self::Pendiente => "pendiente",
            Self::Pagada { .. } => "pagada",
            Self::Anulada => "anulada",
        }
    }
}

impl Factura {
    /// The invoice for beginning with a plan; none when there is nothing to pay and no flow that would pay it.
    pub fn emitir(plan: &Plan, Emision { numero, saga }: Emision) -> Option<Self> {
        (plan.flujo.is_some() || plan.monto.centavos() > 0).then(|| Self {
            numero,
            plan: plan.codigo.clone(),
            monto: plan.monto,
            moneda: plan.moneda.clone(),
            saga,
            estado: EstadoFactura::Pendiente,
        })
    }

    pub fn es_pendiente(&self) -> bool {
        self.estado == EstadoFactura::Pendiente
    }

    /// The invoice once that payment has been made, or that it was made before: then it changes nothing.
    pub fn cobrar(&self, pago: &Pago) -> Result<Option<Self>, Rechazo> {
        match &self.estado {
            EstadoFactura::Anulada => Err(Rechazo::FacturaAnulada),
            _ if (self.monto, &self.moneda) != (pago.monto, &pago.moneda) => Err(Rechazo::FacturaDeOtroMonto),
            EstadoFactura::Pagada { .. } => Ok(None),
            EstadoFactura::Pendiente => Ok(Some(self.pagada(&pago.medio_pago))),
        }
    }

    pub fn pagada(&self, medio_pago: &str) -> Self {
        Self { estado: EstadoFactura::Pagada { medio_pago: medio_pago.to_owned() }, ..self.clone() }
    }

    pub fn anulada(&self) -> Self {
        Self { estado: EstadoFactura::Anulada, ..self.clone() }
    }

    /// The payment that was made of it.
    pub fn pago(&self) -> Option<Pago> {
        match &self.estado {
            EstadoFactura::Pagada { medio_pago } => Some(Pago {
                numero: self.numero.clone(),
                monto: self.monto,
                moneda: self.moneda.clone(),
                medio_pago: medio_pago.clone(),
            }),
            EstadoFactura::Pendiente | EstadoFactura::Anulada => None,
        }
    }
}
