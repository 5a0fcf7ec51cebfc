use super::valores::{self, ErrorValor};
use serde::Serialize;

/// The code of a plan, kept as it was written; two codes are equal whatever their case.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct CodigoPlan(String);

impl CodigoPlan {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for CodigoPlan {
    fn eq(&self, otro: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&otro.0)
    }
}

impl Eq for CodigoPlan {}

impl TryFrom<String> for CodigoPlan {
    type Error = ErrorValor;

    fn try_from(texto: String) -> Result<Self, ErrorValor> {
        valores::codigo(&texto)?;
        Ok(Self(texto))
    }
}

impl From<CodigoPlan> for String {
    fn from(codigo: CodigoPlan) -> Self {
        codigo.0
    }
}

/// The codes of every plan on offer, as suscripciones last published them.
#[derive(Clone, Debug, Default)]
pub struct Catalogo(Vec<CodigoPlan>);

impl Catalogo {
    pub fn nuevo(planes: Vec<CodigoPlan>) -> Self {
        Self(planes)
    }

    pub fn conoce(&self, plan: &CodigoPlan) -> bool {
        self.0.contains(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn los_codigos_se_comparan_sin_mayusculas() {
        let plan = |texto: &str| CodigoPlan::try_from(texto.to_owned()).expect("a valid code");
        let catalogo = Catalogo::nuevo(vec![plan("pro"), plan("basico")]);
        assert!(catalogo.conoce(&plan("PRO")));
        assert!(!catalogo.conoce(&plan("pro_plus")));
    }
}
