//! The ledgers of the three services, compared subscription by subscription.

use std::collections::HashMap;

use pruebas::Sistema;
use reqwest::Method;
use serde_json::{Value, json};

/// What the three ledgers say of one subscription.
#[derive(Debug, Default, Clone)]
pub struct Asiento {
    pub suscripcion: String,
    pub fase: String,
    pub pagos: i64,
    pub servicio: String,
    pub ocupa: bool,
    /// Outcomes that were notified, one per mail.
    pub avisos: Vec<String>,
}

impl Asiento {
    /// Completed = one active subscription, one started data service, one payment, one notification;
    /// compensated = none live, slot free, no charge, one notification.
    pub fn es_coherente(&self) -> bool {
        match self.fase.as_str() {
            "completada" | "completada_con_avisos" => {
                self.suscripcion == "activa" && self.pagos == 1 && self.servicio == "iniciado" && self.avisos.len() == 1
            }
            "compensada" => {
                let viva = matches!(self.suscripcion.as_str(), "activa" | "pendiente");
                !viva && self.pagos == 0 && self.servicio != "iniciado" && !self.ocupa && self.avisos.len() == 1
            }
            _ => false,
        }
    }
}

/// Reads the three ledgers of the named subscriptions.
pub async fn leer(sistema: &Sistema, ids: &[String]) -> HashMap<String, Asiento> {
    let mut asientos: HashMap<String, Asiento> = ids.iter().map(|id| (id.clone(), Asiento::default())).collect();
    for tramo in ids.chunks(200) {
        for fila in preguntar(sistema, "suscripciones", tramo).await {
            let asiento = asiento(&mut asientos, &fila);
            asiento.suscripcion = texto(&fila["estado"]);
            asiento.fase = texto(&fila["fase"]);
            asiento.pagos = fila["pagos"].as_i64().unwrap_or_default();
        }
        for fila in preguntar(sistema, "servicio-datos", tramo).await {
            let asiento = asiento(&mut asientos, &fila);
            asiento.servicio = texto(&fila["estado"]);
            asiento.ocupa = fila["experto_ocupado"] == true || fila["nube_ocupada"] == true;
        }
        for fila in preguntar(sistema, "notificaciones", tramo).await {
            asiento(&mut asientos, &fila).avisos.push(texto(&fila["plantilla"]));
        }
    }
    asientos
}

async fn preguntar(sistema: &Sistema, servicio: &str, ids: &[String]) -> Vec<Value> {
    let respuesta = sistema.pedir_a(servicio, Method::POST, "/interno/libro", Some(&json!({"ids": ids})), &[]).await;
    respuesta.cuerpo.as_array().unwrap_or_else(|| panic!("libro de {servicio}: {respuesta:?}")).clone()
}

fn asiento<'a>(asientos: &'a mut HashMap<String, Asiento>, fila: &Value) -> &'a mut Asiento {
    asientos.entry(texto(&fila["id_suscripcion"])).or_default()
}

fn texto(valor: &Value) -> String {
    valor.as_str().unwrap_or_default().to_owned()
}
