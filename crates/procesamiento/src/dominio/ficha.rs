use super::Hallado;
use super::identidad::Inquilino;
use super::valores::{
    ErrorValor, FechaIngesta, FormatoImagen, FuenteDeDatos, Modalidad, Paciente, Patologia, RegionAnatomica,
    SIN_INFORMAR,
};

/// What is known of an image and may be shown: no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ficha {
    pub inquilino: Inquilino,
    pub modalidad: Modalidad,
    pub patologia: Patologia,
    pub region_anatomica: RegionAnatomica,
    pub formato_imagen: FormatoImagen,
    pub fuente_de_datos: FuenteDeDatos,
    pub paciente: Paciente,
    pub fecha_ingesta: FechaIngesta,
}

impl Ficha {
    /// With what a clean file tells of the image; what the health centre had told stays.
    pub(super) fn con(self, hallado: &Hallado) -> Self {
        let Hallado { paciente, modalidad, region_anatomica } = hallado.clone();
        Self {
            paciente: elegir(self.paciente == Paciente::desconocido(), self.paciente, paciente),
            modalidad: elegir(self.modalidad.as_str() == SIN_INFORMAR, self.modalidad, modalidad),
            region_anatomica: elegir(
                self.region_anatomica.as_str() == SIN_INFORMAR,
                self.region_anatomica,
                region_anatomica,
            ),
            ..self
        }
    }
}

fn elegir<T>(falta: bool, dicho: T, hallado: Option<T>) -> T {
    match hallado {
        Some(hallado) if falta => hallado,
        Some(_) | None => dicho,
    }
}

/// The texts of a `Ficha` before anybody checked them; absent ones are empty.
#[derive(Clone, Debug, Default)]
pub struct Borrador {
    pub modalidad: String,
    pub patologia: String,
    pub region_anatomica: String,
    pub formato_imagen: String,
    pub fuente_de_datos: String,
    /// The pseudonym; empty when there was no id to make it from.
    pub paciente: String,
    pub fecha_ingesta: String,
}

/// A field of a `Borrador` that cannot be taken, by its published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incumplimiento {
    pub campo: &'static str,
    pub error: ErrorValor,
}

impl Borrador {
    /// Checks every field; the error lists all that cannot be taken.
    pub fn validar(&self, inquilino: Inquilino) -> Result<Ficha, Vec<Incumplimiento>> {
        let mut malos = Vec::new();
        let modalidad = leer("modalidad", &self.modalidad, &mut malos);
        let patologia = leer("patologia", &self.patologia, &mut malos);
        let region_anatomica = leer("region_anatomica", &self.region_anatomica, &mut malos);
        let formato_imagen = leer("formato_imagen", &self.formato_imagen, &mut malos);
        let fuente_de_datos = leer("fuente_de_datos", &self.fuente_de_datos, &mut malos);
        let paciente = match self.paciente.as_str() {
            "" => anotar("id_paciente", Err(ErrorValor::Ausente), &mut malos),
            texto => leer("id_paciente", texto, &mut malos),
        };
        let fecha_ingesta = leer("fecha_ingesta", &self.fecha_ingesta, &mut malos);
        let ficha = || {
            Some(Ficha {
                inquilino,
                modalidad: modalidad?,
                patologia: patologia?,
                region_anatomica: region_anatomica?,
                formato_imagen: formato_imagen?,
                fuente_de_datos: fuente_de_datos?,
                paciente: paciente?,
                fecha_ingesta: fecha_ingesta?,
            })
        };
        ficha().ok_or(malos)
    }
}

fn leer<'a, T: TryFrom<&'a str, Error = ErrorValor>>(
    campo: &'static str,
    texto: &'a str,
    malos: &mut Vec<Incumplimiento>,
) -> Option<T> {
    anotar(campo, T::try_from(texto), malos)
}

fn anotar<T>(campo: &'static str, leido: Result<T, ErrorValor>, malos: &mut Vec<Incumplimiento>) -> Option<T> {
    leido.map_err(|error| malos.push(Incumplimiento { campo, error })).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn se_nombran_todos_los_campos_que_no_valen() {
        let borrador = Borrador { modalidad: "RX".into(), paciente: "12345".into(), ..Borrador::default() };

        let malos = borrador.validar(Inquilino::publico()).expect_err("fields are refused");

        let campos: Vec<_> = malos.iter().map(|malo| malo.campo).collect();
        let esperados =
            ["patologia", "region_anatomica", "formato_imagen", "fuente_de_datos", "id_paciente", "fecha_ingesta"];
        assert_eq!(campos, esperados);
        assert_eq!(malos[4].error, ErrorValor::Seudonimo);
    }
}
