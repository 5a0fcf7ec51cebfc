//! Who comes second: the same product twice, and two operations on one subscription.

use contratos::{
    ComandoCancelarSuscripcion, ComandoTerminarServicioDatos, EventoOperacionIniciada, EventoSuscripcionCancelada,
    EventoSuscripcionCreada, EventoSuscripcionFallida, Mensaje,
};
use sqlx::PgPool;
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::puertos::Contexto;
use suscripciones::dominio::{CodigoCliente, Condiciones, IdSuscripcion};
use uuid::Uuid;

use crate::banco::{Banco, contexto, crear, ids};
use crate::circuito::Circuito;

pub fn cancelar(suscripcion: Uuid) -> (Contexto, Pedido) {
    let pedido = Pedido::Cancelar { id: IdSuscripcion(suscripcion), motivo: Some("muy caro".into()) };
    (contexto(contratos::id_nuevo(), ComandoCancelarSuscripcion::TIPO), pedido)
}

/// Creates a PRO subscription and takes its saga to the end.
pub async fn activa(banco: &Banco, circuito: &mut Circuito<'_>) -> Uuid {
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    circuito.correr().await;
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "completada");
    ids(comando)["suscripcion"]
}

async fn estado(banco: &Banco, suscripcion: Uuid) -> (String, Option<String>) {
    sqlx::query_as("select estado, motivo from suscripcion where id = $1")
        .bind(suscripcion)
        .fetch_one(&banco.pool)
        .await
        .expect("suscripcion")
}

async fn contar(banco: &Banco, consulta: &'static str) -> i64 {
    sqlx::query_scalar(consulta).fetch_one(&banco.pool).await.expect("cuenta")
}

async fn fallas(banco: &Banco) -> Vec<EventoSuscripcionFallida> {
    banco.de_tipo::<EventoSuscripcionFallida>().await.into_iter().map(|fallida| fallida.datos).collect()
}

/// Every product of a client is held by whoever has it, and by nobody once nobody does.
pub async fn las_contrataciones_son_las_debidas(banco: &Banco) {
    let sobran = "select count(*) from contratacion c where not exists (
        select from suscripcion s where s.id = c.id_suscripcion
          and (s.estado in ('pendiente', 'activa') and s.codigo_plan = c.codigo_plan
            or exists (select from saga g where g.id_suscripcion = s.id and g.fase in ('avanzando', 'deshaciendo'))))";
    let faltan = "select count(*) from suscripcion s where s.estado in ('pendiente', 'activa') and not exists (
        select from contratacion c where c.id_suscripcion = s.id and c.codigo_plan = s.codigo_plan)";
    assert_eq!((contar(banco, sobran).await, contar(banco, faltan).await), (0, 0));
}

#[sqlx::test(migrations = false)]
async fn quien_pide_lo_que_ya_esta_en_camino_lo_sabe_y_no_crea_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (primero, segundo) = (contratos::id_nuevo(), contratos::id_nuevo());
    banco.crear(primero, "0001", "pro").await;
    banco.crear(segundo, "0001", "PRO").await;
    let falla = &fallas(&banco).await[0];
    assert_eq!(falla.codigo.as_deref(), Some("duplicada_en_curso"));
    assert_eq!(falla.operacion.as_deref(), Some("crear"));
    assert_eq!(falla.id_saga, Some(ids(primero)["saga"].to_string()));
    assert_eq!(falla.id_suscripcion_vigente, Some(ids(primero)["suscripcion"].to_string()));
    assert_eq!(contar(&banco, "select count(*) from suscripcion").await, 1);
    assert_eq!(contar(&banco, "select count(*) from saga").await, 1);
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn quien_ya_tiene_el_plan_no_lo_contrata_otra_vez_y_otro_plan_si(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.crear(contratos::id_nuevo(), "0001", "basico").await;
    banco.crear(contratos::id_nuevo(), "0001", "basico").await;
    assert_eq!(fallas(&banco).await[0].codigo.as_deref(), Some("ya_suscrito"));
    banco.crear(contratos::id_nuevo(), "0001", "pro").await;
    banco.crear(contratos::id_nuevo(), "0002", "basico").await;
    assert_eq!(contar(&banco, "select count(*) from suscripcion").await, 3);
}

