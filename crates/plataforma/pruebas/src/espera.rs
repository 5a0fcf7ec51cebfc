use std::time::{Duration, Instant};

/// Asks again until there is an answer; fails the test when `plazo` has passed.
///
/// # Panics
/// When time runs out; `que` says what never happened.
pub async fn esperar<T>(que: &str, plazo: Duration, mut preguntar: impl AsyncFnMut() -> Option<T>) -> T {
    let limite = Instant::now() + plazo;
    loop {
        if let Some(respuesta) = preguntar().await {
            return respuesta;
        }
        assert!(Instant::now() < limite, "no ocurrió en {plazo:?}: {que}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
