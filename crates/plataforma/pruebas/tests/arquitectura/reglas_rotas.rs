//! The test of the tests: a sound little tree passes, and each rule catches its own breakage.

use super::arbol::{Arbol, Falta, Paquete};
use super::mensajes::Fila;
use super::{capas, dependencias, estructura, fallos, mensajes};

const AVSC: &str = r#"{"type": "record", "name": "EventoProbado"}"#;

fn tabla() -> Vec<Fila<'static>> {
    vec![Fila { tema: "prueba-hecha", tipo: "EventoProbado", avsc: AVSC }]
}

fn paquete(nombre: &str, carpeta: &str, dependencias: &[&str]) -> Paquete {
    let dependencias = dependencias.iter().map(|&otra| otra.to_owned()).collect();
    Paquete { nombre: nombre.to_owned(), carpeta: carpeta.to_owned(), dependencias }
}

/// Two services, a platform crate and a schema, all in order.
fn sano() -> Arbol {
    let mut arbol = Arbol {
        paquetes: vec![
            paquete("uno", "crates/uno", &["contratos", "sqlx"]),
            paquete("dos", "crates/dos", &["contratos"]),
            paquete("contratos", "crates/plataforma/contratos", &["serde"]),
            paquete("xtask", "crates/xtask", &["contratos"]),
            paquete("simulacion", "crates/simulacion", &["uno", "dos"]),
        ],
        ..Arbol::default()
    };
    for servicio in ["uno", "dos"] {
        for archivo in [
            "Cargo.toml",
            "config/default.toml",
            "src/main.rs",
            "src/lib.rs",
            "src/dominio/mod.rs",
            "src/aplicacion/mod.rs",
            "src/infraestructura/pg_cosas.rs",
            "src/api/mod.rs",
            "tests/it/main.rs",
        ] {
            poner(&mut arbol, &format!("crates/{servicio}/{archivo}"), "");
        }
        let composicion = "use crate::{aplicacion::puertos::Cosas, infraestructura::PgCosas};";
        poner(&mut arbol, &format!("crates/{servicio}/src/composicion.rs"), composicion);
    }
    for archivo in [".sqlx/query-1.json", "build.rs", "migrations/0001_inicio.sql", "sqlx.toml"] {
        poner(&mut arbol, &format!("crates/uno/{archivo}"), "");
    }
    poner(&mut arbol, "crates/plataforma/contratos/src/temas.rs", r#"const TEMA: &str = "prueba-hecha";"#);
    poner(&mut arbol, "schemas/prueba/EventoProbado.avsc", AVSC);
    poner(&mut arbol, "schemas/publicados/v1/EventoProbado.avsc", AVSC);
    arbol
}

fn poner(arbol: &mut Arbol, ruta: &str, texto: &str) {
    arbol.archivos.insert(ruta.to_owned(), texto.to_owned());
}

fn con(ruta: &str, texto: &str) -> Arbol {
    let mut arbol = sano();
    poner(&mut arbol, ruta, texto);
    arbol
}

fn donde(faltas: &[Falta]) -> Vec<&str> {
    faltas.iter().map(|falta| falta.donde.as_str()).collect()
}

const DOMINIO: &str = "crates/uno/src/dominio/cosa.rs";
const APLICACION: &str = "crates/uno/src/aplicacion/hacer.rs";

#[test]
fn un_arbol_sano_no_tiene_faltas() {
    let arbol = sano();
    assert_eq!(capas::capas_interiores(&arbol), []);
    assert_eq!(capas::solo_composicion_une(&arbol), []);
    assert_eq!(dependencias::ningun_servicio_depende_de_otro(&arbol), []);
    assert_eq!(dependencias::la_plataforma_no_depende_de_servicios(&arbol), []);
    assert_eq!(dependencias::nadie_depende_de_la_simulacion(&arbol), []);
    assert_eq!(estructura::cuatro_cuartos(&arbol), []);
    assert_eq!(estructura::nombres_con_sentido(&arbol), []);
    assert_eq!(estructura::tamanos(&arbol), []);
    assert_eq!(mensajes::cada_mensaje_tiene_su_esquema(&arbol, &tabla()), []);
    assert_eq!(mensajes::los_temas_solo_se_nombran_en_contratos(&arbol, &tabla()), []);
}

#[test]
fn el_dominio_puede_nombrar_lo_suyo() {
    for texto in [
        "use std::{collections::BTreeMap as Mapa, mem}; fn f() { mem::take(&mut g()); u64::from(1u8); }",
        "use super::valores::Monto; use chrono::{DateTime, Utc}; use crate::dominio::plan::*;",
        "#[derive(serde::Serialize, thiserror::Error)] #[expect(clippy::todo, reason = \"r\")] struct A;",
        "mod hijo; use hijo::Parte; fn f() { Parte::nueva(); hijo::otra(); Vec::<u8>::new(); <A as B>::c(); }",
        "mod dentro { use super::super::valores::Monto; }",
        "#[cfg(test)]\nmod tests { use super::*; use proptest::prelude::*; fn f() { tokio::spawn(); } }",
        "fn f() { g().parse::<u8>(); } macro_rules! texto { () => {}; } pub(super) use texto; use std::fmt; use fmt::Debug;",
        "/// See `tokio::spawn`.\n// sqlx::query\nconst A: &str = \"tokio::spawn\";",
    ] {
        assert_eq!(capas::capas_interiores(&con(DOMINIO, texto)), [], "{texto}");
    }
}

#[test]
fn el_dominio_no_puede_nombrar_lo_ajeno() {
    for texto in [
        "use tokio::sync::Mutex;",
        "use tokio;",
        "use std::fmt;\nuse {serde::Serialize, sqlx::PgPool};",
        "fn f() { tracing::info!(\"x\"); }",
        "fn f() -> serde_json::Value { todo() }",
        "fn f() -> ::sqlx::Pool { g() }",
        "fn f() { println!(\"{}\", contratos::ahora()); }",
        "#[tracing::instrument] fn f() {}",
        "use async_trait::async_trait;",
        "use crate::aplicacion::puertos::Cosas;",
        "use crate::{dominio::plan::Plan, infraestructura::PgCosas};",
        "use super::super::api::Cuerpo;",
        "use crate::*;",
        "mod dentro { fn f() { super::super::super::api::g(); } }",
        "use std::tokio as tokio; fn f() { ::tokio::spawn(); }",
        "mod dentro { mod mas { #[cfg(feature = \"x\")] use tokio::spawn; } }",
    ] {
        assert_eq!(capas::capas_interiores(&con(DOMINIO, texto)).len(), 1, "{texto}");
    }
}

#[test]
fn la_aplicacion_ve_el_dominio_y_los_puertos_pero_no_los_bordes() {
    let bien = "use async_trait::async_trait; use crate::dominio::Plan; use super::puertos::Cosas;";
    assert_eq!(capas::capas_interiores(&con(APLICACION, bien)), []);
    for texto in ["use crate::infraestructura::PgCosas;", "use contratos::Cabecera;", "fn f() { tokio::spawn(g()); }"] {
        assert_eq!(capas::capas_interiores(&con(APLICACION, texto)).len(), 1, "{texto}");
    }
}

#[test]
fn un_archivo_que_no_se_lee_es_una_falta() {
    assert_eq!(donde(&capas::capas_interiores(&con(DOMINIO, "fn f( {"))), [DOMINIO]);
    assert_eq!(donde(&estructura::tamanos(&con(DOMINIO, "fn f( {"))), [DOMINIO]);
}

#[test]
fn un_archivo_que_une_puertos_y_adaptadores_fuera_de_composicion_es_una_falta() {
    let ruta = "crates/uno/src/api/cosas.rs";
    let ambos = con(ruta, "use crate::aplicacion::puertos::Cosas; use crate::infraestructura::PgCosas;");
    assert_eq!(donde(&capas::solo_composicion_une(&ambos)), [ruta]);
    let adaptador = "crates/uno/src/infraestructura/pg_cosas.rs";
    let uno = con(adaptador, "use crate::aplicacion::puertos::Cosas; use super::PgCosas;");
    assert_eq!(capas::solo_composicion_une(&uno), []);
}

#[test]
fn una_dependencia_entre_servicios_es_una_falta() {
    let mut arbol = sano();
    arbol.paquetes[1] = paquete("dos", "crates/dos", &["uno"]);
    assert_eq!(donde(&dependencias::ningun_servicio_depende_de_otro(&arbol)), ["crates/dos"]);
    assert_eq!(dependencias::la_plataforma_no_depende_de_servicios(&arbol), []);
}

#[test]
fn una_dependencia_de_la_plataforma_hacia_un_servicio_es_una_falta() {
    let mut arbol = sano();
    arbol.paquetes[2] = paquete("contratos", "crates/plataforma/contratos", &["uno"]);
    let faltas = dependencias::la_plataforma_no_depende_de_servicios(&arbol);
    assert_eq!(donde(&faltas), ["crates/plataforma/contratos"]);
}

#[test]
fn depender_de_la_simulacion_o_que_ella_vea_los_bordes_es_una_falta() {
    let mut arbol = sano();
    arbol.paquetes[0] = paquete("uno", "crates/uno", &["simulacion"]);
    assert_eq!(donde(&dependencias::nadie_depende_de_la_simulacion(&arbol)), ["crates/uno"]);
    let ruta = "crates/simulacion/src/mundo.rs";
    let bien = con(ruta, "use uno::aplicacion::puertos::Cosas; use dos::dominio::Plan; use crate::uno::api;");
    assert_eq!(capas::la_simulacion_ve_solo_el_interior(&bien), []);
    for texto in ["use uno::infraestructura::PgCosas;", "fn f() { dos::migrar(); }"] {
        assert_eq!(capas::la_simulacion_ve_solo_el_interior(&con(ruta, texto)).len(), 1, "{texto}");
    }
}

#[test]
fn lo_que_sobra_o_falta_en_un_servicio_es_una_falta() {
    for sobrante in ["src/modelos/plan.rs", "src/estado.rs", "tests/carga.rs", "plantillas/a.html", "docs.md"] {
        let ruta = format!("crates/uno/{sobrante}");
        assert_eq!(donde(&estructura::cuatro_cuartos(&con(&ruta, ""))), [ruta]);
    }
    for ausente in ["src/api/mod.rs", "config/default.toml", "src/composicion.rs", ".sqlx/query-1.json"] {
        let mut arbol = sano();
        arbol.archivos.remove(&format!("crates/uno/{ausente}"));
        assert_eq!(estructura::cuatro_cuartos(&arbol).len(), 1, "{ausente}");
    }
}

#[test]
fn un_nombre_sin_sentido_es_una_falta() {
    for ruta in ["crates/plataforma/contratos/src/utils.rs", "crates/dos/src/api/common/mod.rs"] {
        assert_eq!(donde(&estructura::nombres_con_sentido(&con(ruta, ""))), [ruta]);
    }
    let modulo = con(DOMINIO, "pub(crate) mod helpers { fn f() {} }");
    assert_eq!(donde(&estructura::nombres_con_sentido(&modulo)), [DOMINIO]);
    let mut arbol = sano();
    arbol.paquetes.push(paquete("shared", "crates/plataforma/shared", &[]));
    assert_eq!(donde(&estructura::nombres_con_sentido(&arbol)), ["crates/plataforma/shared"]);
}

#[test]
fn un_archivo_o_una_funcion_largos_son_una_falta() {
    let largo = con(DOMINIO, &"\n".repeat(401));
    assert_eq!(donde(&estructura::tamanos(&largo)), [DOMINIO]);
    let main = con("crates/uno/src/main.rs", &"\n".repeat(41));
    assert_eq!(donde(&estructura::tamanos(&main)), ["crates/uno/src/main.rs"]);
    let funcion = |lineas| format!("\nimpl A {{\n    fn f(&self) -> [u8; 2] {{{}}}\n}}", "\n".repeat(lineas));
    assert_eq!(estructura::tamanos(&con(DOMINIO, &funcion(59))), []);
    assert_eq!(donde(&estructura::tamanos(&con(DOMINIO, &funcion(60)))), [format!("{DOMINIO}:3")]);
}

#[test]
fn un_mensaje_sin_su_esquema_o_con_dos_es_una_falta() {
    let revisar = |arbol: &Arbol| mensajes::cada_mensaje_tiene_su_esquema(arbol, &tabla()).len();
    let mut sin = sano();
    sin.archivos.remove("schemas/prueba/EventoProbado.avsc");
    assert_eq!(revisar(&sin), 1);
    assert_eq!(revisar(&con("schemas/otra/EventoProbado.avsc", AVSC)), 1);
    assert_eq!(revisar(&con("schemas/prueba/EventoProbado.avsc", r#"{"name": "EventoProbado"}"#)), 1);
    assert_eq!(revisar(&con("schemas/prueba/Otro.avsc", r#"{"name": "Otro"}"#)), 1);
    assert_eq!(revisar(&con("schemas/prueba/Roto.avsc", "{")), 1);
    let doble: Vec<Fila<'_>> = tabla().into_iter().chain(tabla()).collect();
    assert_eq!(mensajes::cada_mensaje_tiene_su_esquema(&sano(), &doble).len(), 2);
}

#[test]
fn el_nombre_de_un_tema_fuera_de_contratos_es_una_falta() {
    let familia = format!("const A: &str = \"persistent://x/{}-nuevo\";", "eventos");
    for texto in ["const A: &str = \"prueba-hecha\";", familia.as_str()] {
        let faltas = mensajes::los_temas_solo_se_nombran_en_contratos(&con(DOMINIO, texto), &tabla());
        assert_eq!(donde(&faltas), [format!("{DOMINIO}:1")]);
    }
    let documentado = con(DOMINIO, "/// Read from prueba-hecha.\nstruct A; // prueba-hecha");
    assert_eq!(mensajes::los_temas_solo_se_nombran_en_contratos(&documentado, &tabla()), []);
}

#[test]
fn un_mensaje_pedido_que_no_existe_es_una_falta() {
    assert_eq!(mensajes::lo_pedido_existe(&["EventoProbado"], &tabla()), []);
    assert_eq!(donde(&mensajes::lo_pedido_existe(&["EventoProbado", "EventoNuevo"], &tabla())), ["EventoNuevo"]);
}

#[test]
fn una_prueba_nombrada_que_no_existe_se_nota() {
    let arbol =
        con("crates/uno/tests/it/casos.rs", "#[sqlx::test]\nasync fn existe(pool: PgPool) {}\nfn auxiliar() {}");
    let pagina = |prueba: &str| {
        let caso = |numero| format!("\n## {numero}. Caso\n- `crates/uno/tests/it/casos.rs` `{prueba}`: algo\n");
        (1..=10).map(caso).collect::<String>()
    };
    assert_eq!(fallos::cada_caso_tiene_pruebas_que_existen(&pagina("existe"), &arbol), []);
    for rota in [pagina("falta"), pagina("auxiliar"), pagina("existe").replace("casos.rs", "otros.rs")] {
        assert_eq!(fallos::cada_caso_tiene_pruebas_que_existen(&rota, &arbol).len(), 10, "{rota}");
    }
    let sin_caso = pagina("existe").replacen("\n## 3. Caso", "", 1);
    assert_eq!(fallos::cada_caso_tiene_pruebas_que_existen(&sin_caso, &arbol).len(), 1);
    let sin_pruebas = pagina("existe").replace("- ", "");
    assert_eq!(fallos::cada_caso_tiene_pruebas_que_existen(&sin_pruebas, &arbol).len(), 10);
}