#[sqlx::test(migrations = false)]
async fn lo_que_se_deshizo_se_puede_volver_a_pedir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    circuito.falla::<contratos::ComandoAsignarExperto>("sin_experto");
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    circuito.correr().await;
    assert_eq!(banco.fase(ids(comando)["saga"]).await, "compensada");
    las_contrataciones_son_las_debidas(&banco).await;
    circuito.sana();
    activa(&banco, &mut circuito).await;
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn un_rechazo_no_ocupa_el_producto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let clave = suscripciones::aplicacion::puertos::ClaveCliente {
        inquilino: "publico".into(),
        codigo: CodigoCliente::try_from("0001").expect("codigo"),
    };
    let condiciones = |bloqueado| Condiciones { bloqueado, limite_pago: None };
    banco.clientes.fijar_condiciones(&clave, condiciones(true)).await.expect("condiciones");
    banco.crear(contratos::id_nuevo(), "0001", "pro").await;
    las_contrataciones_son_las_debidas(&banco).await;
    banco.clientes.fijar_condiciones(&clave, condiciones(false)).await.expect("condiciones");
    banco.crear(contratos::id_nuevo(), "0001", "pro").await;
    assert_eq!(banco.de_tipo::<EventoSuscripcionCreada>().await.len(), 1);
}

#[sqlx::test(migrations = false)]
async fn treinta_y_dos_a_la_vez_en_dos_instancias_son_una(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let otro = Banco::nuevo(pool).await;
    let ordenes: Vec<_> = (0..32).map(|_| [crear(contratos::id_nuevo(), "0001", "pro")]).collect();
    let instancia = |i: usize| if i.is_multiple_of(2) { &banco } else { &otro };
    let intentos = ordenes.iter().enumerate().map(|(i, orden)| instancia(i).atender.ejecutar(orden));
    for atendida in futures::future::join_all(intentos).await {
        atendida.expect("atendida");
    }
    let creadas =
        banco.de_tipo::<EventoSuscripcionCreada>().await.len() + otro.de_tipo::<EventoSuscripcionCreada>().await.len();
    let mut fallidas = fallas(&banco).await;
    fallidas.extend(fallas(&otro).await);
    assert_eq!((creadas, fallidas.len()), (1, 31));
    assert!(fallidas.iter().all(|fallida| fallida.codigo.as_deref() == Some("duplicada_en_curso")));
    assert_eq!(contar(&banco, "select count(*) from suscripcion").await, 1);
    assert_eq!(contar(&banco, "select count(*) from saga").await, 1);
}

#[sqlx::test(migrations = false)]
async fn en_un_mismo_lote_cada_orden_ve_lo_que_hizo_la_anterior(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (uno, dos, tres) = (contratos::id_nuevo(), contratos::id_nuevo(), contratos::id_nuevo());
    let lote = [
        crear(uno, "0001", "basico"),
        crear(dos, "0001", "basico"),
        cancelar(ids(uno)["suscripcion"]),
        crear(tres, "0001", "basico"),
    ];
    banco.atender.ejecutar(&lote).await.expect("atendidas");
    assert_eq!(estado(&banco, ids(uno)["suscripcion"]).await.0, "cancelada");
    assert_eq!(estado(&banco, ids(tres)["suscripcion"]).await.0, "activa");
    assert_eq!(fallas(&banco).await[0].codigo.as_deref(), Some("ya_suscrito"));
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn cancelar_un_plan_pro_termina_su_servicio_y_despues_cancela(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    let orden = cancelar(suscripcion);
    let saga = ids(orden.0.comando)["saga"];
    banco.atender.ejecutar(&[orden]).await.expect("atendida");
    let iniciada = &banco.de_tipo::<EventoOperacionIniciada>().await[0];
    assert_eq!((iniciada.cabecera.correlacion, iniciada.datos.id_saga.clone()), (Some(saga), Some(saga.to_string())));
    assert_eq!(estado(&banco, suscripcion).await, ("activa".into(), Some("muy caro".into())));
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "completada");
    let terminar = banco.de_tipo::<ComandoTerminarServicioDatos>().await;
    assert_eq!((terminar.len(), terminar[0].cabecera.causa), (1, None));
    assert_eq!(estado(&banco, suscripcion).await, ("cancelada".into(), Some("muy caro".into())));
    let cancelada = &banco.de_tipo::<EventoSuscripcionCancelada>().await[0].datos;
    assert_eq!((cancelada.estado_anterior.as_deref(), cancelada.motivo.as_deref()), (Some("activa"), Some("muy caro")));
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn la_segunda_operacion_sabe_cual_va_por_delante(pool: PgPool) {
    let banco = Banco::nuevo(pool.clone()).await;
    let otro = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    let (una, otra) = ([cancelar(suscripcion)], [cancelar(suscripcion)]);
    let (a, b) = tokio::join!(banco.atender.ejecutar(&una), otro.atender.ejecutar(&otra));
    a.and(b).expect("atendidas");
    let vivas = "select count(*) from saga where fase in ('avanzando', 'deshaciendo')";
    assert_eq!(contar(&banco, vivas).await, 1);
    let viva: Uuid =
        sqlx::query_scalar("select id from saga where fase = 'avanzando'").fetch_one(&banco.pool).await.expect("viva");
    let mut fallidas = fallas(&banco).await;
    fallidas.extend(fallas(&otro).await);
    assert_eq!(fallidas.len(), 1);
    assert_eq!((fallidas[0].codigo.as_deref(), &fallidas[0].id_saga), (Some("en_curso"), &Some(viva.to_string())));
    assert_eq!(fallidas[0].estado.as_deref(), Some("activa"));
}

#[sqlx::test(migrations = false)]
async fn lo_que_esta_por_crearse_no_se_cancela_hasta_que_acabe(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    banco.atender.ejecutar(&[cancelar(ids(comando)["suscripcion"])]).await.expect("atendida");
    let falla = &fallas(&banco).await[0];
    assert_eq!((falla.codigo.as_deref(), falla.estado.as_deref()), (Some("en_curso"), Some("pendiente")));
    assert_eq!(falla.id_saga, Some(ids(comando)["saga"].to_string()));
}

#[sqlx::test(migrations = false)]
async fn una_cancelacion_que_no_puede_ser_deja_todo_como_estaba_y_se_puede_repetir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    circuito.falla::<ComandoTerminarServicioDatos>("no_existe");
    let orden = cancelar(suscripcion);
    let saga = ids(orden.0.comando)["saga"];
    banco.atender.ejecutar(&[orden]).await.expect("atendida");
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "compensada");
    let falla = &banco.de_tipo::<EventoSuscripcionFallida>().await[0];
    assert_eq!(
        (falla.datos.codigo.as_deref(), falla.datos.operacion.as_deref()),
        (Some("no_existe"), Some("cancelar"))
    );
    assert_eq!(falla.cabecera.correlacion, Some(saga));
    assert_eq!(estado(&banco, suscripcion).await, ("activa".into(), None));
    circuito.sana();
    banco.atender.ejecutar(&[cancelar(suscripcion)]).await.expect("atendida");
    circuito.correr().await;
    assert_eq!(estado(&banco, suscripcion).await.0, "cancelada");
}

