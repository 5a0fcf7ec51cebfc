use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::Datos;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::errores::{de_datos, de_sql};
use super::esquemas_de_saga::con_esquemas;
use crate::aplicacion::puertos::{Borrador, DefinicionGuardada, ErrorRepositorio, RepositorioDefiniciones, Retiro};
use crate::dominio::{CodigoPlan, EstadoDefinicion, VersionDefinicion};

/// Saga definitions in Postgres.
pub struct DefinicionesPg {
    pool: PgPool,
}

/// A definition without its document.
#[derive(Serialize)]
pub struct FichaDefinicion {
    pub clave: String,
    pub version: i32,
    pub sha256: String,
    pub estado: String,
    pub creada: DateTime<Utc>,
    /// The plans whose new sagas begin with it.
    pub planes: Vec<String>,
    pub sagas_vivas: i64,
}

#[derive(Default, Deserialize)]
pub struct FiltroDefiniciones {
    pub clave: Option<String>,
    pub estado: Option<String>,
}

/// One change of state of a definition.
#[derive(Serialize)]
pub struct Movimiento {
    pub estado: String,
    pub actor: String,
    pub instante: DateTime<Utc>,
}

/// A row of `definicion_saga` whose state nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("definicion_saga {id}: unknown state {estado}")]
struct EstadoDesconocido {
    id: VersionDefinicion,
    estado: String,
}

impl DefinicionesPg {
    pub fn nuevas(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Definitions by key, newest version first.
    pub async fn listar(&self, filtro: &FiltroDefiniciones) -> Result<Vec<FichaDefinicion>, ErrorRepositorio> {
        self.fichas(filtro, None).await
    }

    pub async fn ficha(&self, id: &VersionDefinicion) -> Result<Option<FichaDefinicion>, ErrorRepositorio> {
        let filtro = FiltroDefiniciones { clave: Some(id.clave.clone()), estado: None };
        Ok(self.fichas(&filtro, Some(id.version.cast_signed())).await?.pop())
    }

    async fn fichas(
        &self,
        filtro: &FiltroDefiniciones,
        version: Option<i32>,
    ) -> Result<Vec<FichaDefinicion>, ErrorRepositorio> {
        sqlx::query_as!(
            FichaDefinicion,
            r#"select d.clave, d.version, d.sha256, d.estado, d.creada,
                      array(select p.codigo from plan p where d.estado = 'activa' and p.flujo = d.clave
                            order by p.codigo) as "planes!",
                      (select count(*) from saga s
                       where s.definicion = d.clave and s.definicion_version = d.version
                         and s.fase in ('avanzando', 'deshaciendo')) as "sagas_vivas!"
               from definicion_saga d
               where ($1::text is null or d.clave = $1) and ($2::text is null or d.estado = $2)
                 and ($3::integer is null or d.version = $3)
               order by d.clave, d.version desc"#,
            filtro.clave,
            filtro.estado,
            version,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }

    /// Who moved a definition and when, oldest first.
    pub async fn movimientos(&self, id: &VersionDefinicion) -> Result<Vec<Movimiento>, ErrorRepositorio> {
        sqlx::query_as!(
            Movimiento,
            "select estado, actor, instante from definicion_movimiento where clave = $1 and version = $2
             order by instante",
            id.clave,
            id.version.cast_signed(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)
    }
}

#[async_trait]
impl RepositorioDefiniciones for DefinicionesPg {
    async fn crear(&self, id: &VersionDefinicion, documento: Datos, actor: &str) -> Result<Borrador, ErrorRepositorio> {
        let documento = con_esquemas(documento);
        let sha256 = contratos::huella(&documento);
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        let creadas = sqlx::query!(
            "insert into definicion_saga (clave, version, documento, sha256, estado, creada)
             values ($1, $2, $3, $4, 'borrador', now()) on conflict (clave, version) do nothing",
            id.clave,
            id.version.cast_signed(),
            documento,
            sha256,
        )
        .execute(&mut *tx)
        .await
        .map_err(de_sql)?;
        if creadas.rows_affected() == 1 {
            anotar(&mut tx, id, EstadoDefinicion::Borrador, actor).await?;
            tx.commit().await.map_err(de_sql)?;
            return Ok(Borrador::Creado(DefinicionGuardada {
                id: id.clone(),
                documento,
                sha256,
                estado: EstadoDefinicion::Borrador,
            }));
        }
        let guardada = leer(&mut tx, id).await?.ok_or(ErrorRepositorio::Contencion(1))?;
        Ok(Borrador::Existente { igual: guardada.sha256 == sha256, guardada })
    }

    async fn obtener(&self, id: &VersionDefinicion) -> Result<Option<DefinicionGuardada>, ErrorRepositorio> {
        leer(&mut *self.pool.acquire().await.map_err(de_sql)?, id).await
    }

    async fn verificar(&self, id: &VersionDefinicion, actor: &str) -> Result<(), ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        mover(&mut tx, id, EstadoDefinicion::Borrador, EstadoDefinicion::Verificada, actor).await?;
        tx.commit().await.map_err(de_sql)
    }

    async fn activar(&self, id: &VersionDefinicion, actor: &str) -> Result<(), ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        // All versions of the key, in one order: of two activations at once, the second sees the first.
        let filas = sqlx::query!(
            "select version, estado from definicion_saga where clave = $1 order by version for update",
            id.clave
        );
        for fila in filas.fetch_all(&mut *tx).await.map_err(de_sql)? {
            let otra = VersionDefinicion { version: fila.version.unsigned_abs(), ..id.clone() };
            if otra != *id && fila.estado == EstadoDefinicion::Activa.nombre() {
                mover(&mut tx, &otra, EstadoDefinicion::Activa, EstadoDefinicion::Retirada, actor).await?;
            }
        }
        for antes in [EstadoDefinicion::Verificada, EstadoDefinicion::Retirada] {
            mover(&mut tx, id, antes, EstadoDefinicion::Activa, actor).await?;
        }
        tx.commit().await.map_err(de_sql)
    }

    async fn retirar(&self, id: &VersionDefinicion, actor: &str) -> Result<Retiro, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        let activa = sqlx::query_scalar!(
            "select version from definicion_saga where clave = $1 and version = $2 and estado = 'activa' for update",
            id.clave,
            id.version.cast_signed(),
        );
        if activa.fetch_optional(&mut *tx).await.map_err(de_sql)?.is_none() {
            return Ok(Retiro::Retirada);
        }
        let planes =
            sqlx::query_scalar!("select codigo from plan where flujo = $1 and en_venta order by codigo", id.clave);
        let planes = planes.fetch_all(&mut *tx).await.map_err(de_sql)?;
        if !planes.is_empty() {
            let codigos = planes.iter().map(|codigo| CodigoPlan::try_from(codigo.as_str()));
            return Ok(Retiro::EnUso(codigos.collect::<Result<_, _>>().map_err(de_datos)?));
        }
        mover(&mut tx, id, EstadoDefinicion::Activa, EstadoDefinicion::Retirada, actor).await?;
        tx.commit().await.map_err(de_sql)?;
        Ok(Retiro::Retirada)
    }
}

