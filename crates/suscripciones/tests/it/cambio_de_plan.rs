//! A change of plan: at once, or as a saga that provisions, pays, changes and then releases; one at a time.

use contratos::{
    ComandoAsignarExperto, ComandoCambiarPlanSuscripcion, ComandoCrearServicioDatos, ComandoEnviarNotificacion,
    ComandoTerminarServicioDatos, EventoOperacionIniciada, EventoSuscripcionFallida, EventoSuscripcionPlanModificado,
    Mensaje,
};
use saga::Definicion;
use saga::modelo::{Cotas, verificar};
use sqlx::PgPool;
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::puertos::{ClaveCliente, Contexto};
use suscripciones::dominio::{CodigoCliente, CodigoPlan, Condiciones, IdSuscripcion, Monto};
use uuid::Uuid;

use crate::banco::{Banco, contexto, ids};
use crate::circuito::Circuito;
use crate::facturas::{facturas, pagar, plan_de_pago};
use crate::interferencia::{activa, cancelar, las_contrataciones_son_las_debidas};

pub fn cambiar(suscripcion: Uuid, plan: &str) -> (Contexto, Pedido) {
    let pedido = Pedido::CambiarPlan {
        id: IdSuscripcion(suscripcion),
        plan: CodigoPlan::try_from(plan).expect("codigo"),
        motivo: Some("otra cosa".into()),
        servicio: None,
        medio_pago: None,
    };
    (contexto(contratos::id_nuevo(), ComandoCambiarPlanSuscripcion::TIPO), pedido)
}

/// Asks for the change; the saga that it may begin.
async fn pedir(banco: &Banco, suscripcion: Uuid, plan: &str) -> Uuid {
    let orden = cambiar(suscripcion, plan);
    let saga = ids(orden.0.comando)["saga"];
    banco.atender.ejecutar(&[orden]).await.expect("atendida");
    saga
}

async fn creada(banco: &Banco, plan: &str) -> Uuid {
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", plan).await;
    ids(comando)["suscripcion"]
}

/// State, plan, data service and reason.
async fn ficha(banco: &Banco, suscripcion: Uuid) -> (String, String, Option<Uuid>, Option<String>) {
    sqlx::query_as("select estado, codigo_plan, id_serviciodatos, motivo from suscripcion where id = $1")
        .bind(suscripcion)
        .fetch_one(&banco.pool)
        .await
        .expect("suscripcion")
}

fn con(estado: &str, plan: &str, servicio: Option<Uuid>) -> (String, String, Option<Uuid>, Option<String>) {
    (estado.to_owned(), plan.to_owned(), servicio, None)
}

async fn fallas(banco: &Banco) -> Vec<EventoSuscripcionFallida> {
    banco.de_tipo::<EventoSuscripcionFallida>().await.into_iter().map(|fallida| fallida.datos).collect()
}

async fn avisos(banco: &Banco) -> Vec<String> {
    let comandos = banco.de_tipo::<ComandoEnviarNotificacion>().await;
    comandos.into_iter().map(|comando| comando.datos.plantilla.expect("plantilla")).collect()
}

#[sqlx::test(migrations = false)]
async fn sin_nada_que_preparar_se_cambia_en_el_acto_y_se_factura(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    let suscripcion = creada(&banco, "basico").await;
    let orden = cambiar(suscripcion, "PLATA");
    let numero = orden.0.comando.to_string();
    banco.atender.ejecutar(&[orden.clone(), orden.clone()]).await.expect("atendidas");
    banco.atender.ejecutar(&[orden]).await.expect("repetida");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "plata", None));
    let modificados = banco.de_tipo::<EventoSuscripcionPlanModificado>().await;
    assert_eq!(modificados.len(), 2);
    let modificado = &modificados[0].datos;
    assert_eq!(*modificado, modificados[1].datos);
    assert_eq!(modificado.codigo_plan.as_deref(), Some("plata"));
    assert_eq!(modificado.codigo_plan_anterior.as_deref(), Some("basico"));
    assert_eq!((modificado.id_saga.as_deref(), modificado.motivo.as_deref()), (None, Some("otra cosa")));
    let factura = (modificado.factura_numero.clone(), modificado.factura_estado.as_deref());
    assert_eq!(factura, (Some(numero.clone()), Some("pendiente")));
    las_contrataciones_son_las_debidas(&banco).await;
    banco.atender.ejecutar(&[pagar(suscripcion, &numero, "50.00", "tarjeta")]).await.expect("atendida");
    assert_eq!(facturas(&banco, suscripcion).await, [("pagada".to_owned(), 5_000, Some("tarjeta".to_owned()))]);
    creada(&banco, "basico").await;
    assert!(fallas(&banco).await.is_empty());
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn lo_que_no_se_pago_del_plan_que_se_deja_no_se_debe(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    let suscripcion = creada(&banco, "plata").await;
    pedir(&banco, suscripcion, "basico").await;
    assert_eq!(facturas(&banco, suscripcion).await, [("anulada".to_owned(), 5_000, None)]);
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
}

