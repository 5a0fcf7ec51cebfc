//! Leases of partitions: who may fire deadlines and publish the log, and what becomes of whoever no longer may.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use contratos::{ComandoAsignarExperto, EventoServicioDatosCreada, Saliente};
use mensajeria::{ErrorPublicacion, Publicar};
use sqlx::PgPool;
use suscripciones::aplicacion::{PARTICIONES, VencerPlazos, particion};
use suscripciones::dominio::IdSaga;
use suscripciones::infraestructura::{Arrendamientos, PublicacionSagas, Temporizador, vencer_plazos};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::banco::{Banco, ids};

/// Begins so many sagas.
async fn sagas(banco: &Banco, cuantas: usize) -> Vec<Uuid> {
    let mut sagas = Vec::new();
    for _ in 0..cuantas {
        let comando = contratos::id_nuevo();
        banco.crear(comando, &format!("c-{}", comando.simple()), "pro").await;
        sagas.push(ids(comando)["saga"]);
    }
    sagas
}

fn tarde() -> chrono::DateTime<chrono::Utc> {
    contratos::ahora() + chrono::Duration::seconds(60)
}

/// As if every orchestrator had been stopped for longer than its lease.
async fn callar(pool: &PgPool) {
    sqlx::query("update orquestador set vence = clock_timestamp() - interval '1 second'")
        .execute(pool)
        .await
        .expect("pool");
}

fn particiones(orquestador: &Arrendamientos) -> BTreeSet<i16> {
    orquestador.vigente().map(|tenencia| tenencia.particiones().into_iter().collect()).unwrap_or_default()
}

async fn por_publicar(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from saga_log").fetch_one(pool).await.expect("log")
}

/// Publishes until so many transitions are out. Transactions of other tests put off what is published.
async fn publicar_hasta(banco: &Banco, orquestadores: &[&Arc<Arrendamientos>], cuantas: usize) {
    let limite = tokio::time::Instant::now() + Duration::from_secs(20);
    let mut publicadas = 0;
    while publicadas < cuantas {
        assert!(tokio::time::Instant::now() < limite, "solo {publicadas} de {cuantas}");
        for orquestador in orquestadores {
            publicadas += banco.publicar(orquestador).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(publicadas, cuantas);
}

#[sqlx::test(migrations = false)]
async fn la_particion_de_una_saga_es_la_misma_aqui_y_en_la_base(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut vistas = HashSet::new();
    for id in (0..200).map(|i: i32| contratos::id_derivado(&["saga", &i.to_string()])) {
        let en_base: i16 =
            sqlx::query_scalar("select particion_saga($1)").bind(id).fetch_one(&banco.pool).await.expect("particion");
        assert_eq!(en_base, particion(IdSaga(id)));
        vistas.insert(en_base);
    }
    assert_eq!(vistas.len(), PARTICIONES);
}

#[sqlx::test(migrations = false)]
async fn las_particiones_se_reparten_cuando_una_instancia_viene_y_cuando_se_va(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let a = banco.orquestador().await;
    assert_eq!(particiones(&a).len(), 16, "sola, las tiene todas");
    let b = banco.orquestador().await;
    assert_eq!(particiones(&b).len(), 0, "no quita nada a quien vive");
    a.latir().await.expect("latido");
    b.latir().await.expect("latido");
    assert_eq!((particiones(&a).len(), particiones(&b).len()), (8, 8));
    assert!(particiones(&a).is_disjoint(&particiones(&b)));
    b.despedir().await.expect("despedida");
    a.latir().await.expect("latido");
    assert_eq!((particiones(&a).len(), particiones(&b).len()), (16, 0), "lo que se deja se toma sin esperar");
}

#[sqlx::test(migrations = false)]
async fn lo_de_una_instancia_muerta_se_toma_cuando_su_latido_caduca(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let muerta = banco.orquestador().await;
    let viva = banco.orquestador().await;
    viva.latir().await.expect("latido");
    assert_eq!(particiones(&viva).len(), 0);
    callar(&banco.pool).await;
    viva.latir().await.expect("latido");
    assert_eq!(particiones(&viva).len(), 16);
    let epocas = viva.vigente().expect("tenencia").epocas();
    assert_eq!(epocas, [2; 16], "cada duena sube la epoca");
    assert_eq!(particiones(&muerta).len(), 16, "la otra aun lo cree");
}

#[sqlx::test(migrations = false)]
async fn quien_perdio_sus_particiones_no_vence_ningun_plazo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let sagas = sagas(&banco, 20).await;
    let caducada = banco.orquestador().await;
    callar(&banco.pool).await;
    let nueva = banco.orquestador().await;
    assert_eq!(banco.vencer(&caducada, tarde()).await, 0);
    assert_eq!(banco.vencer(&nueva, tarde()).await, sagas.len());
    let epocas: Vec<i64> = sqlx::query_scalar("select distinct epoca from saga_log where epoca is not null")
        .fetch_all(&banco.pool)
        .await
        .expect("epocas");
    assert_eq!(epocas, [2]);
}

#[sqlx::test(migrations = false)]
async fn una_particion_no_cambia_de_manos_en_medio_de_una_escritura_cercada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let _caducada = banco.orquestador().await;
    callar(&banco.pool).await;
    let mut cercada = banco.pool.begin().await.expect("transaccion");
    sqlx::query("select 1 from arrendamiento where particion = 3 and epoca = 1 for share")
        .execute(&mut *cercada)
        .await
        .expect("cerca");
    let nueva = banco.orquestador().await;
    assert_eq!(particiones(&nueva), (0..16).filter(|particion| *particion != 3).collect());
    cercada.rollback().await.expect("fin");
    nueva.latir().await.expect("latido");
    assert_eq!(particiones(&nueva).len(), 16);
}

