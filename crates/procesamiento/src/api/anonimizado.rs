use axum::Json;
use axum::extract::State;
use serde::Serialize;
use servidor::{Cursor, IdRuta, Pagina, Paginacion, Problema};

use super::Casos;
use super::cabeceras::Solicitante;
use super::problemas;
use crate::aplicacion::Vista;
use crate::dominio::{Ficha, IdImagen, ImagenAnonimizada, Resultado};

/// `ObtenerImagenAnonimizada`.
pub(super) async fn obtener(
    State(casos): State<Casos>,
    IdRuta(id): IdRuta,
    solicitante: Solicitante,
) -> Result<Json<ImagenJson>, Problema> {
    let vista = casos.consultar.obtener(IdImagen(id), &solicitante.acceso()).await;
    let vista = vista.map_err(problemas::de_repositorio)?;
    vista.and_then(ImagenJson::de).map(Json).ok_or_else(|| Problema::no_encontrado("la imagen"))
}

/// The anonymised images of a tenant, by id.
pub(super) async fn listar(
    State(casos): State<Casos>,
    paginacion: Paginacion,
    solicitante: Solicitante,
) -> Result<Json<Pagina<ImagenJson>>, Problema> {
    let desde = paginacion.despues_de().map(IdImagen);
    let tramo = casos.consultar.listar(desde, paginacion.limite, &solicitante.acceso()).await;
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
}

#[derive(Serialize)]
struct RetiradosJson {
    id_paciente: u32,
    antecedentes: u32,
}

impl ImagenJson {
    fn de(vista: Vista) -> Option<Self> {
        let (estado, anonimizada) = match vista.imagen {
            ImagenAnonimizada::Inexistente => return None,
            ImagenAnonimizada::Recibida { .. } => ("recibida", None),
            ImagenAnonimizada::Anonimizada { ficha, resultado } => {
                ("anonimizada", Some(AnonimizadaJson::de(&ficha, &resultado)))
            }
        };
        Some(Self { id_imagen: vista.id.to_string(), estado, anonimizada })
    }
}

impl AnonimizadaJson {
    fn de(ficha: &Ficha, resultado: &Resultado) -> Self {
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
            },
            fecha_anonimizacion: resultado.cuando.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        }
    }
}
