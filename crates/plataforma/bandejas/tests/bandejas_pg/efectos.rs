//! Effects happen once, and errors of the database tell whose fault they are.

use bandejas::efecto::{self, Efecto, Estado};
use bandejas::{clasificar, migrar};
use mensajeria::ErrorManejo;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::apoyo::SECRETO;

fn hecho(id: Uuid) -> Efecto {
    Efecto {
        id,
        tipo: "ComandoCrearSuscripcion".to_owned(),
        estado: Estado::Hecho,
        huella: Some("ab12".to_owned()),
        correlacion: None,
        respuesta: json!({ "codigo": "creada" }),
    }
}

fn efectos<const N: usize>(ids: [Uuid; N]) -> [Efecto; N] {
    ids.map(hecho)
}

#[sqlx::test(migrations = false)]
async fn un_efecto_se_registra_una_vez_y_se_encuentra(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let mut con = pool.acquire().await.expect("connection");
    let cancelado = Efecto { estado: Estado::Cancelado, huella: None, ..hecho(contratos::id_nuevo()) };

    let nuevos = efecto::registrar(&mut con, std::slice::from_ref(&cancelado)).await.expect("registered");
    let repetidos = efecto::registrar(&mut con, &[hecho(cancelado.id)]).await.expect("registered again");

    assert!(nuevos.contains(&cancelado.id));
    assert!(repetidos.is_empty());
    let conocidos = efecto::buscar(&mut con, &[cancelado.id, Uuid::nil()]).await.expect("found");
    assert_eq!(conocidos.into_values().collect::<Vec<_>>(), [cancelado]);
}

#[sqlx::test(migrations = false)]
async fn de_dos_transacciones_con_el_mismo_efecto_gana_una(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let [a, b, c] = [(); 3].map(|()| contratos::id_nuevo());
    let mut primera = pool.begin().await.expect("first");
    let mut segunda = pool.begin().await.expect("second");
    let ganados = efecto::registrar(&mut primera, &efectos([a, b])).await.expect("registered");
    assert_eq!(ganados.len(), 2);

    let espera = tokio::spawn(async move {
        let ganados = efecto::registrar(&mut segunda, &efectos([c, b, a])).await.expect("registered");
        segunda.commit().await.expect("committed");
        ganados
    });
    primera.commit().await.expect("committed");

    assert_eq!(espera.await.expect("joined").into_iter().collect::<Vec<_>>(), [c]);
}

#[sqlx::test(migrations = false)]
async fn un_efecto_deshecho_queda_libre_para_la_otra_transaccion(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let id = contratos::id_nuevo();
    let mut primera = pool.begin().await.expect("first");
    let mut segunda = pool.begin().await.expect("second");
    efecto::registrar(&mut primera, &efectos([id])).await.expect("registered");

    let espera = tokio::spawn(async move { efecto::registrar(&mut segunda, &efectos([id])).await });
    primera.rollback().await.expect("rolled back");

    assert!(espera.await.expect("joined").expect("registered").contains(&id));
}

#[sqlx::test(migrations = false)]
async fn una_respuesta_grande_se_rechaza_sin_repetir_su_contenido(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let mut con = pool.acquire().await.expect("connection");
    let respuesta = json!({ "nombres": SECRETO, "relleno": "x".repeat(1024) });
    let grande = Efecto { respuesta, ..hecho(contratos::id_nuevo()) };

    let error = efecto::registrar(&mut con, &[grande]).await.expect_err("refused");

    let ErrorManejo::Datos(error) = clasificar(error) else { panic!("not the infrastructure's fault") };
    assert!(error.to_string().contains("efecto_respuesta"), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRETO));
}

#[sqlx::test(migrations = false)]
async fn un_pool_cerrado_es_infraestructura(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    pool.close().await;

    let error = sqlx::query("select 1").execute(&pool).await.expect_err("closed");

    assert!(matches!(clasificar(error), ErrorManejo::Infraestructura(_)));
}

#[sqlx::test(migrations = false)]
async fn una_conexion_terminada_por_el_servidor_es_infraestructura(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let mut con = pool.acquire().await.expect("connection");

    let error = sqlx::query("select pg_terminate_backend(pg_backend_pid())").execute(&mut *con).await;

    assert!(matches!(clasificar(error.expect_err("terminated")), ErrorManejo::Infraestructura(_)));
}
