//! Retries of dead letters, and what the retention forgets.

use std::collections::HashMap;
use std::sync::Arc;

use bandejas::CartasMuertas;
use contratos::ComandoCrearSuscripcion;
use mensajeria::{Cuarentena, Manejador};
use sqlx::PgPool;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::apoyo::{GRUPO, Modo, SECRETO, Taller, carta, cuarentena, entrante, esperar, estados, vencer};

/// Runs the retry loop until the guard goes.
fn reintentar(cartas: &Arc<CartasMuertas>, taller: &Arc<Taller>) -> DropGuard {
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let manejador: Arc<dyn Manejador> = Arc::<Taller>::clone(taller);
    cartas.reintentar(HashMap::from([(GRUPO.to_owned(), manejador)]), &tareas, &cierre);
    cierre.drop_guard()
}

async fn esperar_estado(pool: &PgPool, estado: &str) {
    esperar(estado, async || {
        vencer(pool).await;
        estados(pool).await == [estado]
    })
    .await;
}

#[sqlx::test(migrations = false)]
async fn un_reintento_que_sale_bien_deja_la_carta_reenviada_y_sin_contenido(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::FallaElMensaje);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);
    esperar("two failures", async || {
        vencer(&pool).await;
        taller.intentos() >= 2
    })
    .await;

    taller.cambiar(Modo::Acepta);

    esperar_estado(&pool, "reenviada").await;
    let vacia: bool = sqlx::query_scalar("select carga is null and resuelta is not null from bandejas.dead_letter")
        .fetch_one(&pool)
        .await
        .expect("row");
    assert!(vacia);
}

#[sqlx::test(migrations = false)]
async fn el_manejador_recibe_el_mensaje_como_llego(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Acepta);
    let original = carta(9, true);
    let esperado = original.entrante.decodificar::<ComandoCrearSuscripcion>().expect("decodes");
    cartas.aparcar(vec![original]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);

    esperar_estado(&pool, "reenviada").await;

    let vistos = taller.vistos.lock().expect("seen");
    let recibido = vistos[0].decodificar::<ComandoCrearSuscripcion>().expect("decodes");
    assert_eq!(recibido, esperado);
    assert_eq!(recibido.datos.cliente_nombres.as_deref(), Some(SECRETO));
    assert_eq!(vistos[0].posicion, entrante(9).posicion);
}

#[sqlx::test(migrations = false)]
async fn agotados_los_intentos_la_carta_muere_sin_datos_personales_en_su_motivo(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::FallaElMensaje);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);

    esperar_estado(&pool, "muerta").await;

    assert_eq!(taller.intentos(), 10);
    let detalle: String =
        sqlx::query_scalar("select codigo || detalle from bandejas.dead_letter").fetch_one(&pool).await.expect("row");
    assert!(!detalle.contains(SECRETO), "{detalle}");
}

#[sqlx::test(migrations = false)]
async fn un_rechazo_del_negocio_no_se_reintenta(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Rechaza);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);

    esperar_estado(&pool, "muerta").await;

    assert_eq!(taller.intentos(), 1);
}

#[sqlx::test(migrations = false)]
async fn un_fallo_de_infraestructura_no_gasta_intentos(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::SinInfraestructura);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);

    esperar("tried and postponed", async || {
        vencer(&pool).await;
        taller.intentos() >= 2
    })
    .await;

    taller.cambiar(Modo::Acepta);
    esperar_estado(&pool, "reenviada").await;
    let intentos: i32 =
        sqlx::query_scalar("select intentos from bandejas.dead_letter").fetch_one(&pool).await.expect("row");
    assert_eq!(intentos, 1);
}

#[sqlx::test(migrations = false)]
async fn un_manejador_que_entra_en_panico_no_detiene_el_bucle(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Panico);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    let _bucle = reintentar(&cartas, &taller);
    esperar("a panic", async || {
        vencer(&pool).await;
        taller.intentos() >= 1
    })
    .await;

    taller.cambiar(Modo::Acepta);

    esperar_estado(&pool, "reenviada").await;
}

#[sqlx::test(migrations = false)]
async fn una_carta_que_mata_al_proceso_en_su_ultimo_intento_muere(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let taller = Taller::que(Modo::Acepta);
    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");
    sqlx::query("update bandejas.dead_letter set intentos = 10").execute(&pool).await.expect("used up");
    let _bucle = reintentar(&cartas, &taller);

    esperar_estado(&pool, "muerta").await;

    assert_eq!(taller.intentos(), 0);
}

#[sqlx::test(migrations = false)]
async fn dos_instancias_reparten_los_reintentos(pool: PgPool) {
    let (una, otra) = (cuarentena(&pool).await, cuarentena(&pool).await);
    let (primero, segundo) = (Taller::que(Modo::Acepta), Taller::que(Modo::Acepta));
    una.aparcar((0..60).map(|entry| carta(entry, true)).collect()).await.expect("parked");
    vencer(&pool).await;

    let _bucles = (reintentar(&una, &primero), reintentar(&otra, &segundo));

    esperar("all handled", async || estados(&pool).await.iter().all(|estado| estado == "reenviada")).await;
    assert_eq!(primero.intentos() + segundo.intentos(), 60);
}

#[sqlx::test(migrations = false)]
async fn la_retencion_borra_lo_que_paso_su_tiempo_y_nada_mas(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    cartas.aparcar(vec![carta(1, false), carta(2, false)]).await.expect("parked");
    cartas.anotar_intento(GRUPO, &entrante(3)).await.expect("recorded");
    let viejas = "update bandejas.dead_letter set creado = now() - interval '31 days' where posicion = '7:1:-1'";
    sqlx::query(viejas).execute(&pool).await.expect("aged");
    let visto = "update bandejas.intento set visto = now() - interval '2 days'";
    sqlx::query(visto).execute(&pool).await.expect("aged");

    let _bucle = reintentar(&cartas, &Taller::que(Modo::Acepta));

    esperar("one letter and no attempt left", async || {
        let intentos: i64 =
            sqlx::query_scalar("select count(*) from bandejas.intento").fetch_one(&pool).await.expect("count");
        estados(&pool).await.len() == 1 && intentos == 0
    })
    .await;
}
