use std::sync::atomic::Ordering;

use crate::broker::tema;
use contratos::temas;
use contratos::{EventoSuscripcionCreada, EventoSuscripcionFallida, Mensaje};
use mensajeria::{ErrorMensajeria, Publicar};
use pulsar::producer::Message;
use pulsar::proto::{Schema, schema};
use pulsar::{ProducerOptions, Pulsar, TokioExecutor};

use crate::broker::{Broker, PAGADA, Proceso, hasta, pagada, pagada_de};
use crate::dobles::Oficina;

async fn publicar(proceso: &Proceso, cuantos: usize) {
    let respuestas = proceso.mensajeria.publicador().publicar((0..cuantos).map(pagada).collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
}

/// Sends messages as clients do that fill one entry with several.
async fn publicar_en_una_entrada(broker: &Broker, cuantos: usize) {
    let cliente = Pulsar::builder(broker.url(), TokioExecutor).build().await.expect("connects");
    let avsc = temas::por_nombre(PAGADA).expect("in the table").avsc;
    let esquema = Schema {
        name: String::new(),
        schema_data: avsc.into(),
        r#type: schema::Type::Avro as i32,
        properties: Vec::new(),
    };
    let opciones = ProducerOptions {
        schema: Some(esquema),
        batch_size: Some(u32::try_from(cuantos).expect("small")),
        ..Default::default()
    };
    let productor = cliente.producer().with_topic(broker.nombre_completo(PAGADA)).with_options(opciones);
    let mut productor = productor.build().await.expect("a producer");
    let mut recibos = Vec::new();
    for numero in 0..cuantos {
        let mensaje = Message { payload: pagada(numero).carga, ..Message::default() };
        recibos.push(productor.send_non_blocking(mensaje).await.expect("sent"));
    }
    let recibos = futures::future::join_all(recibos).await;
    let entradas: std::collections::BTreeSet<u64> =
        recibos.into_iter().map(|recibo| recibo.expect("stored").message_id.expect("a position").entry_id).collect();
    assert_eq!(entradas.len(), 1, "all in one entry");
}

#[tokio::test]
async fn lo_rechazado_acaba_en_cuarentena_y_confirmado() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::que_rechaza(3));
    proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    publicar(&proceso, 6).await;
    oficina.espera_manejados(6).await;
    broker.sin_pendientes(PAGADA).await;
    let cartas = oficina.cartas.lock().expect("lock");
    assert_eq!(cartas.len(), 1);
    assert_eq!((cartas[0].motivo.codigo, cartas[0].reintentable), ("no_existe", false));
}

#[tokio::test]
async fn tras_un_fallo_de_infraestructura_se_maneja_lo_mismo() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::caida());
    proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    publicar(&proceso, 10).await;
    oficina.espera_caidas(3).await;
    assert_eq!(broker.pendientes(PAGADA).await, Some(10));
    oficina.caida.store(false, Ordering::Relaxed);
    oficina.espera_manejados(10).await;
    broker.sin_pendientes(PAGADA).await;
    assert_eq!(oficina.numeros(), (0..10).collect::<Vec<_>>());
    assert!(oficina.cartas.lock().expect("lock").is_empty());
    let caidas = oficina.caidas.lock().expect("lock");
    assert!(caidas.iter().all(|lote| *lote == caidas[0]), "always the same batch: {caidas:?}");
}

#[tokio::test]
async fn lo_que_un_proceso_no_termino_lo_recibe_otro_con_el_intento_anotado() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (primero, segundo) = (broker.proceso(), broker.proceso());
    let (caida, oficina) = (Oficina::caida(), Oficina::nueva());
    primero.consumir(&[PAGADA], &caida);
    primero.listo().await;
    publicar(&primero, 10).await;
    caida.espera_caidas(1).await;
    primero.cerrar().await;
    segundo.consumir(&[PAGADA], &oficina);
    oficina.espera_manejados(10).await;
    broker.sin_pendientes(PAGADA).await;
    assert_eq!(oficina.numeros(), (0..10).collect::<Vec<_>>());
    assert_eq!(oficina.intentos.lock().expect("lock").values().copied().collect::<Vec<_>>(), [1; 10]);
}

