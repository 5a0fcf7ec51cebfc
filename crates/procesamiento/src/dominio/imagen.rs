use chrono::{DateTime, Utc};

use super::resultado::{Causa, Hallado, Limpieza, Perfil, Resultado, Retirados};
use super::{Antecedentes, Archivo, Ficha, IdImagen, Inquilino, Original};

/// An image on its way from intake to being fit to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagenAnonimizada {
    Inexistente,
    /// `original` is there when the image came with its file.
    Recibida {
        ficha: Ficha,
        con_antecedentes: bool,
        original: Option<Original>,
    },
    Anonimizada {
        ficha: Ficha,
        resultado: Resultado,
    },
    /// Its file could not be proved clean; nobody but a reviewer sees it.
    EnCuarentena {
        ficha: Ficha,
        causa: Causa,
    },
    /// Its file cannot be worked on, for good.
    Fallida {
        ficha: Ficha,
        causa: Causa,
    },
}

/// What comes in with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recepcion {
    pub ficha: Ficha,
    pub antecedentes: Option<Antecedentes>,
    pub original: Option<Original>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comando {
    Recibir(Box<Recepcion>),
    /// `recepcion` is there when the command itself brings the image's fields, so that it needs no intake first.
    Anonimizar {
        inquilino: Inquilino,
        perfil: Perfil,
        cuando: DateTime<Utc>,
        recepcion: Option<Box<Recepcion>>,
    },
    /// What came of the image's file.
    Concluir {
        inquilino: Inquilino,
        limpieza: Box<Limpieza>,
        cuando: DateTime<Utc>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evento {
    Recibida(Box<Recepcion>),
    Anonimizada { resultado: Resultado, hallado: Box<Hallado> },
    Apartada(Causa),
    Fallida(Causa),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorImagen {
    #[error("image {0} exists already")]
    YaExiste(IdImagen),
    #[error("image {0} does not exist")]
    NoExiste(IdImagen),
    #[error("image {0} belongs to another tenant")]
    Ajena(IdImagen),
    #[error("image {0} has a file, which has to be cleaned first")]
    ConArchivo(IdImagen),
    #[error("image {0} has no file")]
    SinArchivo(IdImagen),
}

impl ImagenAnonimizada {
    /// Decides which facts a command produces, without changing anything.
    ///
    /// Anonymising twice produces no new fact, so the command may be repeated.
    pub fn decidir(&self, id: IdImagen, comando: Comando) -> Result<Vec<Evento>, ErrorImagen> {
        match (self, comando) {
            (Self::Inexistente, Comando::Recibir(recepcion)) => Ok(vec![Evento::Recibida(recepcion)]),
            (_, Comando::Recibir(_)) => Err(ErrorImagen::YaExiste(id)),
            (Self::Inexistente, Comando::Anonimizar { recepcion: Some(recepcion), perfil, cuando, .. }) => {
                let anonimizada = anonimizada(perfil, recepcion.antecedentes.is_some(), cuando);
                Ok(vec![Evento::Recibida(recepcion), anonimizada])
            }
            (Self::Inexistente, Comando::Anonimizar { .. } | Comando::Concluir { .. }) => {
                Err(ErrorImagen::NoExiste(id))
            }
            (_, Comando::Anonimizar { inquilino, .. } | Comando::Concluir { inquilino, .. })
                if !self.es_de(&inquilino) =>
            {
                Err(ErrorImagen::Ajena(id))
            }
            (Self::Recibida { original: Some(_), .. }, Comando::Anonimizar { .. }) => Err(ErrorImagen::ConArchivo(id)),
            (Self::Recibida { con_antecedentes, original: None, .. }, Comando::Anonimizar { perfil, cuando, .. }) => {
                Ok(vec![anonimizada(perfil, *con_antecedentes, cuando)])
            }
            (Self::Recibida { original: None, .. }, Comando::Concluir { .. }) => Err(ErrorImagen::SinArchivo(id)),
            (
                Self::Recibida { con_antecedentes, original: Some(_), .. },
                Comando::Concluir { limpieza, cuando, .. },
            ) => Ok(vec![limpieza.concluir(*con_antecedentes, cuando)]),
            (
                Self::Anonimizada { .. } | Self::EnCuarentena { .. } | Self::Fallida { .. },
                Comando::Anonimizar { .. } | Comando::Concluir { .. },
            ) => Ok(vec![]),
        }
    }

    /// The image after a fact.
    pub fn aplicar(self, evento: &Evento) -> Self {
        match (self.en_ficha(), evento) {
            (_, Evento::Recibida(recepcion)) => Self::Recibida {
                ficha: recepcion.ficha.clone(),
                con_antecedentes: recepcion.antecedentes.is_some(),
                original: recepcion.original.clone(),
            },
            (None, _) => Self::Inexistente,
            (Some(ficha), Evento::Anonimizada { resultado, hallado }) => {
                Self::Anonimizada { ficha: ficha.con(hallado), resultado: resultado.clone() }
            }
            (Some(ficha), Evento::Apartada(causa)) => Self::EnCuarentena { ficha, causa: causa.clone() },
            (Some(ficha), Evento::Fallida(causa)) => Self::Fallida { ficha, causa: causa.clone() },
        }
    }

    /// The file that waits to be cleaned.
    pub fn por_limpiar(&self) -> Option<&Original> {
        match self {
            Self::Recibida { original, .. } => original.as_ref(),
            Self::Inexistente | Self::Anonimizada { .. } | Self::EnCuarentena { .. } | Self::Fallida { .. } => None,
        }
    }

    /// The file that may be seen.
    pub fn en_archivo(self) -> Option<Archivo> {
        match self {
            Self::Anonimizada { resultado, .. } => resultado.archivo,
            Self::Inexistente | Self::Recibida { .. } | Self::EnCuarentena { .. } | Self::Fallida { .. } => None,
        }
    }

    fn es_de(&self, inquilino: &Inquilino) -> bool {
        match self {
            Self::Inexistente => false,
            Self::Recibida { ficha, .. }
            | Self::Anonimizada { ficha, .. }
            | Self::EnCuarentena { ficha, .. }
            | Self::Fallida { ficha, .. } => ficha.inquilino == *inquilino,
        }
    }

    fn en_ficha(self) -> Option<Ficha> {
        match self {
            Self::Inexistente => None,
            Self::Recibida { ficha, .. }
            | Self::Anonimizada { ficha, .. }
            | Self::EnCuarentena { ficha, .. }
            | Self::Fallida { ficha, .. } => Some(ficha),
        }
    }
}

impl Limpieza {
    fn concluir(self, con_antecedentes: bool, cuando: DateTime<Utc>) -> Evento {
        match self {
            Self::Limpia { archivo, retirados, hallado } => {
                let retirados = Retirados { del_archivo: retirados, ..Retirados::de_la_ficha(con_antecedentes) };
                let archivo = Some(archivo);
                Evento::Anonimizada {
                    resultado: Resultado { perfil: Perfil::Basico, retirados, cuando, archivo },
                    hallado,
                }
            }
            Self::Dudosa(causa) => Evento::Apartada(causa),
            Self::Imposible(causa) => Evento::Fallida(causa),
        }
    }
}

fn anonimizada(perfil: Perfil, con_antecedentes: bool, cuando: DateTime<Utc>) -> Evento {
    let retirados = Retirados::de_la_ficha(con_antecedentes);
    Evento::Anonimizada { resultado: Resultado { perfil, retirados, cuando, archivo: None }, hallado: Box::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::dominio::{Atributos, Borrador, ClaveObjeto, FormatoArchivo, Huella, Modalidad, SIN_INFORMAR};

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
        Recepcion { ficha: borrador.validar(Inquilino::publico()).expect("valid"), antecedentes, original: None }
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
        super::anonimizada(Perfil::Metadatos, antecedentes == 1, DateTime::UNIX_EPOCH)
    }

    fn con_archivo() -> Recepcion {
        let original = Original {
            objeto: ClaveObjeto::from(Uuid::nil()),
            formato: FormatoArchivo::Dicom,
            bytes: 10,
            sha256: Huella::try_from("a".repeat(64).as_str()).expect("valid"),
        };
        let mut recepcion = recepcion(Some("fumador"));
        recepcion.ficha.modalidad = Modalidad::try_from(SIN_INFORMAR).expect("valid");
        Recepcion { original: Some(original), ..recepcion }
    }

    fn concluir(limpieza: Limpieza) -> Comando {
        Comando::Concluir {
            inquilino: Inquilino::publico(),
            limpieza: Box::new(limpieza),
            cuando: DateTime::UNIX_EPOCH,
        }
    }

    fn limpia() -> Limpieza {
        let archivo = Archivo {
            objeto: ClaveObjeto::from(Uuid::nil()),
            formato: FormatoArchivo::Dicom,
            bytes: 9,
            sha256: Huella::try_from("b".repeat(64).as_str()).expect("valid"),
            atributos: Atributos::default(),
            informe: "{}".into(),
        };
        let hallado = Hallado { modalidad: Modalidad::try_from("CT").ok(), ..Hallado::default() };
        Limpieza::Limpia { archivo, retirados: BTreeMap::from([("elementos".into(), 3)]), hallado: Box::new(hallado) }
    }

    fn dados(eventos: &[Evento]) -> ImagenAnonimizada {
        eventos.iter().fold(ImagenAnonimizada::Inexistente, ImagenAnonimizada::aplicar)
    }

    #[test]
    fn lo_recibido_se_anonimiza_y_dice_cuanto_se_retiro() {
        for (antecedentes, cuantos) in [(Some("fumador"), 1), (None, 0)] {
            let imagen = dados(&[Evento::Recibida(Box::new(recepcion(antecedentes)))]);
            assert_eq!(imagen.decidir(ID, anonimizar(None)), Ok(vec![anonimizada(cuantos)]));
        }
    }

    #[test]
    fn anonimizar_dos_veces_no_repite_el_hecho() {
        let imagen = dados(&[Evento::Recibida(Box::new(recepcion(None))), anonimizada(0)]);
        assert_eq!(imagen.decidir(ID, anonimizar(Some(recepcion(None)))), Ok(vec![]));
    }

    #[test]
    fn recibir_otra_vez_la_misma_imagen_se_rechaza() {
        let imagen = dados(&[Evento::Recibida(Box::new(recepcion(None)))]);
        assert_eq!(imagen.decidir(ID, Comando::Recibir(Box::new(recepcion(None)))), Err(ErrorImagen::YaExiste(ID)));
    }

    #[test]
    fn un_comando_que_trae_la_ficha_no_necesita_recepcion_previa() {
        let traida = recepcion(Some("fumador"));
        let eventos = dados(&[]).decidir(ID, anonimizar(Some(traida.clone())));
        assert_eq!(eventos, Ok(vec![Evento::Recibida(Box::new(traida)), anonimizada(1)]));
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
        for hechos in [
            vec![Evento::Recibida(Box::new(recepcion(None)))],
            vec![Evento::Recibida(Box::new(recepcion(None))), anonimizada(0)],
        ] {
            assert_eq!(dados(&hechos).decidir(ID, ajeno.clone()), Err(ErrorImagen::Ajena(ID)));
        }
    }

    #[test]
    fn un_archivo_limpio_dice_lo_que_se_retiro_y_lo_que_es_la_imagen() {
        let recibida = dados(&[Evento::Recibida(Box::new(con_archivo()))]);

        let eventos = recibida.decidir(ID, concluir(limpia())).expect("decided");

        let ImagenAnonimizada::Anonimizada { ficha, resultado } = recibida.aplicar(&eventos[0]) else {
            panic!("not anonymised: {eventos:?}");
        };
        assert_eq!(ficha.modalidad.as_str(), "CT");
        assert_eq!((resultado.perfil, resultado.retirados.antecedentes), (Perfil::Basico, 1));
        assert_eq!(resultado.retirados.del_archivo["elementos"], 3);
    }

    #[test]
    fn sin_limpiar_su_archivo_una_imagen_no_se_da_por_anonimizada() {
        let recibida = dados(&[Evento::Recibida(Box::new(con_archivo()))]);
        assert_eq!(recibida.decidir(ID, anonimizar(None)), Err(ErrorImagen::ConArchivo(ID)));
        let sin_archivo = dados(&[Evento::Recibida(Box::new(recepcion(None)))]);
        assert_eq!(sin_archivo.decidir(ID, concluir(limpia())), Err(ErrorImagen::SinArchivo(ID)));
    }

    #[test]
    fn lo_que_no_se_prueba_limpio_queda_apartado_y_ahi_se_queda() {
        let causa = Causa { codigo: "texto_en_los_pixeles".into(), informe: None };
        let recibida = Evento::Recibida(Box::new(con_archivo()));
        for (limpieza, evento) in [
            (Limpieza::Dudosa(causa.clone()), Evento::Apartada(causa.clone())),
            (Limpieza::Imposible(causa.clone()), Evento::Fallida(causa)),
        ] {
            let decidido = dados(std::slice::from_ref(&recibida)).decidir(ID, concluir(limpieza));
            assert_eq!(decidido, Ok(vec![evento.clone()]));
            let apartada = dados(&[recibida.clone(), evento]);
            assert_eq!(apartada.decidir(ID, concluir(limpia())), Ok(vec![]));
        }
    }
}
