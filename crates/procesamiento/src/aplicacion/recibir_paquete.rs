use std::sync::Arc;

use async_trait::async_trait;

use super::objetos::{AlmacenObjetos, ErrorTrozos, Trozos, Zona};
use super::puertos::{Cambio, ErrorRepositorio, Guardado, Origen, RepositorioImagenes, Versionada};
use super::recibir_imagen::ErrorRecepcion;
use crate::dominio::{
    ClaveObjeto, Comando, FormatoArchivo, IdImagen, Instancia, Original, Paquete, Recepcion, instancia,
};

/// How much of a file is looked at on its way in: its mark, and the file meta group of a DICOM file.
const CABEZA: usize = 4096;

/// Takes images in with their files: first each file goes to quarantine, then all become known at once.
pub struct RecibirPaquete {
    repositorio: Arc<dyn RepositorioImagenes>,
    almacen: Arc<dyn AlmacenObjetos>,
    limites: LimitesPaquete,
}

/// What one packet may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitesPaquete {
    /// Bytes of one file.
    pub archivo: u64,
    /// Files.
    pub archivos: u32,
}

/// A file that is in quarantine, and what its beginning says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depositado {
    pub original: Original,
    /// What a DICOM file says that it is; none for the others.
    pub instancia: Option<Instancia>,
}

/// All images of a packet, by their files.
#[derive(Clone, Debug)]
pub struct OrdenPaquete {
    pub paquete: Paquete,
    pub imagenes: Vec<(IdImagen, Recepcion, Origen)>,
}

/// The answer to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReciboPaquete {
    /// The operation had been done before, and nothing was done now.
    pub repetido: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorDeposito {
    #[error("the file is of no format that is taken")]
    Formato,
    #[error("the file has more than {0} bytes")]
    Grande(u64),
    #[error(transparent)]
    Trozos(#[from] ErrorTrozos),
}

impl RecibirPaquete {
    pub fn nuevo(
        repositorio: Arc<dyn RepositorioImagenes>,
        almacen: Arc<dyn AlmacenObjetos>,
        limites: LimitesPaquete,
    ) -> Self {
        Self { repositorio, almacen, limites }
    }

    pub fn limites(&self) -> LimitesPaquete {
        self.limites
    }

    /// Brings one file to quarantine as it comes. On an error nothing of it stays.
    pub async fn depositar(
        &self,
        objeto: ClaveObjeto,
        admitidos: &[FormatoArchivo],
        contenido: &mut dyn Trozos,
    ) -> Result<Depositado, ErrorDeposito> {
        let mut acotado = Acotado { contenido, cabeza: Vec::new(), pendiente: None, quedan: self.limites.archivo };
        let formato = acotado.reconocer().await?.filter(|formato| admitidos.contains(formato));
        let formato = formato.ok_or(ErrorDeposito::Formato)?;
        let instancia = instancia(&acotado.cabeza);
        let guardado = self.almacen.guardar(Zona::Cuarentena, &objeto, &mut acotado).await;
        let guardada = guardado.map_err(|error| match error {
            ErrorTrozos::Excesivo(0) => ErrorDeposito::Grande(self.limites.archivo),
            otro => otro.into(),
        })?;
        let original = Original { objeto, formato, bytes: guardada.bytes, sha256: guardada.sha256 };
        Ok(Depositado { original, instancia })
    }

    /// Makes all images known, or none. When it is not for good, what was deposited is left to whoever sweeps.
    pub async fn confirmar(&self, orden: OrdenPaquete) -> Result<ReciboPaquete, ErrorRecepcion> {
        let OrdenPaquete { paquete, imagenes } = orden;
        let mut cambios = Vec::with_capacity(imagenes.len());
        for (id, recepcion, origen) in imagenes {
            let mut cambio = Cambio::sobre(id, Versionada::inexistente(), origen);
            cambio.decidir(Comando::Recibir(Box::new(recepcion)))?;
            cambios.push(cambio);
        }
        let ids: Vec<_> = cambios.iter().map(|cambio| cambio.id).collect();
        if self.repositorio.recibir_paquete(&paquete, cambios).await? == Guardado::Escrito {
            return Ok(ReciboPaquete { repetido: false });
        }
        if let Some((previo, _)) = self.repositorio.paquete(paquete.operacion).await? {
            return match previo.huella == paquete.huella {
                true => Ok(ReciboPaquete { repetido: true }),
                false => Err(ErrorRecepcion::ClaveReutilizada),
            };
        }
        let ocupadas = self.repositorio.obtener(&ids).await?;
        match ids.into_iter().find(|id| ocupadas.contains_key(id)) {
            Some(id) => Err(crate::dominio::ErrorImagen::YaExiste(id).into()),
            None => Err(ErrorRepositorio::Contienda(1).into()),
        }
    }

    /// Takes back what a request that came to nothing had deposited; what it cannot reach the sweeper takes.
    pub async fn descartar(&self, depositados: &[Depositado]) -> Result<(), ErrorTrozos> {
        for depositado in depositados {
            self.almacen.borrar(Zona::Cuarentena, &depositado.original.objeto).await?;
        }
        Ok(())
    }
}

/// Bytes of one file: their beginning is kept, and no more than `quedan` come.
struct Acotado<'a> {
    contenido: &'a mut dyn Trozos,
    cabeza: Vec<u8>,
    pendiente: Option<Vec<u8>>,
    quedan: u64,
}

impl Acotado<'_> {
    /// Reads as much as tells the format.
    async fn reconocer(&mut self) -> Result<Option<FormatoArchivo>, ErrorTrozos> {
        while self.cabeza.len() < CABEZA {
            let Some(trozo) = self.contenido.siguiente().await? else { break };
            self.cabeza.extend_from_slice(&trozo);
        }
        self.pendiente = (!self.cabeza.is_empty()).then(|| self.cabeza.clone());
        self.cabeza.truncate(CABEZA);
        Ok(FormatoArchivo::reconocer(&self.cabeza))
    }
}

#[async_trait]
impl Trozos for Acotado<'_> {
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos> {
        let trozo = match self.pendiente.take() {
            Some(trozo) => Some(trozo),
            None => self.contenido.siguiente().await?,
        };
        let Some(trozo) = trozo else { return Ok(None) };
        self.quedan = self.quedan.checked_sub(trozo.len() as u64).ok_or(ErrorTrozos::Excesivo(0))?;
        Ok(Some(trozo))
    }
}
