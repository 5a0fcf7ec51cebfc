use super::pagina;
use crate::api::Puertas;
use crate::api::lectura::anotar;
use crate::dominio::{CodigoDataset, Dataset, Disponibilidad};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use servidor::{Campos, Cuerpo, Pagina, Problema};

/// `GET /admin/datasets`
pub(super) async fn listar(State(puertas): State<Puertas>) -> Result<Json<Pagina<Vista>>, Problema> {
    let datasets = puertas.catalogo.datasets().await?;
    Ok(Json(pagina(datasets.into_iter().map(Vista::from))))
}

/// `GET /admin/datasets/{codigo}`
pub(super) async fn ver(State(puertas): State<Puertas>, Path(codigo): Path<String>) -> Result<Json<Vista>, Problema> {
    let codigo = CodigoDataset::try_from(codigo).map_err(|_| ausente())?;
    let datasets = puertas.catalogo.datasets().await?;
    let dataset = datasets.into_iter().find(|dataset| dataset.codigo == codigo).ok_or_else(ausente)?;
    Ok(Json(Vista::from(dataset)))
}

/// `PUT /admin/datasets/{codigo}` with `{"nombre", "estado": "disponible" | "retirado"}`
pub(super) async fn poner(
    State(puertas): State<Puertas>,
    Path(codigo): Path<String>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Vista>, Problema> {
    let pedido = leer(codigo, &cuerpo)?;
    puertas.catalogo.poner_datasets(std::slice::from_ref(&pedido)).await?;
    Ok(Json(Vista::from(pedido)))
}

fn leer(codigo: String, cuerpo: &Value) -> Result<Dataset, Problema> {
    let mut campos = Campos::de(cuerpo);
    let codigo = anotar(&mut campos, "codigo", CodigoDataset::try_from(codigo));
    let nombre = campos.texto_hasta("nombre", 120);
    let disponibilidad = leer_disponibilidad(&mut campos);
    campos.terminar()?;
    let leido = codigo.zip(disponibilidad);
    leido.map(|(codigo, disponibilidad)| Dataset { codigo, nombre, disponibilidad }).ok_or_else(Problema::interno)
}

fn leer_disponibilidad(campos: &mut Campos<'_>) -> Option<Disponibilidad> {
    let estado = Some(campos.texto("estado")).filter(|estado| !estado.is_empty())?;
    anotar(campos, "estado", Disponibilidad::try_from(estado.as_str()))
}

fn ausente() -> Problema {
    Problema::no_encontrado("el conjunto de datos")
}

#[derive(Serialize)]
pub(super) struct Vista {
    codigo: CodigoDataset,
    nombre: String,
    estado: Disponibilidad,
}

impl From<Dataset> for Vista {
    fn from(Dataset { codigo, nombre, disponibilidad }: Dataset) -> Self {
        Self { codigo, nombre, estado: disponibilidad }
    }
}
