use std::{io, path::PathBuf};

use anonimizacion::{Anonimizador, Claves, ErrorClaves, Opcion, Perfil, PoliticaPixeles};
use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Parser, ValueEnum};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Quita de imágenes médicas todo lo que identifica a una persona (DICOM PS3.15, anexo E) y comprueba lo escrito.
///
/// Código de salida: 0 si todo quedó limpio, 2 si algo quedó en cuarentena o fue rechazado, 1 si hubo un error.
#[derive(Parser)]
#[command(name = "anonimizar", version)]
pub struct Ordenes {
    /// Archivos y carpetas (con todo lo que contienen)
    #[arg(required = true, value_name = "ENTRADA")]
    pub entradas: Vec<PathBuf>,
    /// Carpeta de lo limpio; los nombres nuevos no dicen nada de los viejos
    #[arg(long, value_name = "DIR")]
    pub salida: PathBuf,
    /// Perfil de confidencialidad
    #[arg(long, value_enum, default_value_t = PerfilElegido::Basico)]
    pub perfil: PerfilElegido,
    /// Opciones que se suman al perfil, separadas por comas: conservar_uid, modificar_fechas, ...
    #[arg(long, value_delimiter = ',', value_parser = opcion)]
    pub opciones: Vec<Opcion>,
    /// Archivo con la clave maestra: 32 bytes en base64. Sin él la clave es nueva en cada uso
    #[arg(long, value_name = "ARCHIVO")]
    pub clave_archivo: Option<PathBuf>,
    /// Inquilino: otros seudónimos, UID y fechas con la misma clave
    #[arg(long, default_value = "publico")]
    pub inquilino: String,
    /// Texto en los píxeles
    #[arg(long, value_enum, default_value_t = Pixeles::Revisar)]
    pub pixeles: Pixeles,
    /// Informe en JSON: estado y razón de cada entrada (contiene los nombres de las entradas)
    #[arg(long, value_name = "ARCHIVO")]
    pub informe: Option<PathBuf>,
    /// Hilos; 0 para uno por núcleo
    #[arg(long, default_value_t = 0)]
    pub hilos: usize,
    /// Sin barra de progreso ni resumen
    #[arg(long)]
    pub callado: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PerfilElegido {
    /// Todo lo que puede identificar se va
    Basico,
    /// Fechas movidas, características del paciente, textos y gráficos limpiados en lugar de quitados
    Investigacion,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Pixeles {
    /// Buscar texto y quitarlo; lo dudoso queda en cuarentena
    Revisar,
    /// Otro responde por ellos: pasan tal como están
    Aparte,
}

#[derive(Debug, thiserror::Error)]
pub enum ErrorOrdenes {
    #[error("no se puede leer el archivo de la clave")]
    ArchivoDeClave(#[source] io::Error),
    #[error("la clave no sirve: {0}")]
    Clave(#[from] ErrorClaves),
    #[error("no hay azar para una clave nueva")]
    Azar,
    #[error("no se puede crear la carpeta de salida: {0}")]
    Salida(#[source] io::Error),
    #[error("no se puede escribir el informe: {0}")]
    Informe(#[source] io::Error),
    #[error("no se puede escribir en la consola: {0}")]
    Consola(#[source] io::Error),
    #[error("no se pueden crear los hilos: {0}")]
    Hilos(#[from] rayon::ThreadPoolBuildError),
}

impl Ordenes {
    pub fn anonimizador(&self) -> Result<Anonimizador, ErrorOrdenes> {
        let base = match self.perfil {
            PerfilElegido::Basico => Perfil::basico(),
            PerfilElegido::Investigacion => Perfil::investigacion(),
        };
        let perfil = self.opciones.iter().copied().fold(base, Perfil::con);
        let politica = match self.pixeles {
            Pixeles::Revisar => PoliticaPixeles::default(),
            Pixeles::Aparte => PoliticaPixeles { comprobados_aparte: true, ..PoliticaPixeles::default() },
        };
        let claves = Claves::nuevas(&self.maestra()?, &self.inquilino)?;
        Ok(Anonimizador::nuevo(perfil, claves, politica))
    }

    fn maestra(&self) -> Result<SecretString, ErrorOrdenes> {
        let Some(archivo) = &self.clave_archivo else {
            let mut bytes = Zeroizing::new([0_u8; 32]);
            rand::fill(bytes.as_mut_slice()).map_err(|_| ErrorOrdenes::Azar)?;
            return Ok(SecretString::from(STANDARD.encode(bytes.as_slice())));
        };
        let texto = std::fs::read_to_string(archivo).map(Zeroizing::new).map_err(ErrorOrdenes::ArchivoDeClave)?;
        Ok(SecretString::from(texto.trim()))
    }
}

fn opcion(nombre: &str) -> Result<Opcion, String> {
    let nombre = nombre.trim().replace('-', "_");
    Opcion::de_nombre(&nombre).ok_or_else(|| {
        let todas: Vec<&str> = Opcion::TODAS.iter().map(|opcion| opcion.nombre()).collect();
        format!("las opciones son: {}", todas.join(", "))
    })
}
