use std::{fs, path::PathBuf, process::Command};

use crate::{
    MAESTRA,
    archivo::{EXPLICITA, documento, restos, tomografia},
};

struct Carpeta(PathBuf);

impl Carpeta {
    fn nueva(nombre: &str) -> Self {
        let carpeta = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(nombre);
        if carpeta.exists() {
            fs::remove_dir_all(&carpeta).expect("removed");
        }
        fs::create_dir_all(carpeta.join("entrada/dentro")).expect("created");
        fs::write(carpeta.join("clave"), MAESTRA).expect("written");
        Self(carpeta)
    }

    fn anonimizar(&self) -> (Option<i32>, String, serde_json::Value) {
        let salida = Command::new(env!("CARGO_BIN_EXE_anonimizar"))
            .arg(self.0.join("entrada"))
            .arg("--salida")
            .arg(self.0.join("salida"))
            .arg("--clave-archivo")
            .arg(self.0.join("clave"))
            .arg("--informe")
            .arg(self.0.join("informe.json"))
            .args(["--pixeles", "aparte"])
            .output()
            .expect("it runs");
        let informe = fs::read(self.0.join("informe.json")).expect("a report");
        let texto = String::from_utf8(salida.stdout).expect("text");
        (salida.status.code(), texto, serde_json::from_slice(&informe).expect("json"))
    }
}

#[test]
fn una_carpeta_se_limpia_con_nombres_que_no_dicen_nada() {
    let carpeta = Carpeta::nueva("orden_limpia");
    fs::write(carpeta.0.join("entrada/dentro/Quiroga Pablo"), tomografia().archivo(EXPLICITA)).expect("written");
    let (codigo, resumen, informe) = carpeta.anonimizar();
    assert_eq!(codigo, Some(0), "{informe}");
    assert!(resumen.contains("1 entradas: 1 limpias y comprobadas"), "{resumen}");
    assert_eq!(informe["ficheros"][0]["estado"], "limpio");
    let escritos: Vec<_> = fs::read_dir(carpeta.0.join("salida")).expect("a folder").flatten().collect();
    assert_eq!(escritos.len(), 1);
    let ruta = escritos[0].path();
    assert!(ruta.file_name().is_some_and(|nombre| nombre.to_string_lossy().starts_with("2.25.")));
    assert_eq!(restos(&fs::read(ruta).expect("a file")), Vec::<&str>::new());
}

#[test]
fn lo_que_no_se_limpia_no_se_escribe_y_se_dice_por_que() {
    let carpeta = Carpeta::nueva("orden_cuarentena");
    fs::write(carpeta.0.join("entrada/a.dcm"), documento().archivo(EXPLICITA)).expect("written");
    fs::write(carpeta.0.join("entrada/b.txt"), "hola").expect("written");
    let (codigo, _, informe) = carpeta.anonimizar();
    assert_eq!(codigo, Some(2));
    let estado = |lugar: usize, campo: &str| informe["ficheros"][lugar][campo].as_str().map(str::to_owned);
    assert_eq!(estado(0, "estado").as_deref(), Some("cuarentena"));
    assert_eq!(estado(0, "razon").as_deref(), Some("documento_encapsulado"));
    assert_eq!(estado(1, "estado").as_deref(), Some("rechazado"));
    assert_eq!(estado(1, "razon").as_deref(), Some("formato_desconocido"));
    assert_eq!(fs::read_dir(carpeta.0.join("salida")).expect("a folder").count(), 0);
}
