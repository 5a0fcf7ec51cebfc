use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::pixeles::{
    forma::{entero, texto},
    politica::Recuadro,
};

/// The smallest share of the picture, in percent, that believable regions cover together.
const MINIMO: u64 = 10;

/// Everything outside of the regions of an ultrasound image (PS3.3, C.8.5.5).
///
/// Empty where the image declares none or where they cannot be true.
pub(super) fn fuera(objeto: &InMemDicomObject, ancho: u32, alto: u32) -> Vec<Recuadro> {
    let modalidad = texto(objeto, tags::MODALITY).unwrap_or_default();
    if !matches!(&modalidad[..], "US" | "IVUS" | "") {
        return Vec::new();
    }
    let Some(elemento) = objeto.get(tags::SEQUENCE_OF_ULTRASOUND_REGIONS) else { return Vec::new() };
    let regiones: Option<Vec<Recuadro>> =
        elemento.value().items().unwrap_or_default().iter().map(|item| region(item, ancho, alto)).collect();
    let regiones = regiones.unwrap_or_default();
    let resto = resto(&regiones, ancho, alto);
    let total = u64::from(ancho) * u64::from(alto);
    let cubierto = total - resto.iter().map(Recuadro::area).sum::<u64>();
    if regiones.is_empty() || cubierto * 100 < total * MINIMO { Vec::new() } else { resto }
}

fn region(item: &InMemDicomObject, ancho: u32, alto: u32) -> Option<Recuadro> {
    let (x0, y0) = (entero(item, tags::REGION_LOCATION_MIN_X0)?, entero(item, tags::REGION_LOCATION_MIN_Y0)?);
    let (x1, y1) = (entero(item, tags::REGION_LOCATION_MAX_X1)?, entero(item, tags::REGION_LOCATION_MAX_Y1)?);
    if x1 <= x0 || y1 <= y0 || x0 >= ancho || y0 >= alto {
        return None;
    }
    Recuadro::nueva(x0, y0, x1 - x0 + 1, y1 - y0 + 1).dentro_de(ancho, alto)
}

/// What no box covers, as bands from edge to edge of the boxes.
fn resto(cajas: &[Recuadro], ancho: u32, alto: u32) -> Vec<Recuadro> {
    let mut filas: Vec<u32> = cajas.iter().flat_map(|c| [c.y, c.abajo()]).chain([0, alto]).collect();
    filas.sort_unstable();
    filas.dedup();
    filas.windows(2).flat_map(|banda| huecos(cajas, banda[0], banda[1], ancho)).collect()
}

fn huecos(cajas: &[Recuadro], arriba: u32, abajo: u32, ancho: u32) -> Vec<Recuadro> {
    let mut suyas: Vec<&Recuadro> = cajas.iter().filter(|c| c.y <= arriba && c.abajo() >= abajo).collect();
    suyas.sort_unstable_by_key(|c| c.x);
    let mut huecos = Vec::new();
    let mut x = 0;
    for caja in suyas {
        if caja.x > x {
            huecos.push(Recuadro::nueva(x, arriba, caja.x - x, abajo - arriba));
        }
        x = x.max(caja.derecha());
    }
    if x < ancho {
        huecos.push(Recuadro::nueva(x, arriba, ancho - x, abajo - arriba));
    }
    huecos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lo_que_queda_fuera_y_las_regiones_llenan_la_imagen_sin_pisarse() {
        let regiones = [Recuadro::nueva(10, 20, 50, 30), Recuadro::nueva(40, 30, 40, 60)];
        let fuera = resto(&regiones, 100, 100);
        for (x, y) in (0..100).flat_map(|x| (0..100).map(move |y| (x, y))) {
            let veces = fuera.iter().filter(|c| c.contiene(x, y)).count();
            assert_eq!(veces, usize::from(!regiones.iter().any(|c| c.contiene(x, y))), "({x}, {y})");
        }
    }
}
