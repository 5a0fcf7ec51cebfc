use procesamiento::AJUSTES;
use proceso::Cimientos;

use crate::banco::MAESTRA;

#[test]
fn los_valores_por_defecto_solo_necesitan_la_clave_maestra() {
    let completos = format!("{AJUSTES}\n[claves]\nmaestra = \"{MAESTRA}\"\n");

    let cargados: Cimientos = ajustes::cargar(&completos).expect("the settings load");

    assert_eq!(cargados.http.socket().to_string(), "127.0.0.1:5002");
}
