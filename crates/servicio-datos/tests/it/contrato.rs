//! What every repository of data services must do, run over memory and over Postgres.

use crate::apoyo::{asignar, contrato as pactado, crear, dataset, deshacer, experto, nube, radiologia, servicio};
use crate::memoria::Memoria;
use servicio_datos::aplicacion::{
    Atendida, Cambio, Guardado, Orden, Panorama, RepositorioServicios, Respuesta, Resumen, Versionado,
};
use servicio_datos::dominio::{Asignacion, Disponibilidad, Estado, Hecho, ServicioDatos};

macro_rules! contrato {
    ($($caso:ident),+ $(,)?) => {
        mod en_memoria {
            $(#[tokio::test]
            async fn $caso() {
                super::$caso(&super::memoria()).await;
            })+
        }

        mod en_postgres {
            $(#[sqlx::test(migrations = false)]
            async fn $caso(pool: sqlx::PgPool) {
                let banco = crate::banco::Banco::nuevo(&pool).await;
                super::$caso(&banco.repositorio(&pool)).await;
            })+
        }
    };
}

contrato! {
    lo_guardado_se_lee_de_vuelta,
    lo_que_no_existe_no_se_lee,
    una_version_que_avanzo_es_conflicto,
    crear_lo_que_otro_creo_es_conflicto,
    un_cupo_que_no_hay_es_conflicto,
    el_resto_de_la_tanda_no_paga_por_un_conflicto,
    quien_pierde_devuelve_el_cupo_que_tomo,
    terminar_devuelve_los_cupos,
    una_orden_ya_contestada_es_conflicto_de_toda_la_tanda,
    repetir_una_respuesta_no_cambia_nada,
    la_orden_cancelada_queda_contestada,
}

type Repositorio<'a> = &'a dyn RepositorioServicios;

async fn lo_guardado_se_lee_de_vuelta(repositorio: Repositorio<'_>) {
    let cambio = creado(1);
    assert_eq!(guardar(repositorio, std::slice::from_ref(&cambio)).await, [Guardado::Escrito]);
    let panorama = leer(repositorio, crear(1)).await;
    let escrito = Versionado { version: 1, servicio: cambio.servicio };
    assert_eq!(panorama.servicios.get(&servicio(1)), Some(&escrito));
    assert_eq!(panorama.respuestas.get(&crear(1).id), Some(&cambio.atendidas[0].respuesta));
}

async fn lo_que_no_existe_no_se_lee(repositorio: Repositorio<'_>) {
    let panorama = leer(repositorio, crear(1)).await;
    assert_eq!(panorama.servicios.get(&servicio(1)), None);
    assert_eq!(panorama.respuestas.get(&crear(1).id), None);
}

async fn una_version_que_avanzo_es_conflicto(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    let viejo = leido(repositorio, 1).await;
    guardar(repositorio, &[cambio(viejo.clone(), asignar(1), vec![asignado()])]).await;
    let tarde = guardar(repositorio, &[cambio(viejo, deshacer(1), vec![terminado()])]).await;
    assert_eq!(tarde, [Guardado::Conflicto]);
    assert_eq!(estado(repositorio, 1).await, (2, Estado::ExpertoAsignado));
}

async fn crear_lo_que_otro_creo_es_conflicto(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    let otra = Orden { id: asignar(9).id, ..crear(1) };
    let tarde = cambio(Versionado::default(), otra, vec![Hecho::Creado(pactado(1))]);
    assert_eq!(guardar(repositorio, &[tarde]).await, [Guardado::Conflicto]);
    assert_eq!(estado(repositorio, 1).await, (1, Estado::Creado));
}

async fn un_cupo_que_no_hay_es_conflicto(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    assert_eq!(guardar(repositorio, &[creado(2)]).await, [Guardado::Conflicto]);
    let panorama = leer(repositorio, crear(2)).await;
    assert_eq!(panorama.servicios.get(&servicio(2)), None);
    assert_eq!(panorama.respuestas.get(&crear(2).id), None);
}

async fn el_resto_de_la_tanda_no_paga_por_un_conflicto(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    let leido = leido(repositorio, 1).await;
    let tanda = [creado(2), cambio(leido, asignar(1), vec![asignado()])];
    assert_eq!(guardar(repositorio, &tanda).await, [Guardado::Conflicto, Guardado::Escrito]);
    assert_eq!(estado(repositorio, 1).await, (2, Estado::ExpertoAsignado));
}

async fn quien_pierde_devuelve_el_cupo_que_tomo(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    let viejo = leido(repositorio, 1).await;
    guardar(repositorio, &[cambio(viejo.clone(), deshacer(1), vec![terminado()])]).await;
    let tarde = guardar(repositorio, &[cambio(viejo, asignar(1), vec![asignado()])]).await;
    assert_eq!(tarde, [Guardado::Conflicto]);
    let libre = [cambio(Versionado::default(), crear(2), vec![Hecho::Creado(pactado(2)), asignado()])];
    assert_eq!(guardar(repositorio, &libre).await, [Guardado::Escrito]);
}