#[sqlx::test(migrations = false)]
async fn dos_orquestadores_publican_cada_transicion_una_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (a, b) = (banco.orquestador().await, banco.orquestador().await);
    a.latir().await.expect("latido");
    b.latir().await.expect("latido");
    let primeras = sagas(&banco, 20).await;
    publicar_hasta(&banco, &[&a, &b], primeras.len()).await;
    for saga in &primeras {
        banco
            .responder(
                *saga,
                "crear_servicio",
                "hacer",
                EventoServicioDatosCreada { id_serviciodatos: Some(Uuid::nil().to_string()), ..Default::default() },
            )
            .await;
    }
    // What one of them left behind is published by the other, and nothing of what was published before.
    b.despedir().await.expect("despedida");
    a.latir().await.expect("latido");
    publicar_hasta(&banco, &[&a], primeras.len()).await;
    assert_eq!((banco.publicar(&a).await, banco.publicar(&b).await), (0, 0));
    let publicadas = banco.transiciones_publicadas().await;
    let distintas: BTreeSet<_> = publicadas.iter().collect();
    assert_eq!((publicadas.len(), distintas.len() as i64), (2 * primeras.len(), por_publicar(&banco.pool).await));
}

#[sqlx::test(migrations = false)]
async fn quien_perdio_sus_particiones_no_publica_ningun_tramo(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let caducada = banco.orquestador().await;
    callar(&banco.pool).await;
    sagas(&banco, 5).await;
    assert_eq!(banco.publicar(&caducada).await, 0, "callada: nadie las ha tomado, pero pueden tomarse ya");
    let nueva = banco.orquestador().await;
    assert_eq!(banco.publicar(&caducada).await, 0);
    assert!(banco.transiciones_publicadas().await.is_empty(), "no llega a enviar nada");
    publicar_hasta(&banco, &[&nueva], 5).await;
}

/// Loses its partitions while its messages are under way; they arrive.
struct Perdedor {
    banco: Arc<Banco>,
    enviado: AtomicBool,
}

#[async_trait]
impl Publicar for Perdedor {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        callar(&self.banco.pool).await;
        assert_eq!(particiones(&*self.banco.orquestador().await).len(), 16);
        self.enviado.store(true, Ordering::Relaxed);
        mensajes.iter().map(|_| Ok(())).collect()
    }

    fn disponible(&self) -> bool {
        true
    }
}

#[sqlx::test(migrations = false)]
async fn un_tramo_enviado_al_perder_la_particion_no_mueve_el_cursor_y_sale_otra_vez(pool: PgPool) {
    let banco = Arc::new(Banco::nuevo(pool).await);
    let caducada = banco.orquestador().await;
    sagas(&banco, 5).await;
    let perdedor = Arc::new(Perdedor { banco: banco.clone(), enviado: AtomicBool::new(false) });
    let ronda = PublicacionSagas::nueva(caducada, perdedor.clone());
    let limite = tokio::time::Instant::now() + Duration::from_secs(20);
    while !perdedor.enviado.load(Ordering::Relaxed) {
        assert!(tokio::time::Instant::now() < limite, "no hay nada que enviar");
        assert_eq!(ronda.ronda().await.expect("ronda"), 0, "el tramo no cuenta como publicado");
    }
    callar(&banco.pool).await;
    let nueva = banco.orquestador().await;
    publicar_hasta(&banco, &[&nueva], 5).await;
}

