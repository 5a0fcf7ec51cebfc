//! What each incoming message asks for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contratos::{
    Cabecera, ComandoEnviarNotificacion, EventoSuscripcionCancelada, EventoSuscripcionCreada, EventoSuscripcionFallida,
    EventoSuscripcionPlanModificado, Recibido, id_derivado,
};
use mensajeria::Motivo;
use telemetria::Traza;
use uuid::Uuid;

use crate::aplicacion::puertos::Respuesta;
use crate::dominio::{
    ClaseOrigen, CodigoCliente, CodigoRechazo, Datos, Desenlace, ErrorValor, Fallo, IdNotificacion, IdSuscripcion,
    Inquilino, NombrePlantilla, Origen, Resultado, Solicitud,
};

const SUSCRIPCION_ACTIVA: &str = "activa";
const SUSCRIPCION_RECHAZADA: &str = "rechazada";
const SUSCRIPCION_CANCELADA: &str = "cancelada";
const SUSCRIPCION_INEXISTENTE: &str = "inexistente";
const OPERACION_CAMBIAR_PLAN: &str = "cambiar_plan";
const OPERACION_CANCELAR: &str = "cancelar";
const PLAN_CAMBIADO: &str = "plan_cambiado";
const CAMBIO_RECHAZADO: &str = "cambio_rechazado";
const CANCELACION_RECHAZADA: &str = "cancelacion_rechazada";
/// The tenant of messages that name none.
const INQUILINO_PUBLICO: &str = "publico";

/// What a message amounts to.
#[derive(Debug)]
pub(super) enum Lectura {
    Solicitud(Box<Solicitud>),
    /// Nobody has to be told.
    Ignorada,
    /// It cannot become a notification, and a saga waits to hear so.
    Respuesta(Box<Respuesta>),
    /// It cannot become a notification.
    Rechazada(Motivo),
}

pub(super) fn de_comando(recibido: Recibido<ComandoEnviarNotificacion>, ahora: DateTime<Utc>) -> Lectura {
    let ComandoEnviarNotificacion { codigo_cliente, id_suscripcion, plantilla, datos } = recibido.datos;
    let pedido = Pedido {
        clase: ClaseOrigen::Orden,
        cabecera: recibido.cabecera,
        id_suscripcion,
        codigo_cliente,
        plantilla,
        datos: datos.unwrap_or_default(),
    };
    pedido.leer(ahora)
}

pub(super) fn de_creada(recibido: Recibido<EventoSuscripcionCreada>, ahora: DateTime<Utc>) -> Lectura {
    let datos = recibido.datos;
    if datos.estado.as_deref() != Some(SUSCRIPCION_ACTIVA) {
        return Lectura::Ignorada;
    }
    let codigos = codigos([("plan_codigo", datos.codigo_plan)]);
    let plantilla = Desenlace::Activa.plantilla();
    Pedido::de_suceso(recibido.cabecera, plantilla, datos.id_suscripcion, datos.codigo_cliente, codigos).leer(ahora)
}

/// A subscription that was rejected, or an operation on one that its saga gave up. Whoever was refused at once was told
/// by the operation itself.
pub(super) fn de_fallida(recibido: Recibido<EventoSuscripcionFallida>, ahora: DateTime<Utc>) -> Lectura {
    let datos = recibido.datos;
    let operacion = datos.operacion.as_deref().filter(|_| recibido.cabecera.correlacion.is_some());
    let plantilla = match (datos.estado.as_deref(), operacion) {
        (Some(SUSCRIPCION_RECHAZADA), _) => Desenlace::Rechazada.plantilla(),
        (_, Some(OPERACION_CAMBIAR_PLAN)) => CAMBIO_RECHAZADO,
        (_, Some(OPERACION_CANCELAR)) => CANCELACION_RECHAZADA,
        _ => return Lectura::Ignorada,
    };
    let codigos = codigos([("plan_codigo", datos.codigo_plan), ("motivo", datos.codigo)]);
    Pedido::de_suceso(recibido.cabecera, plantilla, datos.id_suscripcion, datos.codigo_cliente, codigos).leer(ahora)
}

