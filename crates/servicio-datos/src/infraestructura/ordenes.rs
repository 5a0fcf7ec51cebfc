//! Commands as orders.

use crate::aplicacion::{IdOrden, Orden, Paso, Sobre};
use crate::dominio::{
    Busqueda, Campo, CodigoInvalido, Comando, Contrato, IdServicioDatos, IdSuscripcion, Inquilino, Motivo, Rechazo,
    Titular,
};
use contratos::{
    Cabecera, ComandoAsignarExperto, ComandoCrearServicioDatos, ComandoIniciarServicioDatos,
    ComandoTerminarServicioDatos, Mensaje, Recibido, id_serviciodatos,
};
use mensajeria::{Entrante, Motivo as MotivoDeRechazo};
use uuid::Uuid;

/// The message type of a kind of order.
pub(super) fn tipo(paso: Paso) -> &'static str {
    match paso {
        Paso::CrearServicio => ComandoCrearServicioDatos::TIPO,
        Paso::AsignarExperto => ComandoAsignarExperto::TIPO,
        Paso::IniciarServicio => ComandoIniciarServicioDatos::TIPO,
        Paso::TerminarServicio => ComandoTerminarServicioDatos::TIPO,
    }
}

/// Reads a message as an order.
///
/// What is missing becomes a refusal when a saga waits for the answer; else the message can only be set aside.
pub(super) fn leer(entrante: &Entrante) -> Result<Orden, MotivoDeRechazo> {
    let tema = contratos::temas::por_nombre(&entrante.tema);
    match tema.map_or("", |tema| tema.tipo) {
        ComandoCrearServicioDatos::TIPO => crear(decodificar(entrante)?),
        ComandoAsignarExperto::TIPO => asignar(decodificar(entrante)?),
        ComandoIniciarServicioDatos::TIPO => iniciar(decodificar(entrante)?),
        ComandoTerminarServicioDatos::TIPO => terminar(decodificar(entrante)?),
        _ => Err(MotivoDeRechazo { codigo: "tema_ajeno", detalle: format!("topic {}", entrante.tema) }),
    }
}

fn decodificar<D: Mensaje>(entrante: &Entrante) -> Result<Recibido<D>, MotivoDeRechazo> {
    entrante.decodificar().map_err(|error| MotivoDeRechazo { codigo: "ilegible", detalle: error.to_string() })
}

fn crear(Recibido { cabecera, datos }: Recibido<ComandoCrearServicioDatos>) -> Result<Orden, MotivoDeRechazo> {
    let suscripcion = datos.suscripcion.as_ref().and_then(|suscripcion| suscripcion.codigo.clone());
    let destino = Destino::leer(&cabecera, suscripcion, datos.id_serviciodatos.clone())?;
    let comando = contrato(destino.titular.clone(), datos).map(Comando::Crear);
    destino.orden(cabecera, Paso::CrearServicio, comando)
}

fn contrato(titular: Titular, datos: ComandoCrearServicioDatos) -> Result<Contrato, Rechazo> {
    Ok(Contrato {
        titular,
        cliente: exigir(datos.cliente_codigo, Campo::Cliente)?,
        plan: exigir(datos.plan_codigo, Campo::Plan)?,
        nube: exigir(datos.nube.and_then(|nube| nube.codigo), Campo::Nube)?,
        dataset: exigir(datos.dataset.and_then(|dataset| dataset.codigo), Campo::Dataset)?,
    })
}

fn asignar(Recibido { cabecera, datos }: Recibido<ComandoAsignarExperto>) -> Result<Orden, MotivoDeRechazo> {
    let destino = Destino::leer(&cabecera, datos.id_suscripcion.clone(), datos.id_serviciodatos.clone())?;
    destino.orden(cabecera, Paso::AsignarExperto, busqueda(datos).map(Comando::AsignarExperto))
}

fn busqueda(datos: ComandoAsignarExperto) -> Result<Busqueda, Rechazo> {
    let Some(experto) = presente(datos.experto) else {
        return exigir(datos.especialidad, Campo::Especialidad).map(Busqueda::DeEspecialidad);
    };
    let especialidad = presente(datos.especialidad);
    Ok(Busqueda::Nombrado {
        experto: exigir(Some(experto), Campo::Experto)?,
        especialidad: especialidad.map(|nombre| exigir(Some(nombre), Campo::Especialidad)).transpose()?,
    })
}

