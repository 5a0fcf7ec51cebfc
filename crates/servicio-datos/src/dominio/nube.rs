use super::CodigoNube;

/// A place where data services run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nube {
    pub codigo: CodigoNube,
    pub nombre: String,
    /// `publica`, `privada`, `hibrida` or whatever the operator distinguishes.
    pub tipo: String,
}
