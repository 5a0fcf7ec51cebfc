use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
};

use serde::Serialize;

use crate::{
    ordenes::ErrorOrdenes,
    tanda::{Estado, Fichero},
};

/// The run in numbers.
#[derive(Serialize)]
pub struct Resumen {
    pub entradas: usize,
    pub limpios: usize,
    pub cuarentena: usize,
    pub rechazados: usize,
    pub errores: usize,
    pub razones: BTreeMap<&'static str, usize>,
    pub palabras: u64,
    pub privados: u64,
    pub uid: u64,
    pub regiones: u64,
}

#[derive(Serialize)]
struct Documento<'a> {
    resumen: &'a Resumen,
    ficheros: &'a [Fichero],
}

impl Resumen {
    pub fn de(ficheros: &[Fichero]) -> Self {
        let cuantos = |estado| ficheros.iter().filter(|fichero| fichero.estado == estado).count();
        let mut razones = BTreeMap::new();
        for razon in ficheros.iter().filter_map(|fichero| fichero.razon) {
            *razones.entry(razon).or_insert(0) += 1;
        }
        let informes = || {
            let limpios = ficheros.iter().filter(|fichero| fichero.estado == Estado::Limpio);
            limpios.filter_map(|fichero| fichero.informe.as_ref())
        };
        Self {
            entradas: ficheros.len(),
            limpios: cuantos(Estado::Limpio),
            cuarentena: cuantos(Estado::Cuarentena),
            rechazados: cuantos(Estado::Rechazado),
            errores: cuantos(Estado::Error),
            razones,
            palabras: informes().map(|informe| informe.cuentas.palabras).sum(),
            privados: informes().map(|informe| informe.cuentas.privados).sum(),
            uid: informes().map(|informe| informe.cuentas.uid).sum(),
            regiones: informes().map(|informe| informe.pixeles.regiones.len() as u64).sum(),
        }
    }

    pub fn mostrar(&self, consola: &mut impl Write) -> io::Result<()> {
        writeln!(consola, "{} entradas: {} limpias y comprobadas", self.entradas, self.limpios)?;
        writeln!(
            consola,
            "  en cuarentena {}, rechazadas {}, errores {}",
            self.cuarentena, self.rechazados, self.errores
        )?;
        for (razon, cuantas) in &self.razones {
            writeln!(consola, "    {razon}: {cuantas}")?;
        }
        writeln!(
            consola,
            "  quitado de las limpias: {} palabras, {} elementos privados, {} regiones; {} UID nuevos",
            self.palabras, self.privados, self.regiones, self.uid
        )
    }
}

/// Writes the report, whole or not at all.
pub fn guardar(archivo: &Path, resumen: &Resumen, ficheros: &[Fichero]) -> Result<(), ErrorOrdenes> {
    let texto = serde_json::to_vec_pretty(&Documento { resumen, ficheros })
        .map_err(|error| ErrorOrdenes::Informe(error.into()))?;
    let temporal = archivo.with_extension("parcial");
    fs::write(&temporal, texto).and_then(|()| fs::rename(&temporal, archivo)).map_err(ErrorOrdenes::Informe)
}
