//! The saga log as Pulsar has it, message by message through the broker's admin API.

use std::collections::HashMap;

use administracion::Admin;
use anyhow::{Context, Result};
use contratos::{Mensaje, Procedencia, RegistroSaga, temas};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

/// Messages asked for at once.
const A_LA_VEZ: usize = 16;

/// What the topic holds.
#[derive(Default)]
pub struct Publicado {
    pub mensajes: u64,
    pub transiciones: u64,
    /// The first of each saga and version, as readers keep it.
    pub entradas: HashMap<(String, i64), Value>,
    /// Copies of an entry that do not say the same.
    pub contradicciones: u64,
}

pub async fn leer(admin: &Admin) -> Result<Publicado> {
    let tema = temas::por_tipo(RegistroSaga::TIPO).context("no hay tópico de registro")?.nombre;
    let mensajes = admin.mensajes(tema).await?;
    let cargas: Vec<Vec<u8>> =
        stream::iter(1..=mensajes).map(|orden| admin.mensaje(tema, orden)).buffered(A_LA_VEZ).try_collect().await?;
    let mut publicado = Publicado { mensajes, ..Publicado::default() };
    for carga in cargas {
        let procedencia = Procedencia { tema, posicion: String::new(), publicado: contratos::ahora() };
        let registro = contratos::decodificar::<RegistroSaga>(&carga, None, &procedencia)?.datos;
        for transicion in registro.transiciones.unwrap_or_default() {
            let clave = (transicion.saga.context("sin saga")?, transicion.version.context("sin versión")?);
            let entrada: Value = serde_json::from_str(&transicion.entrada.context("sin entrada")?)?;
            publicado.transiciones += 1;
            let primera = publicado.entradas.entry(clave).or_insert_with(|| entrada.clone());
            publicado.contradicciones += u64::from(*primera != entrada);
        }
    }
    Ok(publicado)
}
