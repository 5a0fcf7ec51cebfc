use std::time::{Duration, Instant};

use pruebas::{Sistema, cliente_nuevo, cuerpo_suscripcion, esperar};
use reqwest::StatusCode;

use crate::carga;

#[tokio::test]
async fn el_broker_muere_en_medio_de_quinientas_sagas_y_todas_terminan() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let pedidos = carga::preparar(&sistema, 500).await;
    let broker = sistema.proceso("pulsar");
    let muerte = async {
        let clientes: Vec<String> = pedidos.iter().map(|(cliente, _)| cliente.clone()).collect();
        esperar("cien sagas empiezan", Duration::from_secs(60), async || {
            let empezadas: i64 = sqlx::query_scalar("select count(*) from saga where codigo_cliente = any($1)")
                .bind(&clientes)
                .fetch_one(&suscripciones)
                .await
                .expect("sagas");
            (empezadas >= 100).then_some(())
        })
        .await;
        broker.matar().await;
        sin_broker_se_responde_pronto(&sistema).await;
        broker.arrancar(&[]);
    };
    tokio::join!(carga::enviar(&sistema, &pedidos), muerte);
    carga::esperar_fin(&suscripciones, &pedidos).await;
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
}

/// While the broker is away the door answers 503 with Retry-After, never hangs.
async fn sin_broker_se_responde_pronto(sistema: &Sistema) {
    for _ in 0..3 {
        let inicio = Instant::now();
        let respuesta = sistema
            .publicar("/suscripciones/suscripcion-comando", &cuerpo_suscripcion(&cliente_nuevo(), "basico"))
            .await;
        assert_eq!(respuesta.estado, StatusCode::SERVICE_UNAVAILABLE, "{:?}", respuesta.cuerpo);
        assert!(!respuesta.cabecera("retry-after").is_empty());
        assert!(inicio.elapsed() < Duration::from_secs(4), "tardó {:?}", inicio.elapsed());
    }
}

#[tokio::test]
async fn postgres_muere_y_vuelve_y_lo_aceptado_se_completa() {
    let sistema = Sistema::tomar().await;
    let postgres = sistema.proceso("postgres");
    postgres.matar().await;
    let aceptada =
        sistema.publicar("/suscripciones/suscripcion-comando", &cuerpo_suscripcion(&cliente_nuevo(), "pro")).await;
    assert_eq!(aceptada.estado, StatusCode::ACCEPTED, "el comando espera en el broker");
    let inicio = Instant::now();
    let consulta = sistema.leer("/sagas").await;
    assert_eq!(consulta.estado, StatusCode::SERVICE_UNAVAILABLE, "{:?}", consulta.cuerpo);
    assert!(inicio.elapsed() < Duration::from_secs(4), "tardó {:?}", inicio.elapsed());
    postgres.arrancar(&[]);
    let recursos = esperar("la operación se atiende", Duration::from_secs(60), async || {
        let leida = sistema.leer(aceptada.cabecera("location")).await;
        (leida.estado.is_success() && leida.cuerpo["estado"] != "aceptada").then(|| leida.cuerpo["recursos"].clone())
    })
    .await;
    assert_eq!(sistema.saga_terminada(&recursos).await["fase"], "completada");
}
