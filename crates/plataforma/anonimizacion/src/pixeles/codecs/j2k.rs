//! JPEG 2000 and High-Throughput JPEG 2000.

use jpeg2k::Image;

use super::segmentos::Limpio;
use crate::pixeles::{
    forma::{Forma, Fotometria},
    informe::RechazoPixeles,
};

const SIZ: usize = 4;
const COD: u16 = 0xFF52;
const COM: u16 = 0xFF64;
const SOT: u16 = 0xFF90;
const SOD: u16 = 0xFF93;
const EOC: u16 = 0xFFD9;
/// An empty code block costs a fraction of a bit; what is beyond this is not an image.
const EXPANSION: usize = 16_384;
/// Tiles that are accepted in a frame.
const TESELAS: u64 = 65_535;

/// The code stream itself, whether or not boxes of JP2 are around it.
fn nucleo(flujo: &[u8]) -> Result<&[u8], RechazoPixeles> {
    if flujo.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) {
        return Ok(flujo);
    }
    if flujo.get(4..8) != Some(b"jP  ") {
        return Err(RechazoPixeles::FlujoDanado);
    }
    let inicio = flujo.windows(4).position(|w| w == [0xFF, 0x4F, 0xFF, 0x51]).ok_or(RechazoPixeles::FlujoDanado)?;
    Ok(&flujo[inicio..])
}

fn dos(bytes: &[u8], en: usize) -> Result<u16, RechazoPixeles> {
    let par = bytes.get(en..en + 2).ok_or(RechazoPixeles::FlujoDanado)?;
    Ok(u16::from_be_bytes([par[0], par[1]]))
}

fn cuatro(bytes: &[u8], en: usize) -> Result<u32, RechazoPixeles> {
    Ok(u32::from(dos(bytes, en)?) << 16 | u32::from(dos(bytes, en + 2)?))
}