#[sqlx::test(migrations = false)]
async fn subir_a_pro_prepara_su_servicio_paga_y_despues_cambia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = creada(&banco, "basico").await;
    let saga = pedir(&banco, suscripcion, "pro").await;
    let iniciada = &banco.de_tipo::<EventoOperacionIniciada>().await[0].datos;
    assert_eq!(iniciada.operacion.as_deref(), Some("cambiar_plan"));
    assert_eq!(
        (iniciada.codigo_plan.as_deref(), iniciada.codigo_plan_anterior.as_deref()),
        (Some("pro"), Some("basico"))
    );
    assert_eq!(
        (iniciada.factura_numero.clone(), iniciada.monto.as_deref()),
        (Some(saga.to_string()), Some("150000.00"))
    );
    assert_eq!(ficha(&banco, suscripcion).await.1, "basico");
    assert_eq!(facturas(&banco, suscripcion).await, [("pendiente".to_owned(), 15_000_000, None)]);
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "completada");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "pro", Some(saga)));
    assert_eq!(facturas(&banco, suscripcion).await[0].0, "pagada");
    let crear = banco.de_tipo::<ComandoCrearServicioDatos>().await;
    assert_eq!((crear.len(), crear[0].datos.id_serviciodatos.clone()), (1, Some(saga.to_string())));
    assert!(banco.de_tipo::<ComandoTerminarServicioDatos>().await.is_empty());
    let modificado = &banco.de_tipo::<EventoSuscripcionPlanModificado>().await[0];
    assert_eq!(
        (modificado.cabecera.correlacion, modificado.datos.id_saga.clone()),
        (Some(saga), Some(saga.to_string()))
    );
    assert_eq!(modificado.datos.factura_estado.as_deref(), Some("pagada"));
    assert_eq!(avisos(&banco).await, ["plan_cambiado"]);
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn una_subida_que_no_puede_ser_se_deshace_entera_y_se_puede_repetir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = creada(&banco, "basico").await;
    circuito.falla::<ComandoAsignarExperto>("sin_experto");
    let saga = pedir(&banco, suscripcion, "pro").await;
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "compensada");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
    assert_eq!(facturas(&banco, suscripcion).await, [("anulada".to_owned(), 15_000_000, None)]);
    let terminar = banco.de_tipo::<ComandoTerminarServicioDatos>().await;
    assert_eq!((terminar.len(), terminar[0].datos.id_serviciodatos.clone()), (1, Some(saga.to_string())));
    let falla = &fallas(&banco).await[0];
    assert_eq!((falla.codigo.as_deref(), falla.operacion.as_deref()), (Some("sin_experto"), Some("cambiar_plan")));
    assert_eq!((falla.estado.as_deref(), falla.codigo_plan.as_deref()), (Some("activa"), Some("basico")));
    assert!(avisos(&banco).await.is_empty());
    las_contrataciones_son_las_debidas(&banco).await;
    circuito.sana();
    pedir(&banco, suscripcion, "pro").await;
    circuito.correr().await;
    assert_eq!(ficha(&banco, suscripcion).await.1, "pro");
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn lo_que_el_cliente_no_puede_pagar_no_se_cambia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = creada(&banco, "basico").await;
    condiciones(&banco, Condiciones { bloqueado: false, limite_pago: Monto::de_centavos(1) }).await;
    let saga = pedir(&banco, suscripcion, "pro").await;
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "compensada");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
    assert_eq!(facturas(&banco, suscripcion).await[0].0, "anulada");
    let codigos: Vec<_> = fallas(&banco).await.into_iter().map(|falla| (falla.codigo, falla.operacion)).collect();
    let rechazado = |operacion: Option<&str>| (Some("pago_rechazado".to_owned()), operacion.map(str::to_owned));
    assert_eq!(codigos, [rechazado(None), rechazado(Some("cambiar_plan"))]);
}

