use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use suscripciones::aplicacion::{PARTICIONES, Tenencia};

use super::Almacen;
use crate::nucleo::cerrojo;
use crate::tuberia::Corte;

/// How long an instance that gives no sign keeps what it holds, by the clock of the database.
const VIGENCIA_MS: i64 = 6_000;
const LATIDO_MS: i64 = 2_000;
/// How long before its end a lease counts as ended for its owner.
const MARGEN_MS: i64 = 1_500;

/// Who holds each partition, under which epoch, and until when who lives gives no sign.
#[derive(Default)]
pub struct Registro {
    /// By instance: since when, and until when.
    orquestadores: BTreeMap<u64, (i64, i64)>,
    arrendados: [Option<u64>; PARTICIONES],
    epocas: [i64; PARTICIONES],
    instancias: u64,
}

impl Registro {
    /// Whether the partition is held under that epoch.
    pub fn rige(&self, particion: i16, epoca: i64) -> bool {
        usize::try_from(particion).is_ok_and(|lugar| {
            self.arrendados.get(lugar).is_some_and(Option::is_some) && self.epocas.get(lugar) == Some(&epoca)
        })
    }

    fn nueva(&mut self) -> u64 {
        self.instancias += 1;
        self.instancias
    }

    fn latir(&mut self, instancia: u64, ahora_ms: i64) -> (Tenencia, Vec<u64>) {
        self.orquestadores.entry(instancia).or_insert((ahora_ms, 0)).1 = ahora_ms + VIGENCIA_MS;
        let vivas = self.orquestadores.iter().filter(|(_, (_, vence))| *vence > ahora_ms);
        let mut vivas: Vec<(i64, u64)> = vivas.map(|(instancia, (desde, _))| (*desde, *instancia)).collect();
        vivas.sort_unstable();
        (self.tenencia(instancia), vivas.into_iter().map(|(_, instancia)| instancia).collect())
    }

    fn tenencia(&self, instancia: u64) -> Tenencia {
        let suyas = (0_i16..).zip(self.arrendados.iter().zip(self.epocas));
        suyas.filter(|(_, (dueno, _))| **dueno == Some(instancia)).map(|(lugar, (_, epoca))| (lugar, epoca)).collect()
    }

    /// Takes partitions that nobody alive holds, each under a new epoch.
    fn tomar(&mut self, instancia: u64, cuantas: usize, ahora_ms: i64) {
        let vive = |dueno: &u64| self.orquestadores.get(dueno).is_some_and(|(_, vence)| *vence > ahora_ms);
        let libres: Vec<usize> =
            (0..PARTICIONES).filter(|lugar| !self.arrendados[*lugar].as_ref().is_some_and(vive)).collect();
        for lugar in libres.into_iter().take(cuantas) {
            self.arrendados[lugar] = Some(instancia);
            self.epocas[lugar] += 1;
        }
    }

    fn soltar(&mut self, instancia: u64, cuantas: usize) {
        let suyas = self.arrendados.iter_mut().rev().filter(|dueno| **dueno == Some(instancia));
        suyas.take(cuantas).for_each(|dueno| *dueno = None);
    }
}

/// The leases of one instance, as it believes them.
pub struct Arrendamientos {
    pub almacen: Almacen,
    instancia: u64,
    local: Mutex<(Tenencia, i64)>,
}

impl Arrendamientos {
    /// An instance that comes back is another one.
    pub fn nuevos(almacen: Almacen) -> Self {
        let instancia = cerrojo(&almacen.base).arrendamientos.nueva();
        Self { almacen, instancia, local: Mutex::new((Tenencia::default(), 0)) }
    }

    /// What this instance may work on now, as far as it knows.
    pub fn vigente(&self) -> Option<Tenencia> {
        let (tenencia, hasta) = *cerrojo(&self.local);
        (self.almacen.via.nucleo.ahora() < hasta && tenencia.cuantas() > 0).then_some(tenencia)
    }

    pub async fn mantener(self: Arc<Self>) {
        loop {
            if self.latir().await.is_err() {
                self.almacen.via.anotar(format_args!("no pudo renovar sus particiones"));
            }
            self.almacen.via.nucleo.dormir(LATIDO_MS).await;
        }
    }

    /// Gives a sign of life, sees what is held, and comes one move closer to the fair share.
    async fn latir(&self) -> Result<(), Corte> {
        let Self { almacen, instancia, .. } = self;
        let inicio = almacen.via.nucleo.ahora();
        let latir = || {
            let ahora = almacen.via.nucleo.ahora();
            cerrojo(&almacen.base).arrendamientos.latir(*instancia, ahora)
        };
        let (tenencia, vivas) = almacen.via.transaccion("latir", latir).await?;
        *cerrojo(&self.local) = (tenencia, inicio + VIGENCIA_MS - MARGEN_MS);
        let lugar = vivas.iter().position(|viva| viva == instancia).unwrap_or(vivas.len());
        let cuota = PARTICIONES / vivas.len().max(1) + usize::from(lugar < PARTICIONES % vivas.len().max(1));
        let tiene = tenencia.cuantas();
        if tiene == cuota {
            return Ok(());
        }
        let mover = || {
            let ahora = almacen.via.nucleo.ahora();
            let registro = &mut cerrojo(&almacen.base).arrendamientos;
            if tiene < cuota {
                registro.tomar(*instancia, cuota - tiene, ahora);
            } else {
                registro.soltar(*instancia, tiene - cuota);
            }
            registro.tenencia(*instancia)
        };
        let tenencia = almacen.via.transaccion("mover particiones", mover).await?;
        cerrojo(&self.local).0 = tenencia;
        almacen.via.anotar(format_args!("tiene {} particiones", tenencia.cuantas()));
        Ok(())
    }
}
