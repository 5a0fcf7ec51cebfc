//! What this service says on the wire about its images.

use std::collections::BTreeMap;

use contratos::{
    Cabecera, ComandoAnonimizarImagen, ErrorCodec, EventoAnonimizacion, EventoAnonimizacionFallida,
    EventoConsultaAnonimizacion, Mensaje, Saliente, codificar, huella, id_nuevo, id_respuesta,
};
use serde_json::json;

use super::SERVICIO;
use crate::aplicacion::{Acceso, Cambio, Origen};
use crate::dominio::{Causa, Ficha, IdImagen, ImagenAnonimizada, Inquilino, Original, Perfil, Resultado, Retirados};

/// The message that a change sends: the command that goes on with a received image, or the fact of its anonymisation.
pub(super) fn de_cambio(cambio: &Cambio) -> Result<Option<Saliente>, ErrorCodec> {
    match &cambio.imagen {
        ImagenAnonimizada::Inexistente => Ok(None),
        ImagenAnonimizada::Recibida { ficha, original, .. } => comando(cambio, ficha, original.as_ref()).map(Some),
        ImagenAnonimizada::Anonimizada { ficha, resultado } => evento(cambio, ficha, resultado).map(Some),
        ImagenAnonimizada::EnCuarentena { ficha, causa } => {
            let motivo = "La imagen espera en cuarentena a que alguien la revise.";
            fallida(cambio, ficha, causa, motivo).map(Some)
        }
        ImagenAnonimizada::Fallida { ficha, causa } => {
            fallida(cambio, ficha, causa, "No hay archivo que anonimizar.").map(Some)
        }
    }
}

/// One access to one image.
pub(super) fn de_acceso(id: IdImagen, acceso: &Acceso) -> Result<Saliente, ErrorCodec> {
    let cabecera = Cabecera {
        asunto: Some(acceso.quien.as_str().to_owned()),
        traza: acceso.traza.clone(),
        inquilino: Some(acceso.inquilino.as_str().to_owned()),
        ..Cabecera::nueva(id_nuevo(), SERVICIO, acceso.instante)
    };
    let datos = EventoConsultaAnonimizacion {
        id_imagen: Some(id.to_string()),
        quien: Some(acceso.quien.as_str().to_owned()),
        operacion: Some(acceso.operacion.to_owned()),
        cuando: Some(acceso.instante.timestamp_millis()),
    };
    codificar(&cabecera, &datos)
}

fn comando(cambio: &Cambio, ficha: &Ficha, original: Option<&Original>) -> Result<Saliente, ErrorCodec> {
    let origen = &cambio.origen;
    let perfil = original.map_or(Perfil::Metadatos, |_| Perfil::Basico);
    let cabecera = Cabecera {
        huella: origen.huella.as_ref().map(|huella| huella.as_str().to_owned()),
        ..cabecera(cambio, &ficha.inquilino)
    };
    let datos = ComandoAnonimizarImagen {
        id_imagen: Some(cambio.id.to_string()),
        modalidad: Some(ficha.modalidad.as_str().to_owned()),
        patologia: Some(ficha.patologia.as_str().to_owned()),
        region_anatomica: Some(ficha.region_anatomica.as_str().to_owned()),
        formato_imagen: Some(ficha.formato_imagen.as_str().to_owned()),
        fuente_de_datos: Some(ficha.fuente_de_datos.as_str().to_owned()),
        antecedentes: None,
        id_paciente: Some(ficha.paciente.as_str().to_owned()),
        fecha_ingesta: Some(ficha.fecha_ingesta.to_string()),
        referencia: original.map(|original| original.objeto.as_str().to_owned()),
        perfil: Some(perfil.as_str().to_owned()),
    };
    codificar(&cabecera, &datos)
}

fn evento(cambio: &Cambio, ficha: &Ficha, resultado: &Resultado) -> Result<Saliente, ErrorCodec> {
    let digest = match &resultado.archivo {
        Some(archivo) => archivo.sha256.as_str().to_owned(),
        None => resumen(cambio.id, ficha),
    };
    let datos = EventoAnonimizacion {
        id_imagen: Some(cambio.id.to_string()),
        modalidad: Some(ficha.modalidad.as_str().to_owned()),
        region_anatomica: Some(ficha.region_anatomica.as_str().to_owned()),
        formato_imagen: Some(ficha.formato_imagen.as_str().to_owned()),
        referencia: Some(format!("/anonimizado/{}", cambio.id)),
        digest: Some(digest),
        perfil: Some(resultado.perfil.as_str().to_owned()),
        retirados: Some(cuentas(&resultado.retirados)),
    };
    codificar(&respuesta::<EventoAnonimizacion>(cambio, ficha), &datos)
}

fn fallida(cambio: &Cambio, ficha: &Ficha, causa: &Causa, motivo: &str) -> Result<Saliente, ErrorCodec> {
    let datos = EventoAnonimizacionFallida {
        id_imagen: Some(cambio.id.to_string()),
        codigo: Some(causa.codigo.clone()),
        motivo: Some(motivo.to_owned()),
    };
    codificar(&respuesta::<EventoAnonimizacionFallida>(cambio, ficha), &datos)
}

/// The header of what answers the command of an image.
fn respuesta<D: Mensaje>(cambio: &Cambio, ficha: &Ficha) -> Cabecera {
    let Origen { operacion, .. } = cambio.origen;
    let base = cabecera(cambio, &ficha.inquilino);
    Cabecera { id: id_respuesta(operacion.0, D::TIPO), causa: Some(operacion.0), ..base }
}

/// The header of a message about an image, with the id of what caused it.
fn cabecera(cambio: &Cambio, inquilino: &Inquilino) -> Cabecera {
    let origen = &cambio.origen;
    let nuevos = i64::try_from(cambio.eventos.len()).unwrap_or(i64::MAX);
    Cabecera {
        asunto: Some(cambio.id.to_string()),
        correlacion: origen.correlacion,
        traza: origen.traza.clone(),
        inquilino: Some(inquilino.as_str().to_owned()),
        secuencia: Some(cambio.leida.saturating_add(nuevos)),
        ..Cabecera::nueva(origen.operacion.0, SERVICIO, origen.instante)
    }
}

/// SHA-256 of the anonymised record, over its canonical JSON.
fn resumen(id: IdImagen, ficha: &Ficha) -> String {
    huella(&json!({
        "id_imagen": id.to_string(),
        "modalidad": ficha.modalidad.as_str(),
        "patologia": ficha.patologia.as_str(),
        "region_anatomica": ficha.region_anatomica.as_str(),
        "formato_imagen": ficha.formato_imagen.as_str(),
        "fuente_de_datos": ficha.fuente_de_datos.as_str(),
        "id_paciente": ficha.paciente.as_str(),
        "fecha_ingesta": ficha.fecha_ingesta.to_string(),
    }))
}

fn cuentas(retirados: &Retirados) -> BTreeMap<String, i64> {
    let Retirados { id_paciente, antecedentes, del_archivo } = retirados;
    let de_la_ficha =
        [("id_paciente".to_owned(), i64::from(*id_paciente)), ("antecedentes".to_owned(), i64::from(*antecedentes))];
    let del_archivo =
        del_archivo.iter().map(|(clase, cuantos)| (clase.clone(), i64::try_from(*cuantos).unwrap_or(i64::MAX)));
    de_la_ficha.into_iter().chain(del_archivo).collect()
}
