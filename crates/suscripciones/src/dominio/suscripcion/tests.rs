use uuid::Uuid;

use super::*;
use crate::dominio::Monto;

fn ficha() -> Ficha {
    Ficha {
        id: IdSuscripcion(Uuid::nil()),
        cliente: CodigoCliente::try_from("0001").expect("codigo"),
        plan: CodigoPlan::try_from("pro").expect("codigo"),
        servicio: None,
        razon: None,
        facturas: vec![],
    }
}

fn plan(flujo: Option<&str>) -> Plan {
    Plan {
        codigo: ficha().plan,
        nombre: "PRO".into(),
        monto: Monto::try_from("150000.00").expect("monto"),
        moneda: "COP".into(),
        en_venta: true,
        flujo: flujo.map(str::to_owned),
        recursos: None,
        parametros: Default::default(),
    }
}

const SAGA: IdSaga = IdSaga(Uuid::from_u128(7));

fn emision() -> Emision {
    Emision { numero: "F-1".into(), saga: Some(SAGA) }
}

fn factura() -> Factura {
    Factura::emitir(&plan(Some("pro")), emision()).expect("una factura")
}

fn facturada() -> Evento {
    Evento::Facturada { factura: factura() }
}

fn pagada() -> Evento {
    Evento::Pagada { factura: factura().pagada("tarjeta") }
}

fn crear(plan: Option<Plan>, bloqueado: bool) -> Comando {
    Comando::Crear {
        ficha: ficha(),
        plan: plan.map(Box::new),
        condiciones: Condiciones { bloqueado, limite_pago: None },
        emision: emision(),
    }
}

fn pago() -> Pago {
    let monto = Monto::try_from("150000.00").expect("monto");
    Pago { numero: "F-1".into(), monto, moneda: "COP".into(), medio_pago: "tarjeta".into() }
}

fn pagar(pago: Pago) -> Comando {
    Comando::Pagar { pago, ajena: false, condiciones: Condiciones::default() }
}

fn pagar_con_limite(limite: &str) -> Comando {
    let limite_pago = Some(Monto::try_from(limite).expect("monto"));
    Comando::Pagar { pago: pago(), ajena: false, condiciones: Condiciones { bloqueado: false, limite_pago } }
}

fn dados(hechos: &[Evento]) -> Suscripcion {
    hechos.iter().fold(Suscripcion::Inexistente, Suscripcion::aplicar)
}

fn creada(activa: bool) -> Evento {
    Evento::Creada { ficha: ficha(), activa }
}

fn cancelar() -> Comando {
    Comando::Cancelar { motivo: Some("a petición".into()) }
}

fn reservada() -> Evento {
    Evento::Reservada { razon: Some("muy caro".into()) }
}

#[test]
fn un_plan_con_flujo_queda_pendiente_y_sin_flujo_activo_y_lo_que_cuesta_se_factura() {
    let de = |flujo| Factura::emitir(&plan(flujo), emision()).map(|factura| Evento::Facturada { factura });
    assert_eq!(
        dados(&[]).decidir(crear(Some(plan(Some("pro"))), false)),
        Ok(vec![creada(false), de(Some("pro")).expect("una")])
    );
    assert_eq!(dados(&[]).decidir(crear(Some(plan(None)), false)), Ok(vec![creada(true), de(None).expect("una")]));
    let gratis = Plan { monto: Monto::try_from("0.00").expect("monto"), ..plan(None) };
    assert_eq!(dados(&[]).decidir(crear(Some(gratis), false)), Ok(vec![creada(true)]));
}

#[test]
fn un_cliente_bloqueado_o_un_plan_ausente_es_un_rechazo_que_consta() {
    let rechazada = |codigo| Ok(vec![Evento::Rechazada { ficha: ficha(), codigo }]);
    assert_eq!(dados(&[]).decidir(crear(Some(plan(None)), true)), rechazada(Rechazo::ClienteBloqueado));
    assert_eq!(dados(&[]).decidir(crear(None, false)), rechazada(Rechazo::PlanNoDisponible));
    let retirado = Plan { en_venta: false, ..plan(None) };
    assert_eq!(dados(&[]).decidir(crear(Some(retirado), false)), rechazada(Rechazo::PlanNoDisponible));
}

#[test]
fn pagar_activa_y_pagar_de_mas_se_rechaza() {
    let pendiente = dados(&[creada(false), facturada()]);
    assert_eq!(pendiente.decidir(pagar(pago())), Ok(vec![pagada()]));
    assert_eq!(pendiente.decidir(pagar_con_limite("150000.00")), Ok(vec![pagada()]));
    assert_eq!(pendiente.decidir(pagar_con_limite("149999.99")), Err(Rechazo::PagoRechazado));
    let activa = dados(&[creada(false), facturada(), pagada()]);
    assert_eq!(activa.estado(), Estado::Activa);
    assert_eq!(activa.ficha().expect("ficha").facturas, [factura().pagada("tarjeta")]);
}

