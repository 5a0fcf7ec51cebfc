use super::{VistaCupos, leer_cupos, pagina};
use crate::api::Puertas;
use crate::api::lectura::anotar;
use crate::aplicacion::{ConCupos, FichaNube};
use crate::dominio::{CodigoNube, Nube};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use servidor::{Campos, Cuerpo, Pagina, Problema};

/// `GET /admin/nubes`
pub(super) async fn listar(State(puertas): State<Puertas>) -> Result<Json<Pagina<Vista>>, Problema> {
    let fichas = puertas.catalogo.nubes().await?;
    Ok(Json(pagina(fichas.into_iter().map(Vista::from))))
}

/// `GET /admin/nubes/{codigo}`
pub(super) async fn ver(State(puertas): State<Puertas>, Path(codigo): Path<String>) -> Result<Json<Vista>, Problema> {
    let codigo = CodigoNube::try_from(codigo).map_err(|_| ausente())?;
    let fichas = puertas.catalogo.nubes().await?;
    let ficha = fichas.into_iter().find(|ficha| ficha.nube.codigo == codigo).ok_or_else(ausente)?;
    Ok(Json(Vista::from(ficha)))
}

/// `PUT /admin/nubes/{codigo}` with `{"nombre", "tipo", "cupos"}`
pub(super) async fn poner(
    State(puertas): State<Puertas>,
    Path(codigo): Path<String>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Vista>, Problema> {
    let pedida = leer(codigo, &cuerpo)?;
    let ocupacion = puertas.catalogo.poner_nubes(std::slice::from_ref(&pedida)).await?;
    let ocupacion = ocupacion.first().copied().unwrap_or_default();
    Ok(Json(Vista::from(FichaNube { nube: pedida.de, ocupacion })))
}

fn leer(codigo: String, cuerpo: &Value) -> Result<ConCupos<Nube>, Problema> {
    let mut campos = Campos::de(cuerpo);
    let codigo = anotar(&mut campos, "codigo", CodigoNube::try_from(codigo));
    let nombre = campos.texto_hasta("nombre", 120);
    let tipo = campos.texto_hasta("tipo", 40);
    let cupos = leer_cupos(&mut campos);
    campos.terminar()?;
    let leida = codigo.zip(cupos).map(|(codigo, cupos)| ConCupos { de: Nube { codigo, nombre, tipo }, cupos });
    leida.ok_or_else(Problema::interno)
}

fn ausente() -> Problema {
    Problema::no_encontrado("la nube")
}

#[derive(Serialize)]
pub(super) struct Vista {
    codigo: CodigoNube,
    nombre: String,
    tipo: String,
    #[serde(flatten)]
    cupos: VistaCupos,
}

impl From<FichaNube> for Vista {
    fn from(FichaNube { nube, ocupacion }: FichaNube) -> Self {
        let Nube { codigo, nombre, tipo } = nube;
        Self { codigo, nombre, tipo, cupos: ocupacion.into() }
    }
}
