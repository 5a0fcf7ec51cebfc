use std::error::Error;

use async_trait::async_trait;
use futures::{Stream, StreamExt};

use crate::aplicacion::{ErrorTrozos, Trozos};

/// Pieces that come as a stream.
pub struct Flujo<S, F> {
    flujo: S,
    error: F,
}

impl<S, F> Flujo<S, F> {
    /// `error` says what a failure of the stream means.
    pub fn nuevo(flujo: S, error: F) -> Self {
        Self { flujo, error }
    }
}

#[async_trait]
impl<S, B, E, F> Trozos for Flujo<S, F>
where
    S: Stream<Item = Result<B, E>> + Send + Unpin,
    B: Into<Vec<u8>> + Send,
    E: Send,
    F: Fn(E) -> ErrorTrozos + Send + Sync,
{
    async fn siguiente(&mut self) -> Result<Option<Vec<u8>>, ErrorTrozos> {
        while let Some(trozo) = self.flujo.next().await {
            let trozo: Vec<u8> = trozo.map_err(&self.error)?.into();
            if !trozo.is_empty() {
                return Ok(Some(trozo));
            }
        }
        Ok(None)
    }
}

/// Whoever sends the bytes broke off.
pub fn roto(error: impl Error + Send + Sync + 'static) -> ErrorTrozos {
    ErrorTrozos::Roto(Box::new(error))
}
