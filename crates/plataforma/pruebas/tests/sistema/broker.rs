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
        sistema.volver_a_tener_broker().await;
    };
    tokio::join!(carga::enviar(&sistema, &pedidos), muerte);
    carga::esperar_fin(&suscripciones, &pedidos).await;
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
}

#[tokio::test]
async fn la_ausencia_del_broker_no_gasta_los_plazos_de_las_sagas() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    carga::hacer_sitio(&sistema).await;
    // The broker's absence outlasts both attempts of each step.
    carga::plan_de_plazos_cortos(&sistema, &suscripciones, "breve", 2000, 2).await;
    let pedidos: Vec<carga::Pedido> = (0..200).map(|_| (cliente_nuevo(), "breve")).collect();
    let broker = sistema.proceso("pulsar");
    let muerte = async {
        esperar("hay sagas a medias", Duration::from_secs(60), async || {
            let vivas = "select count(*) from saga where definicion = 'flujo-breve' and fase = 'avanzando'";
            let vivas: i64 = sqlx::query_scalar(vivas).fetch_one(&suscripciones).await.expect("sagas");
            (vivas >= 20).then_some(())
        })
        .await;
        broker.matar().await;
        // Longer than both attempts of a step.
        tokio::time::sleep(Duration::from_secs(7)).await;
        sistema.volver_a_tener_broker().await;
    };
    tokio::join!(carga::enviar(&sistema, &pedidos), muerte);
    carga::esperar_fin(&suscripciones, &pedidos).await;
    let fases: Vec<(String, String, i64)> = sqlx::query_as(
        "select fase, coalesce(estado #>> '{motivo,codigo}', '-'), count(*) from saga
         where definicion = 'flujo-breve' group by 1, 2",
    )
    .fetch_all(&suscripciones)
    .await
    .expect("fases");
    assert_eq!(fases, [("completada".to_owned(), "-".to_owned(), 200)]);
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
