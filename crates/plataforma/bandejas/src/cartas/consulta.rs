//! What an operator may see of a dead letter: where it came from and why, never what it says.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::EstadoCarta;

/// Empty fields match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filtro {
    pub(super) estado: Option<EstadoCarta>,
    pub(super) tema: Option<String>,
    pub(super) grupo: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Resumen {
    pub(super) id: Uuid,
    grupo: String,
    tema: String,
    posicion: String,
    id_mensaje: Option<String>,
    tipo: Option<String>,
    correlacion: Option<String>,
    codigo: String,
    detalle: String,
    estado: EstadoCarta,
    intentos: i32,
    proximo: Option<DateTime<Utc>>,
    creado: DateTime<Utc>,
    resuelta: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
pub(super) struct Ficha {
    #[serde(flatten)]
    resumen: Resumen,
    propiedades: BTreeMap<String, String>,
    publicado: DateTime<Utc>,
    con_esquema: bool,
    actor: Option<String>,
    motivo_descarte: Option<String>,
}

/// Newest first, from below the id `antes_de`.
pub(super) async fn listar(
    pool: &PgPool,
    filtro: &Filtro,
    antes_de: Option<Uuid>,
    limite: i64,
) -> Result<Vec<Resumen>, sqlx::Error> {
    sqlx::query_as!(
        Resumen,
        r#"select id, grupo, tema, posicion, id_mensaje, tipo, correlacion, codigo, detalle,
                  estado as "estado: EstadoCarta", intentos, proximo, creado, resuelta
           from bandejas.dead_letter
           where ($1::text is null or estado = $1)
             and ($2::text is null or tema = $2)
             and ($3::text is null or grupo = $3)
             and ($4::uuid is null or id < $4)
           order by id desc
           limit $5"#,
        filtro.estado.map(EstadoCarta::como_texto),
        filtro.tema.as_deref(),
        filtro.grupo.as_deref(),
        antes_de,
        limite,
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn obtener(pool: &PgPool, id: Uuid) -> Result<Option<Ficha>, sqlx::Error> {
    let fila = sqlx::query!(
        r#"select id, grupo, tema, posicion, id_mensaje, tipo, correlacion, codigo, detalle,
                  estado as "estado: EstadoCarta", intentos, proximo, creado, resuelta,
                  propiedades as "propiedades: Json<BTreeMap<String, String>>", publicado,
                  escritor is not null as "con_esquema!", actor, motivo_descarte
           from bandejas.dead_letter where id = $1"#,
        id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(fila.map(|f| Ficha {
        resumen: Resumen {
            id: f.id,
            grupo: f.grupo,
            tema: f.tema,
            posicion: f.posicion,
            id_mensaje: f.id_mensaje,
            tipo: f.tipo,
            correlacion: f.correlacion,
            codigo: f.codigo,
            detalle: f.detalle,
            estado: f.estado,
            intentos: f.intentos,
            proximo: f.proximo,
            creado: f.creado,
            resuelta: f.resuelta,
        },
        propiedades: f.propiedades.0,
        publicado: f.publicado,
        con_esquema: f.con_esquema,
        actor: f.actor,
        motivo_descarte: f.motivo_descarte,
    }))
}
