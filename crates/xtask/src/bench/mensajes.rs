//! How many messages the topics have taken, as the broker counts them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use contratos::temas::TEMAS;
use futures::future::try_join_all;

use administracion::{Admin, Publicado};

const PAUSA: Duration = Duration::from_millis(500);
const PLAZO: Duration = Duration::from_secs(20);

/// By topic, since the broker started.
pub type Publicados = BTreeMap<&'static str, Publicado>;

/// The counts once nothing has been published for a while: some messages follow the end of their saga.
pub async fn en_calma(admin: &Admin) -> Result<Publicados> {
    let limite = Instant::now() + PLAZO;
    let mut antes = leer(admin).await?;
    loop {
        tokio::time::sleep(PAUSA).await;
        let ahora = leer(admin).await?;
        if ahora == antes {
            return Ok(ahora);
        }
        ensure!(Instant::now() < limite, "los tópicos siguen recibiendo mensajes tras {PLAZO:?}: no se pueden contar");
        antes = ahora;
    }
}

/// What was published between two readings, of the topics that took anything.
pub fn diferencia(antes: &Publicados, despues: &Publicados) -> Publicados {
    let nuevos = despues.iter().map(|(tema, despues)| {
        let antes = antes.get(tema).copied().unwrap_or_default();
        (*tema, Publicado { mensajes: despues.mensajes - antes.mensajes, bytes: despues.bytes - antes.bytes })
    });
    nuevos.filter(|(_, publicado)| publicado.mensajes > 0).collect()
}

async fn leer(admin: &Admin) -> Result<Publicados> {
    let lecturas = TEMAS.iter().map(|tema| async { anyhow::Ok((tema.nombre, admin.publicado(tema.nombre).await?)) });
    Ok(try_join_all(lecturas).await?.into_iter().collect())
}
