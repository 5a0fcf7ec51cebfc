use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use servidor::{Cuerpo, Operador, Problema};

use super::problemas::{ausente, de_definicion};
use super::{Estado, comprobacion};
use crate::aplicacion::Comprobada;
use crate::aplicacion::puertos::{Borrador, DefinicionGuardada};
use crate::dominio::VersionDefinicion;

type Ruta = Path<(String, String)>;

/// `POST /admin/definiciones`: a draft, under the key and version of its document. The same document again is the same
/// draft; another one under the same version is a conflict.
pub async fn crear(
    State(estado): State<Estado>,
    operador: Operador,
    Cuerpo(documento): Cuerpo,
) -> Result<Response, Problema> {
    let borrador = estado.definiciones.crear(documento, operador.codigo()).await.map_err(de_definicion)?;
    let (codigo, guardada) = match &borrador {
        Borrador::Creado(guardada) => (StatusCode::CREATED, guardada),
        Borrador::Existente { guardada, .. } => (StatusCode::OK, guardada),
    };
    let lugar = format!("/admin/definiciones/{}/{}", guardada.id.clave, guardada.id.version);
    Ok((codigo, [(header::LOCATION, lugar)], Json(resumen(guardada))).into_response())
}

/// `POST /admin/definiciones/{clave}/{version}/verificar`: 422 with each rule that it breaks, or with the shortest run that
/// ends badly.
pub async fn verificar(
    State(estado): State<Estado>,
    operador: Operador,
    Path((clave, version)): Ruta,
) -> Result<Json<Value>, Problema> {
    let id = leer(&clave, &version)?;
    let comprobada = estado.definiciones.verificar(&id, operador.codigo()).await.map_err(de_definicion)?;
    Ok(Json(con_comprobacion(&comprobada)))
}

/// `POST /admin/definiciones/{clave}/{version}/activar`: checks it as `verificar` does, and new sagas of its key begin
/// with it. It may be repeated.
pub async fn activar(
    State(estado): State<Estado>,
    operador: Operador,
    Path((clave, version)): Ruta,
) -> Result<Json<Value>, Problema> {
    let id = leer(&clave, &version)?;
    let comprobada = estado.definiciones.activar(&id, operador.codigo()).await.map_err(de_definicion)?;
    Ok(Json(con_comprobacion(&comprobada)))
}

/// `POST /admin/definiciones/{clave}/{version}/retirar`: refused while plans on sale use it.
pub async fn retirar(
    State(estado): State<Estado>,
    operador: Operador,
    Path((clave, version)): Ruta,
) -> Result<Json<Value>, Problema> {
    let id = leer(&clave, &version)?;
    let guardada = estado.definiciones.retirar(&id, operador.codigo()).await.map_err(de_definicion)?;
    Ok(Json(resumen(&guardada)))
}

/// The version that a path names; what cannot be one does not exist.
pub fn leer(clave: &str, version: &str) -> Result<VersionDefinicion, Problema> {
    let version = version.parse::<i32>().ok().filter(|version| *version > 0);
    let version = version.map(i32::unsigned_abs).ok_or_else(|| ausente("la definición"))?;
    Ok(VersionDefinicion { clave: clave.to_owned(), version })
}

fn con_comprobacion(comprobada: &Comprobada) -> Value {
    let mut vista = resumen(&comprobada.guardada);
    vista["comprobacion"] = comprobacion::vista(&comprobada.comprobacion);
    vista
}

fn resumen(guardada: &DefinicionGuardada) -> Value {
    json!({
        "clave": guardada.id.clave,
        "version": guardada.id.version,
        "sha256": guardada.sha256,
        "estado": guardada.estado.nombre(),
    })
}
