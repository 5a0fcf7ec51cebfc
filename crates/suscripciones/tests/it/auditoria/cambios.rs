//! What the ledgers must say after a change of plan, and after what a subscription does without a saga.

use super::reglas::{Alteracion, comprobar, reglas, servicios};
use super::*;
use crate::cambio_de_plan::cambiar;
use crate::circuito::Circuito;
use crate::facturas::{pagar, plan_de_pago};
use crate::interferencia::cancelar;

/// A subscription that began with the first plan and changed to each of the others.
async fn cambiada(escena: &Escena, circuito: &mut Circuito<'_>, planes: &[&str]) -> IdSuscripcion {
    let comando = contratos::id_nuevo();
    escena.banco.crear(comando, "0001", planes[0]).await;
    circuito.correr().await;
    let id = ids(comando)["suscripcion"];
    for plan in &planes[1..] {
        escena.banco.atender.ejecutar(&[cambiar(id, plan)]).await.expect("atendida");
        circuito.correr().await;
    }
    IdSuscripcion(id)
}

async fn expediente(escena: &Escena, id: IdSuscripcion, servicios: &[&str], avisos: &[&str]) -> Expediente {
    let visto = |estado: &&str| servicio(estado, *estado != "terminado");
    let confirmado = |plantilla: &&str| aviso(plantilla, "confirmada");
    Expediente {
        servicios: Some(servicios.iter().map(visto).collect()),
        avisos: Some(avisos.iter().map(confirmado).collect()),
        ..escena.expediente(id).await
    }
}

#[sqlx::test(migrations = false)]
async fn tras_subir_de_plan_hay_un_servicio_en_pie_y_un_cobro(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = cambiada(&escena, &mut Circuito::de(&escena.banco), &["basico", "pro"]).await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.suscripcion = Some(Estado::Cancelada), Regla::SuscripcionEnOtroEstado),
        (|e| e.pagos = 0, Regla::PagoAusente),
        (|e| e.pagos = 2, Regla::PagoDeMas),
        (|e| e.flujos[0].cobro = Some(Cobro::Pendiente), Regla::FacturaPendiente),
        (|e| servicios(e).clear(), Regla::ServicioAusente),
        (|e| servicios(e)[0].estado = "creado".into(), Regla::ServicioEnOtroEstado),
    ];
    let mut expediente = expediente(&escena, id, &["iniciado"], &["suscripcion_activa", "plan_cambiado"]).await;
    comprobar(&expediente, alteraciones);
    expediente.avisos = Some(vec![aviso("suscripcion_activa", "confirmada")]);
    assert_eq!(reglas(&expediente), [Regla::AvisoAusente]);
}

#[sqlx::test(migrations = false)]
async fn del_plan_que_se_dejo_no_queda_ningun_servicio_en_pie(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut circuito = Circuito::de(&escena.banco);
    let id = cambiada(&escena, &mut circuito, &["pro", "pro_plus"]).await;
    let avisos = ["suscripcion_completada", "plan_cambiado"];
    let otro_plan = expediente(&escena, id, &["terminado", "iniciado"], &avisos).await;
    let alteraciones: &[Alteracion] = &[
        (|e| servicios(e)[0] = servicio("iniciado", true), Regla::ServicioRepetido),
        (|e| servicios(e)[0].plazas.nube = true, Regla::PlazaSinLiberar),
        (|e| servicios(e)[1] = servicio("terminado", false), Regla::ServicioEnOtroEstado),
        (|e| servicios(e).push(servicio("terminado", false)), Regla::ServicioRepetido),
        (|e| e.pagos = 1, Regla::PagoAusente),
        (|e| e.pagos = 3, Regla::PagoDeMas),
    ];
    comprobar(&otro_plan, alteraciones);
    escena.banco.atender.ejecutar(&[cambiar(id.0, "basico")]).await.expect("atendida");
    circuito.correr().await;
    let sin_flujo = expediente(&escena, id, &["terminado", "terminado"], &avisos).await;
    let alteraciones: &[Alteracion] =
        &[(|e| servicios(e)[1] = servicio("iniciado", true), Regla::ServicioEnOtroEstado)];
    let mut con_plazas = sin_flujo.clone();
    servicios(&mut con_plazas)[1].plazas.nube = true;
    assert_eq!(reglas(&con_plazas), [Regla::PlazaSinLiberar]);
    assert_eq!(reglas(&sin_flujo), []);
    let mut en_pie = sin_flujo.clone();
    (alteraciones[0].0)(&mut en_pie);
    assert!(reglas(&en_pie).contains(&alteraciones[0].1));
}

#[sqlx::test(migrations = false)]
async fn un_cambio_que_se_deshizo_deja_lo_que_habia_y_se_cuenta(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut circuito = Circuito::de(&escena.banco);
    let id = cambiada(&escena, &mut circuito, &["pro"]).await;
    circuito.falla::<contratos::ComandoAsignarExperto>("sin_experto");
    escena.banco.atender.ejecutar(&[cambiar(id.0, "pro_plus")]).await.expect("atendida");
    circuito.correr().await;
    let avisos = ["suscripcion_completada", "cambio_rechazado"];
    let expediente = expediente(&escena, id, &["iniciado", "terminado"], &avisos).await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.pagos = 2, Regla::PagoDeMas),
        (|e| e.flujos[1].cobro = Some(Cobro::Pendiente), Regla::FacturaPendiente),
        (|e| servicios(e)[1] = servicio("creado", true), Regla::ServicioRepetido),
        (|e| drop(e.avisos.as_mut().expect("avisos").pop()), Regla::AvisoAusente),
    ];
    comprobar(&expediente, alteraciones);
}

#[sqlx::test(migrations = false)]
async fn lo_que_un_plan_sin_flujo_hace_sin_saga_es_coherente(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    plan_de_pago(&escena.banco).await;
    let mut circuito = Circuito::de(&escena.banco);
    let id = cambiada(&escena, &mut circuito, &["pro", "basico"]).await;
    let orden = cambiar(id.0, "plata");
    let numero = orden.0.comando.to_string();
    let lote = [orden, pagar(id.0, &numero, "50.00", "tarjeta"), cancelar(id.0)];
    escena.banco.atender.ejecutar(&lote).await.expect("atendidas");
    let avisos = ["suscripcion_completada", "plan_cambiado", "plan_cambiado", "suscripcion_cancelada"];
    let expediente = expediente(&escena, id, &["terminado"], &avisos).await;
    assert_eq!((expediente.suscripcion, expediente.pagos), (Some(Estado::Cancelada), 1));
    assert_eq!(reglas(&expediente), []);
    let ajeno = "insert into factura (numero, id_suscripcion, codigo_plan, monto_centavos, moneda, estado, medio_pago,
        emitida, pagada) values (gen_random_uuid()::text, $1, 'plata', 5000, 'COP', 'pagada', 'x', now(), now())";
    escena.sql(ajeno, id.0).await;
    assert_eq!(reglas(&escena.expediente(id).await), [Regla::PagoDeMas]);
}
