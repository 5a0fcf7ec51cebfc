//! What an operator may do with dead letters.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::CartasMuertas;
use super::carta::CartaGuardada;
use super::consulta::Filtro;

/// How many letters one request may set in motion.
pub(super) const MAXIMO_POR_PETICION: usize = 1000;

pub(super) enum ErrorAccion {
    Inexistente,
    /// Already handled or discarded: its bytes are gone.
    Resuelta,
    Tecnico(sqlx::Error),
}

impl From<sqlx::Error> for ErrorAccion {
    fn from(error: sqlx::Error) -> Self {
        Self::Tecnico(error)
    }
}

/// What a retry would find, without any effect.
#[derive(Serialize)]
pub(super) struct Simulacion {
    decodifica: bool,
    /// Why it does not decode: `ilegible` (the sealed bytes do not open) or `no_sigue_el_esquema`.
    codigo: Option<&'static str>,
    tipo: Option<String>,
    grupo: String,
    /// Whether a handler for that group runs in this process.
    con_manejador: bool,
    /// The fields of the data and whether each has a value; never the values.
    campos: BTreeMap<String, bool>,
}

impl CartasMuertas {
    pub(super) async fn simular(&self, id: Uuid) -> Result<Simulacion, ErrorAccion> {
        let Some(carta) = leer(&self.pool, id).await? else {
            return Err(self.por_que_no(id).await?);
        };
        let con_manejador = self.manejador(&carta.grupo).is_some();
        let decodificada = match carta.abrir(&self.cifrador) {
            Ok(entrante) => entrante.decodificar_json().map_err(|_| "no_sigue_el_esquema"),
            Err(_) => Err("ilegible"),
        };
        let (codigo, tipo, campos) = match decodificada {
            Ok(recibido) => (None, Some(recibido.cabecera.tipo), campos_de(&recibido.datos)),
            Err(codigo) => (Some(codigo), carta.tipo, BTreeMap::new()),
        };
        Ok(Simulacion { decodifica: codigo.is_none(), codigo, tipo, grupo: carta.grupo, con_manejador, campos })
    }

    /// Makes unresolved letters due now, with all their attempts; returns the ids it found.
    pub(super) async fn reenviar(&self, ids: &[Uuid], actor: Option<&str>) -> Result<Vec<Uuid>, sqlx::Error> {
        let reenviadas = sqlx::query_scalar!(
            "update bandejas.dead_letter
             set estado = 'reintento', intentos = 0, proximo = now(), actor = coalesce($2, actor)
             where id = any($1) and estado in ('reintento', 'muerta')
             returning id",
            ids,
            actor,
        )
        .fetch_all(&self.pool)
        .await?;
        self.pendientes.notify_one();
        Ok(reenviadas)
    }

    /// Like `reenviar`, for the oldest that match; a filter without a state means the dead ones.
    pub(super) async fn reenviar_filtradas(
        &self,
        filtro: &Filtro,
        actor: Option<&str>,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        let ids = sqlx::query_scalar!(
            "select id from bandejas.dead_letter
             where estado = coalesce($1, 'muerta')
               and ($2::text is null or tema = $2)
               and ($3::text is null or grupo = $3)
             order by id
             limit $4",
            filtro.estado.map(super::EstadoCarta::como_texto),
            filtro.tema.as_deref(),
            filtro.grupo.as_deref(),
            MAXIMO_POR_PETICION as i64,
        )
        .fetch_all(&self.pool)
        .await?;
        self.reenviar(&ids, actor).await
    }

    /// Gives a letter up for good and erases its bytes.
    pub(super) async fn descartar(&self, id: Uuid, motivo: &str, actor: &str) -> Result<(), ErrorAccion> {
        let descartada = sqlx::query!(
            "update bandejas.dead_letter
             set estado = 'descartada', carga = null, proximo = null, resuelta = now(),
                 motivo_descarte = $2, actor = $3
             where id = $1 and estado in ('reintento', 'muerta')",
            id,
            motivo,
            actor,
        )
        .execute(&self.pool)
        .await?;
        if descartada.rows_affected() == 0 {
            return Err(self.por_que_no(id).await?);
        }
        tracing::info!(carta = %id, "a dead letter was discarded");
        Ok(())
    }

    /// Tells a letter that never existed from one that is over.
    pub(super) async fn por_que_no(&self, id: Uuid) -> Result<ErrorAccion, sqlx::Error> {
        let existe = sqlx::query_scalar!("select exists (select from bandejas.dead_letter where id = $1)", id)
            .fetch_one(&self.pool)
            .await?;
        Ok(if existe == Some(true) { ErrorAccion::Resuelta } else { ErrorAccion::Inexistente })
    }
}

fn campos_de(datos: &Value) -> BTreeMap<String, bool> {
    let campos = datos.as_object().into_iter().flatten();
    campos.map(|(nombre, valor)| (nombre.clone(), !valor.is_null())).collect()
}

async fn leer(pool: &PgPool, id: Uuid) -> Result<Option<CartaGuardada>, sqlx::Error> {
    sqlx::query_as!(
        CartaGuardada,
        r#"select id, grupo, tema, posicion, tipo, propiedades as "propiedades: _", carga as "carga!", escritor,
                  publicado, intentos
           from bandejas.dead_letter where id = $1 and carga is not null"#,
        id,
    )
    .fetch_optional(pool)
    .await
}
