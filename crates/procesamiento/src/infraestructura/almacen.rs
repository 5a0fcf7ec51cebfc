use std::io::ErrorKind;
use std::path::{Path as Ruta, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use contratos::id_nuevo;
use futures::{StreamExt, TryStreamExt};
use mensajeria::fallos;
use object_store::aws::AmazonS3Builder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::task::spawn_blocking;

use super::ajustes::AjustesAlmacen;
use super::trozos::Flujo;
use crate::aplicacion::{AlmacenObjetos, ErrorTrozos, Guardada, Trozos, Zona};
use crate::dominio::{ClaveObjeto, Huella};

/// Where objects have their place, and where they are while they are written.
const OBJETOS: &str = "objetos";
const TEMPORALES: &str = "temporales";

/// Parts of a big object that are on their way at the same time.
const A_LA_VEZ: usize = 2;

/// The two stores, each in a folder, a bucket of S3 or one of GCS.
pub struct Almacen {
    cuarentena: Sitio,
    limpia: Sitio,
}

struct Sitio {
    objetos: Arc<dyn ObjectStore>,
    /// Where the store is a folder of this machine.
    carpeta: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorApertura {
    #[error("the address {0} of a store is neither a folder nor s3:// nor gs://")]
    Direccion(String),
    #[error("the two stores are one and the same")]
    MismoSitio,
    #[error("the folder {0} of a store cannot be made")]
    Carpeta(String, #[source] std::io::Error),
    #[error("the store cannot be opened")]
    Almacen(#[from] object_store::Error),
}

impl Almacen {
    pub fn abrir(ajustes: &AjustesAlmacen) -> Result<Self, ErrorApertura> {
        if ajustes.cuarentena == ajustes.limpio {
            return Err(ErrorApertura::MismoSitio);
        }
        Ok(Self { cuarentena: abrir(&ajustes.cuarentena)?, limpia: abrir(&ajustes.limpio)? })
    }

    fn sitio(&self, zona: Zona) -> &Sitio {
        match zona {
            Zona::Cuarentena => &self.cuarentena,
            Zona::Limpia => &self.limpia,
        }
    }

    fn de(&self, zona: Zona) -> &Arc<dyn ObjectStore> {
        &self.sitio(zona).objetos
    }
}

/// Credentials of S3 and GCS come from the variables of their own tools (`AWS_*`, `GOOGLE_*`).
fn abrir(direccion: &str) -> Result<Sitio, ErrorApertura> {
    let remoto = |objetos| Sitio { objetos, carpeta: None };
    match direccion.split_once("://") {
        None => {
            let carpeta = Ruta::new(direccion);
            std::fs::create_dir_all(carpeta).map_err(|error| ErrorApertura::Carpeta(direccion.to_owned(), error))?;
            // What 202 promised must outlive the machine, not only the process.
            let objetos = Arc::new(LocalFileSystem::new_with_prefix(carpeta)?.with_fsync(true));
            Ok(Sitio { objetos, carpeta: Some(carpeta.to_owned()) })
        }
        Some(("s3", resto)) => {
            let (cubo, prefijo) = partir(resto);
            Ok(remoto(con_prefijo(AmazonS3Builder::from_env().with_bucket_name(cubo).build()?, prefijo)))
        }
        Some(("gs", resto)) => {
            let (cubo, prefijo) = partir(resto);
            Ok(remoto(con_prefijo(GoogleCloudStorageBuilder::from_env().with_bucket_name(cubo).build()?, prefijo)))
        }
        Some(_) => Err(ErrorApertura::Direccion(direccion.to_owned())),
    }
}

fn partir(resto: &str) -> (&str, &str) {
    resto.split_once('/').unwrap_or((resto, ""))
}

fn con_prefijo(almacen: impl ObjectStore, prefijo: &str) -> Arc<dyn ObjectStore> {
    if prefijo.is_empty() { Arc::new(almacen) } else { Arc::new(PrefixStore::new(almacen, prefijo)) }
}

#[async_trait]
impl AlmacenObjetos for Almacen {
    #[tracing::instrument(name = "objetos.guardar", skip_all, fields(?zona, %clave))]
    async fn guardar(
        &self,
        zona: Zona,
        clave: &ClaveObjeto,
        contenido: &mut dyn Trozos,
    ) -> Result<Guardada, ErrorTrozos> {
        let (almacen, temporal) = (self.de(zona), Path::from_iter([TEMPORALES, &id_nuevo().to_string()]));
        let subida = almacen.put_multipart(&temporal).await.map_err(fallido)?;
        let mut subida = WriteMultipart::new(subida);
        let guardada = match escribir(&mut subida, contenido).await {
            Ok(guardada) => guardada,
            Err(error) => {
                subida.abort().await.map_err(fallido)?;
                return Err(error);
            }
        };
        subida.finish().await.map_err(fallido)?;
        almacen.rename(&temporal, &lugar(clave)).await.map_err(fallido)?;
        fallos::punto(match zona {
            Zona::Cuarentena => "tras-depositar",
            Zona::Limpia => "tras-renombrar",
        })
        .await;
        Ok(guardada)
    }

    async fn leer(&self, zona: Zona, clave: &ClaveObjeto) -> Result<Option<Box<dyn Trozos>>, ErrorTrozos> {
        match self.de(zona).get(&lugar(clave)).await {
            Ok(hallado) => Ok(Some(Box::new(Flujo::nuevo(hallado.into_stream(), fallido)))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(fallido(error)),
        }
    }

    async fn borrar(&self, zona: Zona, clave: &ClaveObjeto) -> Result<(), ErrorTrozos> {
        fallos::punto("antes-de-borrar").await;
        borrar(self.de(zona), &lugar(clave)).await
    }

    #[tracing::instrument(name = "objetos.anteriores", skip_all, fields(?zona))]
    async fn anteriores(
        &self,
        zona: Zona,
        instante: DateTime<Utc>,
        limite: usize,
    ) -> Result<Vec<ClaveObjeto>, ErrorTrozos> {
        let almacen = self.de(zona);
        let antiguos = |carpeta: &str| {
            almacen.list(Some(&Path::from(carpeta))).try_filter(move |o| std::future::ready(o.last_modified < instante))
        };
        let mut a_medias = antiguos(TEMPORALES);
        while let Some(objeto) = a_medias.try_next().await.map_err(fallido)? {
            borrar(almacen, &objeto.location).await?;
        }
        if let Some(carpeta) = self.sitio(zona).carpeta.clone() {
            let limpieza = spawn_blocking(move || borrar_cortados(&carpeta.join(TEMPORALES), instante));
            limpieza.await.map_err(std::io::Error::other).flatten().map_err(de_disco)?;
        }
        let claves = antiguos(OBJETOS).take(limite).try_filter_map(|objeto| {
            let clave = objeto.location.filename().and_then(|nombre| ClaveObjeto::try_from(nombre).ok());
            std::future::ready(Ok(clave))
        });
        claves.try_collect().await.map_err(fallido)
    }
}

async fn escribir(subida: &mut WriteMultipart, contenido: &mut dyn Trozos) -> Result<Guardada, ErrorTrozos> {
    let (mut resumen, mut bytes) = (Context::new(&SHA256), 0_u64);
    while let Some(trozo) = contenido.siguiente().await? {
        resumen.update(&trozo);
        bytes += trozo.len() as u64;
        subida.wait_for_capacity(A_LA_VEZ).await.map_err(fallido)?;
        subida.put(trozo.into());
    }
    let sha256 = hex::encode(resumen.finish().as_ref());
    let sha256 = Huella::try_from(sha256.as_str()).map_err(|error| ErrorTrozos::Infraestructura(Box::new(error)))?;
    Ok(Guardada { bytes, sha256 })
}

async fn borrar(almacen: &Arc<dyn ObjectStore>, lugar: &Path) -> Result<(), ErrorTrozos> {
    match almacen.delete(lugar).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(fallido(error)),
    }
}

/// What a process that died was writing into a folder: the store itself does not list it. A bucket drops the parts of
/// an upload by a rule of its own.
fn borrar_cortados(carpeta: &Ruta, instante: DateTime<Utc>) -> std::io::Result<()> {
    let entradas = match std::fs::read_dir(carpeta) {
        Ok(entradas) => entradas,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entrada in entradas {
        let entrada = entrada?;
        let hecho = entrada.metadata().and_then(|datos| datos.modified()).and_then(|escrita| {
            if DateTime::<Utc>::from(escrita) < instante { std::fs::remove_file(entrada.path()) } else { Ok(()) }
        });
        match hecho {
            // Finished, or deleted by another instance, in the meantime.
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn de_disco(error: std::io::Error) -> ErrorTrozos {
    ErrorTrozos::Infraestructura(Box::new(error))
}

fn lugar(clave: &ClaveObjeto) -> Path {
    Path::from_iter([OBJETOS, clave.as_str()])
}

fn fallido(error: object_store::Error) -> ErrorTrozos {
    ErrorTrozos::Infraestructura(Box::new(error))
}
