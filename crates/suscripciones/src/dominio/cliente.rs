use std::fmt;

use super::valores::Monto;

/// Who a client is: personal data, kept encrypted and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct DatosCliente {
    pub nombres: String,
    pub apellidos: String,
    pub usuario: String,
    pub rut: String,
    pub cedula: String,
    pub email: String,
}

impl fmt::Debug for DatosCliente {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatosCliente")
    }
}

/// What the business allows a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Condiciones {
    /// A blocked client cannot subscribe.
    pub bloqueado: bool,
    /// The most that one payment may charge; no limit when absent.
    pub limite_pago: Option<Monto>,
}