#[test]
fn pagar_dos_veces_la_misma_factura_es_haberla_pagado() {
    let activa = dados(&[creada(false), facturada(), pagada()]);
    assert_eq!(activa.decidir(pagar(pago())), Ok(vec![]));
    assert_eq!(activa.decidir(pagar(Pago { medio_pago: "efectivo".into(), ..pago() })), Ok(vec![]));
    assert_eq!(activa.clone().aplicar(&Evento::Cancelada { motivo: "x".into() }).decidir(pagar(pago())), Ok(vec![]));
}

#[test]
fn cada_pago_que_no_es_de_su_factura_tiene_su_porque() {
    let pendiente = dados(&[creada(false), facturada()]);
    let otro_monto = Pago { monto: Monto::try_from("1").expect("monto"), ..pago() };
    let otra_moneda = Pago { moneda: "USD".into(), ..pago() };
    let desconocida = Pago { numero: "F-2".into(), ..pago() };
    assert_eq!(pendiente.decidir(pagar(otro_monto)), Err(Rechazo::FacturaDeOtroMonto));
    assert_eq!(pendiente.decidir(pagar(otra_moneda)), Err(Rechazo::FacturaDeOtroMonto));
    assert_eq!(pendiente.decidir(pagar(desconocida.clone())), Err(Rechazo::FacturaDesconocida));
    let ajena = Comando::Pagar { pago: desconocida, ajena: true, condiciones: Condiciones::default() };
    assert_eq!(pendiente.decidir(ajena), Err(Rechazo::FacturaAjena));
    let anulada = Evento::FacturaAnulada { factura: factura().anulada() };
    assert_eq!(pendiente.aplicar(&anulada).decidir(pagar(pago())), Err(Rechazo::FacturaAnulada));
    assert_eq!(dados(&[]).decidir(pagar(pago())), Err(Rechazo::NoExiste));
}

#[test]
fn lo_que_se_debe_de_otro_plan_no_se_paga() {
    let de_otro = Factura { plan: CodigoPlan::try_from("oro").expect("codigo"), ..factura() };
    let activa = dados(&[creada(true), Evento::Facturada { factura: de_otro }]);
    assert_eq!(activa.decidir(pagar(pago())), Err(Rechazo::FacturaDeOtroPlan));
}

#[test]
fn cancelar_dos_veces_no_repite_el_hecho() {
    let hecho = Evento::Cancelada { motivo: "a petición".into() };
    assert_eq!(dados(&[creada(false)]).decidir(cancelar()), Ok(vec![hecho.clone()]));
    assert_eq!(dados(&[creada(false), hecho]).decidir(cancelar()), Ok(vec![]));
}

#[test]
fn lo_que_se_cancela_sin_pagar_no_se_debe_y_lo_pagado_queda_pagado() {
    let hecho = Evento::Cancelada { motivo: "a petición".into() };
    let anulada = Evento::FacturaAnulada { factura: factura().anulada() };
    assert_eq!(dados(&[creada(false), facturada()]).decidir(cancelar()), Ok(vec![hecho.clone(), anulada]));
    assert_eq!(dados(&[creada(false), facturada(), pagada()]).decidir(cancelar()), Ok(vec![hecho]));
}

#[test]
fn la_razon_de_la_operacion_en_curso_es_el_motivo_de_quien_no_da_otro() {
    let reservada = dados(&[creada(true), reservada()]);
    let sin_motivo = reservada.decidir(Comando::Cancelar { motivo: None });
    assert_eq!(sin_motivo, Ok(vec![Evento::Cancelada { motivo: "muy caro".into() }]));
    assert_eq!(reservada.decidir(cancelar()), Ok(vec![Evento::Cancelada { motivo: "a petición".into() }]));
}

#[test]
fn desistir_deja_la_suscripcion_como_estaba_y_anula_solo_lo_que_facturo_su_saga() {
    let desistir = Comando::Desistir { saga: Some(SAGA) };
    let otra = Factura { numero: "F-0".into(), saga: None, ..factura() };
    let reservada = dados(&[creada(true), Evento::Facturada { factura: otra }, reservada(), facturada()]);
    let hechos = reservada.decidir(desistir.clone()).expect("hechos");
    assert_eq!(hechos, [Evento::Desistida, Evento::FacturaAnulada { factura: factura().anulada() }]);
    assert_eq!(dados(&[creada(true), self::reservada(), Evento::Desistida]), dados(&[creada(true)]));
    let acabada = dados(&[creada(true), Evento::Cancelada { motivo: "x".into() }]);
    assert_eq!(acabada.decidir(desistir), Ok(vec![]));
}

#[test]
fn solo_lo_activo_se_reserva() {
    let reservar = || Comando::Reservar { razon: None };
    assert_eq!(dados(&[creada(true)]).decidir(reservar()), Ok(vec![Evento::Reservada { razon: None }]));
    assert_eq!(dados(&[creada(false)]).decidir(reservar()), Err(Rechazo::EstadoInvalido));
    assert_eq!(dados(&[]).decidir(reservar()), Err(Rechazo::NoExiste));
}