async fn leer(con: &mut PgConnection, id: &VersionDefinicion) -> Result<Option<DefinicionGuardada>, ErrorRepositorio> {
    let fila = sqlx::query!(
        "select documento, sha256, estado from definicion_saga where clave = $1 and version = $2",
        id.clave,
        id.version.cast_signed(),
    );
    let Some(fila) = fila.fetch_optional(con).await.map_err(de_sql)? else { return Ok(None) };
    let estado = EstadoDefinicion::de_nombre(&fila.estado)
        .ok_or_else(|| de_datos(EstadoDesconocido { id: id.clone(), estado: fila.estado }))?;
    Ok(Some(DefinicionGuardada { id: id.clone(), documento: fila.documento, sha256: fila.sha256, estado }))
}

/// Moves a version that is where it is thought to be, and records who did.
async fn mover(
    con: &mut PgConnection,
    id: &VersionDefinicion,
    de: EstadoDefinicion,
    a: EstadoDefinicion,
    actor: &str,
) -> Result<(), ErrorRepositorio> {
    let movidas = sqlx::query!(
        "update definicion_saga set estado = $4 where clave = $1 and version = $2 and estado = $3",
        id.clave,
        id.version.cast_signed(),
        de.nombre(),
        a.nombre(),
    );
    if movidas.execute(&mut *con).await.map_err(de_sql)?.rows_affected() == 1 {
        anotar(con, id, a, actor).await?;
    }
    Ok(())
}

async fn anotar(
    con: &mut PgConnection,
    id: &VersionDefinicion,
    estado: EstadoDefinicion,
    actor: &str,
) -> Result<(), ErrorRepositorio> {
    sqlx::query!(
        "insert into definicion_movimiento (clave, version, estado, actor, instante) values ($1, $2, $3, $4, now())",
        id.clave,
        id.version.cast_signed(),
        estado.nombre(),
        actor,
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(())
}
