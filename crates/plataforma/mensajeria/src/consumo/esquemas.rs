use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contratos::Schema;
use pulsar::{Consumer, TokioExecutor};

use crate::cliente::acotar;
use crate::error::ErrorMensajeria;

const PLAZO: Duration = Duration::from_secs(5);

/// The schemas that the messages of one topic were written with, by the broker's version.
#[derive(Default)]
pub(super) struct Esquemas {
    por_version: HashMap<Vec<u8>, Option<Arc<Schema>>>,
}

impl Esquemas {
    /// The writer's schema; `None` when the message says no version, or one that is not Avro.
    pub(super) async fn escritor(
        &mut self,
        consumidor: &mut Consumer<Vec<u8>, TokioExecutor>,
        tema: &str,
        version: Option<&[u8]>,
    ) -> Result<Option<Arc<Schema>>, ErrorMensajeria> {
        let Some(version) = version.filter(|version| !version.is_empty()) else { return Ok(None) };
        if let Some(esquema) = self.por_version.get(version) {
            return Ok(esquema.clone());
        }
        let registrado = acotar(PLAZO, consumidor.get_schema(tema, Some(version.to_vec()))).await?;
        let texto = registrado.and_then(|registrado| String::from_utf8(registrado.schema_data).ok());
        let esquema = texto.and_then(|texto| Schema::parse_str(&texto).ok()).map(Arc::new);
        if esquema.is_none() {
            tracing::warn!(tema, ?version, "messages come with a schema that is not Avro");
        }
        self.por_version.insert(version.to_vec(), esquema.clone());
        Ok(esquema)
    }
}
