//! Fail points: where a test stops the process for ever, to kill it there.

use std::sync::LazyLock;

/// The variable that names the point to stop at; read only in debug builds.
const VARIABLE: &str = "SALUDTECH_FALLO";

#[expect(clippy::disallowed_methods, reason = "a fail point belongs to a test run, not to the configuration")]
static ELEGIDO: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());

/// Waits for ever if the environment names this point; does nothing in a release build.
pub async fn punto(nombre: &str) {
    if cfg!(debug_assertions) && ELEGIDO.as_deref() == Some(nombre) {
        tracing::warn!("punto de fallo alcanzado: {nombre}");
        std::future::pending::<()>().await;
    }
}
