use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::mime::{Remite, componer};
use crate::aplicacion::puertos::{Acuse, Carta, Correo};
use crate::dominio::{Aplazamiento, CodigoAplazamiento, CodigoRechazo, Rechazo};

/// The longest that a batch may take; what was not answered by then is sent again later.
pub(super) const PLAZO_DE_LOTE: Duration = Duration::from_secs(16);
/// The longest that one command of the protocol may take.
const PLAZO_DE_ORDEN: Duration = Duration::from_secs(8);
const SIMULTANEAS: usize = 16;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seguridad {
    Ninguna,
    Starttls,
    Tls,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesSmtp {
    pub host: String,
    pub puerto: u16,
    pub seguridad: Seguridad,
    /// Absent: no authentication.
    pub usuario: Option<String>,
    pub clave: Option<SecretString>,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorCorreo {
    #[error("correo.smtp.usuario and correo.smtp.clave come together")]
    CredencialesIncompletas,
    #[error("correo.smtp.clave would travel in clear; set correo.smtp.seguridad")]
    CredencialesEnClaro,
    #[error("correo.smtp.host cannot be used with TLS")]
    Tls(#[source] smtp::Error),
}

/// Mails through an SMTP server, over a pool of connections.
pub struct CorreoSmtp {
    transporte: AsyncSmtpTransport<Tokio1Executor>,
    remite: Remite,
}

impl CorreoSmtp {
    /// Connects when there is something to send.
    pub fn nuevo(ajustes: &AjustesSmtp, remite: Remite) -> Result<Self, ErrorCorreo> {
        type Transporte = AsyncSmtpTransport<Tokio1Executor>;
        let constructor = match ajustes.seguridad {
            Seguridad::Ninguna => Transporte::builder_dangerous(&ajustes.host),
            Seguridad::Starttls => Transporte::starttls_relay(&ajustes.host).map_err(ErrorCorreo::Tls)?,
            Seguridad::Tls => Transporte::relay(&ajustes.host).map_err(ErrorCorreo::Tls)?,
        };
        let constructor = match credenciales(ajustes)? {
            Some(credenciales) => constructor.credentials(credenciales),
            None => constructor,
        };
        let transporte = constructor
            .port(ajustes.puerto)
            .timeout(Some(PLAZO_DE_ORDEN))
            .pool_config(PoolConfig::new().max_size(SIMULTANEAS as u32))
            .build();
        Ok(Self { transporte, remite })
    }

    async fn enviar_una(&self, carta: Carta, limite: Instant) -> Acuse {
        let mensaje = match componer(&self.remite, &carta) {
            Ok(mensaje) => mensaje,
            Err(codigo) => return Acuse::Rechazada(codigo.into()),
        };
        match timeout_at(limite, self.transporte.send(mensaje)).await {
            Ok(Ok(_)) => Acuse::Aceptada,
            Ok(Err(error)) => {
                let acuse = clasificar(error.status().map(u16::from));
                // The server's text may quote the address, so only its code is told.
                tracing::info!(id = %carta.id, ?acuse, "the mail server did not take a mail");
                acuse
            }
            Err(_) => clasificar(None),
        }
    }
}

#[async_trait]
impl Correo for CorreoSmtp {
    #[tracing::instrument(name = "smtp.enviar", skip_all, fields(cartas = cartas.len()))]
    async fn enviar(&self, cartas: Vec<Carta>) -> Vec<Acuse> {
        let limite = Instant::now() + PLAZO_DE_LOTE;
        let envios = cartas.into_iter().map(|carta| self.enviar_una(carta, limite));
        futures::stream::iter(envios).buffered(SIMULTANEAS).collect().await
    }
}

fn credenciales(ajustes: &AjustesSmtp) -> Result<Option<Credentials>, ErrorCorreo> {
    match (&ajustes.usuario, &ajustes.clave) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if ajustes.seguridad == Seguridad::Ninguna => Err(ErrorCorreo::CredencialesEnClaro),
        (Some(usuario), Some(clave)) => Ok(Some(Credentials::new(usuario.clone(), clave.expose_secret().to_owned()))),
        _ => Err(ErrorCorreo::CredencialesIncompletas),
    }
}

/// What the reply code of the server means (RFC 5321 section 4.2.1); `None` when there was no reply.
///
/// Permanent refusals that concern our own credentials (530, 534, 535, 538: RFC 4954) say nothing about the mail.
fn clasificar(codigo_canal: Option<u16>) -> Acuse {
    match codigo_canal {
        Some(530 | 534 | 535 | 538) | None => {
            Acuse::Aplazada(Aplazamiento { codigo: CodigoAplazamiento::CanalNoDisponible, codigo_canal })
        }
        Some(500..=599) => Acuse::Rechazada(Rechazo { codigo: CodigoRechazo::DireccionRechazada, codigo_canal }),
        Some(_) => Acuse::Aplazada(Aplazamiento { codigo: CodigoAplazamiento::CanalAplaza, codigo_canal }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solo_un_rechazo_del_correo_mismo_es_definitivo() {
        for codigo in [500, 550, 551, 553, 554] {
            assert!(matches!(clasificar(Some(codigo)), Acuse::Rechazada(_)), "{codigo}");
        }
        for codigo in [421, 450, 451, 452, 530, 535] {
            assert!(matches!(clasificar(Some(codigo)), Acuse::Aplazada(_)), "{codigo}");
        }
        assert!(matches!(clasificar(None), Acuse::Aplazada(_)));
    }

    #[test]
    fn una_clave_no_viaja_en_claro() {
        let ajustes = AjustesSmtp {
            host: "localhost".to_owned(),
            puerto: 25,
            seguridad: Seguridad::Ninguna,
            usuario: Some("u".to_owned()),
            clave: Some("c".into()),
        };
        assert!(matches!(credenciales(&ajustes), Err(ErrorCorreo::CredencialesEnClaro)));
    }
}
