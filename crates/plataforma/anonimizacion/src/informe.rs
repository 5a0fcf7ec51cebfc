use serde::{Deserialize, Serialize};

use crate::{
    perfil::{Opcion, Perfil},
    pixeles::InformePixeles,
};

/// What was done to one input and what proves it. Free of personal data by construction: codes, counts and digests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Informe {
    pub perfil: String,
    pub opciones: Vec<Opcion>,
    /// (0008,0060), if it is one of the standard's short codes.
    pub modalidad: Option<String>,
    /// (0008,0016), if it is a class of the standard.
    pub clase_sop: Option<String>,
    /// (0008,0018) of the output.
    pub instancia: Option<String>,
    pub sintaxis: Option<String>,
    pub bytes_entrada: u64,
    pub bytes_salida: u64,
    /// SHA-256 of the output, in hexadecimal.
    pub sha256: Option<String>,
    pub cuentas: Cuentas,
    pub pixeles: InformePixeles,
    /// Names of the checks that the written bytes passed.
    pub comprobaciones: Vec<String>,
    /// For a rejection by the verifier: which check, and the tag where it failed.
    pub fallos: Vec<String>,
    /// What the reader had to forgive.
    pub avisos: Vec<String>,
}

/// How many things of each kind were changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cuentas {
    pub elementos: u64,
    pub quitados: u64,
    pub vaciados: u64,
    pub ficticios: u64,
    pub limpiados: u64,
    pub conservados: u64,
    pub uid: u64,
    pub fechas: u64,
    pub privados: u64,
    pub palabras: u64,
    pub superposiciones: u64,
    pub curvas: u64,
    pub iconos: u64,
    pub contenido: u64,
}

impl Informe {
    pub(crate) fn nuevo(perfil: &Perfil) -> Self {
        Self { perfil: perfil.nombre().to_owned(), opciones: perfil.opciones(), ..Self::default() }
    }
}

impl Cuentas {
    pub(crate) fn sumar(&mut self, otras: &Self) {
        self.elementos += otras.elementos;
        self.quitados += otras.quitados;
        self.vaciados += otras.vaciados;
        self.ficticios += otras.ficticios;
        self.limpiados += otras.limpiados;
        self.conservados += otras.conservados;
        self.uid += otras.uid;
        self.fechas += otras.fechas;
        self.privados += otras.privados;
        self.palabras += otras.palabras;
        self.superposiciones += otras.superposiciones;
        self.curvas += otras.curvas;
        self.iconos += otras.iconos;
        self.contenido += otras.contenido;
    }
}
