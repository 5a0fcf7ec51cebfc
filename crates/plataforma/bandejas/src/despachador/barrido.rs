//! The safe way: sends the rows that stayed behind, whichever process wrote them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use contratos::Saliente;
use mensajeria::Publicar;
use sqlx::PgPool;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{ESPERA_DE_ACUSE, contar_publicados};
use crate::outbox::{self, LOTE_DE_BARRIDO};

const PAUSA: Duration = Duration::from_secs(1);
const PAUSA_TRAS_FALLO: Duration = Duration::from_secs(5);
const CADA_MEDIDA: Duration = Duration::from_secs(5);

/// How long a topic that took nothing is left out, so that its rows do not hide those of the others.
const PAUSA_DE_TEMA: Duration = Duration::from_secs(10);

pub(super) struct Barrido {
    pool: PgPool,
    publicador: Arc<dyn Publicar>,
    cierre: CancellationToken,
    temas_en_pausa: HashMap<String, Instant>,
    medido: Option<Instant>,
}

impl Barrido {
    pub(super) fn nuevo(pool: PgPool, publicador: Arc<dyn Publicar>, cierre: CancellationToken) -> Self {
        Self { pool, publicador, cierre, temas_en_pausa: HashMap::new(), medido: None }
    }

    pub(super) async fn ejecutar(mut self) {
        let cierre = self.cierre.clone();
        while cierre.run_until_cancelled(self.dar_vuelta()).await.is_some() {}
    }

    /// Cancelled in the middle, the transaction rolls back and the rows stay.
    async fn dar_vuelta(&mut self) {
        self.medir_a_su_hora().await;
        if !self.publicador.disponible() {
            // It was the broker, not the topic: once it is back nothing is left out.
            self.temas_en_pausa.clear();
            return tokio::time::sleep(PAUSA).await;
        }
        match self.barrer().await {
            Ok(LOTE_DE_BARRIDO) => {}
            Ok(_) => tokio::time::sleep(PAUSA).await,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be swept");
                tokio::time::sleep(PAUSA_TRAS_FALLO).await;
            }
        }
    }

    /// One pass: publish, delete what was confirmed, commit. Returns how many rows the broker confirmed.
    async fn barrer(&mut self) -> Result<usize, sqlx::Error> {
        let ahora = Instant::now();
        self.temas_en_pausa.retain(|_, hasta| *hasta > ahora);
        let omitidos: Vec<String> = self.temas_en_pausa.keys().cloned().collect();
        let mut tx = self.pool.begin().await?;
        let atrasadas = outbox::tomar_atrasadas(&mut tx, &omitidos).await?;
        if atrasadas.is_empty() {
            return Ok(0);
        }
        outbox::consentir_espera(&mut tx, ESPERA_DE_ACUSE).await?;
        let confirmados = self.publicar(atrasadas).await;
        outbox::borrar(&mut *tx, &confirmados).await?;
        tx.commit().await?;
        contar_publicados("barrido", confirmados.len());
        Ok(confirmados.len())
    }

    async fn publicar(&mut self, mensajes: Vec<Saliente>) -> Vec<Uuid> {
        let enviados: Vec<(Uuid, String)> = mensajes.iter().map(|m| (m.id, m.tema.clone())).collect();
        // Without answers in time nothing counts as confirmed: every row stays and goes again.
        let acuses = timeout(ESPERA_DE_ACUSE, self.publicador.publicar(mensajes)).await.unwrap_or_default();
        let mut acuses = acuses.into_iter();
        let (mut confirmados, mut vivos, mut fallidos) = (Vec::new(), HashSet::new(), HashSet::new());
        for (id, tema) in enviados {
            if acuses.next().is_some_and(|acuse| acuse.is_ok()) {
                confirmados.push(id);
                vivos.insert(tema);
            } else {
                fallidos.insert(tema);
            }
        }
        let hasta = Instant::now() + PAUSA_DE_TEMA;
        self.temas_en_pausa.extend(fallidos.difference(&vivos).map(|tema| (tema.clone(), hasta)));
        confirmados
    }

    async fn medir_a_su_hora(&mut self) {
        if self.medido.is_some_and(|instante| instante.elapsed() < CADA_MEDIDA) {
            return;
        }
        self.medido = Some(Instant::now());
        match outbox::medir(&self.pool).await {
            Ok(medida) => {
                metrics::gauge!("bandejas_outbox_mensajes").set(medida.filas as f64);
                metrics::gauge!("bandejas_outbox_edad_segundos").set(medida.edad_segundos);
            }
            Err(error) => tracing::warn!(%error, "the outbox could not be measured"),
        }
    }
}