/// Compares the size marker with what the attributes say.
fn comprobar(nucleo: &[u8], forma: &Forma) -> Result<(), RechazoPixeles> {
    let campo = |i: usize| cuatro(nucleo, SIZ + 4 + 4 * i);
    let [ancho, alto, x, y] = [campo(0)?, campo(1)?, campo(2)?, campo(3)?];
    let [tesela_ancho, tesela_alto] = [campo(4)?, campo(5)?];
    let componentes = usize::from(dos(nucleo, SIZ + 36)?);
    if (ancho.checked_sub(x), alto.checked_sub(y)) != (Some(forma.columnas as u32), Some(forma.filas as u32)) {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    let teselas = |lado: u32, tesela: u32| u64::from(lado).div_ceil(u64::from(tesela.max(1)));
    if tesela_ancho == 0 || tesela_alto == 0 || teselas(ancho, tesela_ancho) * teselas(alto, tesela_alto) > TESELAS {
        return Err(RechazoPixeles::FlujoDanado);
    }
    let detalles = nucleo.get(SIZ + 38..SIZ + 38 + 3 * componentes).ok_or(RechazoPixeles::FlujoDanado)?;
    let caben = detalles.chunks(3).all(|c| usize::from(c[0] & 0x7F) < 8 * forma.bytes && c[1] == 1 && c[2] == 1);
    if componentes != forma.muestras || !caben || forma.bytes > 4 {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    if forma.puntos() > nucleo.len().saturating_mul(EXPANSION) {
        return Err(RechazoPixeles::DimensionesImposibles);
    }
    Ok(())
}

/// Decodes a frame; the colour transformation of the stream, if it has one, is undone.
pub(super) fn decodificar(flujo: &[u8], forma: &Forma) -> Result<(Vec<u8>, Fotometria), RechazoPixeles> {
    let nucleo = nucleo(flujo)?;
    comprobar(nucleo, forma)?;
    let imagen = Image::from_bytes(nucleo).map_err(|_| RechazoPixeles::FlujoDanado)?;
    let componentes = imagen.components();
    let completos = componentes.iter().all(|c| c.data().len() == forma.puntos());
    if componentes.len() != forma.muestras || !completos {
        return Err(RechazoPixeles::FlujoIncoherente);
    }
    let por_pixel = forma.muestras * forma.bytes;
    let mut salida = vec![0; forma.puntos() * por_pixel];
    for (i, componente) in componentes.iter().enumerate() {
        let lugares =
            salida.chunks_exact_mut(por_pixel).map(|pixel| &mut pixel[i * forma.bytes..(i + 1) * forma.bytes]);
        for (lugar, valor) in lugares.zip(componente.data()) {
            lugar.copy_from_slice(&valor.to_le_bytes()[..forma.bytes]);
        }
    }
    let fotometria = if con_transformacion(nucleo)? { Fotometria::Rgb } else { forma.fotometria };
    Ok((salida, fotometria))
}

/// Whether the stream says that its components were transformed from RGB.
fn con_transformacion(nucleo: &[u8]) -> Result<bool, RechazoPixeles> {
    let mut en = 2;
    loop {
        match dos(nucleo, en)? {
            COD => return Ok(nucleo.get(en + 8) == Some(&1)),
            SOT | SOD | EOC => return Ok(false),
            _ => en += 2 + usize::from(dos(nucleo, en + 2)?),
        }
    }
}

/// The stream with its image data as it is; comments blanked in place, boxes and trailing bytes gone.
pub(super) fn limpiar(flujo: &[u8]) -> Result<Limpio, RechazoPixeles> {
    let nucleo = nucleo(flujo)?;
    let mut limpio = Limpio { bytes: nucleo.to_vec(), quitados: 0, sobrantes: (flujo.len() - nucleo.len()) as u64 };
    let mut en = blanquear(&mut limpio, 2)?;
    while dos(nucleo, en)? == SOT {
        let largo = cuatro(nucleo, en + 6)? as usize;
        blanquear(&mut limpio, en + 12)?;
        en = if largo == 0 { fin(nucleo) } else { en.saturating_add(largo.max(14)) };
    }
    if dos(nucleo, en)? != EOC {
        return Err(RechazoPixeles::FlujoDanado);
    }
    let cola = &nucleo[en + 2..];
    if cola != [0] {
        limpio.sobrantes += cola.len() as u64;
    }
    limpio.bytes.truncate(en + 2);
    if limpio.bytes.len() % 2 == 1 {
        limpio.bytes.push(0);
    }
    Ok(limpio)
}

fn fin(nucleo: &[u8]) -> usize {
    nucleo.windows(2).rposition(|par| par == [0xFF, 0xD9]).unwrap_or(nucleo.len())
}

/// Blanks the comments of a header that begins at `en`; tells where it ends.
fn blanquear(limpio: &mut Limpio, mut en: usize) -> Result<usize, RechazoPixeles> {
    loop {
        let marcador = dos(&limpio.bytes, en)?;
        if matches!(marcador, SOT | SOD | EOC) {
            return Ok(en);
        }
        let largo = usize::from(dos(&limpio.bytes, en + 2)?);
        let cuerpo = limpio.bytes.get_mut(en + 4..en + 2 + largo).ok_or(RechazoPixeles::FlujoDanado)?;
        if marcador == COM && cuerpo.len() > 2 && !es_firma(&cuerpo[2..]) && cuerpo[2..].iter().any(|b| *b != b' ') {
            cuerpo[2..].fill(b' ');
            limpio.quitados += 1;
        }
        en += 2 + largo;
    }
}

/// The line that an encoder leaves about itself: nothing but its name and version.
fn es_firma(comentario: &[u8]) -> bool {
    let version = |resto: &[u8]| resto.len() <= 8 && resto.iter().all(|b| b.is_ascii_digit() || b".v".contains(b));
    let firmas: [&[u8]; 2] = [b"Created by OpenJPEG version ", b"Kakadu-"];
    firmas.iter().any(|firma| comentario.strip_prefix(*firma).is_some_and(version))
}
