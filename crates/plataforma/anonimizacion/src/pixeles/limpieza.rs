use dicom_object::DefaultDicomObject;

use super::{
    anidados,
    busqueda::{Busqueda, Cuadro, cuadro},
    codecs::Codec,
    datos::Datos,
    detector::Rigor,
    escritura::{Nuevos, escribir},
    forma::Fotometria,
    informe::{InformePixeles, Origen, RechazoPixeles, Region},
    paleta::Paleta,
    politica::PoliticaPixeles,
    reglas,
};

/// Removes from the pixels of an object what identifies a person, and keeps every other pixel as it is.
///
/// Text is blanked; bits beyond Bits Stored, icons, comments in compressed streams and bytes after the last frame go.
/// The attributes that the rules read (device, Burned In Annotation, ultrasound regions) must still be there.
pub fn limpiar(objeto: &mut DefaultDicomObject, politica: &PoliticaPixeles) -> Result<InformePixeles, RechazoPixeles> {
    let mut informe = InformePixeles { iconos: anidados::quitar(objeto)?, ..InformePixeles::default() };
    let nuevos = {
        let Some(datos) = Datos::leer(objeto)? else { return Ok(informe) };
        informe.cuadros = datos.cuadros;
        informe.rostro_reconocible = politica.avisar_rostro && reglas::cabeza(objeto);
        if politica.comprobados_aparte {
            return Ok(informe);
        }
        if !politica.detectar && politica.cuadros.is_empty() && reglas::texto_posible(objeto) {
            return Err(RechazoPixeles::NoComprobados);
        }
        let paleta = paleta(objeto, &datos)?;
        informe.regiones = conocidas(objeto, &datos, politica);
        let rigor = rigor(objeto);
        if politica.detectar {
            let busqueda = Busqueda { datos: &datos, paleta: paleta.as_ref(), rigor };
            let (halladas, ocultos) = busqueda.regiones(&informe.regiones)?;
            informe.regiones.extend(halladas);
            informe.bits_ocultos = ocultos;
            informe.revisados = true;
            if informe.regiones.is_empty() && reglas::dice_llevar_texto(objeto) {
                return Err(RechazoPixeles::TextoSinHallar);
            }
        }
        pixeles_nuevos(&datos, paleta.as_ref(), &mut informe)?
    };
    escribir(objeto, nuevos, &informe);
    Ok(informe)
}

pub(crate) fn rigor(objeto: &DefaultDicomObject) -> Rigor {
    if reglas::texto_probable(objeto) { Rigor::Estricto } else { Rigor::Normal }
}

pub(crate) fn paleta(objeto: &DefaultDicomObject, datos: &Datos<'_>) -> Result<Option<Paleta>, RechazoPixeles> {
    (datos.forma.fotometria == Fotometria::Paleta).then(|| Paleta::leer(objeto)).transpose()
}

fn conocidas(objeto: &DefaultDicomObject, datos: &Datos<'_>, politica: &PoliticaPixeles) -> Vec<Region> {
    let revisadas = politica.cuadros.iter().map(|caja| Region { caja: *caja, origen: Origen::Revision });
    let de_reglas = if politica.detectar { reglas::regiones(objeto, &datos.forma) } else { Vec::new() };
    revisadas.chain(de_reglas).collect()
}

/// The pixels as they have to be written; `None` where they stay byte by byte.
fn pixeles_nuevos(
    datos: &Datos<'_>,
    paleta: Option<&Paleta>,
    informe: &mut InformePixeles,
) -> Result<Option<Nuevos>, RechazoPixeles> {
    if datos.codec == Codec::Nativo {
        return nativos(datos, paleta, informe).map(Some);
    }
    informe.recodificado = informe.bits_ocultos > 0 || !informe.regiones.is_empty();
    if informe.recodificado {
        return recodificados(datos, paleta, informe).map(Some);
    }
    let mut flujos = Vec::new();
    for numero in 0..datos.cuadros {
        let limpio = datos.codec.sin_comentarios(datos.flujo(numero)?)?;
        informe.comentarios += limpio.quitados;
        informe.bytes_sobrantes += limpio.sobrantes;
        flujos.push(limpio.bytes);
    }
    let cambian = informe.comentarios > 0 || informe.bytes_sobrantes > 0;
    Ok(cambian.then_some(Nuevos::Flujos(flujos)))
}

fn nativos(datos: &Datos<'_>, paleta: Option<&Paleta>, informe: &mut InformePixeles) -> Result<Nuevos, RechazoPixeles> {
    let todos = datos.nativos().ok_or(RechazoPixeles::DescripcionInvalida)?;
    let (_, fin) = datos.extremos(datos.cuadros - 1);
    let mut bytes = todos.get(..fin).ok_or(RechazoPixeles::PixelesIncompletos)?.to_vec();
    let cola = &todos[fin..];
    informe.bytes_sobrantes = if cola == [0] { 0 } else { cola.len() as u64 };
    informe.bits_ocultos = 0;
    for numero in 0..datos.cuadros {
        let (inicio, fin) = datos.extremos(numero);
        let Cuadro { bytes: limpios, forma, relleno, bits_ocultos, .. } = cuadro(datos, paleta, numero)?;
        informe.bits_ocultos += bits_ocultos;
        let suyos = &mut bytes[inicio..fin];
        if bits_ocultos > 0 {
            suyos.copy_from_slice(&limpios);
        }
        super::relleno::tapar(suyos, &forma, numero as usize, &informe.recuadros(numero), relleno);
    }
    informe.recodificado = bytes[..] != todos[..fin];
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    Ok(Nuevos::Nativos { bytes, forma: datos.forma.clone(), tag: datos.tag, de: datos.codec })
}

/// RLE and JPEG-LS are written again as they were; everything else without compression.
fn recodificados(
    datos: &Datos<'_>,
    paleta: Option<&Paleta>,
    informe: &InformePixeles,
) -> Result<Nuevos, RechazoPixeles> {
    let mut flujos = Vec::new();
    let mut nativos = Vec::new();
    let mut forma = datos.forma.clone();
    for numero in 0..datos.cuadros {
        let mut cuadro = cuadro(datos, paleta, numero)?;
        cuadro.tapar(numero, &informe.recuadros(numero));
        forma = cuadro.forma.clone();
        match datos.codec.codificar(&cuadro.bytes, &cuadro.forma) {
            Some(mut flujo) => {
                if flujo.len() % 2 == 1 {
                    flujo.push(0);
                }
                flujos.push(flujo);
            }
            None => nativos.extend(cuadro.bytes),
        }
    }
    if !flujos.is_empty() {
        return Ok(Nuevos::Recodificados { flujos, forma, de: datos.codec });
    }
    if nativos.len() % 2 == 1 {
        nativos.push(0);
    }
    Ok(Nuevos::Nativos { bytes: nativos, forma, tag: datos.tag, de: datos.codec })
}