fn iniciar(Recibido { cabecera, datos }: Recibido<ComandoIniciarServicioDatos>) -> Result<Orden, MotivoDeRechazo> {
    let destino = Destino::leer(&cabecera, datos.id_suscripcion, datos.id_serviciodatos)?;
    destino.orden(cabecera, Paso::IniciarServicio, Ok(Comando::Iniciar))
}

fn terminar(Recibido { cabecera, datos }: Recibido<ComandoTerminarServicioDatos>) -> Result<Orden, MotivoDeRechazo> {
    let destino = Destino::leer(&cabecera, datos.id_suscripcion, datos.id_serviciodatos)?;
    let motivo = datos.motivo.as_deref().and_then(Motivo::nuevo);
    let comando = match cabecera.causa {
        Some(_) => Comando::Deshacer { motivo },
        None => Comando::Terminar { motivo },
    };
    let deshace = cabecera.causa.map(IdOrden);
    destino.orden(cabecera, Paso::TerminarServicio, Ok(comando)).map(|orden| Orden { deshace, ..orden })
}

/// The service that a command is for.
struct Destino {
    servicio: IdServicioDatos,
    titular: Titular,
    rechazo: Option<Rechazo>,
}

impl Destino {
    /// Without a subscription and a tenant nobody could be answered.
    fn leer(
        cabecera: &Cabecera,
        suscripcion: Option<String>,
        servicio: Option<String>,
    ) -> Result<Self, MotivoDeRechazo> {
        let suscripcion = presente(suscripcion).ok_or_else(|| incompleto("id_suscripcion is missing"))?;
        let suscripcion = Uuid::parse_str(&suscripcion).map_err(|_| incompleto("id_suscripcion is not a uuid"))?;
        let inquilino = match cabecera.inquilino.as_deref() {
            Some(inquilino) => Inquilino::try_from(inquilino).map_err(|_| incompleto("tenant is not a code"))?,
            None => Inquilino::publico(),
        };
        let derivado = id_serviciodatos(suscripcion);
        let (servicio, rechazo) = match presente(servicio).map(|texto| Uuid::parse_str(&texto)) {
            None => (derivado, None),
            Some(Ok(servicio)) => (servicio, None),
            Some(Err(_)) => (derivado, Some(Rechazo::DatosIncompletos(Campo::Servicio))),
        };
        let titular = Titular { suscripcion: IdSuscripcion(suscripcion), inquilino };
        Ok(Self { servicio: IdServicioDatos(servicio), titular, rechazo })
    }

    fn orden(
        self,
        cabecera: Cabecera,
        paso: Paso,
        comando: Result<Comando, Rechazo>,
    ) -> Result<Orden, MotivoDeRechazo> {
        let comando = self.rechazo.map_or(comando, Err);
        match (&comando, cabecera.correlacion) {
            (Err(rechazo), None) => Err(incompleto(rechazo)),
            _ => Ok(Orden {
                id: IdOrden(cabecera.id),
                paso,
                servicio: self.servicio,
                titular: self.titular,
                comando,
                deshace: None,
                sobre: Sobre { correlacion: cabecera.correlacion, traza: cabecera.traza, huella: cabecera.huella },
            }),
        }
    }
}

fn incompleto(detalle: impl ToString) -> MotivoDeRechazo {
    MotivoDeRechazo { codigo: "datos_incompletos", detalle: detalle.to_string() }
}

/// A blank field is an absent one.
fn presente(campo: Option<String>) -> Option<String> {
    campo.filter(|texto| !texto.trim().is_empty())
}

fn exigir<C: TryFrom<String, Error = CodigoInvalido>>(valor: Option<String>, campo: Campo) -> Result<C, Rechazo> {
    presente(valor).and_then(|texto| C::try_from(texto).ok()).ok_or(Rechazo::DatosIncompletos(campo))
}
