use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contratos::{Cabecera, Saliente, Schema, ahora, codificar_json, id_nuevo};
use mensajeria::{ErrorMensajeria, ErrorPublicacion, Publicar};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::broker::{Broker, PAGADA, Proceso, hasta, pagada};
use crate::dobles::Oficina;

const GENERICO: &str = "tema-de-otro-servicio";

fn esquema_generico() -> String {
    json!({"type": "record", "name": "ComandoAjeno", "fields": [
        {"name": "data", "default": null, "type": ["null", {"type": "record", "name": "ComandoAjenoPayload", "fields": [
            {"name": "codigo", "type": ["null", "string"], "default": null}]}]},
        {"name": "id", "type": ["null", "string"], "default": null}]})
    .to_string()
}

fn generico() -> Saliente {
    let esquema = Schema::parse_str(&esquema_generico()).expect("a schema");
    let cabecera = Cabecera::nueva(id_nuevo(), "pruebas", ahora());
    codificar_json(GENERICO, &esquema, &cabecera, &json!({"codigo": "x"})).expect("encodes")
}

async fn publicar(proceso: &Proceso, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
    proceso.mensajeria.publicador().publicar(mensajes).await
}

#[tokio::test]
async fn lo_publicado_se_consume_una_vez_y_queda_confirmado() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    proceso.consumir(&[PAGADA], &oficina);
    proceso.listo().await;
    let respuestas = publicar(&proceso, (0..200).map(pagada).collect()).await;
    assert!(respuestas.iter().all(Result::is_ok), "{respuestas:?}");
    oficina.espera_manejados(200).await;
    broker.sin_pendientes(PAGADA).await;
    proceso.cerrar().await;
    assert_eq!(oficina.numeros(), (0..200).collect::<Vec<_>>());
    assert!(oficina.intentos.lock().expect("lock").is_empty(), "nothing was suspected");
}

#[tokio::test]
async fn muchos_publican_a_la_vez() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let proceso = broker.proceso();
    let tareas = (0..32).map(|_| publicar(&proceso, (0..20).map(pagada).collect()));
    let respuestas = futures::future::join_all(tareas).await;
    assert_eq!(respuestas.iter().flatten().filter(|respuesta| respuesta.is_ok()).count(), 640);
}

#[tokio::test]
async fn un_tema_fuera_de_la_tabla_usa_el_esquema_registrado() {
    let broker = Broker::con_temas(&[GENERICO]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    let sin_esquema = publicar(&proceso, vec![generico()]).await;
    assert!(matches!(&sin_esquema[..], [Err(ErrorPublicacion::SinEsquema(tema))] if tema == GENERICO));
    proceso.mensajeria.publicador().registrar_esquema(GENERICO, &Arc::from(esquema_generico()));
    proceso.mensajeria.publicador().preparar([GENERICO]);
    proceso.consumir(&[GENERICO], &oficina);
    proceso.listo().await;
    assert!(publicar(&proceso, vec![generico()]).await[0].is_ok());
    oficina.espera_manejados(1).await;
    let lotes = oficina.lotes.lock().expect("lock");
    let recibido = lotes[0][0].decodificar_json().expect("decodes with the writer's schema");
    assert_eq!(recibido.datos, json!({"codigo": "x"}));
}

#[tokio::test]
async fn un_esquema_incompatible_es_un_error_propio_y_el_proceso_no_esta_listo() {
    let broker = Broker::con_temas(&[PAGADA]).await;
    let ajeno = json!({"type": "record", "name": "Otro", "fields": [{"name": "data", "type": "int"}]});
    broker.registrar(PAGADA, ajeno).await;
    let proceso = broker.proceso();
    for _ in 0..3 {
        let respuestas = publicar(&proceso, vec![pagada(1)]).await;
        assert!(matches!(&respuestas[..], [Err(ErrorPublicacion::EsquemaIncompatible(tema))] if tema == PAGADA));
    }
    let listo = proceso.mensajeria.comprobar().await;
    assert!(matches!(listo, Err(ErrorMensajeria::EsquemaIncompatible(temas)) if temas == [PAGADA]));
    assert!(proceso.mensajeria.publicador().disponible(), "other topics work");
}

#[tokio::test]
async fn sin_broker_se_rechaza_pronto_y_cerrar_no_espera() {
    let broker = Broker::con_temas(&[]).await;
    let (proceso, oficina) = (broker.proceso_en("pulsar://127.0.0.1:1"), Oficina::nueva());
    proceso.consumir(&[PAGADA], &oficina);
    let inicio = Instant::now();
    assert!(publicar(&proceso, vec![pagada(1), pagada(2)]).await.iter().all(Result::is_err));
    assert!(!proceso.mensajeria.publicador().disponible());
    let despues = publicar(&proceso, vec![pagada(3)]).await;
    assert!(matches!(despues[..], [Err(ErrorPublicacion::NoDisponible)]));
    assert!(proceso.mensajeria.comprobar().await.is_err());
    proceso.cerrar().await;
    assert!(inicio.elapsed() < Duration::from_secs(5), "{:?}", inicio.elapsed());
}

/// The generic message as a later version of its schema writes it.
fn ampliado() -> (Arc<str>, Saliente) {
    let mut esquema: Value = serde_json::from_str(&esquema_generico()).expect("json");
    let nuevo = json!({"name": "sequence", "type": ["null", "long"], "default": null});
    esquema["fields"].as_array_mut().expect("fields").insert(0, nuevo);
    let compilado = Schema::parse(&esquema).expect("a schema");
    let cabecera = Cabecera { secuencia: Some(7), ..Cabecera::nueva(id_nuevo(), "pruebas", ahora()) };
    let saliente = codificar_json(GENERICO, &compilado, &cabecera, &json!({"codigo": "y"})).expect("encodes");
    (Arc::from(esquema.to_string()), saliente.con_esquema(&contratos::huella(&esquema)))
}

#[tokio::test]
async fn cada_mensaje_se_publica_con_el_esquema_con_que_se_escribio() {
    let broker = Broker::con_temas(&[GENERICO]).await;
    let (proceso, oficina) = (broker.proceso(), Oficina::nueva());
    let (avsc, nuevo) = ampliado();
    let sin_registrar = publicar(&proceso, vec![nuevo.clone()]).await;
    assert!(matches!(&sin_registrar[..], [Err(ErrorPublicacion::SinEsquema(tema))] if tema == GENERICO));
    let huella = contratos::huella(&serde_json::from_str(&esquema_generico()).expect("json"));
    let publicador = proceso.mensajeria.publicador();
    publicador.registrar_esquema(GENERICO, &Arc::from(esquema_generico()));
    publicador.registrar_esquema(GENERICO, &avsc);
    proceso.consumir(&[GENERICO], &oficina);
    let antiguo = generico().con_esquema(&huella);
    let mensajes = vec![antiguo.clone(), nuevo.clone(), antiguo, nuevo];
    // The registration that was missing is noticed within a second.
    hasta("all are published", || async { publicar(&proceso, mensajes.clone()).await.iter().all(Result::is_ok) }).await;
    let leido = |entrante: &mensajeria::Entrante| entrante.decodificar_json().expect("legible").datos["codigo"].clone();
    let codigos = || -> BTreeSet<String> {
        let lotes = oficina.lotes.lock().expect("lock");
        lotes.iter().flatten().map(|entrante| leido(entrante).to_string()).collect()
    };
    hasta("both forms are read", || async { codigos().len() == 2 }).await;
    assert_eq!(codigos(), BTreeSet::from(["\"x\"".to_owned(), "\"y\"".to_owned()]));
}
