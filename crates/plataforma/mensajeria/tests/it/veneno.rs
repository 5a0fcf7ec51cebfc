use std::sync::atomic::Ordering;

use mensajeria::Publicar;
use tokio::runtime::Runtime;

use crate::broker::{Broker, PAGADA, Proceso, hasta, pagada};
use crate::dobles::Oficina;

/// A process that dies without a word when its runtime is shut down.
fn arrancar(broker: &Broker, oficina: &std::sync::Arc<Oficina>) -> (Runtime, Proceso) {
    let runtime = Runtime::new().expect("a runtime");
    let dentro = runtime.enter();
    let proceso = broker.proceso();
    proceso.consumir(&[PAGADA], oficina);
    drop(dentro);
    (runtime, proceso)
}

#[tokio::test]
async fn un_mensaje_que_mata_a_su_proceso_acaba_aparcado_y_los_demas_manejados() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let oficina = Oficina::que_muere_con(3);
    let (mut runtime, proceso) = arrancar(&broker, &oficina);
    proceso.listo().await;
    let emisor = broker.proceso();
    let respuestas = emisor.mensajeria.publicador().publicar((0..6).map(pagada).collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
    let mut muertes = 0;
    loop {
        hasta("the message kills its process or is parked", || async {
            oficina.muriendo.load(Ordering::Relaxed) || !oficina.cartas.lock().expect("lock").is_empty()
        })
        .await;
        if !oficina.muriendo.swap(false, Ordering::Relaxed) {
            break;
        }
        muertes += 1;
        runtime.shutdown_background();
        (runtime, _) = arrancar(&broker, &oficina);
    }
    broker.sin_pendientes(PAGADA).await;
    assert_eq!(muertes, 6, "unsuspected once, and five recorded attempts");
    assert_eq!(oficina.numeros().into_iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    let codigos: Vec<_> = oficina.cartas.lock().expect("lock").iter().map(|carta| carta.motivo.codigo).collect();
    assert_eq!(codigos, ["intentos_agotados"]);
    runtime.shutdown_background();
}
