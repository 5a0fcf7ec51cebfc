use super::cliente::Condiciones;
use super::plan::Plan;
use super::rechazo::Rechazo;
use super::valores::{CodigoCliente, CodigoPlan, IdSaga, IdSuscripcion, Monto};

/// Who has a subscription, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ficha {
    pub id: IdSuscripcion,
    pub cliente: CodigoCliente,
    pub plan: CodigoPlan,
    /// The saga that provisioned the plan, when it was not the one that created the subscription.
    pub aprovisionada_por: Option<IdSaga>,
    /// Why the operation under way was asked for.
    pub razon: Option<String>,
}

/// A charge of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factura {
    pub numero: String,
    pub monto: Monto,
    pub moneda: String,
    pub medio_pago: String,
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
    Crear {
        ficha: Ficha,
        plan: Option<Box<Plan>>,
        condiciones: Condiciones,
    },
    Pagar {
        factura: Factura,
        condiciones: Condiciones,
    },
    /// Without a reason of its own it takes the one of the operation under way.
    Cancelar {
        motivo: Option<String>,
    },
    /// A saga takes the subscription for itself.
    Reservar {
        razon: Option<String>,
    },
    /// The saga gives its operation up.
    Desistir,
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
    Pagada {
        factura: Factura,
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

impl Suscripcion {
    /// Decides which facts a command produces, without changing anything.
    ///
    /// An empty list means "already so": a saga may repeat its messages.
    /// A refused creation is a fact too, for the client is told and the saga records it.
    pub fn decidir(&self, comando: Comando) -> Result<Vec<Evento>, Rechazo> {
        match (self, comando) {
            (Self::Inexistente, Comando::Crear { ficha, plan, condiciones }) => {
                Ok(vec![admitir(ficha, plan.as_deref(), condiciones)])
            }
            (_, Comando::Crear { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Pendiente(_), Comando::Pagar { factura, condiciones }) => cobrar(factura, condiciones),
            (Self::Inexistente, Comando::Pagar { .. }) => Err(Rechazo::NoExiste),
            (_, Comando::Pagar { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Pendiente(ficha) | Self::Activa(ficha), Comando::Cancelar { motivo }) => {
                let motivo = motivo.or_else(|| ficha.razon.clone()).unwrap_or_else(|| SIN_MOTIVO.to_owned());
                Ok(vec![Evento::Cancelada { motivo }])
            }
            (Self::Inexistente, Comando::Cancelar { .. } | Comando::Reservar { .. } | Comando::Desistir) => {
                Err(Rechazo::NoExiste)
            }
            (Self::Cancelada { .. } | Self::Rechazada { .. }, Comando::Cancelar { .. } | Comando::Desistir) => {
                Ok(vec![])
            }
            (Self::Activa(_), Comando::Reservar { razon }) => Ok(vec![Evento::Reservada { razon }]),
            (_, Comando::Reservar { .. }) => Err(Rechazo::EstadoInvalido),
            (Self::Pendiente(_) | Self::Activa(_), Comando::Desistir) => Ok(vec![Evento::Desistida]),
        }
    }

    /// The subscription after a fact. A fact that does not belong to the state changes nothing.
    pub fn aplicar(self, evento: &Evento) -> Self {
        match (self, evento) {
            (_, Evento::Creada { ficha, activa: true }) => Self::Activa(ficha.clone()),
            (_, Evento::Creada { ficha, activa: false }) => Self::Pendiente(ficha.clone()),
            (_, Evento::Rechazada { ficha, codigo }) => Self::Rechazada { ficha: ficha.clone(), codigo: *codigo },
            (Self::Pendiente(ficha) | Self::Activa(ficha), Evento::Pagada { .. }) => Self::Activa(ficha),
            (Self::Pendiente(ficha) | Self::Activa(ficha), Evento::Cancelada { motivo }) => {
                Self::Cancelada { ficha, motivo: motivo.clone() }
            }
            (Self::Pendiente(ficha), Evento::Reservada { razon }) => {
                Self::Pendiente(Ficha { razon: razon.clone(), ..ficha })
            }
            (Self::Activa(ficha), Evento::Reservada { razon }) => Self::Activa(Ficha { razon: razon.clone(), ..ficha }),
            (Self::Pendiente(ficha), Evento::Desistida) => Self::Pendiente(Ficha { razon: None, ..ficha }),
            (Self::Activa(ficha), Evento::Desistida) => Self::Activa(Ficha { razon: None, ..ficha }),
            (estado, _) => estado,
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
}

fn admitir(ficha: Ficha, plan: Option<&Plan>, condiciones: Condiciones) -> Evento {
    match plan {
        _ if condiciones.bloqueado => Evento::Rechazada { ficha, codigo: Rechazo::ClienteBloqueado },
        Some(plan) if plan.en_venta => Evento::Creada { ficha, activa: plan.flujo.is_none() },
        _ => Evento::Rechazada { ficha, codigo: Rechazo::PlanNoDisponible },
    }
}

fn cobrar(factura: Factura, condiciones: Condiciones) -> Result<Vec<Evento>, Rechazo> {
    match condiciones.limite_pago {
        Some(limite) if factura.monto > limite => Err(Rechazo::PagoRechazado),
        _ => Ok(vec![Evento::Pagada { factura }]),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ficha() -> Ficha {
        Ficha {
            id: IdSuscripcion(Uuid::nil()),
            cliente: CodigoCliente::try_from("0001").expect("codigo"),
            plan: CodigoPlan::try_from("pro").expect("codigo"),
            aprovisionada_por: None,
            razon: None,
        }
    }

    fn plan(flujo: Option<&str>) -> Plan {
        Plan {
            codigo: ficha().plan,
            nombre: "PRO".into(),
            monto: Monto::try_from("150000.00").expect("monto"),
            moneda: "COP".into(),
            en_venta: true,
            flujo: flujo.map(str::to_owned),
            recursos: None,
            parametros: Default::default(),
        }
    }

    fn factura() -> Factura {
        let monto = Monto::try_from("150000.00").expect("monto");
        Factura { numero: "F-1".into(), monto, moneda: "COP".into(), medio_pago: "tarjeta".into() }
    }

    fn crear(plan: Option<Plan>, bloqueado: bool) -> Comando {
        Comando::Crear {
            ficha: ficha(),
            plan: plan.map(Box::new),
            condiciones: Condiciones { bloqueado, limite_pago: None },
        }
    }

    fn pagar(limite: Option<&str>) -> Comando {
        let limite_pago = limite.map(|l| Monto::try_from(l).expect("monto"));
        Comando::Pagar { factura: factura(), condiciones: Condiciones { bloqueado: false, limite_pago } }
    }

    fn dados(hechos: &[Evento]) -> Suscripcion {
        hechos.iter().fold(Suscripcion::Inexistente, Suscripcion::aplicar)
    }

    fn creada(activa: bool) -> Evento {
        Evento::Creada { ficha: ficha(), activa }
    }

    fn cancelar() -> Comando {
        Comando::Cancelar { motivo: Some("a petición".into()) }
    }

    fn reservada() -> Evento {
        Evento::Reservada { razon: Some("muy caro".into()) }
    }

    #[test]
    fn un_plan_con_flujo_queda_pendiente_y_sin_flujo_activo() {
        assert_eq!(dados(&[]).decidir(crear(Some(plan(Some("pro"))), false)), Ok(vec![creada(false)]));
        assert_eq!(dados(&[]).decidir(crear(Some(plan(None)), false)), Ok(vec![creada(true)]));
    }

    #[test]
    fn un_cliente_bloqueado_o_un_plan_ausente_es_un_rechazo_que_consta() {
        let rechazada = |codigo| Ok(vec![Evento::Rechazada { ficha: ficha(), codigo }]);
        assert_eq!(dados(&[]).decidir(crear(Some(plan(None)), true)), rechazada(Rechazo::ClienteBloqueado));
        assert_eq!(dados(&[]).decidir(crear(None, false)), rechazada(Rechazo::PlanNoDisponible));
        let retirado = Plan { en_venta: false, ..plan(None) };
        assert_eq!(dados(&[]).decidir(crear(Some(retirado), false)), rechazada(Rechazo::PlanNoDisponible));
    }

    #[test]
    fn pagar_activa_y_pagar_de_mas_se_rechaza() {
        let pendiente = dados(&[creada(false)]);
        assert_eq!(pendiente.decidir(pagar(None)), Ok(vec![Evento::Pagada { factura: factura() }]));
        assert_eq!(pendiente.decidir(pagar(Some("150000.00"))), Ok(vec![Evento::Pagada { factura: factura() }]));
        assert_eq!(pendiente.decidir(pagar(Some("149999.99"))), Err(Rechazo::PagoRechazado));
        assert_eq!(dados(&[creada(false), Evento::Pagada { factura: factura() }]).estado(), Estado::Activa);
    }

    #[test]
    fn solo_se_paga_lo_pendiente() {
        assert_eq!(dados(&[]).decidir(pagar(None)), Err(Rechazo::NoExiste));
        assert_eq!(dados(&[creada(true)]).decidir(pagar(None)), Err(Rechazo::EstadoInvalido));
    }

    #[test]
    fn cancelar_dos_veces_no_repite_el_hecho() {
        let hecho = Evento::Cancelada { motivo: "a petición".into() };
        assert_eq!(dados(&[creada(false)]).decidir(cancelar()), Ok(vec![hecho.clone()]));
        assert_eq!(dados(&[creada(false), hecho]).decidir(cancelar()), Ok(vec![]));
    }

    #[test]
    fn la_razon_de_la_operacion_en_curso_es_el_motivo_de_quien_no_da_otro() {
        let reservada = dados(&[creada(true), reservada()]);
        let sin_motivo = reservada.decidir(Comando::Cancelar { motivo: None });
        assert_eq!(sin_motivo, Ok(vec![Evento::Cancelada { motivo: "muy caro".into() }]));
        assert_eq!(reservada.decidir(cancelar()), Ok(vec![Evento::Cancelada { motivo: "a petición".into() }]));
    }

    #[test]
    fn desistir_deja_la_suscripcion_como_estaba() {
        assert_eq!(dados(&[creada(true), reservada(), Evento::Desistida]), dados(&[creada(true)]));
        let acabada = dados(&[creada(true), Evento::Cancelada { motivo: "x".into() }]);
        assert_eq!(acabada.decidir(Comando::Desistir), Ok(vec![]));
    }

    #[test]
    fn solo_lo_activo_se_reserva() {
        let reservar = || Comando::Reservar { razon: None };
        assert_eq!(dados(&[creada(true)]).decidir(reservar()), Ok(vec![Evento::Reservada { razon: None }]));
        assert_eq!(dados(&[creada(false)]).decidir(reservar()), Err(Rechazo::EstadoInvalido));
        assert_eq!(dados(&[]).decidir(reservar()), Err(Rechazo::NoExiste));
    }
}