#[tokio::test]
async fn varios_temas_de_un_grupo_se_manejan_en_el_mismo_lote() {
    let temas = [PAGADA, tema(EventoSuscripcionCreada::TIPO), tema(EventoSuscripcionFallida::TIPO)];
    let broker = Broker::con_temas(&temas).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::caida());
    proceso.consumir(&temas, &oficina);
    proceso.listo().await;
    let mensajes = temas
        .iter()
        .flat_map(|tema| (0..20).map(|numero| contratos::Saliente { tema: (*tema).to_owned(), ..pagada(numero) }));
    let respuestas = proceso.mensajeria.publicador().publicar(mensajes.collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
    oficina.espera_caidas(1).await;
    oficina.caida.store(false, Ordering::Relaxed);
    oficina.espera_manejados(60).await;
    for tema in temas {
        broker.sin_pendientes(tema).await;
    }
    let lotes = oficina.lotes.lock().expect("lock");
    let de_varios = lotes.iter().any(|lote| lote.iter().any(|entrante| entrante.tema != lote[0].tema));
    assert!(de_varios && lotes.len() < 10, "{} batches", lotes.len());
}

#[tokio::test]
async fn una_entrada_de_varios_mensajes_se_confirma_cuando_acaban_todos() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::que_rechaza(4));
    proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    publicar_en_una_entrada(&broker, 10).await;
    oficina.espera_manejados(10).await;
    broker.sin_pendientes(PAGADA).await;
    assert_eq!(oficina.numeros(), (0..10).collect::<Vec<_>>());
    assert_eq!(oficina.cartas.lock().expect("lock").len(), 1);
}

#[tokio::test]
async fn el_traslado_de_un_tema_no_pierde_ni_detiene_nada() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    publicar(&proceso, 50).await;
    broker.descargar(PAGADA).await;
    publicar(&proceso, 50).await;
    hasta("every message is handled", || async {
        oficina.numeros().chunk_by(|a, b| a == b).filter(|veces| veces.len() >= 2).count() == 50
    })
    .await;
    broker.sin_pendientes(PAGADA).await;
    proceso.listo().await;
}

#[tokio::test]
async fn mientras_falta_un_tema_el_proceso_no_esta_listo_y_trabaja_con_los_demas() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    let ausente = tema(EventoSuscripcionCreada::TIPO);
    proceso.consumir(&[PAGADA, ausente], &oficina);
    hasta("one of the topics is subscribed", || async {
        let listo = proceso.mensajeria.comprobar().await;
        matches!(listo, Err(ErrorMensajeria::SinSuscripcion(temas)) if temas == [ausente])
    })
    .await;
    publicar(&proceso, 5).await;
    oficina.espera_manejados(5).await;
    broker.crear(ausente).await;
    proceso.listo().await;
}

#[tokio::test]
async fn a_un_grupo_en_marcha_se_le_anaden_temas_y_los_que_tenia_no_se_repiten() {
    let otro = tema(EventoSuscripcionCreada::TIPO);
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    let consumo = proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    publicar(&proceso, 3).await;
    oficina.espera_manejados(3).await;
    consumo.anadir([otro.to_owned(), PAGADA.to_owned()]);
    hasta("the process waits for the new topic", || async { proceso.mensajeria.comprobar().await.is_err() }).await;
    broker.crear(otro).await;
    proceso.listo().await;
    let mensajes = (3..6).map(|numero| contratos::Saliente { tema: otro.to_owned(), ..pagada(numero) }).collect();
    let respuestas = proceso.mensajeria.publicador().publicar(mensajes).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
    publicar(&proceso, 3).await;
    oficina.espera_manejados(9).await;
    broker.sin_pendientes(otro).await;
    broker.sin_pendientes(PAGADA).await;
    assert_eq!(broker.consumidores(PAGADA).await, Some(1));
    proceso.cerrar().await;
}

/// A topic that was closed has nothing in the broker's memory: what is read comes from its storage.
#[tokio::test]
async fn un_mensaje_grande_se_lee_tambien_del_almacen_del_broker() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let suscriptor = broker.proceso();
    suscriptor.consumir(&[PAGADA], &Oficina::nueva());
    suscriptor.listo().await;
    suscriptor.cerrar().await;
    let productor = broker.proceso();
    let grandes = [1_000, 20_000, 200_000].into_iter().enumerate().map(|(numero, bytes)| pagada_de(numero, bytes));
    let respuestas = productor.mensajeria.publicador().publicar(grandes.collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
    productor.cerrar().await;
    broker.descargar(PAGADA).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    proceso.consumir(&[PAGADA], &oficina);
    oficina.espera_manejados(3).await;
    broker.sin_pendientes(PAGADA).await;
    proceso.cerrar().await;
    assert_eq!(oficina.numeros(), [0, 1, 2]);
}
