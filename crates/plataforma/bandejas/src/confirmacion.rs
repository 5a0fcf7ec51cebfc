//! The end of every business transaction that sends messages.

use crate::{Despachador, outbox};
use contratos::Saliente;
use mensajeria::fallos;
use sqlx::{Postgres, Transaction};

/// Writes the messages to the outbox, commits, then hands them to this process's own publisher.
///
/// On `Err` nothing was handed over; an error of the commit itself leaves unknown whether it happened, and
/// then the sweeper sends what is in the table.
#[tracing::instrument(name = "bandejas.confirmar", skip_all, fields(mensajes = mensajes.len()))]
pub async fn confirmar(
    mut tx: Transaction<'_, Postgres>,
    despachador: &Despachador,
    mensajes: Vec<Saliente>,
) -> Result<(), sqlx::Error> {
    outbox::encolar(&mut tx, &mensajes).await?;
    fallos::punto("antes-de-confirmar").await;
    tx.commit().await?;
    fallos::punto("tras-confirmar").await;
    despachador.entregar(mensajes);
    Ok(())
}
