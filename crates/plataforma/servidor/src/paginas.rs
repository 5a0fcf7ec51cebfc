use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{CampoInvalido, Problema};

const LIMITE: u32 = 50;
const LIMITE_MAXIMO: u32 = 200;

/// The place where a page ends: the id of its last element, opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub Uuid);

impl Cursor {
    pub fn texto(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_bytes())
    }

    pub fn leer(texto: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(texto).ok()?;
        Uuid::from_slice(&bytes).ok().map(Self)
    }
}

/// Extractor of the query parameters `limite` (1 to 200, 50 by default) and `cursor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paginacion {
    pub limite: u32,
    pub cursor: Option<Cursor>,
}

impl Paginacion {
    /// How many rows to read: one more than shown tells whether another page follows.
    pub fn filas(self) -> i64 {
        i64::from(self.limite) + 1
    }

    /// The id after which the page begins.
    pub fn despues_de(self) -> Option<Uuid> {
        self.cursor.map(|cursor| cursor.0)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pagina<T> {
    pub elementos: Vec<T>,
    /// The `cursor` of the next page; absent (`null`) on the last one.
    pub siguiente: Option<String>,
}

impl<T> Pagina<T> {
    /// Cuts the rows read with [`Paginacion::filas`] to a page; `id` names the cursor of an element.
    pub fn de(mut leidas: Vec<T>, paginacion: Paginacion, id: impl Fn(&T) -> Uuid) -> Self {
        let limite = usize::try_from(paginacion.limite).unwrap_or(usize::MAX);
        let hay_mas = leidas.len() > limite;
        leidas.truncate(limite);
        let ultimo = leidas.last().filter(|_| hay_mas);
        let siguiente = ultimo.map(|ultimo| Cursor(id(ultimo)).texto());
        Self { elementos: leidas, siguiente }
    }

    /// The same page with other elements.
    pub fn convertir<U>(self, f: impl FnMut(T) -> U) -> Pagina<U> {
        Pagina { elementos: self.elementos.into_iter().map(f).collect(), siguiente: self.siguiente }
    }
}

#[derive(Deserialize)]
struct Parametros {
    limite: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paginacion {
    type Rejection = Problema;

    async fn from_request_parts(partes: &mut Parts, estado: &S) -> Result<Self, Problema> {
        let Query(parametros) =
            Query::<Parametros>::from_request_parts(partes, estado).await.map_err(|_| invalidos(Vec::new()))?;
        let mut malos = Vec::new();
        let limite = parametros.limite.map_or(LIMITE, |texto| {
            leer_limite(&texto).unwrap_or_else(|| {
                malos.push(CampoInvalido::nuevo("limite", format!("debe ser un número de 1 a {LIMITE_MAXIMO}")));
                LIMITE
            })
        });
        let cursor = parametros.cursor.and_then(|texto| {
            let leido = Cursor::leer(&texto);
            if leido.is_none() {
                malos.push(CampoInvalido::nuevo("cursor", "no es un cursor de esta lista"));
            }
            leido
        });
        if malos.is_empty() {
            return Ok(Self { limite, cursor });
        }
        Err(invalidos(malos))
    }
}

fn leer_limite(texto: &str) -> Option<u32> {
    let limite = texto.parse().ok()?;
    (1..=LIMITE_MAXIMO).contains(&limite).then_some(limite)
}

fn invalidos(campos: Vec<CampoInvalido>) -> Problema {
    Problema::nuevo(StatusCode::BAD_REQUEST, "parametros_invalidos", "Hay parámetros que no son válidos").campos(campos)
}
