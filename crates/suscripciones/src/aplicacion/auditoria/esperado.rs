use std::collections::BTreeMap;

use saga::{EstadoPaso, Fase};

use super::hechos::{Expediente, Flujo, Papel};
use crate::dominio::Estado;

/// Failures of a notification that leave none behind: it could not even be written.
const AVISOS_IMPOSIBLES: [&str; 3] = ["datos_incompletos", "datos_invalidos", "plantilla_desconocida"];

const RECHAZADA: &str = "suscripcion_rechazada";
const CANCELADA: &str = "suscripcion_cancelada";
/// What is told of an operation that its saga gave up.
const DESISTIDAS: [(&str, &str); 2] = [("cambiar_plan", "cambio_rechazado"), ("cancelar", "cancelacion_rechazada")];

/// What the ledgers must say once every saga of a subscription has ended: the fold of what each of them did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Esperado {
    /// None when some flow does what the audit does not know, and while the plan needs none: then it changes and ends
    /// without a saga.
    pub suscripcion: Option<Estado>,
    pub pagos: Pagos,
    pub servicio: Servicio,
    /// How many data services there may be; all but one of them are over.
    pub servicios: usize,
    pub avisos: Avisos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pagos {
    Exactos(usize),
    AlMenos(usize),
}

/// Where the data service must stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Servicio {
    /// None, or one that ended and holds nothing.
    #[default]
    NingunoEnPie,
    Creado,
    ConExperto,
    Iniciado,
    /// It must exist, and be over.
    Terminado,
}

/// Which outcomes must have been told, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Avisos {
    pub esperados: BTreeMap<String, usize>,
    /// Templates whose notification must have left, or be known never to leave.
    pub enviados: BTreeMap<String, Envio>,
    /// Some flow tells what the audit does not know.
    pub abiertos: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envio {
    Hecho,
    Imposible,
}

impl Default for Pagos {
    fn default() -> Self {
        Self::Exactos(0)
    }
}

impl Pagos {
    fn uno_mas(self) -> Self {
        match self {
            Self::Exactos(n) => Self::Exactos(n + 1),
            Self::AlMenos(n) => Self::AlMenos(n + 1),
        }
    }

    fn abierto(self) -> Self {
        match self {
            Self::Exactos(n) | Self::AlMenos(n) => Self::AlMenos(n),
        }
    }
}

impl Esperado {
    /// None while some saga moves, or was abandoned by an operator: then anything may be so.
    pub fn de(expediente: &Expediente) -> Option<Self> {
        let flujos = &expediente.flujos;
        let juzgable = |flujo: &Flujo| {
            let fase = flujo.estado.as_ref().map(|estado| estado.fase);
            let llego = matches!(fase, Some(Fase::Completada | Fase::CompletadaConAvisos | Fase::Compensada));
            llego && !flujo.papeles.is_empty()
        };
        if flujos.is_empty() || !flujos.iter().all(juzgable) {
            return None;
        }
        let crea = |flujo: &Flujo| flujo.papeles.iter().any(|(_, papel)| *papel == Papel::CrearSuscripcion);
        let nacida = flujos.first().is_some_and(crea);
        let inicio = Self {
            suscripcion: nacida.then_some(Estado::Inexistente),
            servicios: flujos.iter().filter(|flujo| flujo.pudo_crear_servicio()).count(),
            avisos: Avisos { abiertos: !nacida, ..Avisos::default() },
            ..Self::default()
        };
        Some(flujos.iter().fold(inicio, Self::tras))
    }

    fn tras(self, flujo: &Flujo) -> Self {
        let posterior = self.suscripcion != Some(Estado::Inexistente);
        let ajeno = flujo.papeles.iter().any(|(_, papel)| *papel == Papel::Ajeno);
        let (avisos, anterior) = (self.avisos.clone(), self.servicio);
        let mut esperado = flujo.pasos().fold(self, |esperado, (papel, estado)| esperado.tras_paso(papel, estado));
        if flujo.cambio_de_plan() {
            esperado.tras_cambio(flujo);
        } else if flujo.pudo_crear_servicio() && anterior != Servicio::NingunoEnPie {
            // What it prepared it undid; what there was before is as it was.
            esperado.servicio = anterior;
        }
        if flujo.aviso_saltado() {
            esperado.avisos = Avisos { abiertos: true, ..avisos };
        }
        // A later flow that does what is not known here may have changed what an earlier one left.
        if posterior && ajeno {
            esperado.suscripcion = None;
            esperado.pagos = esperado.pagos.abierto();
            esperado.avisos.abiertos = true;
        }
        esperado
    }

