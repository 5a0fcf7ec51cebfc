use super::Puertas;
use super::lectura::{Lectura, id_suscripcion};
use crate::aplicacion::{Ficha, Filtro};
use crate::dominio::{CodigoCliente, Estado, IdServicioDatos};
use axum::Json;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use servidor::{IdRuta, Pagina, Paginacion, Problema};
use uuid::Uuid;

/// `GET /serviciosdatos?id_suscripcion=&codigo_cliente=&estado=`: the newest first.
pub(super) async fn listar(
    State(puertas): State<Puertas>,
    paginacion: Paginacion,
    Query(parametros): Query<Parametros>,
) -> Result<Json<Pagina<Vista>>, Problema> {
    let filtro = parametros.leer()?;
    let desde = paginacion.despues_de().map(IdServicioDatos);
    let fichas = puertas.consultas.listar(&filtro, desde, paginacion.filas()).await?;
    Ok(Json(Pagina::de(fichas, paginacion, |ficha| ficha.id.0).convertir(Vista::from)))
}

/// `GET /serviciosdatos/{id}`
pub(super) async fn buscar(State(puertas): State<Puertas>, IdRuta(id): IdRuta) -> Result<Json<Vista>, Problema> {
    let ficha = puertas.consultas.buscar(IdServicioDatos(id)).await?;
    ficha.map(|ficha| Json(Vista::from(ficha))).ok_or_else(|| Problema::no_encontrado("el servicio de datos"))
}

#[derive(Deserialize)]
pub(super) struct Parametros {
    id_suscripcion: Option<String>,
    codigo_cliente: Option<String>,
    estado: Option<String>,
}

impl Parametros {
    fn leer(self) -> Result<Filtro, Problema> {
        let mut lectura = Lectura::default();
        let filtro = Filtro {
            suscripcion: lectura.opcional("id_suscripcion", self.id_suscripcion, id_suscripcion),
            cliente: lectura.opcional("codigo_cliente", self.codigo_cliente, CodigoCliente::try_from),
            estado: lectura.opcional("estado", self.estado, |nombre| Estado::try_from(nombre.as_str())),
        };
        lectura.terminar()?;
        Ok(filtro)
    }
}

/// A data service as it is shown.
#[derive(Serialize)]
pub(super) struct Vista {
    id_serviciodatos: Uuid,
    id_suscripcion: Option<Uuid>,
    estado: &'static str,
    codigo_cliente: Option<String>,
    codigo_plan: Option<String>,
    nube_codigo: Option<String>,
    dataset_codigo: Option<String>,
    experto_codigo: Option<String>,
    especialidad: Option<String>,
    motivo: Option<String>,
    version: i64,
    creado: DateTime<Utc>,
    actualizado: DateTime<Utc>,
}

impl From<Ficha> for Vista {
    fn from(ficha: Ficha) -> Self {
        let servicio = ficha.servicio;
        let (contrato, asignacion) = (servicio.contrato(), servicio.asignacion());
        Self {
            id_serviciodatos: ficha.id.0,
            id_suscripcion: contrato.map(|contrato| contrato.titular.suscripcion.0),
            estado: servicio.estado().nombre(),
            codigo_cliente: contrato.map(|contrato| contrato.cliente.to_string()),
            codigo_plan: contrato.map(|contrato| contrato.plan.to_string()),
            nube_codigo: contrato.map(|contrato| contrato.nube.to_string()),
            dataset_codigo: contrato.map(|contrato| contrato.dataset.to_string()),
            experto_codigo: asignacion.map(|asignacion| asignacion.experto.to_string()),
            especialidad: asignacion.map(|asignacion| asignacion.especialidad.to_string()),
            motivo: servicio.motivo().map(|motivo| motivo.as_str().to_owned()),
            version: ficha.version,
            creado: ficha.creado,
            actualizado: ficha.actualizado,
        }
    }
}
