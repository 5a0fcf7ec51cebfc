use std::sync::Arc;
use std::time::Duration;

use mensajeria::Consumo;
use tokio_util::sync::CancellationToken;

use super::catalogo::CatalogoPg;

/// How often this instance looks for definitions that another one activated.
const RITMO: Duration = Duration::from_secs(1);

/// Makes the consumer of answers read the topics of every definition that sagas may run, as they appear.
pub async fn vigilar_definiciones(catalogo: Arc<CatalogoPg>, respuestas: Consumo, cierre: CancellationToken) {
    let rondas = async {
        let mut falla = false;
        loop {
            match catalogo.publicadas().await {
                Ok(definiciones) => {
                    falla = false;
                    respuestas.anadir(definiciones.iter().flat_map(|cargada| cargada.temas_de_respuesta()));
                }
                Err(error) if !falla => {
                    falla = true;
                    tracing::warn!(error = &error as &dyn std::error::Error, "the definitions cannot be read");
                }
                Err(_) => {}
            }
            tokio::time::sleep(RITMO).await;
        }
    };
    cierre.run_until_cancelled(rondas).await;
}
