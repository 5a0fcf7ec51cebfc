use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use async_trait::async_trait;
use tokio::sync::mpsc;
use zip::ZipArchive;

use crate::aplicacion::{ErrorTrozos, Trozos};

/// Size of the pieces in which the content of a ZIP comes.
const TROZO: usize = 64 * 1024;

/// The end of the central directory: its mark, and how far from the end of the file it may begin (APPNOTE, 4.3.16).
const MARCA: &[u8; 4] = b"PK\x05\x06";
const COLA: u64 = 22 + 65_535;

/// What a ZIP may hold.
#[derive(Clone, Copy, Debug)]
pub struct LimitesZip {
    pub archivos: u32,
    /// How many times its size it may grow.
    pub expansion: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorZip {
    #[error("the zip has more than {0} files")]
    Muchos(u32),
    #[error("the zip grows to more than {0} times its size")]
    Expansion(u32),
    #[error("the zip cannot be read")]
    Ilegible(#[source] zip::result::ZipError),
    #[error("the zip cannot be kept or read back")]
    Disco(#[from] std::io::Error),
    #[error(transparent)]
    Trozos(#[from] ErrorTrozos),
    #[error("the unpacking of the zip broke off")]
    Cortado,
}

enum Pieza {
    Abre,
    Trozo(Vec<u8>),
    Fin,
}

/// The files of a ZIP, one after the other.
///
/// The ZIP waits in a file without a name, because its directory is at its end; its names are not looked at.
pub struct Zip {
    piezas: mpsc::Receiver<Result<Pieza, ErrorZip>>,
    abierta: bool,
}

impl Zip {
    /// Keeps the ZIP as it comes, and begins to unpack.
    pub async fn abrir(contenido: &mut dyn Trozos, limites: LimitesZip) -> Result<Self, ErrorZip> {
        let mut archivo = tempfile::tempfile()?;
        let mut bytes = 0_u64;
        while let Some(trozo) = contenido.siguiente().await? {
            bytes += trozo.len() as u64;
            archivo = tokio::task::spawn_blocking(move || archivo.write_all(&trozo).map(|()| archivo))
                .await
                .map_err(std::io::Error::other)??;
        }
        let (salida, piezas) = mpsc::channel(2);
        tokio::task::spawn_blocking(move || {
            let maximo = bytes.saturating_mul(u64::from(limites.expansion));
            if let Err(error) = desempaquetar(archivo, limites, maximo, &salida)
                && salida.blocking_send(Err(error)).is_err()
            {
                tracing::debug!("nobody waits for the rest of a zip");
            }
        });
        Ok(Self { piezas, abierta: false })
    }

    /// The next file, to be read whole before the one after it.
    pub async fn siguiente(&mut self) -> Result<Option<Entrada<'_>>, ErrorZip> {
        // What a reader left of the file before.
        while self.abierta {
            self.trozo().await?;
        }
        match self.piezas.recv().await.transpose()? {
            Some(Pieza::Abre) => {
                self.abierta = true;
                Ok(Some(Entrada(self)))
            }
            Some(Pieza::Trozo(_) | Pieza::Fin) | None => Ok(None),
        }
    }

    async fn trozo(&mut self) -> Result<Option<Vec<u8>>, ErrorZip> {
        match self.piezas.recv().await.transpose()? {
            Some(Pieza::Trozo(trozo)) => Ok(Some(trozo)),
            Some(Pieza::Abre | Pieza::Fin) => {
                self.abierta = false;
                Ok(None)
            }
            None => Err(ErrorZip::Cortado),
        }
    }
}

/// One file of a ZIP.
pub struct Entrada<'z>(&'z mut Zip);

#[async_trait]
impl Trozos for Entrada<'_> {
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos> {
        if !self.0.abierta {
            return Ok(None);
        }
        self.0.trozo().await.map_err(|error| ErrorTrozos::Roto(Box::new(error)))
    }
}

fn desempaquetar(
    mut archivo: File,
    limites: LimitesZip,
    maximo: u64,
    salida: &mpsc::Sender<Result<Pieza, ErrorZip>>,
) -> Result<(), ErrorZip> {
    // Before the directory is read: it is held in memory.
    if entradas(&mut archivo)? > u64::from(limites.archivos) {
        return Err(ErrorZip::Muchos(limites.archivos));
    }
    let mut zip = ZipArchive::new(archivo).map_err(ErrorZip::Ilegible)?;
    let mandar = |pieza| salida.blocking_send(Ok(pieza)).map_err(|_| ErrorZip::Cortado);
    let mut quedan = maximo;
    for numero in 0..zip.len() {
        let mut entrada = zip.by_index(numero).map_err(ErrorZip::Ilegible)?;
        if !entrada.is_file() {
            continue;
        }
        mandar(Pieza::Abre)?;
        loop {
            let mut trozo = vec![0; TROZO];
            let leidos = entrada.read(&mut trozo)?;
            if leidos == 0 {
                break;
            }
            quedan = quedan.checked_sub(leidos as u64).ok_or(ErrorZip::Expansion(limites.expansion))?;
            trozo.truncate(leidos);
            mandar(Pieza::Trozo(trozo))?;
        }
        mandar(Pieza::Fin)?;
    }
    Ok(())
}

/// How many files the directory says that it names. A count that does not fit in 16 bits is taken as too many.
fn entradas(archivo: &mut File) -> Result<u64, ErrorZip> {
    let largo = archivo.seek(SeekFrom::End(0))?;
    archivo.seek(SeekFrom::Start(largo.saturating_sub(COLA)))?;
    let mut cola = Vec::new();
    archivo.take(COLA).read_to_end(&mut cola)?;
    archivo.seek(SeekFrom::Start(0))?;
    let finales = cola.windows(12).filter(|ventana| ventana.starts_with(MARCA));
    let contadas = finales.map(|fin| match u16::from_le_bytes([fin[10], fin[11]]) {
        u16::MAX => u64::MAX,
        pocas => u64::from(pocas),
    });
    Ok(contadas.max().unwrap_or(0))
}
