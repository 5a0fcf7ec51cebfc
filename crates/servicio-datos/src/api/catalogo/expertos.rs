use super::{VistaCupos, leer_cupos, pagina};
use crate::api::Puertas;
use crate::api::lectura::anotar;
use crate::aplicacion::{ConCupos, FichaExperto};
use crate::dominio::{CodigoExperto, Especialidad, Experto, Persona};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use servidor::{Campos, Cuerpo, Pagina, Problema};
use std::collections::BTreeSet;

/// `GET /admin/expertos`: codes only.
pub(super) async fn listar(State(puertas): State<Puertas>) -> Result<Json<Pagina<Vista>>, Problema> {
    let fichas = puertas.catalogo.expertos().await?;
    Ok(Json(pagina(fichas.into_iter().map(Vista::from))))
}

/// `GET /admin/expertos/{codigo}`: codes only.
pub(super) async fn ver(State(puertas): State<Puertas>, Path(codigo): Path<String>) -> Result<Json<Vista>, Problema> {
    let codigo = leer_codigo(codigo)?;
    let fichas = puertas.catalogo.expertos().await?;
    let ficha = fichas.into_iter().find(|ficha| ficha.codigo == codigo).ok_or_else(ausente)?;
    Ok(Json(Vista::from(ficha)))
}

/// `PUT /admin/expertos/{codigo}` with
/// `{"nombres", "apellidos", "usuario", "cedula", "email", "especialidades": [...], "cupos"}`
pub(super) async fn poner(
    State(puertas): State<Puertas>,
    Path(codigo): Path<String>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Vista>, Problema> {
    let pedido = leer(codigo, &cuerpo)?;
    let ocupacion = puertas.catalogo.poner_expertos(std::slice::from_ref(&pedido)).await?;
    let ocupacion = ocupacion.first().copied().unwrap_or_default();
    let (codigo, especialidades) = (pedido.de.codigo().clone(), pedido.de.especialidades().clone());
    Ok(Json(Vista::from(FichaExperto { codigo, especialidades, ocupacion })))
}

/// `GET /admin/expertos/{codigo}/persona`: who the expert is; 404 once forgotten.
pub(super) async fn ver_persona(
    State(puertas): State<Puertas>,
    Path(codigo): Path<String>,
) -> Result<Json<Persona>, Problema> {
    let persona = puertas.catalogo.persona(&leer_codigo(codigo)?).await?;
    persona.map(Json).ok_or_else(ausente)
}

/// `DELETE /admin/expertos/{codigo}/persona`: makes who the expert is unreadable, and gives it no more services.
pub(super) async fn olvidar_persona(
    State(puertas): State<Puertas>,
    Path(codigo): Path<String>,
) -> Result<StatusCode, Problema> {
    let estaba = puertas.catalogo.olvidar(&leer_codigo(codigo)?).await?;
    if estaba { Ok(StatusCode::NO_CONTENT) } else { Err(ausente()) }
}

fn leer_codigo(codigo: String) -> Result<CodigoExperto, Problema> {
    CodigoExperto::try_from(codigo).map_err(|_| ausente())
}

fn leer(codigo: String, cuerpo: &Value) -> Result<ConCupos<Experto>, Problema> {
    let mut campos = Campos::de(cuerpo);
    let persona = Persona {
        nombres: campos.texto_hasta("nombres", 120),
        apellidos: campos.texto_hasta("apellidos", 120),
        usuario: campos.texto_hasta("usuario", 64),
        cedula: campos.texto_o_numero("cedula"),
        email: campos.correo("email"),
    };
    let codigo = anotar(&mut campos, "codigo", CodigoExperto::try_from(codigo));
    let especialidades = leer_especialidades(&mut campos);
    let cupos = leer_cupos(&mut campos);
    let experto = codigo.zip(especialidades).and_then(|(codigo, especialidades)| {
        anotar(&mut campos, "especialidades", Experto::nuevo(codigo, especialidades, persona))
    });
    campos.terminar()?;
    experto.zip(cupos).map(|(de, cupos)| ConCupos { de, cupos }).ok_or_else(Problema::interno)
}

fn leer_especialidades(campos: &mut Campos<'_>) -> Option<BTreeSet<Especialidad>> {
    let nombres = campos.lista_opcional("especialidades").unwrap_or_default();
    let leidas = nombres.iter().map(|nombre| Especialidad::try_from(nombre.as_str().unwrap_or_default()));
    anotar(campos, "especialidades", leidas.collect())
}

fn ausente() -> Problema {
    Problema::no_encontrado("el experto")
}

#[derive(Serialize)]
pub(super) struct Vista {
    codigo: CodigoExperto,
    especialidades: BTreeSet<Especialidad>,
    #[serde(flatten)]
    cupos: VistaCupos,
}

impl From<FichaExperto> for Vista {
    fn from(FichaExperto { codigo, especialidades, ocupacion }: FichaExperto) -> Self {
        Self { codigo, especialidades, cupos: ocupacion.into() }
    }
}
