use chrono::{DateTime, Utc};

use super::{Antecedentes, Ficha, IdImagen, Inquilino};

/// An image on its way from intake to being fit to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagenAnonimizada {
    Inexistente,
    Recibida { ficha: Ficha, con_antecedentes: bool },
    Anonimizada { ficha: Ficha, resultado: Resultado },
}

/// What an anonymisation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resultado {
    pub perfil: Perfil,
    pub retirados: Retirados,
    pub cuando: DateTime<Utc>,
}

/// The rules that an anonymisation follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perfil {
    /// Only metadata: the patient's id becomes a pseudonym, the clinical history is withheld.
    Metadatos,
}

impl Perfil {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadatos => "metadatos-v1",
        }
    }

    pub fn leer(texto: &str) -> Option<Self> {
        (texto == Self::Metadatos.as_str()).then_some(Self::Metadatos)
    }
}

/// How many values of each kind were taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirados {
    /// Ids of patients that became pseudonyms.
    pub id_paciente: u32,
    /// Clinical histories withheld.
    pub antecedentes: u32,
}

/// What comes in with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recepcion {
    pub ficha: Ficha,
    pub antecedentes: Option<Antecedentes>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comando {
    Recibir(Recepcion),
    /// `recepcion` is there when the command itself brings the image's fields, so that it needs no intake first.
    Anonimizar {
        inquilino: Inquilino,
        perfil: Perfil,
        cuando: DateTime<Utc>,
        recepcion: Option<Box<Recepcion>>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evento {
    Recibida(Recepcion),
    Anonimizada(Resultado),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorImagen {
    #[error("image {0} exists already")]
    YaExiste(IdImagen),
    #[error("image {0} does not exist")]
    NoExiste(IdImagen),
    #[error("image {0} belongs to another tenant")]
    Ajena(IdImagen),
}

impl ImagenAnonimizada {
    /// Decides which facts a command produces, without changing anything.
    ///
    /// Anonymising twice produces no new fact, so the command may be repeated.
    pub fn decidir(&self, id: IdImagen, comando: Comando) -> Result<Vec<Evento>, ErrorImagen> {
        match (self, comando) {
            (Self::Inexistente, Comando::Recibir(recepcion)) => Ok(vec![Evento::Recibida(recepcion)]),
            (_, Comando::Recibir(_)) => Err(ErrorImagen::YaExiste(id)),
            (Self::Inexistente, Comando::Anonimizar { recepcion: None, .. }) => Err(ErrorImagen::NoExiste(id)),
            (Self::Inexistente, Comando::Anonimizar { recepcion: Some(recepcion), perfil, cuando, .. }) => {
                let resultado = Resultado::nuevo(perfil, recepcion.antecedentes.is_some(), cuando);
                Ok(vec![Evento::Recibida(*recepcion), Evento::Anonimizada(resultado)])
            }
            (Self::Recibida { ficha, .. } | Self::Anonimizada { ficha, .. }, Comando::Anonimizar { inquilino, .. })
                if ficha.inquilino != inquilino =>
            {
                Err(ErrorImagen::Ajena(id))
            }
            (Self::Recibida { con_antecedentes, .. }, Comando::Anonimizar { perfil, cuando, .. }) => {
                Ok(vec![Evento::Anonimizada(Resultado::nuevo(perfil, *con_antecedentes, cuando))])
            }
            (Self::Anonimizada { .. }, Comando::Anonimizar { .. }) => Ok(vec![]),
        }
    }

    /// The image after a fact.
    pub fn aplicar(self, evento: &Evento) -> Self {
        match (self, evento) {
            (_, Evento::Recibida(recepcion)) => {
                Self::Recibida { ficha: recepcion.ficha.clone(), con_antecedentes: recepcion.antecedentes.is_some() }
            }
            (Self::Recibida { ficha, .. } | Self::Anonimizada { ficha, .. }, Evento::Anonimizada(resultado)) => {
                Self::Anonimizada { ficha, resultado: resultado.clone() }
            }
            (Self::Inexistente, Evento::Anonimizada(_)) => Self::Inexistente,
        }
    }
}

impl Resultado {
    fn nuevo(perfil: Perfil, con_antecedentes: bool, cuando: DateTime<Utc>) -> Self {
        let retirados = Retirados { id_paciente: 1, antecedentes: u32::from(con_antecedentes) };
        Self { perfil, retirados, cuando }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::dominio::Borrador;

    const ID: IdImagen = IdImagen(Uuid::from_u128(7));

    fn recepcion(antecedentes: Option<&str>) -> Recepcion {
        let borrador = Borrador {
            modalidad: "RX".into(),
            patologia: "neumonia".into(),
            region_anatomica: "torax".into(),
            formato_imagen: "DICOM".into(),
            fuente_de_datos: "hospital".into(),
            paciente: "YRKFGYD65F0Z40MYBDE1AGS3".into(),
            fecha_ingesta: "2024-02-01 09:10:00".into(),
        };
        let antecedentes = antecedentes.map(|texto| Antecedentes::try_from(texto).expect("valid"));
        Recepcion { ficha: borrador.validar(Inquilino::publico()).expect("valid"), antecedentes }
    }

    fn anonimizar(recepcion: Option<Recepcion>) -> Comando {
        Comando::Anonimizar {
            inquilino: Inquilino::publico(),
            perfil: Perfil::Metadatos,
            cuando: DateTime::UNIX_EPOCH,
            recepcion: recepcion.map(Box::new),
        }
    }

    fn anonimizada(antecedentes: u32) -> Evento {
        let retirados = Retirados { id_paciente: 1, antecedentes };
        Evento::Anonimizada(Resultado { perfil: Perfil::Metadatos, retirados, cuando: DateTime::UNIX_EPOCH })
    }

    fn dados(eventos: &[Evento]) -> ImagenAnonimizada {
        eventos.iter().fold(ImagenAnonimizada::Inexistente, ImagenAnonimizada::aplicar)
    }

    #[test]
    fn lo_recibido_se_anonimiza_y_dice_cuanto_se_retiro() {
        for (antecedentes, cuantos) in [(Some("fumador"), 1), (None, 0)] {
            let imagen = dados(&[Evento::Recibida(recepcion(antecedentes))]);
            assert_eq!(imagen.decidir(ID, anonimizar(None)), Ok(vec![anonimizada(cuantos)]));
        }
    }

    #[test]
    fn anonimizar_dos_veces_no_repite_el_hecho() {
        let imagen = dados(&[Evento::Recibida(recepcion(None)), anonimizada(0)]);
        assert_eq!(imagen.decidir(ID, anonimizar(Some(recepcion(None)))), Ok(vec![]));
    }

    #[test]
    fn recibir_otra_vez_la_misma_imagen_se_rechaza() {
        let imagen = dados(&[Evento::Recibida(recepcion(None))]);
        assert_eq!(imagen.decidir(ID, Comando::Recibir(recepcion(None))), Err(ErrorImagen::YaExiste(ID)));
    }

    #[test]
    fn un_comando_que_trae_la_ficha_no_necesita_recepcion_previa() {
        let traida = recepcion(Some("fumador"));
        let eventos = dados(&[]).decidir(ID, anonimizar(Some(traida.clone())));
        assert_eq!(eventos, Ok(vec![Evento::Recibida(traida), anonimizada(1)]));
        assert_eq!(dados(&[]).decidir(ID, anonimizar(None)), Err(ErrorImagen::NoExiste(ID)));
    }

    #[test]
    fn otro_inquilino_no_toca_la_imagen() {
        let ajeno = Comando::Anonimizar {
            inquilino: Inquilino::try_from("otro").expect("valid"),
            perfil: Perfil::Metadatos,
            cuando: DateTime::UNIX_EPOCH,
            recepcion: None,
        };
        for hechos in [vec![Evento::Recibida(recepcion(None))], vec![Evento::Recibida(recepcion(None)), anonimizada(0)]]
        {
            assert_eq!(dados(&hechos).decidir(ID, ajeno.clone()), Err(ErrorImagen::Ajena(ID)));
        }
    }
}
