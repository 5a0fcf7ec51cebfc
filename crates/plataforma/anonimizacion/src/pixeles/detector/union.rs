use crate::pixeles::politica::Recuadro;

/// Gives each box a margin, joins those of a line, and drops those that lie in others.
pub(super) fn unir(hallados: Vec<Recuadro>, ancho: u32, alto: u32) -> Vec<Recuadro> {
    let con_margen = |c: Recuadro| {
        let letra = c.ancho.min(c.alto).min(48);
        let (a_lo_largo, a_lo_ancho) = (2 + letra / 3, 2 + letra / 6);
        if c.ancho >= c.alto {
            c.crecida(a_lo_largo, a_lo_ancho, ancho, alto)
        } else {
            c.crecida(a_lo_ancho, a_lo_largo, ancho, alto)
        }
    };
    let mut cajas: Vec<Recuadro> = hallados.into_iter().map(con_margen).collect();
    cajas.sort_unstable_by_key(|c| std::cmp::Reverse(c.area()));
    let mut unidas: Vec<Recuadro> = Vec::new();
    for caja in cajas {
        match unidas.iter_mut().find(|otra| ajustan(otra, &caja)) {
            Some(otra) => *otra = otra.union(&caja),
            None => unidas.push(caja),
        }
    }
    unidas
}

/// Whether one box around both would take little more than the two, measured by the smaller.
fn ajustan(una: &Recuadro, otra: &Recuadro) -> bool {
    let Some(comun) = una.comun(otra) else { return false };
    let sobra = una.union(otra).area() - (una.area() + otra.area() - comun.area());
    sobra * 2 <= una.area().min(otra.area())
}
