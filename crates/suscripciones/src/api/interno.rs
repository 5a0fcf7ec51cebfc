//! What the other services and the BFF ask; never published outside.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use servidor::{Cuerpo, Problema, leer_lista};
use uuid::Uuid;

use super::Estado;
use super::problemas::{ausente, problema};
use crate::dominio::{CodigoCliente, INQUILINO_PUBLICO};
use crate::infraestructura::{Contacto, Libro, RespuestaGuardada};

/// How many clients or subscriptions one request may name.
const MAXIMO: usize = 1000;

/// `GET /interno/operaciones/{tipo}/{id}`: what became of a command; 404 while it has not been seen.
pub async fn operacion(
    State(estado): State<Estado>,
    Path((tipo, id)): Path<(String, Uuid)>,
) -> Result<Json<Value>, Problema> {
    let efecto = estado.consultas.efecto(id).await.map_err(problema)?;
    let efecto = efecto.filter(|efecto| efecto.tipo == tipo).ok_or_else(|| ausente("la operación"))?;
    let respuesta: RespuestaGuardada = serde_json::from_value(efecto.respuesta).map_err(|error| {
        tracing::error!(comando = %id, error = &error as &dyn std::error::Error, "a stored answer cannot be read");
        Problema::interno()
    })?;
    let id = respuesta.contenido.suscripcion_vigente().unwrap_or(respuesta.id_suscripcion);
    let suscripcion = estado.consultas.suscripcion(INQUILINO_PUBLICO, id).await.map_err(problema)?;
    let de_la_suscripcion = suscripcion.as_ref().and_then(|suscripcion| suscripcion.id_saga);
    let resultado = serde_json::to_value(&respuesta.contenido).unwrap_or(Value::Null);
    Ok(Json(json!({
        "estado": resultado["resultado"],
        "huella": efecto.huella,
        "codigo": resultado.get("codigo"),
        "motivo": respuesta.contenido.motivo(),
        "recursos": {
            "id_suscripcion": id,
            "id_saga": respuesta.contenido.saga().or(de_la_suscripcion),
            "suscripcion": suscripcion.as_ref().map(|suscripcion| suscripcion.estado.clone()),
        },
    })))
}

/// `GET /interno/clientes/{codigo}/contacto`: where to write to a client.
pub async fn contacto(State(estado): State<Estado>, Path(codigo): Path<String>) -> Result<Json<Contacto>, Problema> {
    let codigo = CodigoCliente::try_from(codigo.as_str()).map_err(|_| ausente("el cliente"))?;
    let contactos = estado.clientes.contactos(INQUILINO_PUBLICO, &[codigo]).await.map_err(problema)?;
    contactos.into_values().next().map(Json).ok_or_else(|| ausente("el cliente"))
}

/// `POST /interno/clientes/contactos`: the same for many; an unknown client is absent from the answer.
pub async fn contactos(State(estado): State<Estado>, Cuerpo(cuerpo): Cuerpo) -> Result<Json<Value>, Problema> {
    let leer = |codigo: &str| CodigoCliente::try_from(codigo).ok();
    let codigos = leer_lista(&cuerpo, "codigos", MAXIMO, "un código de cliente", leer)?;
    let contactos = estado.clientes.contactos(INQUILINO_PUBLICO, &codigos).await.map_err(problema)?;
    Ok(Json(json!(contactos)))
}

/// `POST /interno/libro`: this service's ledger of the named subscriptions.
pub async fn libro(State(estado): State<Estado>, Cuerpo(cuerpo): Cuerpo) -> Result<Json<Vec<Libro>>, Problema> {
    let ids = leer_lista(&cuerpo, "ids", MAXIMO, "un UUID", |id| Uuid::parse_str(id).ok())?;
    estado.consultas.libro(&ids).await.map(Json).map_err(problema)
}
