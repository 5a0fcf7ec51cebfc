//! The pause of all orchestrators.

use contratos::{EventoServicioDatosCreada, Mensaje};
use sqlx::PgPool;
use suscripciones::infraestructura::{detener, reanudar};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::banco::{Banco, crear};
use crate::sagas::{iniciada, servicio_creado};

async fn version(pool: &PgPool, saga: Uuid) -> i64 {
    sqlx::query_scalar("select version from saga where id = $1").bind(saga).fetch_one(pool).await.expect("saga")
}

#[sqlx::test(migrations = false)]
async fn mientras_hay_pausa_ninguna_saga_se_mueve_ni_empieza(pool: PgPool) {
    let (banco, cierre) = (Banco::vigilado(pool.clone()).await, CancellationToken::new());
    let vigilante = banco.vigilar(cierre.clone());
    banco.hasta_abierta().await;
    let saga = iniciada(&banco).await;
    assert!(detener(&pool, "prueba").await.expect("pausa"));
    assert!(banco.atender.ejecutar(&[crear(contratos::id_nuevo(), "0009", "pro")]).await.is_err());
    let creado = serde_json::to_value(servicio_creado()).expect("json");
    assert!(banco.intentar(saga, "crear_servicio", "hacer", EventoServicioDatosCreada::TIPO, creado).await.is_err());
    assert_eq!(version(&pool, saga).await, 1);
    assert!(!detener(&pool, "otra").await.expect("pausa"), "la pausa es de quien la pidió");
    assert!(reanudar(&pool).await.expect("sigue"));
    banco.hasta_abierta().await;
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    assert_eq!(version(&pool, saga).await, 2);
    cierre.cancel();
    vigilante.await.expect("vigilante");
    let acuses: i64 =
        sqlx::query_scalar("select count(*) from reproceso.acuse").fetch_one(&pool).await.expect("acuses");
    assert_eq!(acuses, 0);
}
