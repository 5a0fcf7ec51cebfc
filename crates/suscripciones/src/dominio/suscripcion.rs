use super::cliente::Condiciones;
use super::factura::{Emision, Factura, Pago};
use super::plan::Plan;
use super::rechazo::Rechazo;
use super::valores::{CodigoCliente, CodigoPlan, IdSaga, IdServicioDatos, IdSuscripcion};

/// Who has a subscription, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ficha {
    pub id: IdSuscripcion,
    pub cliente: CodigoCliente,
    pub plan: CodigoPlan,
    /// The data service of the plan, when its id does not derive from the subscription's.
    pub servicio: Option<IdServicioDatos>,
    /// Why the operation under way was asked for.
    pub razon: Option<String>,
    /// Every invoice that was issued for it, oldest first.
    pub facturas: Vec<Factura>,
}

/// A client's subscription to a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suscripcion {
    Inexistente,
    Pendiente(Ficha),
    Activa(Ficha),
    Cancelada { ficha: Ficha, motivo: String },
    Rechazada { ficha: Ficha, codigo: Rechazo },
}

/// The name of a state, as stored and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estado {
    Inexistente,
    Pendiente,
    Activa,
    Cancelada,
    Rechazada,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comando {
    /// `plan` is the catalogue's answer for the code of the card.
    Crear { ficha: Ficha, plan: Option<Box<Plan>>, condiciones: Condiciones, emision: Emision },
    /// `ajena` when another subscription has an invoice of that number.
    Pagar { pago: Pago, ajena: bool, condiciones: Condiciones },
    /// Without a reason of its own it takes the one of the operation under way.
    Cancelar { motivo: Option<String> },
    /// A client wants another plan: at once, or by the saga that issues the invoice.
    PedirCambio {
        /// The catalogue's answer for the code that was asked for.
        plan: Option<Box<Plan>>,
        condiciones: Condiciones,
        emision: Emision,
        razon: Option<String>,
    },
    /// The change that a saga carries out takes place, and what it costs is paid.
    ConsumarCambio {
        plan: CodigoPlan,
        saga: IdSaga,
        /// The data service that the saga provisioned for the plan.
        servicio: Option<IdServicioDatos>,
        medio_pago: Option<String>,
        condiciones: Condiciones,
    },
    /// A saga takes the subscription for itself.
    Reservar { razon: Option<String> },
    /// The saga gives its operation up.
    Desistir { saga: Option<IdSaga> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evento {
    /// `activa` at once, or pending while its flow goes on.
    Creada {
        ficha: Ficha,
        activa: bool,
    },
    Rechazada {
        ficha: Ficha,
        codigo: Rechazo,
    },
    /// An invoice was issued.
    Facturada {
        factura: Factura,
    },
    Pagada {
        factura: Factura,
    },
    /// What an invoice was for is not going to be.
    FacturaAnulada {
        factura: Factura,
    },
    PlanCambiado {
        plan: CodigoPlan,
        servicio: Option<IdServicioDatos>,
    },
    Cancelada {
        motivo: String,
    },
    Reservada {
        razon: Option<String>,
    },
    Desistida,
}

/// The reason of whoever gives none.
const SIN_MOTIVO: &str = "cancelada";

impl Estado {
    /// The state of a subscription that exists.
    pub fn de_nombre(nombre: &str) -> Option<Self> {
        [Self::Pendiente, Self::Activa, Self::Cancelada, Self::Rechazada]
            .into_iter()
            .find(|estado| estado.nombre() == nombre)
    }

    /// Whether the subscription gives or is about to give what its plan says.
    pub fn es_vigente(self) -> bool {
        matches!(self, Self::Pendiente | Self::Activa)
    }

    pub fn nombre(self) -> &'static str {
        match self {
            Self::Inexistente => "inexistente",
            Self::Pendiente => "pendiente",
            Self::Activa => "activa",
            Self::Cancelada => "cancelada",
            Self::Rechazada => "rechazada",
        }
    }
}

impl Evento {
    /// The invoice that it is about, as it is after it.
    pub fn factura(&self) -> Option<&Factura> {
        match self {
            Self::Facturada { factura } | Self::Pagada { factura } | Self::FacturaAnulada { factura } => Some(factura),
            _ => None,
        }
    }
}

impl Ficha {
    pub fn factura(&self, numero: &str) -> Option<&Factura> {
        self.facturas.iter().find(|factura| factura.numero == numero)
    }

    /// What is still to be paid, and need not be any more, of the invoices that `sobra` names.
    fn anular(&self, sobra: impl Fn(&Factura) -> bool) -> impl Iterator<Item = Evento> {
        let pendientes = self.facturas.iter().filter(|factura| factura.es_pendiente());
        pendientes
            .filter(move |factura| sobra(factura))
            .map(|factura| Evento::FacturaAnulada { factura: factura.anulada() })
    }

    /// What is not paid of the plan that is left is not owed once another one is taken.
    fn pedir_cambio(
        &self,
        plan: Option<&Plan>,
        condiciones: Condiciones,
        emision: Emision,
        razon: Option<String>,
    ) -> Result<Vec<Evento>, Rechazo> {
        let plan = match plan {
            _ if condiciones.bloqueado => return Err(Rechazo::ClienteBloqueado),
            Some(plan) if plan.codigo == self.plan => return Err(Rechazo::MismoPlan),
            Some(plan) if plan.en_venta => plan,
            _ => return Err(Rechazo::PlanNoDisponible),
        };
        let por_saga = emision.saga.is_some();
        let factura = Factura::emitir(plan, emision).map(|factura| Evento::Facturada { factura });
        Ok(match por_saga {
            true => [Evento::Reservada { razon }].into_iter().chain(factura).collect(),
            false => {
                let cambiado = Evento::PlanCambiado { plan: plan.codigo.clone(), servicio: None };
                [cambiado].into_iter().chain(self.anular(|_| true)).chain(factura).collect()
            }
        })
    }

    fn consumar_cambio(
        &self,
        cambiado: Evento,
        saga: IdSaga,
        medio_pago: Option<String>,
        condiciones: Condiciones,
    ) -> Result<Vec<Evento>, Rechazo> {
        let suya = |factura: &Factura| factura.saga == Some(saga);
        let Some(factura) = self.facturas.iter().find(|factura| suya(factura) && factura.es_pendiente()) else {
            return Ok([cambiado].into_iter().chain(self.anular(|_| true)).collect());
        };
        if condiciones.limite_pago.is_some_and(|limite| factura.monto > limite) {
            return Err(Rechazo::PagoRechazado);
        }
        let factura = factura.pagada(&medio_pago.ok_or(Rechazo::DatosIncompletos)?);
        Ok([Evento::Pagada { factura }, cambiado].into_iter().chain(self.anular(|factura| !suya(factura))).collect())
    }

    fn con_factura(mut self, factura: &Factura) -> Self {
        match self.facturas.iter_mut().find(|conocida| conocida.numero == factura.numero) {
            Some(conocida) => conocida.clone_from(factura),
            None => self.facturas.push(factura.clone()),
        }
        self
    }
}

impl Suscripcion {
    /// Decides which facts a command produces, without changing anything.
    ///
    /// An empty list means "already so": a saga may repeat its messages.
    /// A refused creation is a fact too, for the client is told and the saga records it.
    pub fn decidir(&self, comando: Comando) -> Result<Vec<Evento>, Rechazo> {
        match (self, comando) {
            (Self::Inexistente, Comando::Crear { ficha, plan, condiciones, emision }) => {
                Ok(admitir(ficha, plan.as_deref(), condiciones, emision))
            }
            (_, Comando::Crear { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Inexistente, _) => Err(Rechazo::NoExiste),
            (_, Comando::Pagar { pago, ajena, condiciones }) => self.cobrar(&pago, ajena, condiciones),
            (Self::Pendiente(ficha) | Self::Activa(ficha), Comando::Cancelar { motivo }) => {
                let motivo = motivo.or_else(|| ficha.razon.clone()).unwrap_or_else(|| SIN_MOTIVO.to_owned());
                Ok([Evento::Cancelada { motivo }].into_iter().chain(ficha.anular(|_| true)).collect())
            }
            (Self::Cancelada { .. } | Self::Rechazada { .. }, Comando::Cancelar { .. } | Comando::Desistir { .. }) => {
                Ok(vec![])
            }
            (Self::Activa(ficha), Comando::PedirCambio { plan, condiciones, emision, razon }) => {
                ficha.pedir_cambio(plan.as_deref(), condiciones, emision, razon)
            }
            (Self::Activa(ficha), Comando::ConsumarCambio { plan, saga, servicio, medio_pago, condiciones }) => {
                ficha.consumar_cambio(Evento::PlanCambiado { plan, servicio }, saga, medio_pago, condiciones)
            }
            (_, Comando::PedirCambio { .. } | Comando::ConsumarCambio { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Activa(_), Comando::Reservar { razon }) => Ok(vec![Evento::Reservada { razon }]),
            (_, Comando::Reservar { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Pendiente(ficha) | Self::Activa(ficha), Comando::Desistir { saga }) => {
                let suya = |factura: &Factura| saga.is_some() && factura.saga == saga;
                Ok([Evento::Desistida].into_iter().chain(ficha.anular(suya)).collect())
            }
        }
    }

    /// A payment that was made before is made once; what is paid is what the invoice says.
    fn cobrar(&self, pago: &Pago, ajena: bool, condiciones: Condiciones) -> Result<Vec<Evento>, Rechazo> {
        let desconocida = if ajena { Rechazo::FacturaAjena } else { Rechazo::FacturaDesconocida };
        let ficha = self.ficha().ok_or(Rechazo::NoExiste)?;
        let factura = ficha.factura(&pago.numero).ok_or(desconocida)?;
        let Some(pagada) = factura.cobrar(pago)? else { return Ok(vec![]) };
        match condiciones.limite_pago {
            _ if !self.estado().es_vigente() => Err(Rechazo::EstadoInvalido),
            _ if factura.plan != ficha.plan => Err(Rechazo::FacturaDeOtroPlan),
            Some(limite) if factura.monto > limite => Err(Rechazo::PagoRechazado),
            _ => Ok(vec![Evento::Pagada { factura: pagada }]),
        }
    }

    /// The subscription after a fact. A fact that does not belong to the state changes nothing.
    pub fn aplicar(self, evento: &Evento) -> Self {
        match (self, evento) {
            (_, Evento::Creada { ficha, activa: true }) => Self::Activa(ficha.clone()),
            (_, Evento::Creada { ficha, activa: false }) => Self::Pendiente(ficha.clone()),
            (_, Evento::Rechazada { ficha, codigo }) => Self::Rechazada { ficha: ficha.clone(), codigo: *codigo },
            (Self::Pendiente(ficha) | Self::Activa(ficha), Evento::Pagada { factura }) => {
                Self::Activa(ficha.con_factura(factura))
            }
            (Self::Pendiente(ficha) | Self::Activa(ficha), Evento::Cancelada { motivo }) => {
                Self::Cancelada { ficha, motivo: motivo.clone() }
            }
            (otra, Evento::Facturada { factura } | Evento::FacturaAnulada { factura }) => {
                otra.con_ficha(|ficha| ficha.con_factura(factura))
            }
            (otra, Evento::PlanCambiado { plan, servicio }) => {
                otra.con_ficha(|ficha| Ficha { plan: plan.clone(), servicio: *servicio, razon: None, ..ficha })
            }
            (otra, Evento::Reservada { razon }) => otra.con_ficha(|ficha| Ficha { razon: razon.clone(), ..ficha }),
            (otra, Evento::Desistida) => otra.con_ficha(|ficha| Ficha { razon: None, ..ficha }),
            (estado, _) => estado,
        }
    }

    /// The same state of another card.
    fn con_ficha(self, cambiar: impl FnOnce(Ficha) -> Ficha) -> Self {
        match self {
            Self::Inexistente => Self::Inexistente,
            Self::Pendiente(ficha) => Self::Pendiente(cambiar(ficha)),
            Self::Activa(ficha) => Self::Activa(cambiar(ficha)),
            Self::Cancelada { ficha, motivo } => Self::Cancelada { ficha: cambiar(ficha), motivo },
            Self::Rechazada { ficha, codigo } => Self::Rechazada { ficha: cambiar(ficha), codigo },
        }
    }

    pub fn estado(&self) -> Estado {
        match self {
            Self::Inexistente => Estado::Inexistente,
            Self::Pendiente(_) => Estado::Pendiente,
            Self::Activa(_) => Estado::Activa,
            Self::Cancelada { .. } => Estado::Cancelada,
            Self::Rechazada { .. } => Estado::Rechazada,
        }
    }

    pub fn ficha(&self) -> Option<&Ficha> {
        match self {
            Self::Inexistente => None,
            Self::Pendiente(ficha) | Self::Activa(ficha) => Some(ficha),
            Self::Cancelada { ficha, .. } | Self::Rechazada { ficha, .. } => Some(ficha),
        }
    }

    /// The same, to fill it with what is read apart.
    pub fn ficha_mut(&mut self) -> Option<&mut Ficha> {
        match self {
            Self::Inexistente => None,
            Self::Pendiente(ficha) | Self::Activa(ficha) => Some(ficha),
            Self::Cancelada { ficha, .. } | Self::Rechazada { ficha, .. } => Some(ficha),
        }
    }
}

/// A subscription that begins has its invoice from the beginning.
fn admitir(ficha: Ficha, plan: Option<&Plan>, condiciones: Condiciones, emision: Emision) -> Vec<Evento> {
    match plan {
        _ if condiciones.bloqueado => vec![Evento::Rechazada { ficha, codigo: Rechazo::ClienteBloqueado }],
        Some(plan) if plan.en_venta => {
            let factura = Factura::emitir(plan, emision).map(|factura| Evento::Facturada { factura });
            [Evento::Creada { ficha, activa: plan.flujo.is_none() }].into_iter().chain(factura).collect()
        }
        _ => vec![Evento::Rechazada { ficha, codigo: Rechazo::PlanNoDisponible }],
    }
}

#[cfg(test)]
mod tests;
