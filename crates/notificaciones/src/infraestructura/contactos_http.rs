use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::aplicacion::puertos::{Contacto, Contactos, ContactosNoDisponibles};
use crate::dominio::{ClaveCliente, CodigoCliente, Inquilino};

/// The longest that a question may take.
pub(super) const PLAZO: Duration = Duration::from_secs(5);
const PLAZO_DE_CONEXION: Duration = Duration::from_secs(2);
/// Names the tenant between services.
const INQUILINO: &str = "x-inquilino";

/// The contacts as their owner, suscripciones, gives them: one question per tenant of a batch.
pub struct ContactosHttp {
    cliente: Client,
    url: String,
}

#[derive(Deserialize)]
struct Registro {
    nombres: String,
    apellidos: String,
    email: String,
}

/// The problem of a list with codes that its owner cannot read: nobody is known by them.
#[derive(Deserialize)]
struct ListaInvalida {
    #[serde(default)]
    invalidos: Vec<Ilegible>,
}

#[derive(Deserialize)]
struct Ilegible {
    posicion: usize,
}

impl ListaInvalida {
    fn legibles(&self, codigos: &[CodigoCliente]) -> Vec<CodigoCliente> {
        let ilegible = |lugar: usize| self.invalidos.iter().any(|invalido| invalido.posicion == lugar);
        codigos.iter().enumerate().filter(|(lugar, _)| !ilegible(*lugar)).map(|(_, codigo)| codigo.clone()).collect()
    }
}

impl ContactosHttp {
    /// `base` is the URL of suscripciones.
    pub fn nuevo(base: &str) -> Result<Self, reqwest::Error> {
        let cliente = Client::builder().timeout(PLAZO).connect_timeout(PLAZO_DE_CONEXION).no_proxy().build()?;
        Ok(Self { cliente, url: format!("{}/interno/clientes/contactos", base.trim_end_matches('/')) })
    }

    async fn pedir(
        &self,
        inquilino: &Inquilino,
        codigos: &[CodigoCliente],
    ) -> Result<Vec<(ClaveCliente, Contacto)>, reqwest::Error> {
        let mut respuesta = self.preguntar(inquilino, codigos).await?;
        if respuesta.status() == StatusCode::BAD_REQUEST {
            // One unreadable code must not keep the mails of all the others.
            let legibles = respuesta.json::<ListaInvalida>().await?.legibles(codigos);
            tracing::warn!(codigos = codigos.len() - legibles.len(), "codes that can be no client's were left out");
            respuesta = self.preguntar(inquilino, &legibles).await?;
        }
        let mut registros: HashMap<String, Registro> = respuesta.error_for_status()?.json().await?;
        let conocidos = codigos.iter().filter_map(|codigo| {
            let Registro { nombres, apellidos, email } = registros.remove(codigo.como_texto())?;
            let clave = ClaveCliente { inquilino: inquilino.clone(), codigo: codigo.clone() };
            Some((clave, Contacto { nombres, apellidos, email }))
        });
        Ok(conocidos.collect())
    }

    async fn preguntar(&self, inquilino: &Inquilino, codigos: &[CodigoCliente]) -> Result<Response, reqwest::Error> {
        let textos: Vec<_> = codigos.iter().map(CodigoCliente::como_texto).collect();
        let peticion = self.cliente.post(&self.url).header(INQUILINO, inquilino.como_texto());
        peticion.json(&json!({ "codigos": textos })).send().await
    }
}

#[async_trait]
impl Contactos for ContactosHttp {
    #[tracing::instrument(name = "suscripciones.contactos", skip_all, fields(clientes = clientes.len()))]
    async fn buscar(
        &self,
        clientes: BTreeSet<ClaveCliente>,
    ) -> Result<HashMap<ClaveCliente, Contacto>, ContactosNoDisponibles> {
        let mut por_inquilino: BTreeMap<Inquilino, Vec<CodigoCliente>> = BTreeMap::new();
        for ClaveCliente { inquilino, codigo } in clientes {
            por_inquilino.entry(inquilino).or_default().push(codigo);
        }
        let preguntas = por_inquilino.iter().map(|(inquilino, codigos)| self.pedir(inquilino, codigos));
        let respuestas = try_join_all(preguntas).await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "the contacts are not available, the mails wait");
            ContactosNoDisponibles
        })?;
        Ok(respuestas.into_iter().flatten().collect())
    }
}