/// A change that was made at once; a saga that made one tells of it itself.
pub(super) fn de_plan_modificado(recibido: Recibido<EventoSuscripcionPlanModificado>, ahora: DateTime<Utc>) -> Lectura {
    let datos = recibido.datos;
    if datos.id_saga.is_some() {
        return Lectura::Ignorada;
    }
    let codigos = codigos([("plan_codigo", datos.codigo_plan), ("factura_estado", datos.factura_estado)]);
    Pedido::de_suceso(recibido.cabecera, PLAN_CAMBIADO, datos.id_suscripcion, datos.codigo_cliente, codigos).leer(ahora)
}

/// A subscription that ended before it became active was rejected; one that had ended, or never was, ends no more.
pub(super) fn de_cancelada(recibido: Recibido<EventoSuscripcionCancelada>, ahora: DateTime<Utc>) -> Lectura {
    let datos = recibido.datos;
    let desenlace = match datos.estado_anterior.as_deref() {
        Some(SUSCRIPCION_ACTIVA) => Desenlace::Cancelada,
        Some(SUSCRIPCION_CANCELADA | SUSCRIPCION_INEXISTENTE) => return Lectura::Ignorada,
        _ => Desenlace::Rechazada,
    };
    let codigos = codigos([("plan_codigo", datos.codigo_plan), ("motivo", datos.motivo)]);
    let plantilla = desenlace.plantilla();
    Pedido::de_suceso(recibido.cabecera, plantilla, datos.id_suscripcion, datos.codigo_cliente, codigos).leer(ahora)
}

/// The values that are codes. Free text is left out, because it may hold personal data.
fn codigos<const N: usize>(pares: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    let es_codigo = |texto: &String| {
        let caracteres = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (1..=64).contains(&texto.len()) && texto.chars().all(caracteres)
    };
    pares.into_iter().filter_map(|(clave, valor)| Some((clave.to_owned(), valor.filter(es_codigo)?))).collect()
}

/// A request whose fields are not checked yet.
struct Pedido {
    clase: ClaseOrigen,
    cabecera: Cabecera,
    id_suscripcion: Option<String>,
    codigo_cliente: Option<String>,
    plantilla: Option<String>,
    datos: BTreeMap<String, String>,
}

