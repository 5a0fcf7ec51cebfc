use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

use crate::pixeles::{
    InformePixeles, Origen, PoliticaPixeles, RechazoPixeles, Region,
    interno::{Plano, Recuadro, Rigor, detectar},
};

/// Bytes of a decoded picture that are accepted.
const MAXIMO: usize = 1 << 30;
/// Times that a picture is looked at again after blanking what was found.
const REPASOS: usize = 8;

/// A decoded picture: rows of pixels whose samples have one or two bytes in the order of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lamina {
    pub ancho: usize,
    pub alto: usize,
    /// Grey, grey and opacity, colour, colour and opacity.
    pub canales: usize,
    /// Bytes of a sample.
    pub ancho_de_muestra: usize,
    pub bytes: Vec<u8>,
}

impl Lamina {
    /// Decodes a JPEG or a PNG; `expansion` is how many bytes one of the file can stand for.
    pub fn leer(bytes: &[u8], formato: ImageFormat, expansion: usize) -> Result<Self, RechazoPixeles> {
        let lector = || ImageReader::with_format(Cursor::new(bytes), formato);
        let (ancho, alto) = lector().into_dimensions().map_err(|_| RechazoPixeles::FormatoInvalido)?;
        comprobar(ancho as usize, alto as usize, bytes.len(), expansion)?;
        let mut limites = Limits::default();
        limites.max_alloc = Some(MAXIMO as u64);
        let mut lector = lector();
        lector.limits(limites);
        Self::de(lector.decode().map_err(|_| RechazoPixeles::FlujoDanado)?)
    }

    fn de(imagen: DynamicImage) -> Result<Self, RechazoPixeles> {
        let color = imagen.color();
        let canales = usize::from(color.channel_count());
        let ancho_de_muestra = usize::from(color.bytes_per_pixel()) / canales;
        if ancho_de_muestra > 2 {
            return Err(RechazoPixeles::FotometriaNoAdmitida);
        }
        let (ancho, alto) = (imagen.width() as usize, imagen.height() as usize);
        Ok(Self { ancho, alto, canales, ancho_de_muestra, bytes: imagen.into_bytes() })
    }

    fn opaca(&self) -> Option<usize> {
        self.canales.is_multiple_of(2).then(|| self.canales - 1)
    }

    fn canal(&self, canal: usize) -> Vec<u8> {
        let por_pixel = self.canales * self.ancho_de_muestra;
        let alto = if self.ancho_de_muestra == 2 && cfg!(target_endian = "little") { 1 } else { 0 };
        self.bytes[canal * self.ancho_de_muestra + alto..].iter().step_by(por_pixel).copied().collect()
    }

    /// What there is to look at: light or colour, and opacity where it draws something.
    fn planos(&self, tapados: &[Recuadro]) -> Vec<Plano> {
        let colores = if self.canales >= 3 { 3 } else { 1 };
        let color = Plano::nuevo(self.ancho, self.alto, (0..colores).map(|canal| self.canal(canal)).collect());
        let opacidad = self.opaca().map(|canal| self.canal(canal)).filter(|c| c.iter().any(|valor| *valor != c[0]));
        let opacidad = opacidad.map(|canal| Plano::nuevo(self.ancho, self.alto, vec![canal]));
        let planos = [Some(color), opacidad].into_iter().flatten();
        planos.map(|plano| Plano { tapados: tapados.to_vec(), ..plano }).collect()
    }

    /// Text outside of the boxes that are blank already.
    fn texto(&self, tapados: &[Recuadro]) -> Vec<Recuadro> {
        self.planos(tapados).iter().flat_map(|plano| detectar(plano, Rigor::Estricto)).collect()
    }

    fn tapar(&mut self, cajas: &[Recuadro]) {
        let por_pixel = self.canales * self.ancho_de_muestra;
        let negro = self.negro();
        for caja in cajas.iter().filter_map(|c| c.dentro_de(self.ancho as u32, self.alto as u32)) {
            for y in caja.y as usize..caja.abajo() as usize {
                let desde = (y * self.ancho + caja.x as usize) * por_pixel;
                let fila = &mut self.bytes[desde..desde + caja.ancho as usize * por_pixel];
                fila.chunks_exact_mut(por_pixel).for_each(|pixel| pixel.copy_from_slice(&negro));
            }
        }
    }