#[sqlx::test(migrations = false)]
async fn un_registro_largo_sale_en_mensajes_de_cincuenta(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let orquestador = banco.orquestador().await;
    sqlx::query(
        "insert into saga_log (saga, version, instante, entrada)
         select gen_random_uuid(), 1, now(), '{}' from generate_series(1, 1010)",
    )
    .execute(&banco.pool)
    .await
    .expect("log");
    publicar_hasta(&banco, &[&orquestador], 1010).await;
    assert_eq!(banco.publicar(&orquestador).await, 0);
    let registros = banco.de_tipo::<contratos::RegistroSaga>().await;
    let tamanos: Vec<usize> = registros.iter().map(|r| r.datos.transiciones.as_ref().map_or(0, Vec::len)).collect();
    assert_eq!((tamanos.len(), tamanos.iter().max()), (21, Some(&50)));
    assert_eq!(banco.transiciones_publicadas().await.into_iter().collect::<BTreeSet<_>>().len(), 1010);
}

/// Runs the timer of an orchestrator until it has moved so many sagas.
async fn correr_temporizador(banco: &Banco, orquestador: Arc<Arrendamientos>, hasta: i64) {
    let cierre = CancellationToken::new();
    let temporizador = Temporizador::nuevo(VencerPlazos::nuevo(banco.sagas.clone()), orquestador.clone());
    let tarea = tokio::spawn(vencer_plazos(temporizador, || true, cierre.clone()));
    let limite = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        orquestador.latir().await.expect("latido");
        let vencidas: i64 = sqlx::query_scalar("select count(*) from saga_log where epoca is not null")
            .fetch_one(&banco.pool)
            .await
            .expect("vencidas");
        if vencidas >= hasta {
            break;
        }
        assert!(tokio::time::Instant::now() < limite, "solo {vencidas} de {hasta} plazos");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cierre.cancel();
    tarea.await.expect("temporizador");
}

/// Copies of a saga that waits for its second step, all of them late.
async fn manada(banco: &Banco, cuantas: i64) {
    let original = sagas(banco, 1).await[0];
    sqlx::query(
        "insert into saga select (m).* from (
           select jsonb_populate_record(s, jsonb_build_object(
             'id', gen_random_uuid(), 'id_suscripcion', gen_random_uuid())) as m
           from saga s, generate_series(2, $2) where s.id = $1) as copias",
    )
    .bind(original)
    .bind(cuantas)
    .execute(&banco.pool)
    .await
    .expect("copias");
    sqlx::query(
        "update saga set proximo_plazo = now() - interval '1 hour',
           estado = jsonb_set(estado, '{pasos,crear_servicio,vence_ms}', '0')",
    )
    .execute(&banco.pool)
    .await
    .expect("plazos");
}

#[sqlx::test(migrations = false)]
async fn una_manada_de_plazos_sale_en_lotes_acotados_y_cada_uno_una_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    manada(&banco, 2000).await;
    let orquestador = banco.orquestador().await;
    correr_temporizador(&banco, orquestador, 2000).await;
    let (mayor, por_saga): (i64, i64) = sqlx::query_as(
        "select (select max(n) from (select count(*) n from saga_log where epoca is not null group by tx) t),
                (select max(n) from (select count(*) n from saga_log where epoca is not null group by saga) t)",
    )
    .fetch_one(&banco.pool)
    .await
    .expect("lotes");
    assert_eq!((mayor, por_saga), (64, 1));
}

#[sqlx::test(migrations = false)]
async fn una_saga_ilegible_no_detiene_los_plazos_de_las_demas(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    manada(&banco, 30).await;
    sqlx::query(
        "update saga set estado = '{\"fase\": 7}', proximo_plazo = now() - interval '2 hours'
         where id in (select id from saga limit 2)",
    )
    .execute(&banco.pool)
    .await
    .expect("ilegibles");
    let orquestador = banco.orquestador().await;
    correr_temporizador(&banco, orquestador, 28).await;
}

#[sqlx::test(migrations = false)]
async fn un_plazo_que_otro_dejo_escrito_lo_vence_quien_llega(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let saga = sagas(&banco, 1).await[0];
    banco
        .responder(
            saga,
            "crear_servicio",
            "hacer",
            EventoServicioDatosCreada { id_serviciodatos: Some(Uuid::nil().to_string()), ..Default::default() },
        )
        .await;
    // Nobody had looked at deadlines before: what decided the answer armed nothing but the column.
    let recien_llegado = banco.orquestador().await;
    assert_eq!(banco.vencer(&recien_llegado, tarde()).await, 1);
    assert_eq!(banco.de_tipo::<ComandoAsignarExperto>().await.len(), 2);
}
