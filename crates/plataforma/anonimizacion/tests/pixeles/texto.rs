//! What is found and what is not.

use anonimizacion::InformePixeles;
use dicom_dictionary_std::{tags, uids};

use crate::{
    dibujo::{Dibujo, Zona},
    imagenes::{Descripcion, GRIS, bytes, limpia, nativa, texto},
};

const NOMBRE: &str = "GARCIA^LOPEZ 12/03/1961";

fn informe(dibujo: &Dibujo) -> InformePixeles {
    let objeto = nativa(dibujo, GRIS, dibujo.luz.clone(), uids::EXPLICIT_VR_LITTLE_ENDIAN);
    limpia(&objeto).expect("clean").1
}

fn tapado(informe: &InformePixeles, zona: Zona) -> f64 {
    let dentro = |(x, y): &(usize, usize)| {
        let (x, y) = (*x as u32, *y as u32);
        let en = |c: &anonimizacion::Caja| x >= c.x && x < c.x + c.ancho && y >= c.y && y < c.y + c.alto;
        informe.regiones.iter().any(|region| en(&region.caja))
    };
    zona.puntos().filter(dentro).count() as f64 / zona.puntos().count() as f64
}

fn area(informe: &InformePixeles) -> u64 {
    informe.regiones.iter().map(|r| u64::from(r.caja.ancho) * u64::from(r.caja.alto)).sum()
}

fn fondos() -> [(&'static str, Dibujo); 5] {
    [
        ("black", Dibujo::liso(640, 480, 0)),
        ("white", Dibujo::liso(640, 480, 240)),
        ("gradient", Dibujo::con(640, 480, |x, y| (x + y) as f64 / 5.0)),
        ("anatomy", Dibujo::anatomia(640, 480)),
        ("grain", Dibujo::grano(640, 480, 12.0)),
    ]
}

#[test]
fn encuentra_texto_de_todos_los_tamanos_sobre_cualquier_fondo() {
    for (nombre, fondo) in fondos() {
        for aumento in 1..=5 {
            for luz in [0, 255] {
                let mut dibujo = fondo.clone();
                let texto = &NOMBRE[..NOMBRE.len().min(600 / (8 * aumento))];
                let zona = dibujo.escribir(texto, 20, 200, aumento, luz);
                let contraste = zona.puntos().any(|(x, y)| fondo.luz[y * 640 + x].abs_diff(luz) > 60);
                let cubierto = tapado(&informe(&dibujo), zona);
                assert!(!contraste || cubierto > 0.8, "{nombre} x{aumento} {luz}: {cubierto}");
            }
        }
    }
}

#[test]
fn encuentra_texto_de_poco_contraste() {
    for luz in [98, 142] {
        let mut dibujo = Dibujo::liso(640, 480, 120);
        let zona = dibujo.escribir(NOMBRE, 30, 100, 2, luz);
        // A corner of another light keeps the range of the picture wide.
        dibujo.luz[..640 * 4].fill(255);
        dibujo.luz[640 * 4..640 * 8].fill(0);
        let cubierto = tapado(&informe(&dibujo), zona);
        assert!(cubierto > 0.8, "{luz}: {cubierto}");
    }
}

#[test]
fn encuentra_texto_vertical_y_boca_abajo() {
    for (nombre, fondo) in fondos() {
        for aumento in [1, 2, 3] {
            let mut dibujo = fondo.clone();
            let zona = dibujo.escribir(NOMBRE, 20, 420, aumento, if nombre == "white" { 0 } else { 255 });
            let de_pie = dibujo.girado();
            let cubierto = tapado(&informe(&de_pie), zona.girada(dibujo.ancho));
            assert!(cubierto > 0.8, "{nombre} x{aumento}: {cubierto}");
            let zona_abajo = zona.girada(dibujo.ancho).girada(de_pie.ancho);
            let cubierto = tapado(&informe(&de_pie.girado()), zona_abajo);
            assert!(cubierto > 0.8, "{nombre} x{aumento} upside down: {cubierto}");
        }
    }
}

#[test]
fn no_ve_texto_donde_no_lo_hay() {
    let sin_texto = [
        Dibujo::anatomia(640, 480),
        Dibujo::anatomia(512, 512),
        Dibujo::grano(512, 512, 25.0),
        Dibujo::grano(512, 512, 60.0),
        Dibujo::con(512, 512, |x, y| (x * y) as f64 / 1030.0),
        Dibujo::con(512, 512, |x, y| if (x as f64 - 250.0).hypot(y as f64 - 260.0) < 180.0 { 190.0 } else { 5.0 }),
        Dibujo::liso(512, 512, 90),
    ];
    for (i, dibujo) in sin_texto.iter().enumerate() {
        let informe = informe(dibujo);
        let parte = area(&informe) as f64 / dibujo.luz.len() as f64;
        assert!(parte < 0.005, "{i}: {parte} {:?}", informe.regiones);
        assert!(informe.revisados);
    }
}

#[test]
fn el_texto_quieto_de_una_secuencia_se_tapa_en_todos_los_cuadros() {
    let como = Descripcion { cuadros: 6, ..GRIS };
    let mut zona = None;
    let mut muestras = Vec::new();
    for cuadro in 0..6 {
        let mut dibujo =
            Dibujo::con(320, 240, |x, y| 60.0 + 50.0 * ((x + 9 * cuadro) as f64 / 17.0).sin() + y as f64 / 9.0);
        zona = Some(dibujo.escribir("ID 4458-22310", 40, 150, 2, 255));
        muestras.extend(dibujo.luz);
    }
    let lienzo = Dibujo::liso(320, 240, 0);
    let objeto = nativa(&lienzo, como, muestras, uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let (limpio, _) = limpia(&objeto).expect("clean");
    let limpios = bytes(&limpio);
    for (x, y) in zona.expect("a box").puntos() {
        let borrados = (0..6).filter(|cuadro| limpios[cuadro * 320 * 240 + y * 320 + x] == 0).count();
        assert_eq!(borrados, 6, "({x}, {y})");
    }
    assert_eq!(texto(&limpio, tags::BURNED_IN_ANNOTATION), "NO");
}
