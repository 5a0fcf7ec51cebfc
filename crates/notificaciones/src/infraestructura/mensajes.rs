//! Facts as the published language tells them, and the effects of commands.

use bandejas::efecto::{Efecto, Estado};
use chrono::{DateTime, Utc};
use contratos::{
    Cabecera, ComandoEnviarNotificacion, ErrorCodec, EventoNotificacionConfirmacion, EventoNotificacionCreada,
    EventoNotificacionEnviada, EventoNotificacionError, Mensaje, Saliente, codificar, id_respuesta,
};
use serde_json::json;

use crate::aplicacion::puertos::{Cambio, ErrorAlmacen, Respuesta};
use crate::dominio::{
    ClaseOrigen, CodigoCliente, CodigoRechazo, DireccionEnmascarada, Entrega, Fallo, Hecho, IdNotificacion,
    IdSuscripcion, Inquilino, NombrePlantilla, Origen, Resultado, Solicitud,
};

const SERVICIO: &str = env!("CARGO_PKG_NAME");
const CANAL: &str = "correo";

/// What a change tells the others, and how its origin command is answered from now on.
pub(super) struct Publicado {
    pub salientes: Vec<Saliente>,
    pub efecto: Option<Efecto>,
}

/// The messages of a change, and the effect if the change ends a notification that a command asked for.
pub(super) fn de_cambio(cambio: &Cambio) -> Result<Publicado, ErrorAlmacen> {
    let resultado = cambio.notificacion.resultado();
    let Some(solicitud) = cambio.notificacion.solicitud() else {
        return Ok(Publicado { salientes: Vec::new(), efecto: None });
    };
    let mut salientes = Vec::with_capacity(cambio.hechos.len());
    for (version, hecho) in (i64::from(cambio.previa.version) + 1..).zip(&cambio.hechos) {
        let contexto = Contexto::de_solicitud(solicitud, cambio.instante, version);
        salientes.extend(contexto.hecho(hecho, resultado.as_ref()).map_err(no_codificable)?);
    }
    let contexto = Contexto::de_solicitud(solicitud, cambio.instante, 0);
    let efecto = resultado.and_then(|resultado| contexto.efecto(&resultado));
    Ok(Publicado { salientes, efecto })
}

/// The reply alone.
pub(super) fn de_respuesta(respuesta: &Respuesta) -> Result<Publicado, ErrorAlmacen> {
    let contexto = Contexto::de_respuesta(respuesta);
    let saliente = contexto.resultado(&respuesta.resultado).map_err(no_codificable)?;
    Ok(Publicado { salientes: vec![saliente], efecto: contexto.efecto(&respuesta.resultado) })
}

fn no_codificable(error: ErrorCodec) -> ErrorAlmacen {
    ErrorAlmacen::Datos(Box::new(error))
}

/// What the four events have in common.
struct Contexto<'a> {
    origen: &'a Origen,
    inquilino: &'a Inquilino,
    id_suscripcion: Option<IdSuscripcion>,
    id_notificacion: Option<IdNotificacion>,
    codigo_cliente: Option<&'a CodigoCliente>,
    plantilla: Option<&'a NombrePlantilla>,
    instante: DateTime<Utc>,
    secuencia: Option<i64>,
}

/// The four events share their fields, but not their type; one has a field of its own.
macro_rules! evento {
    ($tipo:ident, $contexto:expr, intento: $intento:expr, destinatario: $destinatario:expr, motivo: $motivo:expr
     $(, $propio:ident: $valor:expr)?) => {{
        let contexto: &Contexto<'_> = $contexto;
        let destinatario: Option<&DireccionEnmascarada> = $destinatario;
        let motivo: Option<CodigoRechazo> = $motivo;
        let datos = $tipo {
            id_notificacion: contexto.id_notificacion.map(|id| id.to_string()),
            canal: Some(CANAL.to_owned()),
            destinatario: destinatario.map(|mascara| mascara.como_texto().to_owned()),
            plantilla: contexto.plantilla.map(|plantilla| plantilla.como_texto().to_owned()),
            evento_origen: Some(contexto.origen.id.to_string()),
            intento: Some(i64::from($intento)),
            motivo: motivo.map(|codigo| codigo.como_texto().to_owned()),
            codigo_cliente: contexto.codigo_cliente.map(|codigo| codigo.como_texto().to_owned()),
            id_suscripcion: contexto.id_suscripcion.map(|id| id.to_string()),
            $($propio: $valor,)?
        };
        codificar(&contexto.cabecera($tipo::TIPO), &datos)
    }};
}

