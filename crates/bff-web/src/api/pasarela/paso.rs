use super::entrada::{Entrada, elegir};
use super::tabla::{CARTAS_MUERTAS, Modo, PASOS};
use crate::api::peticion::Solicitante;
use crate::api::problemas;
use crate::api::puerta::Puerta;
use crate::aplicacion::ErrorParte;
use crate::dominio::{Codigo, Contexto, Parte};
use crate::infraestructura::{Llamada, Respuesta};
use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use futures::StreamExt;
use servidor::Problema;
use std::sync::Arc;
use uuid::Uuid;

/// What a service may say back to a caller.
const DE_VUELTA: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::CONTENT_SECURITY_POLICY,
    header::ETAG,
    header::CACHE_CONTROL,
    header::LOCATION,
    header::RETRY_AFTER,
];

/// Where a request goes on.
#[derive(Clone)]
struct Destino {
    parte: Parte,
    plantilla: String,
    modo: Modo,
}

pub fn rutas() -> Router<Arc<Puerta>> {
    pasos().chain(cartas_muertas()).fold(Router::new(), |router, (metodo, ruta, destino)| {
        let manejar =
            async move |State(puerta): State<Arc<Puerta>>, Solicitante(contexto): Solicitante, entrada: Entrada| {
                destino.atender(&puerta, &contexto, entrada).await
            };
        router.route(&ruta, on(metodo, manejar))
    })
}

fn pasos() -> impl Iterator<Item = (MethodFilter, String, Destino)> {
    PASOS.iter().map(|paso| {
        let destino = Destino { parte: paso.parte, plantilla: paso.destino.to_owned(), modo: paso.modo };
        (paso.metodo, paso.ruta.to_owned(), destino)
    })
}

fn cartas_muertas() -> impl Iterator<Item = (MethodFilter, String, Destino)> {
    Parte::TODAS.into_iter().flat_map(|parte| {
        CARTAS_MUERTAS.iter().map(move |(metodo, resto)| {
            let destino = Destino { parte, plantilla: format!("/admin{resto}"), modo: Modo::Entero };
            (*metodo, format!("/admin/{}{resto}", parte.nombre()), destino)
        })
    })
}

impl Destino {
    async fn atender(&self, puerta: &Puerta, contexto: &Contexto, entrada: Entrada) -> Result<Response, Problema> {
        let mut ruta = rellenar(&self.plantilla, &entrada.parametros)?;
        if let Some(consulta) = &entrada.consulta {
            ruta = format!("{ruta}?{consulta}");
        }
        // A HEAD request is answered from the GET that it stands for.
        let metodo = if entrada.metodo == Method::HEAD { Method::GET } else { entrada.metodo };
        let llamada =
            Llamada { parte: self.parte, metodo, ruta: &ruta, cabeceras: entrada.cabeceras, cuerpo: entrada.cuerpo };
        match self.modo {
            Modo::Entero => entero(puerta.servicios.llamar(llamada, contexto).await),
            Modo::Lento => entero(puerta.servicios.encargar(llamada, contexto).await),
            Modo::Flujo => flujo(puerta, llamada, contexto).await,
        }
    }
}

fn entero(respuesta: Result<Respuesta, ErrorParte>) -> Result<Response, Problema> {
    let respuesta = respuesta.map_err(|e| problemas::de_parte(&e))?;
    Ok(devolver(respuesta.estado, &respuesta.cabeceras, Body::from(respuesta.cuerpo)))
}

async fn flujo(puerta: &Puerta, llamada: Llamada<'_>, contexto: &Contexto) -> Result<Response, Problema> {
    let respuesta = puerta.servicios.abrir(llamada, contexto).await.map_err(|e| problemas::de_parte(&e))?;
    let (estado, cabeceras) = (respuesta.status(), respuesta.headers().clone());
    let trozos = respuesta.bytes_stream().take_until(puerta.cierre.clone().cancelled_owned());
    Ok(devolver(estado, &cabeceras, Body::from_stream(trozos)))
}

fn devolver(estado: StatusCode, cabeceras: &HeaderMap, cuerpo: Body) -> Response {
    (estado, elegir(cabeceras, &DE_VUELTA), cuerpo).into_response()
}

/// Puts the parameters into the template; one that cannot name anything names nothing (404).
fn rellenar(plantilla: &str, parametros: &RawPathParams) -> Result<String, Problema> {
    parametros.iter().try_fold(plantilla.to_owned(), |ruta, (nombre, valor)| {
        let valor = match nombre {
            "id" => Uuid::try_parse(valor).ok().map(|id| id.to_string()),
            _ => Codigo::try_from(valor.to_owned()).ok().map(String::from),
        };
        let valor = valor.ok_or_else(|| Problema::no_encontrado("el recurso"))?;
        Ok(ruta.replace(&format!("{{{nombre}}}"), &valor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ninguna_ruta_se_repite_y_todo_parametro_del_destino_esta_en_la_ruta() {
        let mut vistas = HashSet::new();
        for (metodo, ruta, destino) in pasos().chain(cartas_muertas()) {
            assert!(vistas.insert(format!("{metodo:?} {ruta}")), "{ruta}");
            for nombre in ["{id}", "{codigo}", "{clave}", "{version}"] {
                assert_eq!(ruta.contains(nombre), destino.plantilla.contains(nombre), "{ruta}");
            }
        }
    }
}
