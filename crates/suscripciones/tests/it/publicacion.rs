//! What the sagas tell to `saga-log` and `saga-estado`.

use std::sync::Arc;
use std::time::Duration;

use contratos::{EstadoSaga, EventoNotificacionEnviada, EventoSuscripcionPagada, RegistroSaga, TransicionSaga};
use saga::Entrada;
use sqlx::PgPool;
use suscripciones::infraestructura::{Arrendamientos, PublicacionSagas, mantener, publicar_sagas};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::banco::{Banco, Buzon};
use crate::sagas::{hasta_pagar, iniciada, servicio_creado};

/// A publisher of sagas that runs until it is stopped.
pub struct Publicando {
    pub orquestador: Arc<Arrendamientos>,
    buzon: Arc<Buzon>,
    cierre: CancellationToken,
    tarea: JoinHandle<()>,
}

impl Publicando {
    pub async fn iniciar(banco: &Banco) -> Self {
        let (buzon, cierre) = (Arc::new(Buzon::default()), CancellationToken::new());
        let orquestador = banco.orquestador().await;
        let publicacion = PublicacionSagas::nueva(orquestador.clone(), buzon.clone());
        let publicar = publicar_sagas(publicacion, cierre.clone());
        let mantener = mantener(orquestador.clone(), cierre.clone());
        let tarea = tokio::spawn(async {
            tokio::join!(publicar, mantener);
        });
        Self { orquestador, buzon, cierre, tarea }
    }

    pub fn transiciones(&self) -> Vec<TransicionSaga> {
        let registros = self.buzon.de_tipo::<RegistroSaga>();
        registros.into_iter().flat_map(|registro| registro.datos.transiciones.expect("transiciones")).collect()
    }

    pub fn estados(&self) -> Vec<EstadoSaga> {
        self.buzon.de_tipo::<EstadoSaga>().into_iter().map(|recibido| recibido.datos).collect()
    }

