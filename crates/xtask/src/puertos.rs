//! The ports of an environment: the documented ones, others by environment, or free ones.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::ambiente;
use crate::ocupante::ocupante;

/// Below those that the system gives to outgoing connections (32768 on Linux, 49152 on macOS): a client that insists on
/// the port of a process that has just died may be given that very port as its own, and then it is taken.
const ELEGIBLES: Range<u16> = 20_000..32_000;

/// One port per process that listens (Pulsar listens on two).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Puertos {
    pub bff_web: u16,
    pub suscripciones: u16,
    pub servicio_datos: u16,
    pub procesamiento: u16,
    pub notificaciones: u16,
    pub pulsar: u16,
    pub pulsar_admin: u16,
    pub postgres: u16,
}

impl Puertos {
    /// The documented ports, each overridden by its variable.
    pub fn documentados() -> Result<Self> {
        Ok(Self {
            bff_web: leer("BFF_WEB_PUERTO", 5005)?,
            suscripciones: leer("SUSCRIPCIONES_PUERTO", 5000)?,
            servicio_datos: leer("SERVICIO_DATOS_PUERTO", 5001)?,
            procesamiento: leer("PROCESAMIENTO_PUERTO", 5002)?,
            notificaciones: leer("NOTIFICACIONES_PUERTO", 5003)?,
            pulsar: leer("PULSAR_PUERTO", 6650)?,
            pulsar_admin: leer("PULSAR_ADMIN_PUERTO", 8080)?,
            postgres: leer("POSTGRES_PUERTO", 5432)?,
        })
    }

    /// Ports that nobody holds now; all are held open until the last is known, so they differ.
    pub fn libres() -> Result<Self> {
        let oyentes: Vec<TcpListener> = oyentes().take(8).collect();
        let mut puertos = oyentes.iter().map(|oyente| oyente.local_addr().map(|d| d.port()));
        let mut siguiente = || puertos.next().context("no quedan puertos libres")?.context("puerto sin dirección");
        Ok(Self {
            bff_web: siguiente()?,
            suscripciones: siguiente()?,
            servicio_datos: siguiente()?,
            procesamiento: siguiente()?,
            notificaciones: siguiente()?,
            pulsar: siguiente()?,
            pulsar_admin: siguiente()?,
            postgres: siguiente()?,
        })
    }

    /// What Pulsar and Postgres need.
    pub fn de_infraestructura(&self) -> Vec<(&'static str, u16)> {
        vec![
            ("PULSAR_PUERTO", self.pulsar),
            ("PULSAR_ADMIN_PUERTO", self.pulsar_admin),
            ("POSTGRES_PUERTO", self.postgres),
        ]
    }

    pub fn de_servicios(&self) -> Vec<(&'static str, u16)> {
        vec![
            ("BFF_WEB_PUERTO", self.bff_web),
            ("SUSCRIPCIONES_PUERTO", self.suscripciones),
            ("SERVICIO_DATOS_PUERTO", self.servicio_datos),
            ("PROCESAMIENTO_PUERTO", self.procesamiento),
            ("NOTIFICACIONES_PUERTO", self.notificaciones),
        ]
    }
}

/// A port that nobody holds now.
pub fn libre() -> Result<u16> {
    Ok(oyentes().next().context("no quedan puertos libres")?.local_addr()?.port())
}

/// Listeners on the free ports, from anywhere on, so that two environments that begin at once seldom look at the same.
fn oyentes() -> impl Iterator<Item = TcpListener> {
    let cuantos = ELEGIBLES.end - ELEGIBLES.start;
    let desde = RandomState::new().hash_one(()) % u64::from(cuantos);
    let vueltas = ELEGIBLES.chain(ELEGIBLES).skip(usize::try_from(desde).unwrap_or_default()).take(cuantos.into());
    vueltas.filter_map(|puerto| TcpListener::bind((Ipv4Addr::LOCALHOST, puerto)).ok())
}

/// Refuses to go on while any of these is held by somebody, and says by whom.
pub fn exigir_libres(puertos: &[(&'static str, u16)]) -> Result<()> {
    let ocupados: Vec<String> =
        puertos.iter().filter_map(|(variable, puerto)| describir_ocupado(variable, *puerto)).collect();
    if !ocupados.is_empty() {
        bail!("puertos ocupados:\n{}", ocupados.join("\n"));
    }
    Ok(())
}

fn describir_ocupado(variable: &str, puerto: u16) -> Option<String> {
    let error = TcpListener::bind((Ipv4Addr::LOCALHOST, puerto)).err()?;
    let quien = match ocupante(puerto) {
        Some(o) => format!("lo tiene el proceso {} ({})", o.pid, o.orden),
        None => format!("{error}; no se ve qué proceso lo tiene"),
    };
    Some(format!("  {puerto}: {quien}. Detenlo o elige otro con {variable}=<puerto>"))
}

fn leer(variable: &str, por_defecto: u16) -> Result<u16> {
    match ambiente::variable(variable) {
        Some(valor) => valor.parse().with_context(|| format!("{variable}={valor} no es un puerto")),
        None => Ok(por_defecto),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn los_puertos_libres_son_distintos() {
        let puertos = Puertos::libres().expect("free ports");
        let mut todos: Vec<u16> =
            [puertos.de_infraestructura(), puertos.de_servicios()].concat().into_iter().map(|(_, p)| p).collect();
        todos.sort_unstable();
        todos.dedup();
        assert_eq!(todos.len(), 8);
        assert!(todos.iter().all(|puerto| ELEGIBLES.contains(puerto)), "{todos:?}");
    }

    #[test]
    fn un_puerto_ocupado_dice_quien_lo_tiene() {
        let oyente = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let puerto = oyente.local_addr().expect("its address").port();
        let error = exigir_libres(&[("PULSAR_PUERTO", puerto)]).expect_err("the port is taken").to_string();
        assert!(error.contains(&format!("el proceso {}", std::process::id())), "{error}");
        assert!(error.contains("PULSAR_PUERTO=<puerto>"), "{error}");
    }
}
