//! The administration of the catalogue over HTTP, and its seed.

use crate::apoyo::{asignar, crear, experto};
use crate::banco::{Banco, persona, semilla};
use crate::cliente::Cliente;
use serde_json::{Value, json};
use servicio_datos::aplicacion::{AtenderOrdenes, RepositorioCatalogo};
use sqlx::PgPool;
use std::sync::Arc;

fn experto_nuevo() -> Value {
    json!({
        "nombres": "Lucía", "apellidos": "Restrepo Gómez", "usuario": "lrestrepo", "cedula": 10000001,
        "email": "lrestrepo@expertos.example", "especialidades": ["Radiologia"], "cupos": 3,
    })
}

async fn cliente(pool: &PgPool) -> (Cliente, Banco) {
    let banco = Banco::nuevo(pool).await;
    (Cliente::nuevo(pool, &banco), banco)
}

async fn ocupar(pool: &PgPool, banco: &Banco, servicios: u128) {
    let atender = AtenderOrdenes::nuevo(Arc::new(banco.repositorio(pool)));
    let ordenes = (1..=servicios).flat_map(|n| [crear(n), asignar(n)]).collect();
    atender.ejecutar(ordenes, contratos::ahora()).await.expect("carried out");
}

fn cupos(vista: &Value) -> [i64; 3] {
    ["cupos", "ocupados", "libres"].map(|campo| vista[campo].as_i64().expect("a number"))
}

#[sqlx::test(migrations = false)]
async fn una_nube_crece_y_encoge_sin_quitar_cupos_ocupados(pool: PgPool) {
    let (cliente, banco) = cliente(&pool).await;
    let poner = async |cupos: i64| {
        let cuerpo = json!({ "nombre": "Nube A", "tipo": "privada", "cupos": cupos });
        cliente.put("/admin/nubes/nube-a", &cuerpo).await.1
    };
    assert_eq!(self::cupos(&poner(5).await), [5, 0, 5]);
    ocupar(&pool, &banco, 3).await;
    assert_eq!(self::cupos(&poner(2).await), [3, 3, 0]);
    assert_eq!(self::cupos(&poner(4).await), [4, 3, 1]);
    let (_, nube) = cliente.get("/admin/nubes/NUBE-A").await;
    assert_eq!(
        nube,
        json!({ "codigo": "nube-a", "nombre": "Nube A", "tipo": "privada",
                             "cupos": 4, "ocupados": 3, "libres": 1 })
    );
}

#[sqlx::test(migrations = false)]
async fn un_dataset_se_retira_y_se_vuelve_a_ofrecer(pool: PgPool) {
    let (cliente, _banco) = cliente(&pool).await;
    for estado in ["retirado", "disponible"] {
        let cuerpo = json!({ "nombre": "Tórax", "estado": estado });
        let (codigo, dataset) = cliente.put("/admin/datasets/ds-a", &cuerpo).await;
        assert_eq!((codigo, &dataset["estado"]), (200, &json!(estado)));
        assert_eq!(cliente.get("/admin/datasets/ds-a").await.1, dataset);
    }
}

#[sqlx::test(migrations = false)]
async fn un_experto_nuevo_recibe_servicios(pool: PgPool) {
    let (cliente, banco) = cliente(&pool).await;
    banco.cupos_de_nube(3).await;
    let (estado, vista) = cliente.put("/admin/expertos/E2", &experto_nuevo()).await;
    assert_eq!((estado, cupos(&vista)), (200, [3, 0, 3]));
    ocupar(&pool, &banco, 3).await;
    let (_, lista) = cliente.get("/admin/expertos").await;
    let ocupados: Vec<_> = lista["elementos"].as_array().expect("list").iter().map(|e| e["ocupados"].clone()).collect();
    assert_eq!(ocupados, [1, 2]);
}

