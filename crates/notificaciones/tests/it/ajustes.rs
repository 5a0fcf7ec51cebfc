use notificaciones::composicion::{AJUSTES_POR_DEFECTO, Ajustes, ModoCorreo};

fn con(mas: &str) -> Result<Ajustes, ajustes::ErrorAjustes> {
    let clave = format!("[claves]\nmaestra = \"{}=\"", "A".repeat(43));
    ajustes::cargar(&format!("{AJUSTES_POR_DEFECTO}\n{clave}\n{mas}"))
}

#[test]
fn los_ajustes_por_defecto_solo_necesitan_la_clave() {
    let (cimientos, propios) = con("").expect("valid").separar();
    assert_eq!(cimientos.http.puerto, 5003);
    assert_eq!(propios.correo.modo, ModoCorreo::Carpeta);
    assert!(ajustes::cargar::<Ajustes>(AJUSTES_POR_DEFECTO).is_err());
}

#[test]
fn un_ajuste_que_nadie_conoce_se_rechaza() {
    assert!(con("[corroe]\nmodo = \"smtp\"").is_err());
}
