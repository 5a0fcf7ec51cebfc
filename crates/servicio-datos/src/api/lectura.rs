use crate::dominio::IdSuscripcion;
use axum::http::StatusCode;
use servidor::{CampoInvalido, Campos, Problema};
use std::fmt::Display;
use uuid::Uuid;

/// Reads query parameters and collects everything that is wrong with them.
#[derive(Default)]
pub(super) struct Lectura {
    invalidos: Vec<CampoInvalido>,
}

impl Lectura {
    pub(super) fn opcional<T, E: Display>(
        &mut self,
        nombre: &str,
        texto: Option<String>,
        leer: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        match texto.map(leer)? {
            Ok(valor) => Some(valor),
            Err(error) => {
                self.invalidos.push(CampoInvalido::nuevo(nombre, error.to_string()));
                None
            }
        }
    }

    /// 400 with every finding, if there is any.
    pub(super) fn terminar(self) -> Result<(), Problema> {
        if self.invalidos.is_empty() {
            return Ok(());
        }
        let titulo = "Hay parámetros que no son válidos";
        Err(Problema::nuevo(StatusCode::BAD_REQUEST, "parametros_invalidos", titulo).campos(self.invalidos))
    }
}

pub(super) fn id_suscripcion(texto: String) -> Result<IdSuscripcion, &'static str> {
    Uuid::parse_str(&texto).map(IdSuscripcion).map_err(|_| "debe ser un UUID")
}

/// The value of a field of a body, or a note of what is wrong with it.
pub(super) fn anotar<T, E: Display>(campos: &mut Campos<'_>, ruta: &str, leido: Result<T, E>) -> Option<T> {
    leido.map_err(|error| campos.invalido(ruta, error.to_string())).ok()
}
