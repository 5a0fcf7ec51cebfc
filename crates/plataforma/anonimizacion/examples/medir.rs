#![expect(clippy::print_stdout, reason = "a tool")]
use anonimizacion::{PoliticaPixeles, pixeles::{limpiar, verificar}};
fn main() {
    let mut args = std::env::args().skip(1).peekable();
    let salida = if args.peek().is_some_and(|a| a == "-o") { args.next(); args.next() } else { None };
    for ruta in args {
        let Ok(mut o) = dicom_object::open_file(&ruta) else { println!("{ruta} NOABRE"); continue };
        let original = o.clone();
        let politica = PoliticaPixeles { detectar: true, ..Default::default() };
        let t = std::time::Instant::now();
        match limpiar(&mut o, &politica) {
            Ok(i) => {
                let us = t.elapsed().as_micros();
                let mut bytes = Vec::new();
                let v = match o.write_all(&mut bytes).map(|()| dicom_object::from_reader(&bytes[..])) {
                    Ok(Ok(vuelto)) => { let t = std::time::Instant::now(); format!("{:?} {}us", verificar(&original, &vuelto, &i), t.elapsed().as_micros()) }
                    otro => format!("{:?}", otro.is_err()),
                };
                if let Some(dir) = &salida { let _ = std::fs::write(format!("{dir}/{}", ruta.rsplit('/').next().unwrap_or_default()), &bytes); }
                println!("{ruta}\t{us} us\t{}\t{v} n{} bits{} com{} sob{} ico{}", i.regiones.iter().map(|r| format!("{}:{},{},{},{}", r.caja.cuadro.map_or(-1, |c| c as i32), r.caja.x, r.caja.y, r.caja.ancho, r.caja.alto)).collect::<Vec<_>>().join(" "), i.cuadros, i.bits_ocultos, i.comentarios, i.bytes_sobrantes, i.iconos);
            }
            Err(e) => println!("{ruta}\t{}", e.codigo()),
        }
    }
}
