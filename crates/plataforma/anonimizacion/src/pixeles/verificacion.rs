use dicom_object::DefaultDicomObject;

use super::{
    anidados,
    busqueda::{Busqueda, cuadro},
    datos::Datos,
    forma::{Disposicion, Forma},
    informe::{InformePixeles, RechazoPixeles},
    limpieza::{paleta, rigor},
    politica::Recuadro,
    relleno::{Relleno, ajustado},
};

/// Proves on the written object that it can be read, that the text is gone and that every other pixel is what it was.
///
/// Frames whose bytes are those of the original are what the cleaning has already looked at.
pub fn verificar(
    original: &DefaultDicomObject,
    limpio: &DefaultDicomObject,
    informe: &InformePixeles,
) -> Result<(), RechazoPixeles> {
    if anidados::quedan(limpio) {
        return Err(RechazoPixeles::PixelesAnidados);
    }
    let (antes, despues) = match (Datos::leer(original)?, Datos::leer(limpio)?) {
        (None, None) => return Ok(()),
        (Some(antes), Some(despues)) => (antes, despues),
        _ => return Err(RechazoPixeles::PixelAlterado),
    };
    if antes.cuadros != despues.cuadros || antes.cuadros != informe.cuadros {
        return Err(RechazoPixeles::PixelAlterado);
    }
    let (paleta, rigor) = (paleta(original, &antes)?, rigor(original));
    let busqueda = Busqueda { datos: &despues, paleta: paleta.as_ref(), rigor };
    for numero in 0..antes.cuadros {
        let recuadros = informe.recuadros(numero);
        let intacto = antes.codec == despues.codec && antes.flujo(numero)? == despues.flujo(numero)?;
        // Untouched bytes were looked at when they were cleaned, or nobody asked for it.
        if intacto && recuadros.is_empty() {
            continue;
        }
        if !informe.revisados && !informe.recodificado {
            comparar_flujos(&antes, &despues, numero)?;
            continue;
        }
        let previo = cuadro(&antes, paleta.as_ref(), numero)?;
        let (bytes, forma) = despues.decodificado(numero)?;
        let comparacion = Comparacion { antes: (&previo.bytes, &previo.forma), despues: (&bytes, &forma) };
        comparacion.comprobar(numero as usize, &recuadros, previo.relleno)?;
        let tapados = recuadros.iter().filter_map(|caja| ajustado(caja, &forma)).collect();
        if informe.revisados && !recuadros.is_empty() && !busqueda.sin_texto(numero, tapados)? {
            return Err(RechazoPixeles::TextoRestante);
        }
    }
    Ok(())
}

/// A stream without its comments has the same image data.
fn comparar_flujos(antes: &Datos<'_>, despues: &Datos<'_>, numero: u32) -> Result<(), RechazoPixeles> {
    let esperado = antes.codec.sin_comentarios(antes.flujo(numero)?)?.bytes;
    if esperado == despues.flujo(numero)? { Ok(()) } else { Err(RechazoPixeles::PixelAlterado) }
}

/// The same frame in two files.
struct Comparacion<'a> {
    antes: (&'a [u8], &'a Forma),
    despues: (&'a [u8], &'a Forma),
}

impl Comparacion<'_> {
    fn comprobar(&self, cuadro: usize, recuadros: &[Recuadro], relleno: Relleno) -> Result<(), RechazoPixeles> {
        let (forma, nueva) = (self.antes.1, self.despues.1);
        let mismas = (forma.filas, forma.columnas, forma.muestras, forma.bytes, forma.fotometria, forma.disposicion)
            == (nueva.filas, nueva.columnas, nueva.muestras, nueva.bytes, nueva.fotometria, nueva.disposicion);
        if !mismas || self.antes.0.len() != self.despues.0.len() {
            return Err(RechazoPixeles::PixelAlterado);
        }
        let mut tapados = vec![false; forma.puntos()];
        for caja in recuadros.iter().filter_map(|caja| ajustado(caja, forma)) {
            for y in caja.y as usize..caja.abajo() as usize {
                tapados[y * forma.columnas..][caja.x as usize..caja.derecha() as usize].fill(true);
            }
        }
        for (i, tapado) in tapados.iter().enumerate() {
            let (x, y) = (i % forma.columnas, i / forma.columnas);
            match tapado {
                true if !self.es_relleno(cuadro, x, y, relleno) => return Err(RechazoPixeles::RegionSinBorrar),
                false if !self.es_igual(cuadro, x, y) => return Err(RechazoPixeles::PixelAlterado),
                _ => {}
            }
        }
        Ok(())
    }

    fn es_relleno(&self, cuadro: usize, x: usize, y: usize, relleno: Relleno) -> bool {
        let (bytes, forma) = self.despues;
        if forma.disposicion == Disposicion::Bits {
            return bit(bytes, forma, cuadro, x, y) == (relleno[0] & 1 == 1);
        }
        (0..forma.muestras).all(|muestra| forma.crudo(bytes, forma.lugar(x, y, muestra)) == relleno[muestra])
    }

    fn es_igual(&self, cuadro: usize, x: usize, y: usize) -> bool {
        let ((antes, forma), (despues, _)) = (self.antes, self.despues);
        if forma.disposicion == Disposicion::Bits {
            return bit(antes, forma, cuadro, x, y) == bit(despues, forma, cuadro, x, y);
        }
        (0..forma.muestras).all(|muestra| {
            let lugar = forma.lugar(x, y, muestra);
            antes[lugar..lugar + forma.bytes] == despues[lugar..lugar + forma.bytes]
        })
    }
}

fn bit(bytes: &[u8], forma: &Forma, cuadro: usize, x: usize, y: usize) -> bool {
    let bit = forma.primer_bit(cuadro) + y * forma.columnas + x;
    bytes[bit / 8] >> (bit % 8) & 1 == 1
}
