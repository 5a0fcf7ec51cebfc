use procesamiento::{AJUSTES, Ajustes};

use crate::banco::MAESTRA;

#[test]
fn los_valores_por_defecto_solo_necesitan_la_clave_maestra() {
    let completos = format!("{AJUSTES}\n[claves]\nmaestra = \"{MAESTRA}\"\n");

    let (cimientos, propios) = ajustes::cargar::<Ajustes>(&completos).expect("the settings load").separar();

    assert_eq!(propios.almacen.cuarentena, "almacen/cuarentena");
    assert_eq!(cimientos.http.socket().to_string(), "127.0.0.1:5002");
}

#[test]
fn un_limite_de_cero_no_es_un_limite() {
    let completos = format!("{AJUSTES}\n[claves]\nmaestra = \"{MAESTRA}\"\n");
    for linea in ["archivo_maximo_bytes = 268435456", "paquete_maximo_archivos = 2000", "memoria_mib = 2048"] {
        let (nombre, _) = linea.split_once(" = ").expect("a setting");
        let cero = completos.replace(linea, &format!("{nombre} = 0"));
        let error = ajustes::cargar::<Ajustes>(&cero).expect_err("refused");
        assert!(error.to_string().contains(nombre), "{error}");
    }
}
