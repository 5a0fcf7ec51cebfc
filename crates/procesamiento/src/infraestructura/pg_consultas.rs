use async_trait::async_trait;
use bandejas::Despachador;
use sqlx::PgPool;
use uuid::Uuid;

use super::filas::{Fila, tecnico};
use super::mensajes;
use crate::aplicacion::{Acceso, ConsultaImagenes, ErrorRepositorio, Tramo, Versionada, Vista};
use crate::dominio::IdImagen;

/// Reads images and writes the accesses to the outbox, in one transaction.
pub struct PgConsultas {
    pool: PgPool,
    despachador: Despachador,
}

impl PgConsultas {
    pub fn nuevo(pool: PgPool, despachador: Despachador) -> Self {
        Self { pool, despachador }
    }
}

#[async_trait]
impl ConsultaImagenes for PgConsultas {
    #[tracing::instrument(name = "db.imagenes.ver", skip_all)]
    async fn ver(&self, id: IdImagen, acceso: &Acceso) -> Result<Option<Vista>, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        let fila = sqlx::query_as!(
            Fila,
            r#"select id, inquilino, estado, version, modalidad, patologia, region_anatomica, formato_imagen,
                      fuente_de_datos, paciente, ingesta, con_antecedentes, perfil,
                      retirados as "retirados: _", anonimizada, causa, imagen.informe,
                      (select to_jsonb(o) from borrado_pendiente o where o.imagen = imagen.id) as "original: _",
                      (select to_jsonb(a) from archivo a where a.imagen = imagen.id) as "archivo: _"
               from imagen where id = $1 and inquilino = $2"#,
            id.0,
            acceso.inquilino.as_str(),
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(tecnico)?;
        let Some(vista) = fila.map(Vista::try_from).transpose()? else {
            return Ok(None);
        };
        let evento = mensajes::de_acceso(id, acceso).map_err(tecnico)?;
        bandejas::confirmar(tx, &self.despachador, vec![evento]).await.map_err(tecnico)?;
        Ok(Some(vista))
    }

    #[tracing::instrument(name = "db.imagenes.listar", skip_all, fields(limite))]
    async fn listar(&self, desde: Option<IdImagen>, limite: u32, acceso: &Acceso) -> Result<Tramo, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        let mut filas = sqlx::query_as!(
            Fila,
            r#"select id, inquilino, estado, version, modalidad, patologia, region_anatomica, formato_imagen,
                      fuente_de_datos, paciente, ingesta, con_antecedentes, perfil,
                      retirados as "retirados: _", anonimizada, causa, imagen.informe,
                      (select to_jsonb(o) from borrado_pendiente o where o.imagen = imagen.id) as "original: _",
                      (select to_jsonb(a) from archivo a where a.imagen = imagen.id) as "archivo: _"
               from imagen
               where inquilino = $1 and estado = 'anonimizada' and id > $2
               order by id limit $3"#,
            acceso.inquilino.as_str(),
            desde.map_or(Uuid::nil(), |id| id.0),
            i64::from(limite) + 1,
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(tecnico)?;
        let limite = usize::try_from(limite).unwrap_or(usize::MAX);
        let hay_mas = filas.len() > limite;
        filas.truncate(limite);
        let vistas = filas.into_iter().map(Vista::try_from).collect::<Result<Vec<_>, _>>()?;
        let eventos = vistas.iter().map(|vista| mensajes::de_acceso(vista.id, acceso));
        let eventos = eventos.collect::<Result<_, _>>().map_err(tecnico)?;
        bandejas::confirmar(tx, &self.despachador, eventos).await.map_err(tecnico)?;
        Ok(Tramo { vistas, hay_mas })
    }
}

impl TryFrom<Fila> for Vista {
    type Error = ErrorRepositorio;

    fn try_from(fila: Fila) -> Result<Self, ErrorRepositorio> {
        let id = IdImagen(fila.id);
        let Versionada { imagen, .. } = fila.try_into()?;
        Ok(Self { id, imagen })
    }
}