#[sqlx::test(migrations = false)]
async fn bajar_de_pro_cambia_y_despues_termina_el_servicio(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = activa(&banco, &mut circuito).await;
    let saga = pedir(&banco, suscripcion, "basico").await;
    circuito.correr().await;
    assert_eq!(banco.fase(saga).await, "completada");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
    let terminar = banco.de_tipo::<ComandoTerminarServicioDatos>().await;
    assert_eq!((terminar.len(), terminar[0].cabecera.causa), (1, None));
    assert_eq!(terminar[0].datos.id_serviciodatos, None, "el que nació con la suscripción");
    assert_eq!(facturas(&banco, suscripcion).await.len(), 1, "bajar no cuesta nada");
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn de_un_plan_con_flujo_a_otro_se_crea_el_nuevo_servicio_y_se_termina_el_anterior(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut circuito = Circuito::de(&banco);
    let suscripcion = creada(&banco, "basico").await;
    let primera = pedir(&banco, suscripcion, "pro").await;
    circuito.correr().await;
    let segunda = pedir(&banco, suscripcion, "pro_plus").await;
    circuito.correr().await;
    assert_eq!(banco.fase(segunda).await, "completada");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "pro_plus", Some(segunda)));
    let terminados: Vec<_> = banco.de_tipo::<ComandoTerminarServicioDatos>().await;
    let terminados: Vec<_> = terminados.into_iter().map(|de| de.datos.id_serviciodatos).collect();
    assert_eq!(terminados, [Some(primera.to_string())]);
    let estados: Vec<String> = facturas(&banco, suscripcion).await.into_iter().map(|factura| factura.0).collect();
    assert_eq!(estados, ["pagada", "pagada"]);
    las_contrataciones_son_las_debidas(&banco).await;
    banco.atender.ejecutar(&[cancelar(suscripcion)]).await.expect("atendida");
    circuito.correr().await;
    let ultimo = banco.de_tipo::<ComandoTerminarServicioDatos>().await.pop().expect("terminar");
    assert_eq!(ultimo.datos.id_serviciodatos, Some(segunda.to_string()));
    assert_eq!(ficha(&banco, suscripcion).await.0, "cancelada");
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn cada_cambio_que_no_procede_dice_por_que(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    sqlx::query("update plan set en_venta = false where codigo = 'pro_plus'").execute(&banco.pool).await.expect("plan");
    let suscripcion = creada(&banco, "basico").await;
    let otra = creada(&banco, "plata").await;
    let lote = [
        cambiar(suscripcion, "BASICO"),
        cambiar(suscripcion, "pro_plus"),
        cambiar(suscripcion, "no-hay"),
        cambiar(suscripcion, "plata"),
        cambiar(contratos::id_nuevo(), "pro"),
        cancelar(otra),
        cambiar(otra, "pro"),
    ];
    banco.atender.ejecutar(&lote).await.expect("atendidas");
    let codigos: Vec<_> = fallas(&banco).await.into_iter().map(|falla| falla.codigo.expect("codigo")).collect();
    let esperados =
        ["mismo_plan", "plan_no_disponible", "plan_no_disponible", "ya_suscrito", "no_existe", "estado_invalido"];
    assert_eq!(codigos, esperados);
    condiciones(&banco, Condiciones { bloqueado: true, limite_pago: None }).await;
    pedir(&banco, suscripcion, "pro").await;
    assert_eq!(fallas(&banco).await.last().expect("falla").codigo.as_deref(), Some("cliente_bloqueado"));
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn sin_flujo_que_lo_haga_no_se_cambia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    sqlx::query("delete from flujo_operacion").execute(&banco.pool).await.expect("sin flujos");
    let suscripcion = creada(&banco, "basico").await;
    pedir(&banco, suscripcion, "pro").await;
    assert_eq!(fallas(&banco).await[0].codigo.as_deref(), Some("operacion_no_disponible"));
    assert!(facturas(&banco, suscripcion).await.is_empty());
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn lo_que_esta_por_crearse_no_se_cambia_y_se_sabe_por_que_saga(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let comando = contratos::id_nuevo();
    banco.crear(comando, "0001", "pro").await;
    pedir(&banco, ids(comando)["suscripcion"], "basico").await;
    let falla = &fallas(&banco).await[0];
    assert_eq!((falla.codigo.as_deref(), falla.estado.as_deref()), (Some("en_curso"), Some("pendiente")));
    assert_eq!(falla.id_saga, Some(ids(comando)["saga"].to_string()));
}

#[sqlx::test(migrations = false)]
async fn un_cambio_y_una_cancelacion_a_la_vez_en_dos_instancias_tienen_un_ganador(pool: PgPool) {
    let (banco, otro) = (Banco::nuevo(pool.clone()).await, Banco::nuevo(pool).await);
    let mut circuito = Circuito::de(&banco);
    for vez in 0..4 {
        let comando = contratos::id_nuevo();
        banco.crear(comando, &format!("c{vez}"), "pro").await;
        circuito.correr().await;
        let suscripcion = ids(comando)["suscripcion"];
        let (cambio, fin) = (cambiar(suscripcion, "basico"), cancelar(suscripcion));
        let sagas = [ids(cambio.0.comando)["saga"], ids(fin.0.comando)["saga"]];
        let (cambio, fin) = ([cambio], [fin]);
        let (a, b) = tokio::join!(banco.atender.ejecutar(&cambio), otro.atender.ejecutar(&fin));
        a.and(b).expect("atendidas");
        let vivas: Vec<Uuid> = sqlx::query_scalar("select id from saga where id = any($1) and fase = 'avanzando'")
            .bind(sagas.to_vec())
            .fetch_all(&banco.pool)
            .await
            .expect("vivas");
        let [ganadora] = vivas.as_slice() else { panic!("{vivas:?}") };
        let mut perdidas = fallas(&banco).await;
        perdidas.extend(fallas(&otro).await);
        let perdida = perdidas.iter().find(|falla| falla.id_suscripcion == Some(suscripcion.to_string()));
        let perdida = perdida.expect("quien pierde lo sabe");
        assert_eq!((perdida.codigo.as_deref(), &perdida.id_saga), (Some("en_curso"), &Some(ganadora.to_string())));
        sqlx::query("update saga set fase = 'abandonada' where id = any($1)")
            .bind(sagas.to_vec())
            .execute(&banco.pool)
            .await
            .expect("fin");
    }
}

#[sqlx::test(migrations = false)]
async fn dos_suscripciones_que_quieren_el_mismo_plan_a_la_vez_no_lo_tienen_las_dos(pool: PgPool) {
    let (banco, otro) = (Banco::nuevo(pool.clone()).await, Banco::nuevo(pool).await);
    plan_de_pago(&banco).await;
    let (una, otra) = (creada(&banco, "basico").await, creada(&banco, "plata").await);
    let (a, b) = ([cambiar(una, "pro")], [cambiar(otra, "pro")]);
    let (a, b) = tokio::join!(banco.atender.ejecutar(&a), otro.atender.ejecutar(&b));
    a.and(b).expect("atendidas");
    let mut perdidas = fallas(&banco).await;
    perdidas.extend(fallas(&otro).await);
    assert_eq!(perdidas.len(), 1);
    assert_eq!(perdidas[0].codigo.as_deref(), Some("duplicada_en_curso"));
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn cambiar_y_volver_en_un_mismo_lote_no_retiene_nada(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    plan_de_pago(&banco).await;
    let suscripcion = creada(&banco, "basico").await;
    let lote = [cambiar(suscripcion, "plata"), cambiar(suscripcion, "basico")];
    banco.atender.ejecutar(&lote).await.expect("atendidas");
    assert_eq!(ficha(&banco, suscripcion).await, con("activa", "basico", None));
    assert_eq!(facturas(&banco, suscripcion).await, [("anulada".to_owned(), 5_000, None)]);
    las_contrataciones_son_las_debidas(&banco).await;
}

#[sqlx::test(migrations = false)]
async fn la_factura_de_un_cambio_abandonado_no_se_puede_pagar(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let suscripcion = creada(&banco, "basico").await;
    let saga = pedir(&banco, suscripcion, "pro").await;
    let fin = sqlx::query("update saga set fase = 'abandonada' where id = $1").bind(saga);
    fin.execute(&banco.pool).await.expect("fin");
    banco.atender.ejecutar(&[pagar(suscripcion, &saga.to_string(), "150000.00", "x")]).await.expect("atendida");
    assert_eq!(fallas(&banco).await[0].codigo.as_deref(), Some("factura_de_otro_plan"));
    let (mut tarde, pedido) = cambiar(suscripcion, "pro");
    tarde.correlacion = Some(saga);
    banco.atender.ejecutar(&[(tarde, pedido)]).await.expect("atendida");
    assert_eq!(fallas(&banco).await[1].codigo.as_deref(), Some("operacion_terminada"));
    assert_eq!(ficha(&banco, suscripcion).await.1, "basico");
}

#[sqlx::test(migrations = false)]
async fn cada_flujo_que_se_siembra_acaba_bien_pase_lo_que_pase(pool: PgPool) {
    Banco::nuevo(pool.clone()).await;
    let documentos: Vec<serde_json::Value> = sqlx::query_scalar("select documento from definicion_saga order by clave")
        .fetch_all(&pool)
        .await
        .expect("todos");
    assert_eq!(documentos.len(), 5);
    for documento in documentos {
        let definicion = Definicion::leer(&documento).expect("valida");
        let resultado = verificar(&definicion, Cotas::default());
        assert!(resultado.aprueba(), "{}: {resultado:?}", definicion.clave());
    }
}

async fn condiciones(banco: &Banco, condiciones: Condiciones) {
    let codigo = CodigoCliente::try_from("0001").expect("codigo");
    let clave = ClaveCliente { inquilino: "publico".into(), codigo };
    banco.clientes.fijar_condiciones(&clave, condiciones).await.expect("condiciones");
}
