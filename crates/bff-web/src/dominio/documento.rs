/// A JSON text that another service wrote; nothing here looks inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documento(String);

impl Documento {
    /// `json` must already be known to be one valid JSON value.
    pub fn verificado(json: String) -> Self {
        Self(json)
    }

    pub fn into_json(self) -> String {
        self.0
    }
}

/// One part of a composed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fragmento {
    Presente(Documento),
    /// The service answered that it has nothing.
    Inexistente,
    /// The service did not answer.
    NoDisponible,
}
