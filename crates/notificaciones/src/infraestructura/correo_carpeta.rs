use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use contratos::id_nuevo;
use futures::StreamExt;
use tokio::fs;

use super::mime::{Remite, componer};
use crate::aplicacion::puertos::{Acuse, Carta, Correo};
use crate::dominio::{Aplazamiento, CodigoAplazamiento, CodigoRechazo};

const SIMULTANEAS: usize = 16;
/// RFC 6761: nobody can be reached there, so it is refused as a mail server would.
const DOMINIO_INEXISTENTE: &str = "invalid";

/// Mails as `.eml` files in a folder, for development: named after the notification, so that a repeated mail is
/// the same file.
pub struct CorreoCarpeta {
    carpeta: PathBuf,
    remite: Remite,
}

impl CorreoCarpeta {
    /// Creates the folder.
    pub fn abrir(carpeta: &Path, remite: Remite) -> io::Result<Self> {
        std::fs::create_dir_all(carpeta)?;
        Ok(Self { carpeta: carpeta.to_owned(), remite })
    }

    async fn depositar(&self, carta: Carta) -> Acuse {
        let dominio = carta.destinatario.dominio();
        if dominio.rsplit('.').next().is_some_and(|final_| final_.eq_ignore_ascii_case(DOMINIO_INEXISTENTE)) {
            return Acuse::Rechazada(CodigoRechazo::DireccionRechazada.into());
        }
        let mensaje = match componer(&self.remite, &carta) {
            Ok(mensaje) => mensaje.formatted(),
            Err(codigo) => return Acuse::Rechazada(codigo.into()),
        };
        match self.escribir(&format!("{}.eml", carta.id), &mensaje).await {
            Ok(()) => Acuse::Aceptada,
            Err(error) => {
                tracing::warn!(%error, "the mail folder cannot be written");
                let codigo = CodigoAplazamiento::CanalNoDisponible;
                Acuse::Aplazada(Aplazamiento { codigo, codigo_canal: None })
            }
        }
    }

    /// Whoever reads the folder sees whole files only.
    async fn escribir(&self, nombre: &str, mensaje: &[u8]) -> io::Result<()> {
        let provisional = self.carpeta.join(format!(".{}.tmp", id_nuevo()));
        fs::write(&provisional, mensaje).await?;
        fs::rename(&provisional, self.carpeta.join(nombre)).await
    }
}

#[async_trait]
impl Correo for CorreoCarpeta {
    async fn enviar(&self, cartas: Vec<Carta>) -> Vec<Acuse> {
        let envios = cartas.into_iter().map(|carta| self.depositar(carta));
        futures::stream::iter(envios).buffered(SIMULTANEAS).collect().await
    }
}