    /// A black, opaque pixel.
    fn negro(&self) -> Vec<u8> {
        let canal = |n| if Some(n) == self.opaca() { 0xFF } else { 0 };
        (0..self.canales).flat_map(|n| vec![canal(n); self.ancho_de_muestra]).collect()
    }

    /// Blanks the text and the reviewer's boxes of a page, and adds them to the report.
    pub fn limpiar(
        &mut self,
        pagina: u32,
        politica: &PoliticaPixeles,
        informe: &mut InformePixeles,
    ) -> Result<bool, RechazoPixeles> {
        informe.cuadros += 1;
        if politica.comprobados_aparte {
            return Ok(false);
        }
        let antes = informe.regiones.len();
        let suyas = politica.cuadros.iter().filter(|c| c.cuadro.is_none_or(|uno| uno == pagina));
        informe.regiones.extend(suyas.map(|c| Region::nueva(&c.recuadro(), Some(pagina), Origen::Revision)));
        self.tapar(&recuadros(&informe.regiones[antes..]));
        if politica.detectar {
            self.borrar_texto(pagina, antes, informe)?;
            informe.revisados = true;
        }
        let tocada = informe.regiones.len() > antes;
        informe.recodificado |= tocada;
        Ok(tocada)
    }

    /// The boxes of this page are those of the report from `antes` on.
    fn borrar_texto(&mut self, pagina: u32, antes: usize, informe: &mut InformePixeles) -> Result<(), RechazoPixeles> {
        for _ in 0..REPASOS {
            let hallado = self.texto(&recuadros(&informe.regiones[antes..]));
            if hallado.is_empty() {
                return Ok(());
            }
            self.tapar(&hallado);
            informe.regiones.extend(hallado.iter().map(|c| Region::nueva(c, Some(pagina), Origen::Texto)));
        }
        let limpia = self.texto(&recuadros(&informe.regiones[antes..])).is_empty();
        if limpia { Ok(()) } else { Err(RechazoPixeles::TextoRestante) }
    }

    /// Proves that `escrita` is this picture with the boxes of a page blanked and nothing else changed.
    pub fn comprobar(&self, escrita: &Self, pagina: u32, informe: &InformePixeles) -> Result<(), RechazoPixeles> {
        let igual_forma = (self.ancho, self.alto, self.canales, self.ancho_de_muestra)
            == (escrita.ancho, escrita.alto, escrita.canales, escrita.ancho_de_muestra);
        if !igual_forma || self.bytes.len() != escrita.bytes.len() {
            return Err(RechazoPixeles::PixelAlterado);
        }
        let suyas: Vec<Region> = informe.regiones.iter().filter(|r| r.caja.cuadro == Some(pagina)).copied().collect();
        let (cajas, negro) = (recuadros(&suyas), self.negro());
        let por_pixel = self.canales * self.ancho_de_muestra;
        let pixeles = self.bytes.chunks_exact(por_pixel).zip(escrita.bytes.chunks_exact(por_pixel));
        for (i, (antes, despues)) in pixeles.enumerate() {
            let tapado = cajas.iter().any(|c| c.contiene(i % self.ancho, i / self.ancho));
            match tapado {
                true if despues != negro => return Err(RechazoPixeles::RegionSinBorrar),
                false if antes != despues => return Err(RechazoPixeles::PixelAlterado),
                _ => {}
            }
        }
        if informe.revisados && !cajas.is_empty() && !escrita.texto(&cajas).is_empty() {
            return Err(RechazoPixeles::TextoRestante);
        }
        Ok(())
    }
}

/// Refuses a picture that its bytes cannot hold or that is larger than is accepted.
pub(super) fn comprobar(ancho: usize, alto: usize, bytes: usize, expansion: usize) -> Result<(), RechazoPixeles> {
    let pixeles = ancho.checked_mul(alto).ok_or(RechazoPixeles::DimensionesImposibles)?;
    let posible = pixeles > 0 && pixeles <= MAXIMO / 4 && pixeles / 8 <= bytes.saturating_mul(expansion);
    if posible { Ok(()) } else { Err(RechazoPixeles::DimensionesImposibles) }
}

fn recuadros(regiones: &[Region]) -> Vec<Recuadro> {
    regiones.iter().map(|r| r.caja.recuadro()).collect()
}