#[sqlx::test(migrations = false)]
async fn quien_es_un_experto_no_se_lee_en_la_base_ni_en_las_listas(pool: PgPool) {
    let (cliente, _banco) = cliente(&pool).await;
    cliente.put("/admin/expertos/e2", &experto_nuevo()).await;
    let filas = sqlx::query_scalar::<_, Vec<u8>>("select persona from experto").fetch_all(&pool).await.expect("rows");
    assert!(filas.iter().all(|bytes| !String::from_utf8_lossy(bytes).contains("Restrepo")));
    assert!(!cliente.get("/admin/expertos").await.1.to_string().contains("Restrepo"));
    assert!(!cliente.get("/admin/expertos/e2").await.1.to_string().contains("Restrepo"));
    assert_eq!(cliente.get("/admin/expertos/e2/persona").await, (200, json!(persona())));
}

#[sqlx::test(migrations = false)]
async fn olvidar_a_un_experto_lo_hace_ilegible_y_le_quita_los_cupos_libres(pool: PgPool) {
    let (cliente, banco) = cliente(&pool).await;
    banco.catalogo.poner_expertos(&semilla(2).expertos).await.expect("expert");
    ocupar(&pool, &banco, 1).await;
    assert_eq!(cliente.delete("/admin/expertos/e1/persona").await.0, 204);
    assert_eq!(cliente.get("/admin/expertos/e1/persona").await.0, 404);
    assert_eq!(cupos(&cliente.get("/admin/expertos/e1").await.1), [1, 1, 0]);
    let claves = sqlx::query_scalar::<_, i64>("select count(clave) from experto").fetch_one(&pool).await;
    assert_eq!(claves.expect("keys"), 0);
    assert_eq!(cliente.delete("/admin/expertos/nadie/persona").await.0, 404);
}

#[sqlx::test(migrations = false)]
async fn se_nombra_cada_campo_que_no_es_valido(pool: PgPool) {
    let (cliente, _banco) = cliente(&pool).await;
    let cuerpo = json!({ "nombres": "L", "apellidos": "R", "usuario": 3, "cedula": "1", "email": "no", "cupos": -1 });
    let (estado, problema) = cliente.put("/admin/expertos/e2", &cuerpo).await;
    assert_eq!((estado, &problema["code"]), (422, &json!("campos_invalidos")));
    let campos: Vec<_> = problema["errors"].as_array().expect("errors").iter().map(|e| &e["campo"]).collect();
    assert_eq!(campos, ["usuario", "email", "cupos", "especialidades"]);
    let (estado, _) = cliente.put("/admin/nubes/a%20b", &json!({ "nombre": "N", "tipo": "t", "cupos": 1 })).await;
    assert_eq!(estado, 422);
    assert_eq!(cliente.put("/admin/datasets/d", &json!({ "nombre": "N", "estado": "roto" })).await.0, 422);
}

#[sqlx::test(migrations = false)]
async fn sembrar_otra_vez_no_toca_lo_que_un_operador_cambio(pool: PgPool) {
    let (cliente, banco) = cliente(&pool).await;
    cliente.put("/admin/nubes/nube-a", &json!({ "nombre": "Otra", "tipo": "publica", "cupos": 0 })).await;
    banco.catalogo.olvidar(&experto("e1")).await.expect("forgotten");
    banco.catalogo.sembrar(&semilla(9)).await.expect("seed");
    let (_, nube) = cliente.get("/admin/nubes/nube-a").await;
    assert_eq!((&nube["nombre"], cupos(&nube)), (&json!("Otra"), [0, 0, 0]));
    assert_eq!(cliente.get("/admin/expertos/e1/persona").await.0, 404);
}

#[sqlx::test(migrations = false)]
async fn el_catalogo_de_una_instalacion_nueva_se_carga_entero(pool: PgPool) {
    let (cliente, banco) = cliente(&pool).await;
    let semilla = servicio_datos::infraestructura::semilla().expect("catalogue");
    banco.catalogo.sembrar(&semilla).await.expect("seed");
    let (_, agotada) = cliente.get("/admin/nubes/nube-agotada").await;
    let (_, andina) = cliente.get("/admin/nubes/nube-andina").await;
    let (_, expertos) = cliente.get("/admin/expertos").await;
    assert_eq!(cupos(&agotada), [0, 0, 0]);
    assert_eq!(cupos(&andina), [2000, 0, 2000]);
    assert_eq!(expertos["elementos"].as_array().map(Vec::len), Some(1 + semilla.expertos.len()));
}
