use std::path::Path;

use apache_avro::Schema;
use apache_avro::schema_compatibility::SchemaCompatibility;
use contratos::temas::TEMAS;

/// Every released version of every schema, as text.
fn publicados(tipo: &str) -> Vec<String> {
    let raiz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../schemas/publicados");
    let versiones = std::fs::read_dir(raiz).expect("schemas/publicados");
    versiones
        .map(|version| version.expect("carpeta").path().join(format!("{tipo}.avsc")))
        .filter(|ruta| ruta.exists())
        .map(|ruta| std::fs::read_to_string(ruta).expect("avsc"))
        .collect()
}

#[test]
fn cada_esquema_se_entiende_con_todas_sus_versiones_publicadas() {
    for tema in TEMAS {
        let actual = Schema::parse_str(tema.avsc).expect("esquema");
        let versiones = publicados(tema.tipo);
        assert!(!versiones.is_empty(), "{} no tiene version publicada", tema.tipo);
        for texto in versiones {
            let publicado = Schema::parse_str(&texto).expect("esquema publicado");
            SchemaCompatibility::mutual_read(&publicado, &actual)
                .unwrap_or_else(|error| panic!("{} no es FULL con lo publicado: {error}", tema.tipo));
        }
    }
}

#[test]
fn un_campo_obligatorio_nuevo_se_rechaza() {
    let tema = &TEMAS[0];
    let publicado = Schema::parse_str(tema.avsc).expect("esquema");
    let roto = tema.avsc.replacen(r#""fields": ["#, r#""fields": [{"name":"nuevo","type":"string"},"#, 1);
    let roto = Schema::parse_str(&roto).expect("esquema");
    assert!(SchemaCompatibility::mutual_read(&publicado, &roto).is_err());
}