async fn terminar_devuelve_los_cupos(repositorio: Repositorio<'_>) {
    let entero = |n| cambio(Versionado::default(), crear(n), vec![Hecho::Creado(pactado(n)), asignado()]);
    guardar(repositorio, &[entero(1)]).await;
    let leido = leido(repositorio, 1).await;
    guardar(repositorio, &[cambio(leido, deshacer(1), vec![terminado()])]).await;
    assert_eq!(guardar(repositorio, &[entero(2)]).await, [Guardado::Escrito]);
}

async fn una_orden_ya_contestada_es_conflicto_de_toda_la_tanda(repositorio: Repositorio<'_>) {
    let cancelada = Atendida { cancela: Some(crear(1).id), ..atendida(deshacer(1), &ServicioDatos::Inexistente, 0) };
    guardar(repositorio, &[de_tanda(1, Versionado::default(), vec![], cancelada)]).await;
    assert_eq!(guardar(repositorio, &[creado(1)]).await, [Guardado::Conflicto]);
    assert_eq!(guardar(repositorio, &[creado(2)]).await, [Guardado::Escrito]);
}

async fn repetir_una_respuesta_no_cambia_nada(repositorio: Repositorio<'_>) {
    guardar(repositorio, &[creado(1)]).await;
    let leido = leido(repositorio, 1).await;
    let repetida = Atendida { repetida: true, ..atendida(crear(1), &leido.servicio, 1) };
    let repeticion = de_tanda(1, leido.clone(), vec![], repetida);
    assert_eq!(guardar(repositorio, &[repeticion]).await, [Guardado::Escrito]);
    assert_eq!(self::leido(repositorio, 1).await, leido);
}

async fn la_orden_cancelada_queda_contestada(repositorio: Repositorio<'_>) {
    let cancelada = Atendida { cancela: Some(crear(1).id), ..atendida(deshacer(1), &ServicioDatos::Inexistente, 0) };
    guardar(repositorio, &[de_tanda(1, Versionado::default(), vec![], cancelada)]).await;
    let panorama = leer(repositorio, crear(1)).await;
    assert_eq!(panorama.respuestas.get(&crear(1).id), Some(&Respuesta::cancelada()));
}

/// One cloud with one place, one data set on offer and one radiologist with one place.
fn memoria() -> Memoria {
    Memoria::default().con_nube(nube(), 1).con_dataset(dataset(), Disponibilidad::Disponible).con_experto(
        experto("e1"),
        radiologia(),
        1,
    )
}

fn creado(n: u128) -> Cambio {
    cambio(Versionado::default(), crear(n), vec![Hecho::Creado(pactado(n))])
}

fn asignado() -> Hecho {
    Hecho::ExpertoAsignado(Asignacion { experto: experto("e1"), especialidad: radiologia() })
}

fn terminado() -> Hecho {
    Hecho::Terminado { motivo: None }
}

fn cambio(leido: Versionado, orden: Orden, hechos: Vec<Hecho>) -> Cambio {
    let servicio = hechos.iter().fold(leido.servicio.clone(), ServicioDatos::aplicar);
    let secuencia = hechos.iter().fold(leido.version, |version, _| version + 1);
    let atendida = atendida(orden, &servicio, secuencia);
    Cambio { id: atendida.orden.servicio, leida: leido.version, servicio, hechos, atendidas: vec![atendida] }
}

fn de_tanda(n: u128, leido: Versionado, hechos: Vec<Hecho>, atendida: Atendida) -> Cambio {
    Cambio { id: servicio(n), leida: leido.version, servicio: leido.servicio, hechos, atendidas: vec![atendida] }
}

fn atendida(orden: Orden, servicio: &ServicioDatos, secuencia: i64) -> Atendida {
    let servicio = Resumen::para(&orden.titular, servicio);
    let respuesta = Respuesta { secuencia, servicio, rechazo: None };
    Atendida { orden, respuesta, repetida: false, cancela: None }
}

async fn guardar(repositorio: Repositorio<'_>, cambios: &[Cambio]) -> Vec<Guardado> {
    repositorio.guardar(cambios, contratos::ahora()).await.expect("stored")
}

async fn leer(repositorio: Repositorio<'_>, orden: Orden) -> Panorama {
    repositorio.obtener(&[orden]).await.expect("read")
}

async fn leido(repositorio: Repositorio<'_>, n: u128) -> Versionado {
    leer(repositorio, crear(n)).await.servicios.remove(&servicio(n)).unwrap_or_default()
}

async fn estado(repositorio: Repositorio<'_>, n: u128) -> (i64, Estado) {
    let leido = leido(repositorio, n).await;
    (leido.version, leido.servicio.estado())
}
