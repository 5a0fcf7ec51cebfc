use super::ajustes::AjustesPulsarAdmin;
use async_trait::async_trait;
use contratos::temas::{Clase, TEMAS, Tema};
use futures::future::join_all;
use reqwest::Client;
use servidor::Comprobacion;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PLAZO: Duration = Duration::from_secs(2);

/// Checks that every command topic exists with the subscriptions of its readers.
///
/// A command published before its reader's subscription exists would never be delivered.
pub struct TemasDeComandos {
    cliente: Client,
    raiz: String,
    /// Topics are never taken away, so one success is enough.
    completos: AtomicBool,
}

impl TemasDeComandos {
    pub fn nuevo(admin: &AjustesPulsarAdmin, espacio: &str) -> Result<Self, reqwest::Error> {
        Ok(Self {
            cliente: Client::builder().timeout(PLAZO).no_proxy().build()?,
            raiz: format!("{}/admin/v2/persistent/{espacio}", admin.url.trim_end_matches('/')),
            completos: AtomicBool::new(false),
        })
    }

    async fn falta(&self, tema: &Tema) -> Option<&'static str> {
        let url = format!("{}/{}/subscriptions", self.raiz, tema.nombre);
        let existentes = async {
            let respuesta = self.cliente.get(url).send().await?.error_for_status()?;
            respuesta.json::<Vec<String>>().await
        };
        let completo = existentes
            .await
            .is_ok_and(|existentes| tema.suscripciones.iter().all(|s| existentes.iter().any(|e| e == s)));
        (!completo).then_some(tema.nombre)
    }
}

#[async_trait]
impl Comprobacion for TemasDeComandos {
    fn nombre(&self) -> &'static str {
        "temas-de-comandos"
    }

    async fn comprobar(&self) -> Result<(), String> {
        if self.completos.load(Ordering::Relaxed) {
            return Ok(());
        }
        let comandos = TEMAS.iter().filter(|tema| tema.clase == Clase::Comando);
        let faltan: Vec<_> = join_all(comandos.map(|tema| self.falta(tema))).await.into_iter().flatten().collect();
        if faltan.is_empty() {
            self.completos.store(true, Ordering::Relaxed);
            return Ok(());
        }
        Err(format!("topics without their subscriptions: {}", faltan.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::{Path, State};
    use axum::http::StatusCode;
    use axum::{Json, Router, routing::get};
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, PoisonError};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    type Subscripciones = Arc<Mutex<HashMap<String, Vec<String>>>>;

    /// An admin API that knows the topics it was told.
    async fn admin() -> (AjustesPulsarAdmin, Subscripciones, JoinHandle<()>) {
        let conocidas = Subscripciones::default();
        let ruta = "/admin/v2/persistent/public/default/{tema}/subscriptions";
        let router = Router::new().route(ruta, get(responder)).with_state(conocidas.clone());
        let oyente = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", oyente.local_addr().expect("an address"));
        let tarea = tokio::spawn(async move { axum::serve(oyente, router).await.expect("served") });
        (AjustesPulsarAdmin { url }, conocidas, tarea)
    }

    async fn responder(
        State(conocidas): State<Subscripciones>,
        Path(tema): Path<String>,
    ) -> Result<Json<Vec<String>>, StatusCode> {
        let conocidas = conocidas.lock().unwrap_or_else(PoisonError::into_inner);
        conocidas.get(&tema).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
    }

    #[tokio::test]
    async fn faltan_los_topicos_sin_todas_sus_suscripciones_hasta_que_estan_una_vez() {
        let (ajustes, conocidas, tarea) = admin().await;
        let temas = TemasDeComandos::nuevo(&ajustes, "public/default").expect("a client");
        let comandos: Vec<_> = TEMAS.iter().filter(|tema| tema.clase == Clase::Comando).collect();
        let poner = |tema: &Tema, suscripciones: &[&str]| {
            let suscripciones = suscripciones.iter().map(|s| (*s).to_owned()).collect();
            conocidas.lock().unwrap_or_else(PoisonError::into_inner).insert(tema.nombre.to_owned(), suscripciones);
        };

        comandos.iter().for_each(|tema| poner(tema, tema.suscripciones));
        poner(comandos[0], &["otra"]);
        let faltan = temas.comprobar().await.expect_err("one topic has no reader");
        assert_eq!(faltan, format!("topics without their subscriptions: {}", comandos[0].nombre));

        poner(comandos[0], comandos[0].suscripciones);
        assert_eq!(temas.comprobar().await, Ok(()));
        tarea.abort();
        assert_eq!(temas.comprobar().await, Ok(()));
    }

    #[tokio::test]
    async fn sin_la_administracion_de_pulsar_no_esta_listo() {
        let ajustes = AjustesPulsarAdmin { url: "http://127.0.0.1:1".to_owned() };
        let temas = TemasDeComandos::nuevo(&ajustes, "public/default").expect("a client");
        assert!(temas.comprobar().await.is_err());
    }
}
