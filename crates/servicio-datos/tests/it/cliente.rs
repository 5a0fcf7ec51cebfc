//! Requests to the routes, without a socket.

use crate::banco::Banco;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use servicio_datos::api::{Puertas, rutas};
use servicio_datos::infraestructura::PgConsultas;
use servidor::{Limites, aplicar_capas};
use sqlx::PgPool;
use std::sync::Arc;
use tower::ServiceExt;

pub struct Cliente(Router);

impl Cliente {
    pub fn nuevo(pool: &PgPool, banco: &Banco) -> Self {
        let consultas = Arc::new(PgConsultas::nuevo(pool.clone()));
        let rutas = rutas(Puertas { consultas, catalogo: banco.catalogo.clone() });
        Self(aplicar_capas(rutas, Limites::default()))
    }

    pub async fn get(&self, ruta: &str) -> (u16, Value) {
        self.pedir(Method::GET, ruta, Body::empty()).await
    }

    pub async fn delete(&self, ruta: &str) -> (u16, Value) {
        self.pedir(Method::DELETE, ruta, Body::empty()).await
    }

    pub async fn put(&self, ruta: &str, cuerpo: &Value) -> (u16, Value) {
        self.pedir(Method::PUT, ruta, Body::from(cuerpo.to_string())).await
    }

    pub async fn post(&self, ruta: &str, cuerpo: &Value) -> (u16, Value) {
        self.pedir(Method::POST, ruta, Body::from(cuerpo.to_string())).await
    }

    /// The status and the body, `null` when there is none.
    async fn pedir(&self, metodo: Method, ruta: &str, cuerpo: Body) -> (u16, Value) {
        let peticion = Request::builder().method(metodo).uri(ruta).header(header::CONTENT_TYPE, "application/json");
        let peticion = peticion.body(cuerpo).expect("request");
        let respuesta = self.0.clone().oneshot(peticion).await.expect("answer");
        let estado = respuesta.status().as_u16();
        let bytes = respuesta.into_body().collect().await.expect("body").to_bytes();
        let cuerpo = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("json") };
        (estado, cuerpo)
    }
}
