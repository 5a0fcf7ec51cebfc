//! The fuzz targets on the kept corpus and on a bounded number of inputs derived from it.

#[path = "../fuzz/objetivos.rs"]
mod objetivos;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;

/// One way to spoil a file.
#[derive(Clone, Debug)]
enum Cambio {
    Octeto(Index, u8),
    /// Values on which lengths and counts break.
    Entero(Index, u32),
    Cortar(Index),
    Quitar(Index, usize),
    Repetir(Index, usize, usize),
    Injertar(Index, Index, usize),
}

fn semillas() -> Vec<(PathBuf, Vec<u8>)> {
    let carpeta = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/anonimizar");
    let mut rutas: Vec<PathBuf> =
        fs::read_dir(carpeta).expect("the corpus").map(|entrada| entrada.expect("a file").path()).collect();
    rutas.sort();
    rutas.into_iter().map(|ruta| (ruta.clone(), fs::read(ruta).expect("a file"))).collect()
}

fn cambio() -> impl Strategy<Value = Cambio> {
    let extremos = select(vec![0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFE, u32::MAX]);
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(donde, octeto)| Cambio::Octeto(donde, octeto)),
        3 => (any::<Index>(), extremos).prop_map(|(donde, entero)| Cambio::Entero(donde, entero)),
        1 => any::<Index>().prop_map(Cambio::Cortar),
        1 => (any::<Index>(), 1..64usize).prop_map(|(donde, cuantos)| Cambio::Quitar(donde, cuantos)),
        1 => (any::<Index>(), 1..256usize, 1..64usize).prop_map(|(d, largo, veces)| Cambio::Repetir(d, largo, veces)),
        1 => (any::<Index>(), any::<Index>(), 1..512usize).prop_map(|(desde, hacia, n)| Cambio::Injertar(desde, hacia, n)),
    ]
}

impl Cambio {
    fn aplicar(&self, datos: &mut Vec<u8>, otra: &[u8]) {
        if datos.is_empty() {
            return;
        }
        match *self {
            Self::Octeto(donde, octeto) => {
                let en = donde.index(datos.len());
                datos[en] = octeto;
            }
            Self::Entero(donde, entero) => {
                let en = donde.index(datos.len());
                let fin = (en + 4).min(datos.len());
                datos[en..fin].copy_from_slice(&entero.to_le_bytes()[..fin - en]);
            }
            Self::Cortar(donde) => datos.truncate(donde.index(datos.len())),
            Self::Quitar(donde, cuantos) => {
                let en = donde.index(datos.len());
                datos.drain(en..(en + cuantos).min(datos.len()));
            }
            Self::Repetir(donde, largo, veces) => {
                let en = donde.index(datos.len());
                let trozo = datos[en..(en + largo).min(datos.len())].repeat(veces);
                datos.splice(en..en, trozo);
            }
            Self::Injertar(desde, hacia, largo) => {
                let de = desde.index(otra.len());
                let trozo = otra[de..(de + largo).min(otra.len())].to_vec();
                let en = hacia.index(datos.len());
                datos.splice(en..en, trozo);
            }
        }
    }
}

#[test]
fn los_ficheros_del_corpus_cumplen_el_objetivo() {
    for (_, datos) in semillas() {
        objetivos::anonimizar(&datos);
        objetivos::planas(&datos);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2_000),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("fuzz/regresiones.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn ningun_fichero_estropeado_rompe_nada(
        cual in any::<Index>(), otra in any::<Index>(), cambios in prop::collection::vec(cambio(), 0..6)
    ) {
        let semillas = semillas();
        let mut datos = cual.get(&semillas).1.clone();
        let ajena = &otra.get(&semillas).1;
        for cambio in cambios {
            cambio.aplicar(&mut datos, ajena);
        }
        objetivos::anonimizar(&datos);
    }

    #[test]
    fn ninguna_imagen_plana_estropeada_rompe_nada(
        cual in 0..3usize, otra in any::<Index>(), cambios in prop::collection::vec(cambio(), 0..6)
    ) {
        let semillas = semillas();
        let planas: Vec<&Vec<u8>> =
            semillas.iter().filter(|(ruta, _)| ruta.extension().is_some_and(|e| e != "dcm")).map(|(_, datos)| datos).collect();
        let mut datos = planas[cual].clone();
        for cambio in cambios {
            cambio.aplicar(&mut datos, planas[otra.index(planas.len())]);
        }
        objetivos::planas(&datos);
    }
}
