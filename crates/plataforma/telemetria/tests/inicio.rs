//! Starts the global telemetry, which a process can do only once; hence one test.

use ajustes::{Formato, Telemetria};
use telemetria::{ErrorTelemetria, iniciar};

#[test]
fn inicia_una_vez_y_las_metricas_llevan_el_servicio() {
    let malo = Telemetria { filtro: "=[[".to_owned(), formato: Formato::Json };
    assert!(matches!(iniciar("prueba", &malo), Err(ErrorTelemetria::Filtro(_))));

    let bueno = Telemetria { filtro: "info".to_owned(), formato: Formato::Json };
    let metricas = iniciar("prueba", &bueno).expect("starts");
    metrics::histogram!("espera_segundos").record(0.3);

    let texto = metricas.render();
    assert!(texto.contains(r#"espera_segundos_bucket{servicio="prueba",le="0.5"} 1"#), "{texto}");
    assert!(matches!(iniciar("prueba", &bueno), Err(ErrorTelemetria::Registro(_))));
}
