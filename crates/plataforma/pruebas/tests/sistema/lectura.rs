//! What was published to `saga-log`, read again from the beginning.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contratos::{Mensaje, RegistroSaga, temas};
use mensajeria::{
    AjustesPulsar, BoxError, Carta, Cuarentena, Desenlace, Entrante, ErrorManejo, Grupo, Manejador, Mensajeria,
};
use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::Client;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Saga and version of a transition.
pub type Transicion = (String, i64);

/// When each transition was published, each time that it was.
#[derive(Default)]
struct Lector(Mutex<HashMap<Transicion, Vec<DateTime<Utc>>>>);

#[async_trait]
impl Manejador for Lector {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        let mut vistas = self.0.lock().expect("vistas");
        for entrante in lote {
            let recibido = entrante.decodificar::<RegistroSaga>().map_err(|error| ErrorManejo::Datos(error.into()))?;
            for transicion in recibido.datos.transiciones.unwrap_or_default() {
                let clave = (transicion.saga.unwrap_or_default(), transicion.version.unwrap_or_default());
                vistas.entry(clave).or_default().push(entrante.publicado);
            }
        }
        Ok(vec![Desenlace::Hecho; lote.len()])
    }
}

#[async_trait]
impl Cuarentena for Lector {
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), BoxError> {
        panic!("el registro no se puede leer: {cartas:?}");
    }

    async fn anotar_intento(&self, _: &str, _: &Entrante) -> Result<u32, BoxError> {
        Ok(0)
    }
}

/// Reads the whole topic; every transition with the instants of its publication, in order.
pub async fn registro_publicado(sistema: &Sistema) -> HashMap<Transicion, Vec<DateTime<Utc>>> {
    let tema = temas::por_tipo(RegistroSaga::TIPO).expect("tema").nombre;
    let suscripcion = cliente_nuevo();
    let raiz = format!("{}/admin/v2/persistent/public/default/{tema}", sistema.url_admin());
    let inicio = json!({"ledgerId": -1, "entryId": -1, "partitionIndex": -1});
    let http = Client::new();
    let creada =
        http.put(format!("{raiz}/subscription/{suscripcion}")).json(&inicio).send().await.expect("suscripción");
    assert!(creada.status().is_success(), "{}", creada.status());
    let (lector, tareas, cierre) = (Arc::new(Lector::default()), TaskTracker::new(), CancellationToken::new());
    let ajustes = AjustesPulsar { url: sistema.url_pulsar(), espacio: "public/default".to_owned() };
    let mensajeria = Mensajeria::nueva(&ajustes, &tareas, &cierre);
    mensajeria.consumir(Grupo {
        nombre: "lectura",
        temas: vec![tema.to_owned()],
        suscripcion: suscripcion.clone(),
        manejador: lector.clone(),
        cuarentena: lector.clone(),
        maximo: 64,
        adelanto: Grupo::ADELANTO,
    });
    esperar("se lee todo el registro", Duration::from_secs(60), async || {
        let estadisticas: serde_json::Value = http.get(format!("{raiz}/stats")).send().await.ok()?.json().await.ok()?;
        (estadisticas["subscriptions"][&suscripcion]["msgBacklog"] == 0).then_some(())
    })
    .await;
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
    let borrada = http.delete(format!("{raiz}/subscription/{suscripcion}?force=true")).send().await.expect("borrado");
    assert!(borrada.status().is_success(), "{}", borrada.status());
    let mut vistas = std::mem::take(&mut *lector.0.lock().expect("vistas"));
    vistas.values_mut().for_each(|instantes| instantes.sort_unstable());
    vistas
}
