use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bandejas::Despachador;
use cifrado::{Cifrador, ErrorCifrado};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::filas::{Fila, tecnico};
use super::{mensajes, pg_archivos, pg_paquetes, sentencias};
use crate::aplicacion::{Cambio, ErrorRepositorio, Guardado, Registrada, RepositorioImagenes, Versionada};
use crate::dominio::{Antecedentes, Evento, Huella, IdImagen, IdOperacion, ImagenDePaquete, Paquete, Recepcion};

/// Images in Postgres, with the personal data that came with them encrypted next to them.
pub struct PgImagenes {
    pool: PgPool,
    despachador: Despachador,
    cifrador: Arc<Cifrador>,
}

impl PgImagenes {
    pub fn nuevo(pool: PgPool, despachador: Despachador, cifrador: Arc<Cifrador>) -> Self {
        Self { pool, despachador, cifrador }
    }

    fn cifrar(&self, id: IdImagen, antecedentes: &Antecedentes) -> Result<Cifrados, ErrorCifrado> {
        let clave = self.cifrador.clave_nueva()?;
        let contexto = format!("antecedentes:{id}");
        let cifrado = self.cifrador.cifrar(&clave, antecedentes.as_str().as_bytes(), contexto.as_bytes())?;
        Ok(Cifrados { imagen: id.0, clave: clave.as_bytes().to_vec(), cifrado })
    }
}

pub(super) struct Cifrados {
    pub(super) imagen: Uuid,
    pub(super) clave: Vec<u8>,
    pub(super) cifrado: Vec<u8>,
}

#[async_trait]
impl RepositorioImagenes for PgImagenes {
    #[tracing::instrument(name = "db.imagenes.obtener", skip_all, fields(imagenes = ids.len()))]
    async fn obtener(&self, ids: &[IdImagen]) -> Result<HashMap<IdImagen, Versionada>, ErrorRepositorio> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let filas = sqlx::query_as!(
            Fila,
            r#"select id, inquilino, estado, version, modalidad, patologia, region_anatomica, formato_imagen,
                      fuente_de_datos, paciente, ingesta, con_antecedentes, perfil,
                      retirados as "retirados: _", anonimizada, causa, imagen.informe,
                      (select to_jsonb(o) from borrado_pendiente o where o.imagen = imagen.id) as "original: _",
                      (select to_jsonb(a) from archivo a where a.imagen = imagen.id) as "archivo: _"
               from imagen where id = any($1)"#,
            &ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(tecnico)?;
        filas.into_iter().map(|fila| Ok((IdImagen(fila.id), fila.try_into()?))).collect()
    }