    pub async fn hasta(&self, que: &str, cumplido: impl Fn(&Self) -> bool) {
        let limite = Instant::now() + Duration::from_secs(30);
        while !cumplido(self) {
            assert!(Instant::now() < limite, "no ocurrió: {que}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn hasta_version(&self, version: i64) {
        let publicada = |p: &Self| p.transiciones().iter().any(|transicion| transicion.version == Some(version));
        self.hasta(&format!("la transición {version}"), publicada).await;
    }

    async fn detener(self) {
        self.cierre.cancel();
        self.tarea.await.expect("publicación");
    }
}

pub async fn terminar(banco: &Banco, saga: Uuid) {
    hasta_pagar(banco, saga).await;
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    banco.responder(saga, "notificar", "hacer", EventoNotificacionEnviada::default()).await;
}

#[sqlx::test(migrations = false)]
async fn el_registro_publicado_basta_para_rehacer_la_fila_de_la_saga(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let saga = iniciada(&banco).await;
    terminar(&banco, saga).await;
    let publicando = Publicando::iniciar(&banco).await;
    publicando.hasta_version(6).await;
    let transiciones = publicando.transiciones();
    let con_cabecera: Vec<_> = transiciones.iter().filter(|transicion| transicion.cabecera.is_some()).collect();
    assert_eq!(con_cabecera.iter().map(|transicion| transicion.version).collect::<Vec<_>>(), [Some(1)]);
    let cabecera = con_cabecera[0].cabecera.clone().expect("cabecera");
    let entradas = transiciones.iter().map(|transicion| {
        let entrada: Entrada = serde_json::from_str(transicion.entrada.as_deref().expect("entrada")).expect("json");
        entrada
    });
    let estado = entradas.fold(saga::EstadoSaga::default(), |estado, entrada| saga::aplicar(estado, &entrada));
    let iguales: bool = sqlx::query_scalar(
        "select s.estado = $2 and s.id_suscripcion::text = $3 and s.inquilino = $4 and s.codigo_cliente = $5
            and s.codigo_plan = $6 and s.definicion = $7 and s.definicion_version = $8 and s.traza is not distinct from $9
            and s.creada = to_timestamp($10 / 1000.0)
         from saga s where s.id = $1",
    )
    .bind(saga)
    .bind(serde_json::to_value(&estado).expect("json"))
    .bind(cabecera.id_suscripcion)
    .bind(cabecera.inquilino)
    .bind(cabecera.codigo_cliente)
    .bind(cabecera.codigo_plan)
    .bind(cabecera.definicion)
    .bind(cabecera.definicion_version)
    .bind(cabecera.traza)
    .bind(cabecera.creada)
    .fetch_one(&pool)
    .await
    .expect("saga");
    assert!(iguales);
}

#[sqlx::test(migrations = false)]
async fn el_estado_final_se_publica_una_vez_y_entero(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let saga = iniciada(&banco).await;
    terminar(&banco, saga).await;
    let publicando = Publicando::iniciar(&banco).await;
    publicando.hasta("el estado", |p| !p.estados().is_empty()).await;
    let otra = iniciada(&banco).await;
    publicando.hasta("el estado de otra", |p| p.estados().len() > 1).await;
    let estados = publicando.estados();
    let ids: Vec<_> = estados.iter().map(|estado| estado.id_saga.clone().expect("id")).collect();
    assert_eq!(ids, [saga.to_string(), otra.to_string()]);
    assert_eq!((estados[0].fase.as_deref(), estados[0].version), (Some("completada"), Some(6)));
    assert_eq!(estados[0].inquilino.as_deref(), Some("publico"));
    assert!(estados[0].creada.is_some());
}

/// When the states of live sagas were last published, in seconds, once that is after `antes`; it is noted after they
/// were sent.
async fn publicado_tras(pool: &PgPool, antes: f64) -> f64 {
    let consulta = "select extract(epoch from publicado)::float8 from publicacion_estado
                    where extract(epoch from publicado)::float8 > $1";
    let limite = Instant::now() + Duration::from_secs(10);
    loop {
        let anotado = sqlx::query_scalar(consulta).bind(antes).fetch_optional(pool).await.expect("publicado");
        if let Some(instante) = anotado {
            return instante;
        }
        assert!(Instant::now() < limite, "no se anotó la publicación");
        sleep(Duration::from_millis(10)).await;
    }
}

#[sqlx::test(migrations = false)]
async fn una_saga_viva_publica_su_estado_a_lo_sumo_una_vez_por_segundo(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let publicando = Publicando::iniciar(&banco).await;
    let saga = iniciada(&banco).await;
    publicando.hasta("el primer estado", |p| p.estados().len() == 1).await;
    let primera = publicado_tras(&pool, 0.0).await;
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    publicando.hasta("el segundo estado", |p| p.estados().len() == 2).await;
    let segunda = publicado_tras(&pool, primera).await;
    assert!(segunda - primera >= 1.0, "{primera} {segunda}");
    assert_eq!(publicando.estados()[1].version, Some(2));
}

#[sqlx::test(migrations = false)]
async fn un_estado_que_quedo_por_publicar_lo_publica_quien_venga_despues(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let primero = Publicando::iniciar(&banco).await;
    let saga = iniciada(&banco).await;
    primero.hasta("el primer estado", |p| p.estados().len() == 1).await;
    let aplazar = "update publicacion_estado set publicado = publicado + interval '1 hour'";
    sqlx::query(aplazar).execute(&pool).await.expect("aplazado");
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    primero.hasta_version(2).await;
    assert_eq!(primero.estados().len(), 1);
    primero.detener().await;
    let vencer = "update publicacion_estado set publicado = publicado - interval '1 hour'";
    sqlx::query(vencer).execute(&pool).await.expect("vencido");
    let segundo = Publicando::iniciar(&banco).await;
    segundo.hasta("el estado pendiente", |p| p.estados().iter().any(|estado| estado.version == Some(2))).await;
    assert!(segundo.transiciones().is_empty(), "el registro ya estaba publicado");
}
