use super::ficha::{Ficha, Lamina};
use super::trazado::{Lugar, Trazado};
use crate::{Clase, Definicion, Reversa};

const ANCHO: usize = 232;
const HUECO: usize = 56;
const MARGEN: usize = 24;
const CABECERA: usize = 48;
const RENGLON: usize = 16;
/// Letters that fit in a card's first line and in the others.
const LETRAS: [usize; 2] = [26, 36];

/// Sizes of one drawing, in pixels.
struct Hoja {
    trazado: Trazado,
    alto_ficha: usize,
}

pub(super) fn dibujar(definicion: &Definicion, lamina: &Lamina) -> String {
    let renglones = lamina.fichas.iter().map(|ficha| ficha.lineas.len()).max().unwrap_or(0);
    let hoja = Hoja { trazado: Trazado::de(definicion), alto_ficha: 40 + RENGLON * renglones };
    let (ancho, alto) = hoja.tamano();
    let titulo = escapar(&lamina.titulo);
    let mut partes = vec![
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{ancho}" height="{alto}" viewBox="0 0 {ancho} {alto}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#111827">"##
        ),
        format!("<title>{titulo}</title>"),
        r##"<defs><marker id="punta" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#374151"/></marker></defs>"##.to_owned(),
        r##"<rect width="100%" height="100%" fill="#ffffff"/>"##.to_owned(),
        format!(r#"<text x="{MARGEN}" y="32" font-size="15" font-weight="600">{titulo}</text>"#),
    ];
    partes.extend(enlaces(definicion, &hoja));
    let fichas = definicion.pasos().iter().zip(&lamina.fichas).zip(&hoja.trazado.lugares);
    partes.extend(fichas.map(|((paso, ficha), lugar)| dibujar_ficha(ficha, paso.clase, &hoja, *lugar)));
    partes.push("</svg>\n".to_owned());
    partes.join("\n")
}

impl Hoja {
    /// Room for the arcs of undos below the last row.
    fn tamano(&self) -> (usize, usize) {
        let columnas = (self.trazado.columnas * (ANCHO + HUECO)).saturating_sub(HUECO);
        (2 * MARGEN + columnas, CABECERA + 2 * MARGEN + self.trazado.filas * self.alto_fila())
    }

    const fn alto_fila(&self) -> usize {
        self.alto_ficha + HUECO
    }

    /// The upper left corner of a card.
    const fn esquina(&self, lugar: Lugar) -> (usize, usize) {
        let x = MARGEN + lugar.columna * (ANCHO + HUECO);
        (x, CABECERA + MARGEN + lugar.media_fila * self.alto_fila() / 2)
    }
}

fn enlaces(definicion: &Definicion, hoja: &Hoja) -> Vec<String> {
    let pasos = definicion.pasos();
    let lugar = |clave: &String| {
        let indice = pasos.iter().position(|paso| paso.clave == *clave)?;
        Some(hoja.trazado.lugares[indice])
    };
    let mut enlaces = Vec::new();
    for (paso, destino) in pasos.iter().zip(&hoja.trazado.lugares) {
        enlaces.extend(paso.despues_de.iter().filter_map(lugar).map(|origen| flecha(hoja, origen, *destino)));
        if let Reversa::Por(otro) = &paso.reversa
            && let Some(origen) = lugar(otro)
        {
            enlaces.push(arco(hoja, origen, *destino, otro, &paso.clave));
        }
    }
    enlaces
}

