use std::path::Path;

use minijinja::{Environment, ErrorKind, TemplateSource, UndefinedBehavior, context, path_loader};

use crate::aplicacion::puertos::{Contenido, Plantillas, Variables};
use crate::dominio::{CodigoRechazo, NombrePlantilla};

macro_rules! incrustadas {
    ($($archivo:literal),* $(,)?) => {
        &[$(($archivo, include_str!(concat!("../../config/plantillas/", $archivo)))),*]
    };
}

/// The templates that come with the service.
const INCRUSTADAS: &[(&str, &str)] = incrustadas![
    "_base.html",
    "_textos",
    "suscripcion_activa.asunto",
    "suscripcion_activa.txt",
    "suscripcion_activa.html",
    "suscripcion_completada.asunto",
    "suscripcion_completada.txt",
    "suscripcion_completada.html",
    "suscripcion_rechazada.asunto",
    "suscripcion_rechazada.txt",
    "suscripcion_rechazada.html",
    "suscripcion_cancelada.asunto",
    "suscripcion_cancelada.txt",
    "suscripcion_cancelada.html",
    "cancelacion_rechazada.asunto",
    "cancelacion_rechazada.txt",
    "cancelacion_rechazada.html",
    "plan_cambiado.asunto",
    "plan_cambiado.txt",
    "plan_cambiado.html",
    "cambio_rechazado.asunto",
    "cambio_rechazado.txt",
    "cambio_rechazado.html",
];

/// Templates in the Jinja language: each is three files, `.asunto`, `.txt` and `.html` (where values are escaped).
pub struct PlantillasMinijinja {
    entorno: Environment<'static>,
}

impl PlantillasMinijinja {
    /// Files in `carpeta` add to the embedded ones and win over them, also those that appear later.
    pub fn nuevas(carpeta: Option<&Path>) -> Self {
        let mut entorno = Environment::new();
        entorno.set_undefined_behavior(UndefinedBehavior::Strict);
        let archivos = carpeta.map(path_loader);
        entorno.set_loader(move |nombre| match archivos.as_ref().map(|cargar| cargar(nombre)).transpose()?.flatten() {
            Some(archivo) => Ok(Some(archivo)),
            None => Ok(incrustada(nombre)),
        });
        Self { entorno }
    }

    fn parte(
        &self,
        plantilla: &NombrePlantilla,
        parte: &str,
        valores: &minijinja::Value,
    ) -> Result<String, CodigoRechazo> {
        let nombre = format!("{}.{parte}", plantilla.como_texto());
        let redactada = self.entorno.get_template(&nombre).and_then(|archivo| archivo.render(valores));
        redactada.map_err(|error| {
            // Its text names file and line, never a value.
            tracing::warn!(plantilla = nombre, %error, "a mail cannot be written");
            match error.kind() {
                ErrorKind::TemplateNotFound => CodigoRechazo::PlantillaDesconocida,
                _ => CodigoRechazo::PlantillaInvalida,
            }
        })
    }
}

impl Plantillas for PlantillasMinijinja {
    fn redactar(&self, plantilla: &NombrePlantilla, variables: &Variables<'_>) -> Result<Contenido, CodigoRechazo> {
        let valores = context! {
            nombres => &variables.contacto.nombres,
            apellidos => &variables.contacto.apellidos,
            codigo_cliente => variables.codigo_cliente.como_texto(),
            id_suscripcion => variables.id_suscripcion.map(|id| id.to_string()),
            datos => variables.datos,
        };
        Ok(Contenido {
            asunto: en_una_linea(&self.parte(plantilla, "asunto", &valores)?),
            texto: self.parte(plantilla, "txt", &valores)?,
            html: self.parte(plantilla, "html", &valores)?,
        })
    }
}

fn incrustada(nombre: &str) -> Option<TemplateSource> {
    INCRUSTADAS.iter().find(|(archivo, _)| *archivo == nombre).map(|(_, texto)| TemplateSource::from(*texto))
}

/// A line break in a subject would begin another header.
fn en_una_linea(texto: &str) -> String {
    texto.split_whitespace().collect::<Vec<_>>().join(" ")
}
