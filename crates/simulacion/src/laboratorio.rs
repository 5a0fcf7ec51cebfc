//! A participant that no service of the tree is: what a new product would bring, by the contract alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use crate::Defecto;
use crate::nucleo::{Futuro, cerrojo};
use crate::tuberia::{
    Bandeja, Bus, ConBandeja, Despachador, Entrega, Fallo, Manejador, Mensaje, Suscripcion, Via, barrer, consumir,
    despachar,
};

pub const PEDIDOS: Suscripcion = Suscripcion {
    nombre: "laboratorio",
    tipos: &["ComandoReservarEquipo", "ComandoLiberarEquipo", "ComandoAvisarLaboratorio"],
};

const RITMO_BARRIDO_MS: i64 = 1_600;

/// Its database: devices, who has one, and the stored answer of each command.
#[derive(Default)]
pub struct Base {
    pub libres: u32,
    pub total: u32,
    /// By subscription: whether it holds a device now.
    pub reservas: BTreeMap<Uuid, bool>,
    pub avisados: BTreeMap<Uuid, u32>,
    efectos: BTreeMap<Uuid, Respuesta>,
    pub bandeja: Bandeja,
    pub obrados: Vec<Uuid>,
}

pub type Tablas = Arc<Mutex<Base>>;

#[derive(Clone)]
struct Respuesta {
    tipo: &'static str,
    codigo: Option<&'static str>,
}

impl Respuesta {
    const fn fallo(codigo: &'static str) -> Self {
        Self { tipo: "EventoEquipoFallido", codigo: Some(codigo) }
    }
}

impl ConBandeja for Base {
    fn bandeja(&mut self) -> &mut Bandeja {
        &mut self.bandeja
    }
}

impl Base {
    pub fn con(equipos: u32) -> Self {
        Self { libres: equipos, total: equipos, ..Self::default() }
    }

    /// Answers a command: the stored answer, or what doing it gives.
    fn atender(&mut self, mensaje: &Mensaje, ocupado: bool, defecto: Defecto) -> Option<Mensaje> {
        let suscripcion = mensaje.uuid("id_suscripcion")?;
        let respuesta = match self.efectos.get(&mensaje.id) {
            Some(respuesta) => respuesta.clone(),
            // Not an answer for good: nothing is stored, and the same command may succeed later.
            None if ocupado && mensaje.causa.is_some() => Respuesta::fallo("ocupado"),
            None => self.hacer(mensaje, suscripcion, defecto),
        };
        let datos = json!({ "id_suscripcion": suscripcion.to_string(), "codigo": respuesta.codigo });
        Some(Mensaje::respuesta(mensaje.id, mensaje.correlacion, respuesta.tipo, datos))
    }

    fn hacer(&mut self, mensaje: &Mensaje, suscripcion: Uuid, defecto: Defecto) -> Respuesta {
        let respuesta = match &*mensaje.tipo {
            "ComandoReservarEquipo" if self.libres == 0 => Respuesta::fallo("sin_equipo"),
            "ComandoReservarEquipo" => {
                self.libres -= 1;
                self.reservas.insert(suscripcion, true);
                self.obrados.push(mensaje.id);
                Respuesta { tipo: "EventoEquipoReservado", codigo: None }
            }
            "ComandoLiberarEquipo" => {
                if self.reservas.insert(suscripcion, false) == Some(true) {
                    self.libres += 1;
                    self.obrados.push(mensaje.id);
                }
                let lapida = mensaje.causa.filter(|causa| !self.efectos.contains_key(causa));
                if let Some(causa) = lapida.filter(|_| defecto != Defecto::SinLapida) {
                    self.efectos.insert(causa, Respuesta::fallo("comando_cancelado"));
                }
                Respuesta { tipo: "EventoEquipoLiberado", codigo: None }
            }
            _ => {
                *self.avisados.entry(suscripcion).or_default() += 1;
                self.obrados.push(mensaje.id);
                Respuesta { tipo: "EventoLaboratorioAvisado", codigo: None }
            }
        };
        if defecto != Defecto::SinEfectos {
            self.efectos.insert(mensaje.id, respuesta.clone());
        }
        respuesta
    }
}

/// One instance of the laboratory.
#[derive(Clone)]
pub struct Laboratorio {
    pub via: Via,
    pub bus: Bus,
    pub base: Tablas,
    pub despachador: Despachador,
    pub defecto: Defecto,
}

impl Laboratorio {
    pub fn arrancar(self) -> Vec<Futuro> {
        let Self { via, bus, base, despachador, defecto } = self.clone();
        vec![
            Box::pin(consumir(via.clone(), bus.clone(), PEDIDOS.nombre, Box::new(self), defecto)),
            Box::pin(despachar(via.clone(), bus.clone(), base.clone(), despachador, defecto)),
            Box::pin(barrer(via, bus, base, RITMO_BARRIDO_MS, defecto)),
        ]
    }

    fn atender(&self, lote: &[Entrega]) -> Vec<u64> {
        let mut base = cerrojo(&self.base);
        let caos = self.via.nucleo.caos();
        let mut salientes = Vec::with_capacity(lote.len());
        for Entrega { mensaje, .. } in lote {
            let ocupado = self.via.nucleo.azar(|azar| azar.ocurre(caos.reversa_rechazada));
            salientes.extend(base.atender(mensaje, ocupado, self.defecto));
        }
        base.bandeja.encolar(self.via.nucleo.ahora(), salientes)
    }
}

#[async_trait]
impl Manejador for Laboratorio {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo> {
        let atendidos = self.via.transaccion("atender en el laboratorio", || self.atender(lote)).await;
        self.despachador.entregar(atendidos.map_err(|_| Fallo::Infraestructura)?);
        Ok(())
    }
}