#[sqlx::test(migrations = false)]
async fn el_paso_de_una_saga_que_ya_acabo_no_hace_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    circuito.calla::<ComandoTerminarServicioDatos>();
    let orden = cancelar(suscripcion);
    let saga = ids(orden.0.comando)["saga"];
    banco.atender.ejecutar(&[orden]).await.expect("atendida");
    circuito.correr().await;
    sqlx::query("update saga set fase = 'abandonada' where id = $1")
        .bind(saga)
        .execute(&banco.pool)
        .await
        .expect("fin");
    let (mut tarde, pedido) = cancelar(suscripcion);
    tarde.correlacion = Some(saga);
    banco.atender.ejecutar(&[(tarde, pedido)]).await.expect("atendida");
    let falla = &fallas(&banco).await[0];
    assert_eq!((falla.codigo.as_deref(), &falla.operacion), (Some("operacion_terminada"), &None));
    assert_eq!(estado(&banco, suscripcion).await.0, "activa");
    circuito.sana();
    banco.atender.ejecutar(&[cancelar(suscripcion)]).await.expect("atendida");
    circuito.correr().await;
    assert_eq!(estado(&banco, suscripcion).await.0, "cancelada");
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn la_base_no_admite_dos_sagas_vivas_de_una_suscripcion_ni_dos_titulares_de_un_producto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.crear(contratos::id_nuevo(), "0001", "pro").await;
    let copia = "insert into saga select gen_random_uuid(), definicion, definicion_version, id_suscripcion, inquilino,
        codigo_cliente, codigo_plan, traza, fase, atascada, version, estado, proximo_plazo, creada, actualizada from saga";
    let segunda = sqlx::query(copia).execute(&banco.pool).await.expect_err("la segunda");
    assert_eq!(segunda.as_database_error().and_then(|e| e.constraint()), Some("saga_viva_de_suscripcion"));
    let otra =
        "insert into contratacion select inquilino, codigo_cliente, codigo_plan, gen_random_uuid() from contratacion";
    let segundo = sqlx::query(otra).execute(&banco.pool).await.expect_err("el segundo");
    assert_eq!(segundo.as_database_error().and_then(|e| e.constraint()), Some("contratacion_unica"));
}
