use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use servidor::{Campos, Cuerpo, Problema};

use super::Estado;
use super::problemas::{ausente, problema};
use crate::aplicacion::puertos::ClaveCliente;
use crate::dominio::{CodigoCliente, Condiciones, INQUILINO_PUBLICO, Monto};

/// `GET /admin/clientes/{codigo}/condiciones`.
pub async fn obtener(State(estado): State<Estado>, Path(codigo): Path<String>) -> Result<Json<Value>, Problema> {
    let clave = clave(&codigo)?;
    let condiciones = estado.clientes.condiciones_de(&clave).await.map_err(problema)?;
    Ok(Json(vista(&clave, condiciones)))
}

/// `PUT /admin/clientes/{codigo}/condiciones`: blocks a client or limits what a payment may charge.
pub async fn fijar(
    State(estado): State<Estado>,
    Path(codigo): Path<String>,
    Cuerpo(cuerpo): Cuerpo,
) -> Result<Json<Value>, Problema> {
    let clave = clave(&codigo)?;
    let mut campos = Campos::de(&cuerpo);
    let bloqueado = campos.booleano_opcional("bloqueado").unwrap_or(false);
    let limite_pago = match campos.texto_opcional("limite_pago").as_deref().map(Monto::try_from).transpose() {
        Ok(limite) => limite,
        Err(error) => {
            campos.invalido("limite_pago", error.to_string());
            None
        }
    };
    campos.terminar()?;
    let condiciones = Condiciones { bloqueado, limite_pago };
    estado.clientes.fijar_condiciones(&clave, condiciones).await.map_err(problema)?;
    Ok(Json(vista(&clave, condiciones)))
}

fn clave(codigo: &str) -> Result<ClaveCliente, Problema> {
    let codigo = CodigoCliente::try_from(codigo).map_err(|_| ausente("el cliente"))?;
    Ok(ClaveCliente { inquilino: INQUILINO_PUBLICO.to_owned(), codigo })
}

fn vista(clave: &ClaveCliente, condiciones: Condiciones) -> Value {
    json!({
        "codigo": clave.codigo.as_ref(),
        "bloqueado": condiciones.bloqueado,
        "limite_pago": condiciones.limite_pago.map(|limite| limite.to_string()),
    })
}
