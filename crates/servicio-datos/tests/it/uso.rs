//! The use case over the memory that passes the contract.

use crate::apoyo::{asignar, crear, dataset, deshacer, experto, iniciar, nube, radiologia, servicio};
use crate::memoria::Memoria;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use servicio_datos::aplicacion::{
    AtenderOrdenes, Cambio, ErrorRepositorio, Guardado, IdOrden, Orden, Panorama, RepositorioServicios, Respuesta,
};
use servicio_datos::dominio::{Disponibilidad, Estado, Rechazo};
use std::sync::Arc;

fn memoria(cupos: u32) -> Arc<Memoria> {
    let memoria = Memoria::default()
        .con_nube(nube(), cupos)
        .con_dataset(dataset(), Disponibilidad::Disponible)
        .con_experto(experto("e1"), radiologia(), cupos);
    Arc::new(memoria)
}

async fn atender(memoria: &Arc<Memoria>, ordenes: Vec<Orden>) {
    AtenderOrdenes::nuevo(memoria.clone()).ejecutar(ordenes, contratos::ahora()).await.expect("carried out");
}

fn estado(memoria: &Memoria, n: u128) -> Estado {
    memoria.servicio(servicio(n)).servicio.estado()
}

fn rechazos(memoria: &Memoria, id: IdOrden) -> Vec<Option<Rechazo>> {
    memoria.enviadas_a(id).into_iter().map(|respuesta| respuesta.rechazo).collect()
}

#[tokio::test]
async fn las_ordenes_de_un_servicio_en_la_misma_tanda_se_atienden_en_su_orden() {
    let memoria = memoria(1);
    atender(&memoria, vec![crear(1), asignar(1), iniciar(1)]).await;
    assert_eq!(estado(&memoria, 1), Estado::Iniciado);
    let secuencias = [crear(1), asignar(1), iniciar(1)].map(|orden| memoria.enviadas_a(orden.id)[0].secuencia);
    assert_eq!(secuencias, [1, 2, 3]);
}

#[tokio::test]
async fn repetir_una_orden_repite_su_respuesta_y_nada_mas() {
    let memoria = memoria(2);
    atender(&memoria, vec![crear(1), crear(1)]).await;
    let antes = memoria.servicio(servicio(1));
    atender(&memoria, vec![crear(1)]).await;
    let respuestas = memoria.enviadas_a(crear(1).id);
    assert_eq!(respuestas.len(), 2);
    assert_eq!(respuestas[0], respuestas[1]);
    assert_eq!(memoria.servicio(servicio(1)), antes);
}

#[tokio::test]
async fn lo_que_se_deshace_antes_de_llegar_ya_no_hace_nada() {
    for ordenes in [vec![deshacer(1), crear(1)], vec![deshacer(1), crear(1), deshacer(1)]] {
        let memoria = memoria(1);
        for orden in ordenes {
            atender(&memoria, vec![orden]).await;
        }
        assert_eq!(estado(&memoria, 1), Estado::Inexistente);
        assert_eq!(rechazos(&memoria, deshacer(1).id)[0], None);
        assert_eq!(rechazos(&memoria, crear(1).id), [Some(Rechazo::ComandoCancelado)]);
    }
}

#[tokio::test]
async fn lo_que_se_deshace_antes_en_la_misma_tanda_tampoco() {
    let memoria = memoria(1);
    atender(&memoria, vec![deshacer(1), crear(1)]).await;
    assert_eq!(estado(&memoria, 1), Estado::Inexistente);
    assert_eq!(rechazos(&memoria, crear(1).id), [Some(Rechazo::ComandoCancelado)]);
}

#[tokio::test]
async fn deshacer_una_creacion_rechazada_no_es_un_fallo() {
    let memoria = memoria(0);
    atender(&memoria, vec![crear(1)]).await;
    atender(&memoria, vec![deshacer(1)]).await;
    assert_eq!(rechazos(&memoria, crear(1).id), [Some(Rechazo::SinCupoNube(nube()))]);
    assert_eq!(rechazos(&memoria, deshacer(1).id), [None]);
}

#[tokio::test]
async fn en_una_tanda_solo_se_rechaza_a_quien_no_alcanza_el_cupo() {
    let memoria = memoria(3);
    atender(&memoria, (1..=5).map(crear).collect()).await;
    let creados = (1..=5).filter(|n| estado(&memoria, *n) == Estado::Creado).count();
    let rechazados = (1..=5).filter(|n| rechazos(&memoria, crear(*n).id) == [Some(Rechazo::SinCupoNube(nube()))]);
    assert_eq!((creados, rechazados.count()), (3, 2));
}

#[tokio::test]
async fn un_servicio_terminado_deja_su_cupo_al_siguiente() {
    let memoria = memoria(1);
    atender(&memoria, vec![crear(1), asignar(1)]).await;
    atender(&memoria, vec![deshacer(1)]).await;
    atender(&memoria, vec![crear(2), asignar(2), iniciar(2)]).await;
    assert_eq!((estado(&memoria, 1), estado(&memoria, 2)), (Estado::Terminado, Estado::Iniciado));
}

#[tokio::test]
async fn una_orden_incompleta_se_contesta_como_las_demas() {
    let memoria = memoria(1);
    let rechazo = Rechazo::DatosIncompletos(servicio_datos::dominio::Campo::Nube);
    atender(&memoria, vec![Orden { comando: Err(rechazo.clone()), ..crear(1) }]).await;
    atender(&memoria, vec![crear(1)]).await;
    assert_eq!(rechazos(&memoria, crear(1).id), [Some(rechazo.clone()), Some(rechazo)]);
    assert_eq!(estado(&memoria, 1), Estado::Inexistente);
}

#[tokio::test]
async fn a_otro_inquilino_no_se_le_dice_ni_de_quien_es_el_servicio() {
    let memoria = memoria(1);
    atender(&memoria, vec![crear(1)]).await;
    let mut ajena = asignar(1);
    ajena.titular.inquilino = "otro".try_into().expect("codigo");
    atender(&memoria, vec![ajena.clone()]).await;
    let esperada = Respuesta { secuencia: 1, servicio: None, rechazo: Some(Rechazo::NoExiste) };
    assert_eq!(memoria.enviadas_a(ajena.id), [esperada]);
}

#[tokio::test]
async fn quien_siempre_pierde_no_se_rechaza_sino_que_espera() {
    let atender = AtenderOrdenes::nuevo(Arc::new(SiempreTarde(memoria(1))));
    let resultado = atender.ejecutar(vec![crear(1)], contratos::ahora()).await;
    assert!(matches!(resultado, Err(ErrorRepositorio::EnDisputa)));
}

/// A store where somebody else always writes first.
struct SiempreTarde(Arc<Memoria>);

#[async_trait]
impl RepositorioServicios for SiempreTarde {
    async fn obtener(&self, ordenes: &[Orden]) -> Result<Panorama, ErrorRepositorio> {
        self.0.obtener(ordenes).await
    }

    async fn guardar(&self, cambios: &[Cambio], _: DateTime<Utc>) -> Result<Vec<Guardado>, ErrorRepositorio> {
        Ok(vec![Guardado::Conflicto; cambios.len()])
    }
}