    #[tracing::instrument(name = "db.imagenes.operaciones", skip_all, fields(operaciones = ids.len()))]
    async fn operaciones(&self, ids: &[IdOperacion]) -> Result<HashMap<IdOperacion, Registrada>, ErrorRepositorio> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let filas = sqlx::query!("select operacion, id, huella, estado from imagen where operacion = any($1)", &ids)
            .fetch_all(&self.pool)
            .await
            .map_err(tecnico)?;
        let registradas = filas.into_iter().map(|fila| {
            let incoherente = |_| ErrorRepositorio::Incoherente { tabla: "imagen", id: fila.id };
            let huella = fila.huella.as_deref().map(Huella::try_from).transpose().map_err(incoherente)?;
            let registrada =
                Registrada { imagen: IdImagen(fila.id), huella, anonimizada: fila.estado == "anonimizada" };
            Ok((IdOperacion(fila.operacion), registrada))
        });
        registradas.collect()
    }

    #[tracing::instrument(name = "db.imagenes.guardar", skip_all, fields(cambios = cambios.len()))]
    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        let escritas = self.escribir(&mut tx, &cambios).await?;
        let escrito = |cambio: &Cambio| escritas.contains(&cambio.id.0);
        let salientes = cambios.iter().filter(|cambio| escrito(cambio)).map(mensajes::de_cambio);
        let salientes = salientes.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(tecnico)?;
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(tecnico)?;
        let guardado = |cambio| if escrito(cambio) { Guardado::Escrito } else { Guardado::Conflicto };
        Ok(cambios.iter().map(guardado).collect())
    }

    #[tracing::instrument(name = "db.imagenes.recibir_paquete", skip_all, fields(cambios = cambios.len()))]
    async fn recibir_paquete(&self, paquete: &Paquete, cambios: Vec<Cambio>) -> Result<Guardado, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(tecnico)?;
        if !pg_paquetes::insertar(&mut tx, paquete, &cambios).await.map_err(tecnico)? {
            return Ok(Guardado::Conflicto);
        }
        if self.escribir(&mut tx, &cambios).await?.len() < cambios.len() {
            return Ok(Guardado::Conflicto);
        }
        pg_paquetes::agrupar(&mut tx, paquete, &cambios).await.map_err(tecnico)?;
        let salientes = cambios.iter().map(mensajes::de_cambio).filter_map(Result::transpose);
        let salientes = salientes.collect::<Result<_, _>>().map_err(tecnico)?;
        bandejas::confirmar(tx, &self.despachador, salientes).await.map_err(tecnico)?;
        Ok(Guardado::Escrito)
    }

    #[tracing::instrument(name = "db.imagenes.paquete", skip_all)]
    async fn paquete(
        &self,
        operacion: IdOperacion,
    ) -> Result<Option<(Paquete, Vec<ImagenDePaquete>)>, ErrorRepositorio> {
        pg_paquetes::leer(&self.pool, operacion).await
    }
}

impl PgImagenes {
    /// Everything but the messages; answers the images of which all was written.
    async fn escribir(&self, tx: &mut PgConnection, cambios: &[Cambio]) -> Result<HashSet<Uuid>, ErrorRepositorio> {
        let nuevas = sentencias::insertar(tx, cambios).await.map_err(tecnico)?;
        let escrita = |cambio: &&Cambio| cambio.leida > 0 || nuevas.contains(&cambio.id.0);
        let propios: Vec<&Cambio> = cambios.iter().filter(escrita).collect();
        let cifrados: Vec<_> = propios
            .iter()
            .filter_map(|cambio| recepcion(cambio).and_then(|r| r.antecedentes.as_ref()).map(|dato| (cambio.id, dato)))
            .map(|(id, dato)| self.cifrar(id, dato))
            .collect::<Result<_, _>>()
            .map_err(tecnico)?;
        sentencias::insertar_antecedentes(tx, cifrados).await.map_err(tecnico)?;
        pg_archivos::insertar_originales(tx, &propios).await.map_err(tecnico)?;
        let terminadas = sentencias::actualizar(tx, &propios).await.map_err(tecnico)?;
        let concluidos: Vec<&Cambio> = propios.into_iter().filter(|c| terminadas.contains(&c.id.0)).collect();
        pg_archivos::concluir(tx, &concluidos).await.map_err(tecnico)?;
        let escrito = |cambio: &&Cambio| match cambio.eventos.last() {
            Some(Evento::Recibida(_)) | None => nuevas.contains(&cambio.id.0),
            Some(Evento::Anonimizada { .. } | Evento::Apartada(_) | Evento::Fallida(_)) => {
                terminadas.contains(&cambio.id.0)
            }
        };
        Ok(cambios.iter().filter(escrito).map(|cambio| cambio.id.0).collect())
    }
}

/// The intake that a change begins with.
pub(super) fn recepcion(cambio: &Cambio) -> Option<&Recepcion> {
    cambio.eventos.iter().find_map(|evento| match evento {
        Evento::Recibida(recepcion) => Some(recepcion.as_ref()),
        Evento::Anonimizada { .. } | Evento::Apartada(_) | Evento::Fallida(_) => None,
    })
}