    /// The plan is another one: what the change costs is paid, and only what it provisioned stands.
    fn tras_cambio(&mut self, flujo: &Flujo) {
        if flujo.cobro.is_some() {
            self.pagos = self.pagos.uno_mas();
        }
        match flujo.creo_servicio() {
            true => {
                self.suscripcion = Some(Estado::Activa);
                self.servicio = Servicio::Iniciado;
            }
            false => {
                self.suscripcion = None;
                self.servicio = Servicio::NingunoEnPie;
                self.avisos.abiertos = true;
            }
        }
    }

    fn tras_paso(mut self, papel: &Papel, estado: &EstadoPaso) -> Self {
        match (papel, estado) {
            (Papel::CrearSuscripcion, EstadoPaso::Hecho) => self.suscripcion = Some(Estado::Pendiente),
            (Papel::CrearSuscripcion, EstadoPaso::Deshecho) => {
                self.suscripcion = Some(Estado::Cancelada);
                self.avisos.esperar(RECHAZADA);
            }
            (Papel::CrearSuscripcion, EstadoPaso::Fallido { .. }) => {
                self.suscripcion = Some(Estado::Rechazada);
                self.avisos.esperar(RECHAZADA);
            }
            (Papel::PagarSuscripcion, EstadoPaso::Hecho) => {
                self.suscripcion = Some(Estado::Activa);
                self.pagos = self.pagos.uno_mas();
            }
            (Papel::CancelarSuscripcion, EstadoPaso::Hecho) => {
                if self.suscripcion == Some(Estado::Activa) {
                    self.avisos.esperar(CANCELADA);
                }
                self.suscripcion = Some(Estado::Cancelada);
            }
            (Papel::Solicitar(operacion), EstadoPaso::Deshecho) => {
                let plantilla = DESISTIDAS.iter().find(|(de, _)| Some(*de) == operacion.as_deref());
                plantilla.into_iter().for_each(|(_, plantilla)| self.avisos.esperar(plantilla));
            }
            (Papel::CrearServicio, EstadoPaso::Hecho) => self.servicio = Servicio::Creado,
            (Papel::AsignarExperto, EstadoPaso::Hecho) => self.servicio = Servicio::ConExperto,
            (Papel::IniciarServicio, EstadoPaso::Hecho) => self.servicio = Servicio::Iniciado,
            (Papel::TerminarServicio, EstadoPaso::Hecho) => self.servicio = Servicio::Terminado,
            (Papel::CrearServicio, EstadoPaso::Deshecho | EstadoPaso::Fallido { .. }) => {
                self.servicio = Servicio::NingunoEnPie;
            }
            (Papel::Avisar(plantilla), EstadoPaso::Hecho) => self.avisos.enviado(plantilla.as_deref(), Envio::Hecho),
            (Papel::Avisar(plantilla), EstadoPaso::Fallido { codigo })
                if !AVISOS_IMPOSIBLES.contains(&codigo.as_str()) =>
            {
                self.avisos.enviado(plantilla.as_deref(), Envio::Imposible);
            }
            _ => {}
        }
        self
    }
}

impl Avisos {
    fn esperar(&mut self, plantilla: &str) {
        *self.esperados.entry(plantilla.to_owned()).or_default() += 1;
    }

    fn enviado(&mut self, plantilla: Option<&str>, envio: Envio) {
        match plantilla {
            Some(plantilla) => {
                // The event of the outcome may have asked for the same notification already.
                self.esperados.entry(plantilla.to_owned()).or_insert(1);
                self.enviados.insert(plantilla.to_owned(), envio);
            }
            None => self.abiertos = true,
        }
    }
}
