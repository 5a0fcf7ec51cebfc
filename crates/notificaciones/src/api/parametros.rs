use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use servidor::{CampoInvalido, Problema};
use uuid::Uuid;

use super::problemas::parametros_invalidos;
use crate::dominio::{IdSuscripcion, Inquilino};

/// Names the tenant between services.
const INQUILINO: &str = "x-inquilino";

/// The tenant on whose behalf the BFF asks; without the header, every tenant.
pub(super) struct DeInquilino(pub Option<Inquilino>);

impl<S: Send + Sync> FromRequestParts<S> for DeInquilino {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, _: &S) -> Result<Self, Problema> {
        let Some(valor) = partes.headers.get(INQUILINO) else { return Ok(Self(None)) };
        let inquilino = valor.to_str().ok().and_then(|texto| Inquilino::try_from(texto.to_owned()).ok());
        match inquilino {
            Some(inquilino) => Ok(Self(Some(inquilino))),
            None => Err(parametros_invalidos(vec![CampoInvalido::nuevo(INQUILINO, "no es un inquilino")])),
        }
    }
}

/// Query parameters, with every one that is wrong.
#[derive(Default)]
pub(super) struct Lector {
    invalidos: Vec<CampoInvalido>,
}

impl Lector {
    pub fn leer<T, E>(
        &mut self,
        campo: &str,
        texto: Option<String>,
        motivo: &str,
        leer: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let leido = leer(texto.filter(|texto| !texto.is_empty())?);
        if leido.is_err() {
            self.invalidos.push(CampoInvalido::nuevo(campo, motivo));
        }
        leido.ok()
    }

    pub fn suscripcion(&mut self, texto: Option<String>) -> Option<IdSuscripcion> {
        self.leer("id_suscripcion", texto, "debe ser un uuid", |texto| Uuid::parse_str(&texto).map(IdSuscripcion::from))
    }

    pub fn invalido(&mut self, campo: &str, motivo: &str) {
        self.invalidos.push(CampoInvalido::nuevo(campo, motivo));
    }

    pub fn terminar(self) -> Result<(), Problema> {
        if self.invalidos.is_empty() { Ok(()) } else { Err(parametros_invalidos(self.invalidos)) }
    }
}
