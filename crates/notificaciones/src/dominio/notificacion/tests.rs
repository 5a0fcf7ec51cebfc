use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::dominio::{
    ClaseOrigen, CodigoAplazamiento, CodigoCliente, CodigoRechazo, Datos, Direccion, IdNotificacion, Inquilino,
    NombrePlantilla, Origen,
};

fn solicitud() -> Solicitud {
    Solicitud {
        id: IdNotificacion::from(Uuid::nil()),
        id_suscripcion: Some(Uuid::from_u128(1).into()),
        codigo_cliente: CodigoCliente::try_from("0001".to_owned()).expect("code"),
        plantilla: NombrePlantilla::try_from("suscripcion_activa".to_owned()).expect("name"),
        datos: Datos::default(),
        inquilino: Inquilino::try_from("publico".to_owned()).expect("tenant"),
        origen: Origen {
            id: Uuid::from_u128(2),
            clase: ClaseOrigen::Orden,
            correlacion: None,
            traza: None,
            huella: None,
        },
        instante: DateTime::UNIX_EPOCH,
    }
}

fn mascara() -> DireccionEnmascarada {
    Direccion::try_from("pperez@domain.com".to_owned()).expect("address").enmascarada()
}

fn aplazamiento() -> Aplazamiento {
    Aplazamiento { codigo: CodigoAplazamiento::CanalAplaza, codigo_canal: Some(451) }
}

fn creada() -> Hecho {
    Hecho::Creada(Box::new(solicitud()))
}

fn intento(numero: u32, segundos: i64) -> Hecho {
    let proximo_intento = DateTime::UNIX_EPOCH + TimeDelta::seconds(segundos);
    Hecho::IntentoFallido { intento: numero, aplazamiento: aplazamiento(), proximo_intento }
}

fn enviada(intento: u32) -> Hecho {
    Hecho::Enviada { intento, destinatario: mascara() }
}

fn fallida(intento: u32) -> Hecho {
    let rechazo = CodigoRechazo::DireccionRechazada.into();
    Hecho::Fallida { intento, rechazo, destinatario: Some(mascara()) }
}

fn aplazar() -> Comando {
    Comando::Aplazar { aplazamiento: aplazamiento(), ahora: DateTime::UNIX_EPOCH }
}

fn registrar() -> Comando {
    Comando::RegistrarEnvio { destinatario: mascara() }
}

fn rechazar() -> Comando {
    Comando::Rechazar { rechazo: CodigoRechazo::DireccionRechazada.into(), destinatario: Some(mascara()) }
}

fn dados(hechos: &[Hecho]) -> Notificacion {
    Notificacion::default().con(hechos)
}

#[test]
fn crear_da_un_hecho_y_repetirlo_ninguno() {
    assert_eq!(dados(&[]).decidir(Comando::Crear(Box::new(solicitud()))), Ok(vec![creada()]));
    for hechos in [vec![creada()], vec![creada(), fallida(1)], vec![creada(), enviada(1), Hecho::Confirmada {}]] {
        assert_eq!(dados(&hechos).decidir(Comando::Crear(Box::new(solicitud()))), Ok(vec![]));
    }
}

#[test]
fn lo_que_el_canal_acepta_queda_enviado_y_confirmado() {
    let hechos = dados(&[creada()]).decidir(registrar()).expect("decides");
    assert_eq!(hechos, [enviada(1), Hecho::Confirmada {}]);
    let confirmada = dados(&[creada()]).con(&hechos);
    let entrega = Entrega { intento: 1, destinatario: mascara() };
    assert_eq!(confirmada.resultado(), Some(Resultado::Entregada(entrega)));
}

#[test]
fn cada_intento_fallido_cuenta_y_espera_mas() {
    assert_eq!(dados(&[creada()]).decidir(aplazar()), Ok(vec![intento(1, 2)]));
    assert_eq!(dados(&[creada(), intento(1, 2)]).decidir(aplazar()), Ok(vec![intento(2, 4)]));
    assert_eq!(dados(&[creada(), intento(1, 2)]).decidir(registrar()).expect("decides")[0], enviada(2));
}

#[test]
fn un_rechazo_definitivo_termina_la_notificacion() {
    let hechos = dados(&[creada(), intento(1, 2)]).decidir(rechazar()).expect("decides");
    assert_eq!(hechos, [fallida(2)]);
    assert!(matches!(dados(&[creada(), fallida(1)]).resultado(), Some(Resultado::Fallida(_))));
}

#[test]
fn lo_que_termino_no_termina_otra_vez() {
    for final_ in [vec![creada(), enviada(1), Hecho::Confirmada {}], vec![creada(), fallida(1)]] {
        for comando in [registrar(), rechazar(), aplazar()] {
            assert_eq!(dados(&final_).decidir(comando), Ok(vec![]));
        }
    }
}

#[test]
fn lo_enviado_sin_confirmar_se_confirma() {
    assert_eq!(dados(&[creada(), enviada(1)]).decidir(registrar()), Ok(vec![Hecho::Confirmada {}]));
}

#[test]
fn nadie_intenta_enviar_lo_que_no_existe() {
    for comando in [registrar(), rechazar(), aplazar()] {
        assert_eq!(dados(&[]).decidir(comando), Err(ErrorNotificacion::Inexistente));
    }
}

#[test]
fn un_hecho_que_no_corresponde_no_cambia_el_estado() {
    for hecho in [enviada(1), Hecho::Confirmada {}, fallida(1), intento(1, 2)] {
        assert_eq!(dados(&[]).aplicar(&hecho), Notificacion::Inexistente);
    }
    let fallo = dados(&[creada(), fallida(1)]);
    assert_eq!(fallo.clone().aplicar(&enviada(2)), fallo);
}