/// Why a request cannot become a notification.
#[derive(Debug, thiserror::Error)]
enum ErrorPedido {
    #[error("{0} is missing")]
    Falta(&'static str),
    #[error("id_suscripcion is not a uuid")]
    IdSuscripcion(#[source] uuid::Error),
    #[error(transparent)]
    Plantilla(ErrorValor),
    #[error(transparent)]
    Valor(#[from] ErrorValor),
}

impl ErrorPedido {
    fn codigo(&self) -> CodigoRechazo {
        match self {
            Self::Falta(_) => CodigoRechazo::DatosIncompletos,
            Self::IdSuscripcion(_) | Self::Valor(_) => CodigoRechazo::DatosInvalidos,
            Self::Plantilla(_) => CodigoRechazo::PlantillaDesconocida,
        }
    }
}

impl Pedido {
    fn de_suceso(
        cabecera: Cabecera,
        plantilla: &str,
        id_suscripcion: Option<String>,
        codigo_cliente: Option<String>,
        datos: BTreeMap<String, String>,
    ) -> Self {
        let plantilla = Some(plantilla.to_owned());
        Self { clase: ClaseOrigen::Suceso, cabecera, id_suscripcion, codigo_cliente, plantilla, datos }
    }

    fn leer(self, ahora: DateTime<Utc>) -> Lectura {
        let error = match self.validar(ahora) {
            Ok(solicitud) => return Lectura::Solicitud(Box::new(solicitud)),
            Err(error) => error,
        };
        match self.respuesta(error.codigo(), ahora) {
            Some(respuesta) => Lectura::Respuesta(Box::new(respuesta)),
            None => Lectura::Rechazada(Motivo { codigo: error.codigo().como_texto(), detalle: error.to_string() }),
        }
    }

    fn validar(&self, ahora: DateTime<Utc>) -> Result<Solicitud, ErrorPedido> {
        let id_suscripcion = self.id_suscripcion()?;
        let codigo_cliente = presente("codigo_cliente", self.codigo_cliente.as_ref())?;
        let plantilla = presente("plantilla", self.plantilla.as_ref())?;
        let plantilla = NombrePlantilla::try_from(plantilla).map_err(ErrorPedido::Plantilla)?;
        Ok(Solicitud {
            id: id_notificacion(id_suscripcion, &plantilla, self.cabecera.id),
            id_suscripcion,
            codigo_cliente: CodigoCliente::try_from(codigo_cliente)?,
            plantilla,
            datos: Datos::try_from(self.datos.clone())?,
            inquilino: self.inquilino()?,
            origen: self.origen(),
            instante: ahora,
        })
    }

    /// The failure reply; `None` when no saga waits for it, or when it could not say what it is about.
    fn respuesta(&self, codigo: CodigoRechazo, ahora: DateTime<Utc>) -> Option<Respuesta> {
        if self.clase != ClaseOrigen::Orden || self.cabecera.correlacion.is_none() {
            return None;
        }
        Some(Respuesta {
            origen: self.origen(),
            inquilino: self.inquilino().ok()?,
            id_suscripcion: self.id_suscripcion().ok()?,
            id_notificacion: None,
            codigo_cliente: self.codigo_cliente.clone().and_then(|codigo| CodigoCliente::try_from(codigo).ok()),
            plantilla: self.plantilla.clone().and_then(|plantilla| NombrePlantilla::try_from(plantilla).ok()),
            resultado: Resultado::Fallida(Fallo { intento: 0, rechazo: codigo.into(), destinatario: None }),
            instante: ahora,
        })
    }

    /// A command may be about something else; a fact of a subscription names it.
    fn id_suscripcion(&self) -> Result<Option<IdSuscripcion>, ErrorPedido> {
        match self.id_suscripcion.as_deref().filter(|texto| !texto.is_empty()) {
            Some(texto) => Ok(Some(IdSuscripcion::from(Uuid::parse_str(texto).map_err(ErrorPedido::IdSuscripcion)?))),
            None if self.clase == ClaseOrigen::Orden => Ok(None),
            None => Err(ErrorPedido::Falta("id_suscripcion")),
        }
    }

    fn inquilino(&self) -> Result<Inquilino, ErrorValor> {
        let texto = self.cabecera.inquilino.as_deref().filter(|texto| !texto.is_empty());
        Inquilino::try_from(texto.unwrap_or(INQUILINO_PUBLICO).to_owned())
    }

    /// Headers that are only carried along are dropped when they are not what they should be.
    fn origen(&self) -> Origen {
        let Cabecera { id, correlacion, traza, huella, .. } = &self.cabecera;
        let digesto = |texto: &&String| texto.len() <= 128 && texto.bytes().all(|b| b.is_ascii_hexdigit());
        Origen {
            id: *id,
            clase: self.clase,
            correlacion: *correlacion,
            traza: traza.clone().filter(|texto| Traza::leer(texto).is_some()),
            huella: huella.as_ref().filter(digesto).cloned(),
        }
    }
}

fn presente(campo: &'static str, valor: Option<&String>) -> Result<String, ErrorPedido> {
    valor.filter(|texto| !texto.is_empty()).cloned().ok_or(ErrorPedido::Falta(campo))
}

/// One notification per outcome of a subscription; with any other template, one per message.
fn id_notificacion(suscripcion: Option<IdSuscripcion>, plantilla: &NombrePlantilla, origen: Uuid) -> IdNotificacion {
    let id = match (suscripcion, Desenlace::de_plantilla(plantilla.como_texto())) {
        (Some(id), Some(desenlace)) => id_derivado(&["notificacion", &id.to_string(), desenlace.como_texto()]),
        _ => id_derivado(&["notificacion", &origen.to_string()]),
    };
    IdNotificacion::from(id)
}