impl<'a> Contexto<'a> {
    fn de_solicitud(solicitud: &'a Solicitud, instante: DateTime<Utc>, version: i64) -> Self {
        Self {
            origen: &solicitud.origen,
            inquilino: &solicitud.inquilino,
            id_suscripcion: solicitud.id_suscripcion,
            id_notificacion: Some(solicitud.id),
            codigo_cliente: Some(&solicitud.codigo_cliente),
            plantilla: Some(&solicitud.plantilla),
            instante,
            secuencia: Some(version),
        }
    }

    fn de_respuesta(respuesta: &'a Respuesta) -> Self {
        Self {
            origen: &respuesta.origen,
            inquilino: &respuesta.inquilino,
            id_suscripcion: respuesta.id_suscripcion,
            id_notificacion: respuesta.id_notificacion,
            codigo_cliente: respuesta.codigo_cliente.as_ref(),
            plantilla: respuesta.plantilla.as_ref(),
            instante: respuesta.instante,
            secuencia: None,
        }
    }

    /// Ids are derived from the origin, so that a repeated message is the same message.
    fn cabecera(&self, tipo: &str) -> Cabecera {
        Cabecera {
            asunto: self.id_suscripcion.map(|id| id.to_string()).or(self.id_notificacion.map(|id| id.to_string())),
            correlacion: self.origen.correlacion,
            causa: Some(self.origen.id),
            traza: self.origen.traza.clone(),
            inquilino: Some(self.inquilino.como_texto().to_owned()),
            secuencia: self.secuencia,
            ..Cabecera::nueva(id_respuesta(self.origen.id, tipo), SERVICIO, self.instante)
        }
    }

    fn hecho(&self, hecho: &Hecho, resultado: Option<&Resultado>) -> Result<Option<Saliente>, ErrorCodec> {
        match (hecho, resultado) {
            (Hecho::Creada(_), _) => {
                evento!(EventoNotificacionCreada, self, intento: 0_u32, destinatario: None, motivo: None).map(Some)
            }
            (Hecho::Enviada { .. } | Hecho::Fallida { .. }, Some(resultado)) => self.resultado(resultado).map(Some),
            (Hecho::Confirmada {}, Some(Resultado::Entregada(Entrega { intento, destinatario }))) => evento!(
                EventoNotificacionConfirmacion, self,
                intento: *intento, destinatario: Some(destinatario), motivo: None
            )
            .map(Some),
            _ => Ok(None),
        }
    }

    fn resultado(&self, resultado: &Resultado) -> Result<Saliente, ErrorCodec> {
        match resultado {
            Resultado::Entregada(Entrega { intento, destinatario }) => evento!(
                EventoNotificacionEnviada, self,
                intento: *intento, destinatario: Some(destinatario), motivo: None
            ),
            Resultado::Fallida(Fallo { intento, rechazo, destinatario }) => evento!(
                EventoNotificacionError, self,
                intento: *intento, destinatario: destinatario.as_ref(), motivo: Some(rechazo.codigo),
                codigo: Some(rechazo.codigo.como_texto().to_owned())
            ),
        }
    }

    /// `None` when nobody waits for an answer.
    fn efecto(&self, resultado: &Resultado) -> Option<Efecto> {
        let (estado, tipo, codigo) = match resultado {
            Resultado::Entregada(_) => (Estado::Hecho, EventoNotificacionEnviada::TIPO, None),
            Resultado::Fallida(fallo) => {
                (Estado::Rechazado, EventoNotificacionError::TIPO, Some(fallo.rechazo.codigo.como_texto()))
            }
        };
        (self.origen.clase == ClaseOrigen::Orden).then(|| Efecto {
            id: self.origen.id,
            tipo: ComandoEnviarNotificacion::TIPO.to_owned(),
            estado,
            huella: self.origen.huella.clone(),
            correlacion: self.origen.correlacion,
            respuesta: json!({
                "tipo": tipo,
                "codigo": codigo,
                "id_notificacion": self.id_notificacion.map(IdNotificacion::uuid),
                "id_suscripcion": self.id_suscripcion.map(IdSuscripcion::uuid),
            }),
        })
    }
}
