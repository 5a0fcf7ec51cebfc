use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use servidor::{IdRuta, Pagina, Paginacion, Problema};

use super::Consultas;
use super::fichas::{CuerpoFicha, CuerpoHistoria};
use super::parametros::{DeInquilino, Lector};
use super::problemas::de_almacen;
use crate::aplicacion::consultas::{Ficha, Filtro};
use crate::dominio::{CodigoCliente, Estado, IdNotificacion};

#[derive(Deserialize)]
pub(super) struct Parametros {
    id_suscripcion: Option<String>,
    codigo_cliente: Option<String>,
    estado: Option<String>,
}

impl Parametros {
    fn filtro(self, inquilino: DeInquilino, paginacion: Paginacion) -> Result<Filtro, Problema> {
        let mut lector = Lector::default();
        let filtro = Filtro {
            id_suscripcion: lector.suscripcion(self.id_suscripcion),
            codigo_cliente: lector.leer(
                "codigo_cliente",
                self.codigo_cliente,
                "no es un código de cliente",
                CodigoCliente::try_from,
            ),
            estado: lector.leer("estado", self.estado, "debe ser creada, enviada, confirmada o fallida", |texto| {
                Estado::try_from(texto.as_str())
            }),
            inquilino: inquilino.0,
            despues_de: paginacion.despues_de().map(IdNotificacion::from),
        };
        lector.terminar().map(|()| filtro)
    }
}

pub(super) async fn listar(
    State(consultas): State<Consultas>,
    paginacion: Paginacion,
    inquilino: DeInquilino,
    Query(parametros): Query<Parametros>,
) -> Result<Json<Pagina<CuerpoFicha>>, Problema> {
    let filtro = parametros.filtro(inquilino, paginacion)?;
    let leidas = consultas.listar(&filtro, paginacion.limite + 1).await.map_err(de_almacen)?;
    let pagina = Pagina::de(leidas, paginacion, |ficha: &Ficha| ficha.id.uuid());
    Ok(Json(pagina.convertir(CuerpoFicha::from)))
}

pub(super) async fn detallar(
    State(consultas): State<Consultas>,
    inquilino: DeInquilino,
    IdRuta(id): IdRuta,
) -> Result<Json<CuerpoHistoria>, Problema> {
    let historia = consultas.historia(IdNotificacion::from(id), inquilino.0.as_ref()).await.map_err(de_almacen)?;
    historia.map(|h| Json(CuerpoHistoria::from(h))).ok_or_else(|| Problema::no_encontrado("la notificación"))
}
