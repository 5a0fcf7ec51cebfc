use super::mundo::{Mundo, Parte};
use crate::{Clase, Definicion, Fase, Paso};

/// How a run ends badly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defecto {
    #[error("la saga termina completada y el efecto de «{paso}» no está")]
    FaltaEfecto { paso: String },
    #[error("la saga termina compensada y el efecto de «{paso}» queda o puede aparecer")]
    QuedaEfecto { paso: String },
    #[error("el efecto de «{paso}» está dos veces")]
    EfectoDoble { paso: String },
    #[error("la saga se deshace y «{paso}», que no tiene vuelta atrás, se cumplió o puede haberse cumplido")]
    SinVueltaAtras { paso: String },
    #[error("desde aquí ningún suceso lleva a un final")]
    SinFinal,
    #[error("la saga tiene un efecto del paso «{paso}», que la definición no conoce")]
    PasoAjeno { paso: String },
}

impl Defecto {
    /// What is wrong in that very state.
    pub(super) fn de(mundo: &Mundo, definicion: &Definicion) -> Option<Self> {
        let buscar = |malo: &dyn Fn(&Paso, Parte) -> bool| {
            let mut partes = definicion.pasos().iter().zip(&mundo.partes);
            partes.find(|(paso, parte)| malo(paso, **parte)).map(|(paso, _)| paso.clave.clone())
        };
        let doble = buscar(&|_, parte| parte == Parte::Doble).map(|paso| Self::EfectoDoble { paso });
        let fase = mundo.saga.fase;
        let de_fase = || match fase {
            Fase::Completada => buscar(&|_, parte| parte != Parte::Hecha).map(|paso| Self::FaltaEfecto { paso }),
            Fase::CompletadaConAvisos => {
                let debido = |paso: &Paso| paso.clase != Clase::Reintentable || mundo.hecho(paso);
                buscar(&|paso, parte| debido(paso) && parte != Parte::Hecha).map(|paso| Self::FaltaEfecto { paso })
            }
            Fase::Deshaciendo | Fase::Compensada => {
                let firme = |paso: &Paso, parte: Parte| paso.clase != Clase::Compensable && parte.puede_estar();
                let sin_vuelta = buscar(&firme).map(|paso| Self::SinVueltaAtras { paso });
                sin_vuelta.or_else(|| {
                    let queda = |_: &Paso, parte: Parte| fase == Fase::Compensada && parte.puede_estar();
                    buscar(&queda).map(|paso| Self::QuedaEfecto { paso })
                })
            }
            Fase::Avanzando | Fase::Abandonada => None,
        };
        doble.or_else(de_fase)
    }
}