/// From the right side of a card to the left side of another; over the cards between them, if any.
fn flecha(hoja: &Hoja, origen: Lugar, destino: Lugar) -> String {
    let ((x1, y1), (x2, y2)) = (hoja.esquina(origen), hoja.esquina(destino));
    let (x1, y1, y2) = (x1 + ANCHO, y1 + hoja.alto_ficha / 2, y2 + hoja.alto_ficha / 2);
    let salta = destino.columna > origen.columna + 1;
    let desvio = if salta { hoja.alto_ficha * 3 / 4 } else { 0 };
    let (c1, c2) = (x1 + HUECO / 2, x2 - HUECO / 2);
    let (a1, a2) = (y1.saturating_sub(desvio), y2.saturating_sub(desvio));
    format!(
        r##"<path d="M{x1} {y1} C{c1} {a1} {c2} {a2} {x2} {y2}" fill="none" stroke="#374151" stroke-width="1.5" marker-end="url(#punta)"/>"##
    )
}

/// Below the cards, from the step whose undo also undoes the other.
fn arco(hoja: &Hoja, origen: Lugar, destino: Lugar, quien: &str, a_quien: &str) -> String {
    let ((x1, y1), (x2, y2)) = (hoja.esquina(origen), hoja.esquina(destino));
    let (x1, x2) = (x1 + ANCHO / 2, x2 + ANCHO / 2);
    let (y1, y2) = (y1 + hoja.alto_ficha, y2 + hoja.alto_ficha);
    let fondo = y1.max(y2) + HUECO * 3 / 4;
    format!(
        r##"<path d="M{x1} {y1} C{x1} {fondo} {x2} {fondo} {x2} {y2}" fill="none" stroke="#6d28d9" stroke-dasharray="4 3" marker-end="url(#punta)"><title>{}</title></path>"##,
        escapar(&format!("deshacer {quien} deshace también {a_quien}"))
    )
}

fn dibujar_ficha(ficha: &Ficha, clase: Clase, hoja: &Hoja, lugar: Lugar) -> String {
    let (x, y) = hoja.esquina(lugar);
    let (fondo, borde) = ficha.tono.colores();
    let (radio, grosor) = match clase {
        Clase::Compensable => (6, "1.5"),
        Clase::Pivote => (0, "3"),
        Clase::Reintentable => (18, "1.5"),
    };
    let alto = hoja.alto_ficha;
    let completo = std::iter::once(&ficha.clave).chain(&ficha.lineas).cloned().collect::<Vec<_>>().join("\n");
    let mut partes = vec![
        format!("<g><title>{}</title>", escapar(&completo)),
        format!(
            r#"<rect x="{x}" y="{y}" width="{ANCHO}" height="{alto}" rx="{radio}" fill="{fondo}" stroke="{borde}" stroke-width="{grosor}"/>"#
        ),
        texto(x, y + 26, r#" font-size="14" font-weight="600""#, &ficha.clave, LETRAS[0]),
    ];
    let renglones = ficha.lineas.iter().enumerate();
    partes.extend(renglones.map(|(indice, linea)| texto(x, y + 46 + RENGLON * indice, "", linea, LETRAS[1])));
    partes.push("</g>".to_owned());
    partes.join("")
}

fn texto(x: usize, y: usize, atributos: &str, contenido: &str, letras: usize) -> String {
    let cabe = contenido.chars().count() <= letras;
    let visible: String =
        if cabe { contenido.to_owned() } else { contenido.chars().take(letras - 1).chain(['…']).collect() };
    format!(r#"<text x="{}" y="{y}"{atributos}>{}</text>"#, x + 14, escapar(&visible))
}

/// Text as XML; what XML cannot hold becomes the replacement character.
fn escapar(texto: &str) -> String {
    let mut escapado = String::with_capacity(texto.len());
    for letra in texto.chars() {
        match letra {
            '&' => escapado.push_str("&amp;"),
            '<' => escapado.push_str("&lt;"),
            '>' => escapado.push_str("&gt;"),
            '"' => escapado.push_str("&quot;"),
            '\'' => escapado.push_str("&#39;"),
            '\n' | '\t' => escapado.push(letra),
            '\u{fffe}' | '\u{ffff}' => escapado.push('\u{fffd}'),
            _ if letra.is_control() => escapado.push('\u{fffd}'),
            _ => escapado.push(letra),
        }
    }
    escapado
}
