//! Reading a whole topic, without a trace.

use contratos::EventoSuscripcionPagada;
use mensajeria::Publicar;

use crate::broker::{Broker, PAGADA, Proceso, pagada};

async fn publicar(proceso: &Proceso, numeros: std::ops::Range<usize>) {
    let respuestas = proceso.mensajeria.publicador().publicar(numeros.map(pagada).collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
}

/// The numbers of the messages that a reading gives.
async fn leer(proceso: &Proceso, compactada: bool) -> Vec<usize> {
    let mut lectura = proceso.mensajeria.leer(PAGADA, compactada).await.expect("the topic can be read");
    let mut numeros = Vec::new();
    while let Some(entrante) = lectura.siguiente().await.expect("a message") {
        let datos = entrante.decodificar::<EventoSuscripcionPagada>().expect("decodes").datos;
        numeros.push(datos.factura_numero.expect("a number").parse().expect("a number"));
    }
    numeros
}

#[tokio::test]
async fn una_lectura_da_todo_el_tema_en_orden_y_no_deja_rastro() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let proceso = broker.proceso();
    assert_eq!(leer(&proceso, false).await, [0; 0]);
    publicar(&proceso, 0..300).await;
    assert_eq!(leer(&proceso, false).await, (0..300).collect::<Vec<_>>());
    assert_eq!(leer(&proceso, true).await.len(), 300);
    assert_eq!(broker.suscripciones(PAGADA).await, Vec::<String>::new());
    proceso.cerrar().await;
}

#[tokio::test]
async fn una_lectura_no_pierde_nada_cuando_el_tema_se_abre_de_nuevo() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let proceso = broker.proceso();
    publicar(&proceso, 0..5).await;
    broker.descargar(PAGADA).await;
    assert_eq!(leer(&proceso, false).await, [0, 1, 2, 3, 4]);
    proceso.cerrar().await;
}
