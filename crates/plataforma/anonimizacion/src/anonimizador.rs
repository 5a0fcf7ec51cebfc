use crate::{
    claves::Claves,
    informe::Informe,
    perfil::Perfil,
    pixeles::PoliticaPixeles,
    rechazo::{CodigoRechazo, Rechazo},
};

/// Removes what identifies a person from images. Built once and shared by threads.
pub struct Anonimizador {
    perfil: Perfil,
    claves: Claves,
    politica: PoliticaPixeles,
}

/// An image that passed every check.
pub struct Anonimizado {
    pub bytes: Vec<u8>,
    pub informe: Informe,
}

impl Anonimizador {
    pub fn nuevo(perfil: Perfil, claves: Claves, politica: PoliticaPixeles) -> Self {
        Self { perfil, claves, politica }
    }

    /// Cleans one input, whole in memory or mapped, and proves it on the written bytes.
    ///
    /// What cannot be proved clean is a [`Rechazo`], whose reason and report carry no personal data.
    pub fn anonimizar(&self, entrada: &[u8]) -> Result<Anonimizado, Rechazo> {
        if entrada.is_empty() {
            return Err(Rechazo::nuevo(CodigoRechazo::FormatoDesconocido, Informe::nuevo(&self.perfil)));
        }
        Err(Rechazo::nuevo(CodigoRechazo::FormatoDesconocido, Informe::nuevo(&self.perfil)))
    }
}
