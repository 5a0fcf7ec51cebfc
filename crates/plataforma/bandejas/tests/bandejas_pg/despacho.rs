//! From the commit to the broker.

use bandejas::{confirmar, migrar, outbox};
use contratos::Saliente;
use sqlx::PgPool;

use crate::apoyo::{Animo, Corredor, Proceso, comandos, envejecer, esperar, filas};

async fn confirmar_en(pool: &PgPool, proceso: &Proceso, mensajes: &[Saliente]) {
    let tx = pool.begin().await.expect("transaction");
    confirmar(tx, &proceso.despachador, mensajes.to_vec()).await.expect("committed");
}

async fn encolar_viejos(pool: &PgPool, mensajes: &[Saliente]) {
    let mut con = pool.acquire().await.expect("connection");
    outbox::encolar(&mut con, mensajes).await.expect("queued");
    envejecer(pool).await;
}

fn todos_guardados(corredor: &Corredor, mensajes: &[Saliente]) -> bool {
    let veces = corredor.veces();
    mensajes.iter().all(|mensaje| veces.contains_key(&mensaje.id))
}

#[sqlx::test(migrations = false)]
async fn lo_confirmado_se_publica_y_su_fila_desaparece(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(600);

    confirmar_en(&pool, &proceso, &mensajes).await;

    esperar("empty outbox", async || filas(&pool).await == 0).await;
    let mut publicados = corredor.guardados();
    publicados.sort_by_key(|m| m.id);
    let mut esperados = mensajes;
    esperados.sort_by_key(|m| m.id);
    assert_eq!(publicados, esperados);
}

#[sqlx::test(migrations = false)]
async fn lo_barrido_es_identico_a_lo_encolado(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    let mensajes = comandos(1);
    encolar_viejos(&pool, &mensajes).await;

    let _proceso = Proceso::con(&pool, &corredor);

    esperar("empty outbox", async || filas(&pool).await == 0).await;
    assert_eq!(corredor.guardados(), mensajes);
}

#[sqlx::test(migrations = false)]
async fn lo_que_el_corredor_rechaza_espera_en_la_tabla(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    corredor.cambiar(Animo::Rechaza);
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(20);
    confirmar_en(&pool, &proceso, &mensajes).await;
    assert_eq!(filas(&pool).await, 20);

    corredor.cambiar(Animo::Guarda);
    esperar("swept", async || {
        envejecer(&pool).await;
        filas(&pool).await == 0
    })
    .await;
    assert!(todos_guardados(&corredor, &mensajes));
}

#[sqlx::test(migrations = false)]
async fn un_acuse_perdido_repite_el_mensaje_con_su_mismo_id(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    corredor.cambiar(Animo::PierdeAcuse);
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(3);
    confirmar_en(&pool, &proceso, &mensajes).await;
    esperar("stored once", async || todos_guardados(&corredor, &mensajes)).await;
    assert_eq!(filas(&pool).await, 3);

    corredor.cambiar(Animo::Guarda);
    envejecer(&pool).await;

    esperar("swept", async || filas(&pool).await == 0).await;
    assert!(corredor.veces().values().all(|veces| *veces >= 2));
}

#[sqlx::test(migrations = false)]
async fn con_el_corredor_caido_nadie_publica_y_al_volver_se_barre(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    corredor.caer(true);
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(5);
    confirmar_en(&pool, &proceso, &mensajes).await;
    envejecer(&pool).await;
    assert!(corredor.guardados().is_empty());

    corredor.caer(false);

    esperar("swept", async || filas(&pool).await == 0).await;
    assert!(todos_guardados(&corredor, &mensajes));
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_cabe_en_memoria_lo_publica_el_barrido(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(5000);
    confirmar_en(&pool, &proceso, &mensajes).await;
    assert!(corredor.guardados().is_empty());

    envejecer(&pool).await;

    esperar("swept", async || filas(&pool).await == 0).await;
    assert!(todos_guardados(&corredor, &mensajes));
}

#[sqlx::test(migrations = false)]
async fn dos_instancias_barren_a_la_vez_sin_esperarse(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let mensajes = comandos(900);
    encolar_viejos(&pool, &mensajes).await;
    let (lento, rapido) = (Corredor::cerrado(), Corredor::abierto());
    let _primero = Proceso::con(&pool, &lento);
    esperar("the slow one holds its rows", async || lento.esperando() == 1).await;

    let _segundo = Proceso::con(&pool, &rapido);

    esperar("the fast one swept the rest", async || rapido.veces().len() == 400).await;
    lento.abrir();
    esperar("empty outbox", async || filas(&pool).await == 0).await;
    let veces = lento.veces().into_iter().chain(rapido.veces());
    assert_eq!(veces.filter(|(_, veces)| *veces == 1).count(), 900);
}

#[sqlx::test(migrations = false)]
async fn un_commit_que_falla_no_publica_nada(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let tabla = "create table unica (id int primary key deferrable initially deferred)";
    sqlx::query(tabla).execute(&pool).await.expect("table");
    let corredor = Corredor::abierto();
    let proceso = Proceso::con(&pool, &corredor);
    let mut tx = pool.begin().await.expect("transaction");
    sqlx::query("insert into unica values (1), (1)").execute(&mut *tx).await.expect("checked at commit");

    let resultado = confirmar(tx, &proceso.despachador, comandos(3)).await;

    assert!(resultado.is_err());
    assert_eq!(filas(&pool).await, 0);
    let despues = comandos(1);
    confirmar_en(&pool, &proceso, &despues).await;
    esperar("the next one is published", async || !corredor.guardados().is_empty()).await;
    assert_eq!(corredor.guardados(), despues);
}

#[sqlx::test(migrations = false)]
async fn al_cerrar_se_publica_lo_que_ya_estaba_en_la_cola(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::cerrado();
    let proceso = Proceso::con(&pool, &corredor);
    let mensajes = comandos(40);
    confirmar_en(&pool, &proceso, &mensajes[..20]).await;
    esperar("in flight", async || corredor.esperando() == 1).await;
    proceso.cierre.cancel();
    confirmar_en(&pool, &proceso, &mensajes[20..]).await;
    corredor.abrir();

    proceso.terminar().await;

    assert!(todos_guardados(&corredor, &mensajes));
    assert_eq!(filas(&pool).await, 0);
}

#[sqlx::test(migrations = false)]
async fn un_tema_que_nadie_acepta_no_detiene_a_los_demas(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let corredor = Corredor::abierto();
    corredor.vetar("tema-roto");
    let mut rotos = comandos(500);
    rotos.iter_mut().for_each(|m| "tema-roto".clone_into(&mut m.tema));
    encolar_viejos(&pool, &rotos).await;
    let sanos = comandos(5);
    encolar_viejos(&pool, &sanos).await;

    let _proceso = Proceso::con(&pool, &corredor);

    esperar("the others are published", async || todos_guardados(&corredor, &sanos)).await;
    esperar("only the broken ones wait", async || filas(&pool).await == 500).await;
}

#[sqlx::test(migrations = false)]
async fn encolar_dos_veces_el_mismo_mensaje_deja_una_fila(pool: PgPool) {
    migrar(&pool).await.expect("migrated");
    let mensajes = comandos(2);
    let mut con = pool.acquire().await.expect("connection");

    outbox::encolar(&mut con, &[mensajes[0].clone(), mensajes[0].clone()]).await.expect("queued");
    outbox::encolar(&mut con, &mensajes).await.expect("queued again");

    assert_eq!(filas(&pool).await, 2);
}
