use super::ficha::{Ficha, Lamina};
use crate::{Clase, Definicion, Paso, Reversa};

/// Nodes go by their place, so that no key has to be a Mermaid identifier.
pub(super) fn dibujar(definicion: &Definicion, lamina: &Lamina) -> String {
    let pasos = definicion.pasos();
    let mut lineas = vec!["flowchart LR".to_owned(), format!("  accTitle: {}", llano(&lamina.titulo))];
    let nodos = pasos.iter().zip(&lamina.fichas).enumerate();
    lineas.extend(nodos.map(|(indice, (paso, ficha))| nodo(indice, paso, ficha)));
    for (indice, paso) in pasos.iter().enumerate() {
        let lugar = |clave: &String| pasos.iter().position(|otro| otro.clave == *clave);
        let previos = paso.despues_de.iter().filter_map(lugar);
        lineas.extend(previos.map(|previo| format!("  p{previo} --> p{indice}")));
        if let Reversa::Por(otro) = &paso.reversa
            && let Some(otro) = lugar(otro)
        {
            lineas.push(format!("  p{otro} -. \"deshace\" .-> p{indice}"));
        }
    }
    lineas.extend(lamina.tonos().into_iter().map(|tono| {
        let (fondo, borde) = tono.colores();
        format!("  classDef {} fill:{fondo},stroke:{borde},color:#111827", tono.nombre())
    }));
    lineas.join("\n") + "\n"
}

fn nodo(indice: usize, paso: &Paso, ficha: &Ficha) -> String {
    let textos = std::iter::once(&ficha.clave).chain(&ficha.lineas).map(|texto| escapar(texto));
    let texto = textos.collect::<Vec<_>>().join("<br/>");
    let (abre, cierra) = match paso.clase {
        Clase::Compensable => ("[", "]"),
        Clase::Pivote => ("{{", "}}"),
        Clase::Reintentable => ("(", ")"),
    };
    format!("  p{indice}{abre}\"{texto}\"{cierra}:::{}", ficha.tono.nombre())
}

/// Everything that could be markup, as a character code.
fn escapar(texto: &str) -> String {
    let mut escapado = String::with_capacity(texto.len());
    for letra in texto.chars() {
        if letra.is_alphanumeric() || " _-.,:·".contains(letra) {
            escapado.push(letra);
        } else {
            escapado.push_str(&format!("#{};", u32::from(letra)));
        }
    }
    escapado
}

/// A title is one line and knows no codes.
fn llano(texto: &str) -> String {
    let legible = |letra: char| letra.is_alphanumeric() || " _-.,·".contains(letra);
    texto.chars().map(|letra| if legible(letra) { letra } else { '_' }).collect()
}
