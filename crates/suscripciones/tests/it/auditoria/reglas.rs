//! What each rule finds.

use super::*;

pub(super) fn reglas(expediente: &Expediente) -> Vec<Regla> {
    juzgar(expediente).into_iter().map(|hallada| hallada.regla).collect()
}

pub(super) type Alteracion = (fn(&mut Expediente), Regla);

pub(super) fn comprobar(expediente: &Expediente, alteraciones: &[Alteracion]) {
    assert_eq!(reglas(expediente), []);
    for (alterar, regla) in alteraciones {
        let mut alterado = expediente.clone();
        alterar(&mut alterado);
        assert_eq!(reglas(&alterado), [*regla]);
    }
}

pub(super) fn servicios(expediente: &mut Expediente) -> &mut Vec<ServicioVisto> {
    expediente.servicios.as_mut().expect("servicios")
}

fn estado_de(expediente: &mut Expediente) -> &mut saga::EstadoSaga {
    expediente.flujos[0].estado.as_mut().expect("estado")
}

fn avisos(expediente: &mut Expediente) -> &mut Vec<Aviso> {
    expediente.avisos.as_mut().expect("avisos")
}

#[sqlx::test(migrations = false)]
async fn de_una_saga_completada_se_nombra_cada_libro_que_no_lo_dice(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.suscripcion = None, Regla::SuscripcionAusente),
        (|e| e.suscripcion = Some(Estado::Cancelada), Regla::SuscripcionEnOtroEstado),
        (|e| e.pagos = 0, Regla::PagoAusente),
        (|e| e.pagos = 2, Regla::PagoDeMas),
        (|e| servicios(e).clear(), Regla::ServicioAusente),
        (|e| servicios(e).push(servicio("iniciado", true)), Regla::ServicioRepetido),
        (|e| servicios(e)[0].estado = "terminado".into(), Regla::ServicioEnOtroEstado),
        (|e| servicios(e)[0].plazas.experto = false, Regla::PlazaSinOcupar),
        (|e| avisos(e).clear(), Regla::AvisoAusente),
        (|e| avisos(e).push(aviso("suscripcion_completada", "confirmada")), Regla::AvisoRepetido),
        (|e| avisos(e).push(aviso("suscripcion_rechazada", "enviada")), Regla::AvisoContradictorio),
        (|e| avisos(e)[0].estado = "fallida".into(), Regla::AvisoEnOtroEstado),
    ];
    comprobar(&escena.expediente(id).await, alteraciones);
}

#[sqlx::test(migrations = false)]
async fn de_una_saga_compensada_no_debe_quedar_nada_en_pie(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.compensada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| e.suscripcion = Some(Estado::Activa), Regla::SuscripcionEnOtroEstado),
        (|e| e.pagos = 1, Regla::PagoDeMas),
        (|e| servicios(e)[0].estado = "creado".into(), Regla::ServicioEnOtroEstado),
        (|e| servicios(e)[0].plazas.nube = true, Regla::PlazaSinLiberar),
        (|e| avisos(e).clear(), Regla::AvisoAusente),
        (|e| avisos(e)[0].plantilla = "otra".into(), Regla::AvisoAusente),
    ];
    let mut expediente = escena.expediente(id).await;
    comprobar(&expediente, alteraciones);
    servicios(&mut expediente).clear();
    assert_eq!(reglas(&expediente), []);
}

#[sqlx::test(migrations = false)]
async fn la_fila_de_una_saga_es_el_pliegue_de_un_registro_sin_huecos(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let alteraciones: &[Alteracion] = &[
        (|e| drop(e.flujos[0].registro.remove(2)), Regla::RegistroConHuecos),
        (|e| drop(e.flujos[0].registro.pop()), Regla::RegistroConHuecos),
        (|e| e.flujos[0].registro[1].entrada = None, Regla::RegistroIlegible),
        (
            |e| e.flujos[0].registro[1].entrada = e.flujos[0].registro[2].entrada.clone(),
            Regla::EstadoDistintoDelRegistro,
        ),
        (|e| e.flujos[0].columnas.fase = Some(saga::Fase::Compensada), Regla::ColumnasDistintasDelEstado),
        (|e| e.flujos[0].columnas.atascada = true, Regla::ColumnasDistintasDelEstado),
    ];
    comprobar(&escena.expediente(id).await, alteraciones);
}

#[sqlx::test(migrations = false)]
async fn lo_que_un_libro_callado_diria_no_se_juzga(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut expediente = escena.expediente(escena.completada().await).await;
    (expediente.servicios, expediente.avisos) = (None, None);
    assert_eq!(reglas(&expediente), []);
    expediente.pagos = 0;
    assert_eq!(reglas(&expediente), [Regla::PagoAusente]);
}

#[sqlx::test(migrations = false)]
async fn mientras_una_saga_avanza_solo_sobra_lo_repetido(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let comando = contratos::id_nuevo();
    escena.banco.crear(comando, "0001", "pro").await;
    let mut expediente = escena.expediente(IdSuscripcion(ids(comando)["suscripcion"])).await;
    expediente.servicios = Some(vec![servicio("creado", true)]);
    let alteraciones: &[Alteracion] = &[
        (|e| e.pagos = 1, Regla::PagoDeMas),
        (|e| servicios(e).push(servicio("creado", true)), Regla::ServicioRepetido),
        (|e| e.flujos.push(e.flujos[0].clone()), Regla::VariasVivas),
    ];
    comprobar(&expediente, alteraciones);
    let mut parada = expediente.clone();
    estado_de(&mut parada).pasos.clear();
    parada.flujos[0].columnas.proximo_plazo = None;
    assert!(reglas(&parada).contains(&Regla::VivaSinPlazo));
    estado_de(&mut parada).pausada = true;
    assert!(!reglas(&parada).contains(&Regla::VivaSinPlazo));
    expediente.flujos.clear();
    assert_eq!(reglas(&expediente), [Regla::SagaAusente]);
}

#[sqlx::test(migrations = false)]
async fn el_aviso_que_un_operador_da_por_hecho_no_se_exige(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let mut expediente = escena.expediente(escena.completada().await).await;
    avisos(&mut expediente).clear();
    assert_eq!(reglas(&expediente), [Regla::AvisoAusente]);
    let actor = saga::Actor::try_from("operador").expect("actor");
    let mando = saga::Mando::Saltar { paso: "notificar".into(), salida: saga::Salida::new() };
    let ultima = expediente.flujos[0].registro.last_mut().expect("registro").entrada.as_mut().expect("entrada");
    ultima.causa = saga::Causa::Mando { mando, actor, motivo: None };
    assert_eq!(reglas(&expediente), []);
}
