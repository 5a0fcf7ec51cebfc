//! Whoever asks for subscriptions.

use std::sync::Arc;

use serde_json::json;
use suscripciones::dominio::{Condiciones, IdSuscripcion, Monto};
use uuid::Uuid;

use crate::avisos::{DESCONOCIDO, SIN_BUZON};
use crate::nucleo::{Azar, Futuro};
use crate::tuberia::{Bus, Mensaje, Via};

/// The plans on offer.
pub const PLANES: [&str; 5] = ["basico", "pro", "pro", "ramas", "ramas"];

/// How many clients there are of each kind: few, so that some of them ask for the same thing.
const DE_CADA_CLASE: i64 = 3;

/// Somebody asks for a subscription, perhaps more than once.
#[derive(Debug, Clone)]
pub struct Alta {
    pub cuando_ms: i64,
    pub comando: Uuid,
    pub suscripcion: IdSuscripcion,
    /// Its kind, and which one of them.
    pub cliente: String,
    pub plan: &'static str,
    pub veces: u32,
}

/// Somebody asks something of a subscription that exists, or that she has just asked for.
#[derive(Debug, Clone)]
pub struct Tramite {
    pub cuando_ms: i64,
    pub comando: Uuid,
    pub suscripcion: IdSuscripcion,
    /// What created the subscription: the number of the invoice of a plan without a flow.
    alta: Uuid,
    gestion: Gestion,
    veces: u32,
}

#[derive(Debug, Clone, Copy)]
enum Gestion {
    Cambiar(&'static str),
    Cancelar,
    Pagar,
}

/// The clients, and what the business allows them.
pub fn clientes() -> Vec<(String, Condiciones)> {
    let libre = Condiciones::default();
    let clases = [
        ("cumplido", libre),
        ("bloqueado", Condiciones { bloqueado: true, ..libre }),
        ("sin-fondos", Condiciones { limite_pago: Monto::de_centavos(1), ..libre }),
        (DESCONOCIDO, libre),
        (SIN_BUZON, libre),
    ];
    let todos = clases.into_iter().flat_map(|de| (0..DE_CADA_CLASE).map(move |cual| (de, cual)));
    todos.map(|((clase, condiciones), cual)| (cliente(clase, cual), condiciones)).collect()
}

fn cliente(clase: &str, cual: i64) -> String {
    format!("{clase}-{cual}")
}

impl Alta {
    pub fn al_azar(azar: &mut Azar, hasta_ms: i64) -> Self {
        // Most clients are ordinary.
        let clases = ["cumplido", "cumplido", "cumplido", "sin-fondos", "bloqueado", DESCONOCIDO, SIN_BUZON];
        Self {
            cuando_ms: azar.entre(0, hasta_ms),
            comando: azar.uuid(),
            suscripcion: IdSuscripcion(azar.uuid()),
            cliente: cliente(azar.elegir(&clases).copied().unwrap_or("cumplido"), azar.entre(0, DE_CADA_CLASE - 1)),
            plan: azar.elegir(&PLANES).copied().unwrap_or("pro"),
            veces: u32::try_from(azar.entre(1, 3)).unwrap_or(1),
        }
    }

    fn mensaje(&self) -> Mensaje {
        let datos = json!({
            "id_suscripcion": self.suscripcion.to_string(),
            "cliente_codigo": self.cliente,
            "plan_codigo": self.plan,
        });
        Mensaje { id: self.comando, tipo: "ComandoCrearSuscripcion".into(), correlacion: None, causa: None, datos }
    }

    pub fn pedir(self, via: Via, bus: Bus) -> Futuro {
        Box::pin(enviar(self.mensaje(), self.cuando_ms, self.veces, via, bus))
    }

    /// What else the client wants of it, in the storm.
    pub fn tramites(&self, azar: &mut Azar, hasta_ms: i64) -> Vec<Tramite> {
        let gestiones = [
            Gestion::Cambiar("pro"),
            Gestion::Cambiar("pro"),
            Gestion::Cambiar("basico"),
            Gestion::Cambiar("plata"),
            Gestion::Cancelar,
            Gestion::Pagar,
        ];
        let cuantos = azar.hasta(4);
        (0..cuantos)
            .map(|_| Tramite {
                cuando_ms: azar.entre(self.cuando_ms, hasta_ms),
                comando: azar.uuid(),
                suscripcion: self.suscripcion,
                alta: self.comando,
                gestion: azar.elegir(&gestiones).copied().unwrap_or(Gestion::Cancelar),
                veces: u32::try_from(azar.entre(1, 2)).unwrap_or(1),
            })
            .collect()
    }
}

impl Tramite {
    fn mensaje(&self) -> Mensaje {
        let id = self.suscripcion.to_string();
        let (tipo, datos) = match self.gestion {
            Gestion::Cambiar(plan) => {
                ("ComandoCambiarPlanSuscripcion", json!({ "id_suscripcion": id, "plan_codigo": plan }))
            }
            Gestion::Cancelar => ("ComandoCancelarSuscripcion", json!({ "id_suscripcion": id })),
            Gestion::Pagar => (
                "ComandoPagarSuscripcion",
                json!({
                    "id_suscripcion": id, "factura_numero": self.alta.to_string(), "monto": "150000.00",
                    "moneda": "COP", "medio_pago": "tarjeta",
                }),
            ),
        };
        Mensaje { id: self.comando, tipo: tipo.into(), correlacion: None, causa: None, datos }
    }

    pub fn pedir(self, via: Via, bus: Bus) -> Futuro {
        Box::pin(enviar(self.mensaje(), self.cuando_ms, self.veces, via, bus))
    }
}

/// Sends the command until the broker has it, as often as the client repeats himself.
async fn enviar(mensaje: Mensaje, cuando_ms: i64, veces: u32, via: Via, bus: Bus) {
    via.nucleo.dormir(cuando_ms).await;
    let mensaje = Arc::new(mensaje);
    for _ in 0..veces {
        while bus.publicar(&via, &mensaje).await.is_err() {
            via.nucleo.dormir(400).await;
        }
        let pausa = via.nucleo.azar(|azar| azar.entre(0, 3_000));
        via.nucleo.dormir(pausa).await;
    }
}
