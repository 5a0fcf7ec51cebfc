//! Several instances at once over one database.

use crate::apoyo::{crear, deshacer, servicio};
use crate::banco::Banco;
use servicio_datos::aplicacion::{
    AtenderOrdenes, Consultas, ErrorRepositorio, Orden, RepositorioCatalogo, RepositorioServicios,
};
use servicio_datos::dominio::{Estado, IdSuscripcion, Ocupacion};
use servicio_datos::infraestructura::PgConsultas;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

const PLAZO: Duration = Duration::from_secs(30);

struct Instancias {
    banco: Banco,
    pool: PgPool,
}

impl Instancias {
    async fn nuevas(pool: PgPool, cupos: i64) -> Self {
        let banco = Banco::nuevo(&pool).await;
        banco.cupos_de_nube(cupos).await;
        Self { banco, pool }
    }

    fn atender(&self) -> AtenderOrdenes {
        AtenderOrdenes::nuevo(Arc::new(self.banco.repositorio(&self.pool)))
    }

    /// Each batch in an instance of its own, all at once; one that loses too often tries again, as its consumer does.
    async fn a_la_vez(&self, tandas: Vec<Vec<Orden>>) {
        let mut instancias = JoinSet::new();
        for tanda in tandas {
            let atender = self.atender();
            instancias.spawn(async move {
                while let Err(error) = atender.ejecutar(tanda.clone(), contratos::ahora()).await {
                    assert!(matches!(error, ErrorRepositorio::EnDisputa), "{error:?}");
                }
            });
        }
        timeout(PLAZO, instancias.join_all()).await.expect("carried out in time");
    }

    async fn ocupacion(&self) -> Ocupacion {
        self.banco.catalogo.nubes().await.expect("clouds")[0].ocupacion
    }

    async fn estados(&self, cuantos: u128) -> Vec<Estado> {
        let repositorio = self.banco.repositorio(&self.pool);
        let ordenes: Vec<Orden> = (1..=cuantos).map(crear).collect();
        let mut servicios = repositorio.obtener(&ordenes).await.expect("read").servicios;
        let estado = |n| servicios.remove(&servicio(n)).unwrap_or_default().servicio.estado();
        (1..=cuantos).map(estado).collect()
    }
}

#[sqlx::test(migrations = false)]
async fn un_cupo_que_otro_esta_tomando_no_es_motivo_de_rechazo(pool: PgPool) {
    let instancias = Instancias::nuevas(pool, 1).await;
    let mut otra = instancias.pool.begin().await.expect("transaction");
    sqlx::query("select from cupo for update").execute(&mut *otra).await.expect("locked");
    let mientras = instancias.atender().ejecutar(vec![crear(1)], contratos::ahora()).await;
    assert!(matches!(mientras, Err(ErrorRepositorio::EnDisputa)));
    otra.rollback().await.expect("rolled back");
    instancias.a_la_vez(vec![vec![crear(1)]]).await;
    assert_eq!(instancias.estados(1).await, [Estado::Creado]);
}

#[sqlx::test(migrations = false)]
async fn nunca_se_reparten_mas_cupos_de_los_que_hay_ni_menos(pool: PgPool) {
    let instancias = Instancias::nuevas(pool, 20).await;
    let tandas = (0..8).map(|k| (1..=10).map(|n| crear(1 + (k * 5 + n) % 40)).collect()).collect();
    instancias.a_la_vez(tandas).await;
    let creados = instancias.estados(40).await.into_iter().filter(|estado| *estado == Estado::Creado).count();
    assert_eq!(creados, 20);
    assert_eq!(instancias.ocupacion().await, Ocupacion { total: 20, ocupados: 20 });
}

#[sqlx::test(migrations = false)]
async fn crear_y_deshacer_a_la_vez_no_deja_nada_en_pie(pool: PgPool) {
    let instancias = Instancias::nuevas(pool, 30).await;
    let crear_todos = (1..=30).map(crear).collect();
    let deshacer_todos = (1..=30).rev().map(deshacer).collect();
    instancias.a_la_vez(vec![crear_todos, deshacer_todos]).await;
    let estados = instancias.estados(30).await;
    assert!(estados.iter().all(|estado| matches!(estado, Estado::Inexistente | Estado::Terminado)), "{estados:?}");
    assert_eq!(instancias.ocupacion().await.ocupados, 0);
}

#[sqlx::test(migrations = false)]
async fn la_misma_orden_en_dos_instancias_tiene_un_solo_efecto(pool: PgPool) {
    let instancias = Instancias::nuevas(pool, 30).await;
    let tanda: Vec<Orden> = (1..=10).map(crear).collect();
    instancias.a_la_vez(vec![tanda.clone(), tanda.iter().rev().cloned().collect(), tanda]).await;
    assert_eq!(instancias.ocupacion().await.ocupados, 10);
    let ids: Vec<IdSuscripcion> = (1..=10).map(|n| crear(n).titular.suscripcion).collect();
    let libro = PgConsultas::nuevo(instancias.pool.clone()).libro(&ids).await.expect("ledger");
    assert_eq!(libro.iter().filter(|asiento| asiento.nube_ocupada).count(), 10);
}

#[sqlx::test(migrations = false)]
async fn quien_ve_la_respuesta_a_una_creacion_ve_tambien_su_servicio(pool: PgPool) {
    let instancias = Instancias::nuevas(pool.clone(), 1).await;
    instancias.a_la_vez(vec![vec![crear(1)]]).await;
    let apartar = "update cupo set ocupado_por = null;
                   create table s as table servicio_datos; create table e as table bandejas.efecto;
                   truncate servicio_datos, cupo; truncate bandejas.efecto";
    sqlx::raw_sql(apartar).execute(&pool).await.expect("set aside");
    let mut creacion = pool.begin().await.expect("transaction");
    sqlx::raw_sql("lock table bandejas.efecto").execute(&mut *creacion).await.expect("locked");
    let confirmar_mientras_lee = async {
        timeout(PLAZO, alguien_espera_los_efectos(&pool)).await.expect("a reader in time");
        let confirmar = "insert into servicio_datos table s; insert into bandejas.efecto table e; commit";
        sqlx::raw_sql(confirmar).execute(&mut *creacion).await.expect("committed");
    };
    tokio::join!(instancias.a_la_vez(vec![vec![deshacer(1)]]), confirmar_mientras_lee);
    assert_eq!(instancias.estados(1).await, [Estado::Terminado]);
}

async fn alguien_espera_los_efectos(pool: &PgPool) {
    let espera = "select exists (select from pg_locks where not granted and relation = 'bandejas.efecto'::regclass
                      and database = (select oid from pg_database where datname = current_database()))";
    while !sqlx::query_scalar::<_, bool>(espera).fetch_one(pool).await.expect("locks") {
        tokio::task::yield_now().await;
    }
}
