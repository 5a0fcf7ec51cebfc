use std::collections::BTreeMap;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::try_unfold;
use serde::Serialize;
use serde_json::value::RawValue;
use servidor::{Cursor, IdRuta, Pagina, Paginacion, Problema};

use super::Casos;
use super::cabeceras::Solicitante;
use super::problemas;
use crate::aplicacion::{ErrorArchivo, ErrorTrozos, Vista};
use crate::dominio::{Archivo, Ficha, IdImagen, ImagenAnonimizada, Resultado};

/// `ObtenerImagenAnonimizada`.
pub(super) async fn obtener(
    State(casos): State<Casos>,
    IdRuta(id): IdRuta,
    solicitante: Solicitante,
) -> Result<Json<ImagenJson>, Problema> {
    let vista = casos.consultar.obtener(IdImagen(id), &solicitante.acceso("ver")).await;
    let vista = vista.map_err(problemas::de_repositorio)?;
    vista.and_then(ImagenJson::de).map(Json).ok_or_else(|| Problema::no_encontrado("la imagen"))
}

/// The clean file of an image, as it lies in the store.
pub(super) async fn archivo(
    State(casos): State<Casos>,
    IdRuta(id): IdRuta,
    solicitante: Solicitante,
) -> Result<Response, Problema> {
    let hallado = casos.consultar.archivo(IdImagen(id), &solicitante.acceso("descargar")).await;
    let (archivo, contenido) = match hallado {
        Ok(hallado) => hallado.ok_or_else(|| Problema::no_encontrado("el archivo de la imagen"))?,
        Err(ErrorArchivo::Repositorio(error)) => return Err(problemas::de_repositorio(error)),
        Err(ErrorArchivo::Objetos(error)) => return Err(problemas::de_trozos(error)),
    };
    let trozos = try_unfold(contenido, async |mut contenido| {
        let trozo = contenido.siguiente().await?;
        Ok::<_, ErrorTrozos>(trozo.map(|trozo| (Bytes::from(trozo), contenido)))
    });
    let cabeceras = [
        (header::CONTENT_TYPE, archivo.formato.tipo_de_contenido().to_owned()),
        (header::CONTENT_LENGTH, archivo.bytes.to_string()),
        (header::ETAG, format!("\"{}\"", archivo.sha256.as_str())),
    ];
    Ok((cabeceras, Body::from_stream(trozos)).into_response())
}

/// The anonymised images of a tenant, by id.
pub(super) async fn listar(
    State(casos): State<Casos>,
    paginacion: Paginacion,
    solicitante: Solicitante,
) -> Result<Json<Pagina<ImagenJson>>, Problema> {
    let desde = paginacion.despues_de().map(IdImagen);
    let tramo = casos.consultar.listar(desde, paginacion.limite, &solicitante.acceso("listar")).await;
    let tramo = tramo.map_err(problemas::de_repositorio)?;
    let ultima = tramo.vistas.last().filter(|_| tramo.hay_mas);
    let siguiente = ultima.map(|ultima| Cursor(ultima.id.0).texto());
    Ok(Json(Pagina { elementos: tramo.vistas.into_iter().filter_map(ImagenJson::de).collect(), siguiente }))
}

/// An image as everybody may see it. Nothing of one that is not anonymised yet, but that it exists.
#[derive(Serialize)]
pub(super) struct ImagenJson {
    id_imagen: String,
    estado: &'static str,
    #[serde(flatten)]
    anonimizada: Option<AnonimizadaJson>,
}

#[derive(Serialize)]
struct AnonimizadaJson {
    modalidad: String,
    patologia: String,
    region_anatomica: String,
    formato_imagen: String,
    fuente_de_datos: String,
    /// The pseudonym.
    id_paciente: String,
    fecha_ingesta: String,
    perfil: &'static str,
    retirados: RetiradosJson,
    fecha_anonimizacion: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    archivo: Option<ArchivoJson>,
}

/// The clean file: where it is, what it is, and what was done to it.
#[derive(Serialize)]
struct ArchivoJson {
    enlace: String,
    formato: &'static str,
    bytes: u64,
    sha256: String,
    informe: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct RetiradosJson {
    id_paciente: u32,
    antecedentes: u32,
    #[serde(flatten)]
    del_archivo: BTreeMap<String, u64>,
}

impl ImagenJson {
    fn de(vista: Vista) -> Option<Self> {
        let (estado, anonimizada) = match vista.imagen {
            ImagenAnonimizada::Inexistente => return None,
            ImagenAnonimizada::Recibida { .. } => ("recibida", None),
            ImagenAnonimizada::EnCuarentena { .. } => ("cuarentena", None),
            ImagenAnonimizada::Fallida { .. } => ("fallida", None),
            ImagenAnonimizada::Anonimizada { ficha, resultado } => {
                ("anonimizada", Some(AnonimizadaJson::de(vista.id, &ficha, &resultado)))
            }
        };
        Some(Self { id_imagen: vista.id.to_string(), estado, anonimizada })
    }
}

impl AnonimizadaJson {
    fn de(id: IdImagen, ficha: &Ficha, resultado: &Resultado) -> Self {
        Self {
            modalidad: ficha.modalidad.as_str().to_owned(),
            patologia: ficha.patologia.as_str().to_owned(),
            region_anatomica: ficha.region_anatomica.as_str().to_owned(),
            formato_imagen: ficha.formato_imagen.as_str().to_owned(),
            fuente_de_datos: ficha.fuente_de_datos.as_str().to_owned(),
            id_paciente: ficha.paciente.as_str().to_owned(),
            fecha_ingesta: ficha.fecha_ingesta.to_string(),
            perfil: resultado.perfil.as_str(),
            retirados: RetiradosJson {
                id_paciente: resultado.retirados.id_paciente,
                antecedentes: resultado.retirados.antecedentes,
                del_archivo: resultado.retirados.del_archivo.clone(),
            },
            fecha_anonimizacion: resultado.cuando.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            archivo: resultado.archivo.as_ref().map(|archivo| ArchivoJson::de(id, archivo)),
        }
    }
}

impl ArchivoJson {
    fn de(id: IdImagen, archivo: &Archivo) -> Self {
        Self {
            enlace: format!("/anonimizado/{id}/archivo"),
            formato: archivo.formato.as_str(),
            bytes: archivo.bytes,
            sha256: archivo.sha256.as_str().to_owned(),
            informe: RawValue::from_string(archivo.informe.clone()).ok(),
        }
    }
}
