//! Letters as mail messages (RFC 5322).

use std::time::SystemTime;

use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::aplicacion::puertos::Carta;
use crate::dominio::CodigoRechazo;

/// Right side of every Message-ID.
const DOMINIO_DE_ID: &str = "notificaciones.saludtechalpes";

#[derive(Debug, thiserror::Error)]
#[error("correo.remitente is not a mail address")]
pub struct ErrorRemitente(#[source] lettre::address::AddressError);

/// Who the mails are from.
#[derive(Clone)]
pub struct Remite(Mailbox);

impl Remite {
    /// `texto` is `Name <address>` or an address.
    pub fn nuevo(texto: &str) -> Result<Self, ErrorRemitente> {
        texto.parse().map(Self).map_err(ErrorRemitente)
    }
}

/// The message of a letter, byte for byte the same each time.
pub(super) fn componer(remite: &Remite, carta: &Carta) -> Result<Message, CodigoRechazo> {
    let direccion: Address = carta.destinatario.como_texto().parse().map_err(|_| CodigoRechazo::DireccionInvalida)?;
    let cuerpo = MultiPart::alternative()
        .boundary(carta.id.uuid().simple().to_string())
        .singlepart(SinglePart::plain(carta.contenido.texto.clone()))
        .singlepart(SinglePart::html(carta.contenido.html.clone()));
    // RFC 3834: vacation responders do not answer to it.
    let automatico = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    Message::builder()
        .message_id(Some(format!("<{}@{DOMINIO_DE_ID}>", carta.id)))
        .date(SystemTime::from(carta.fecha))
        .from(remite.0.clone())
        .to(Mailbox::new(None, direccion))
        .subject(carta.contenido.asunto.clone())
        .header(header::MIME_VERSION_1_0)
        .raw_header(automatico)
        .multipart(cuerpo)
        .map_err(|_| CodigoRechazo::DireccionInvalida)
}
