use std::num::NonZero;

use ajustes::{Claves, Http, Postgres, Telemetria};
use mensajeria::AjustesPulsar;
use proceso::Cimientos;
use serde::Deserialize;

/// The settings of the service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ajustes {
    http: Http,
    postgres: Postgres,
    pulsar: AjustesPulsar,
    claves: Claves,
    telemetria: Telemetria,
    almacen: AjustesAlmacen,
    imagenes: AjustesImagenes,
    limpieza: AjustesLimpieza,
}

/// Those that no other service has.
#[derive(Clone, Debug)]
pub struct AjustesPropios {
    pub claves: Claves,
    pub almacen: AjustesAlmacen,
    pub imagenes: AjustesImagenes,
    pub limpieza: AjustesLimpieza,
}

impl Ajustes {
    pub fn separar(self) -> (Cimientos, AjustesPropios) {
        let Self { http, postgres, pulsar, claves, telemetria, almacen, imagenes, limpieza } = self;
        let propios = AjustesPropios { claves: claves.clone(), almacen, imagenes, limpieza };
        (Cimientos { http, postgres, pulsar, claves, telemetria }, propios)
    }
}

/// Where files are kept: a folder, `s3://bucket/prefix` or `gs://bucket/prefix`, one for each of the two stores.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesAlmacen {
    pub cuarentena: String,
    pub limpio: String,
}

/// What an intake may bring.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesImagenes {
    pub archivo_maximo_bytes: NonZero<u64>,
    pub paquete_maximo_bytes: NonZero<u64>,
    pub paquete_maximo_archivos: NonZero<u32>,
    /// How many times its size a ZIP may grow.
    pub expansion_maxima: NonZero<u32>,
    /// Seconds for one request, its body included.
    pub plazo_segundos: NonZero<u64>,
}

/// What cleaning one file may take.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesLimpieza {
    pub memoria_mib: NonZero<u64>,
    pub plazo_segundos: NonZero<u64>,
}
