use axum::extract::FromRequestParts;
use axum::http::{StatusCode, request::Parts};

use crate::Problema;

const CABECERA: &str = "x-operador";
const LARGO: usize = 64;

/// Extractor of who gives an order: the header `X-Operador`, a code of 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
///
/// Answers 400 when it is missing or has another shape: an order that nobody gave is not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operador(String);

impl Operador {
    pub fn codigo(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operador {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, _estado: &S) -> Result<Self, Problema> {
        let valor = partes.headers.get(CABECERA).and_then(|valor| valor.to_str().ok());
        let codigo = valor.filter(|codigo| (1..=LARGO).contains(&codigo.len()) && codigo.bytes().all(admitido));
        codigo.map(|codigo| Self(codigo.to_owned())).ok_or_else(|| {
            Problema::nuevo(StatusCode::BAD_REQUEST, "operador_ausente", "Falta decir quién da la orden")
                .detalle("La cabecera X-Operador lleva un código de 1 a 64 letras, cifras o . _ @ -.")
        })
    }
}

fn admitido(letra: u8) -> bool {
    letra.is_ascii_alphanumeric() || b"._@-".contains(&letra)
}
