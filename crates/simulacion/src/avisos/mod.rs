//! notificaciones: its use cases as they are, over an event store and a mail server in memory.

mod base;
mod correo;
mod mensajes;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use notificaciones::aplicacion::puertos::{
    AlmacenNotificaciones, Cambio, ErrorAlmacen, Guardado, Respuesta, Versionada,
};
use notificaciones::aplicacion::{CrearNotificaciones, EnviarPendientes};
use notificaciones::dominio::IdNotificacion;

pub use base::Tablas;
pub use correo::{Buzon, DESCONOCIDO, SIN_BUZON};

use crate::Defecto;
use crate::nucleo::{Futuro, cerrojo};
use crate::tuberia::{
    Bus, Corte, Despachador, Entrega, Fallo, Manejador, Mensaje, Suscripcion, Via, barrer, consumir, despachar,
};
use correo::Exterior;

pub const ENTRADAS: Suscripcion = Suscripcion {
    nombre: "notificaciones",
    tipos: &[
        "ComandoEnviarNotificacion",
        "EventoSuscripcionCreada",
        "EventoSuscripcionFallida",
        "EventoSuscripcionCancelada",
        "EventoSuscripcionPlanModificado",
    ],
};

const RITMO_BARRIDO_MS: i64 = 1_900;
const RITMO_ENVIO_MS: i64 = 1_000;
const LOTE: usize = 8;
/// What waited longer in memory is left to the sweep, because its turn could expire while it is sent.
const FRESCURA_MS: i64 = 5_000;
const PAUSA_TRAS_FALLO_MS: i64 = 500;

/// The port of notificaciones, as one of its instances has it.
#[derive(Clone)]
struct Almacen {
    via: Via,
    base: Tablas,
    despachador: Despachador,
    defecto: Defecto,
}

#[async_trait]
impl AlmacenNotificaciones for Almacen {
    async fn obtener(&self, ids: &[IdNotificacion]) -> Result<Vec<Versionada>, ErrorAlmacen> {
        let leer = || {
            let base = cerrojo(&self.base);
            ids.iter().map(|id| base.leer(*id)).collect()
        };
        self.via.transaccion("leer notificaciones", leer).await.map_err(corte)
    }

    async fn guardar(&self, cambios: Vec<Cambio>) -> Result<Vec<Guardado>, ErrorAlmacen> {
        let (guardados, ids) =
            self.via.transaccion("guardar notificaciones", || self.escribir(cambios)).await.map_err(corte)?;
        self.despachador.entregar(ids);
        Ok(guardados)
    }

    async fn responder(&self, respuestas: Vec<Respuesta>) -> Result<(), ErrorAlmacen> {
        let salientes: Vec<Mensaje> = respuestas.iter().map(mensajes::de_respuesta).collect();
        let encolar = || cerrojo(&self.base).bandeja.encolar(self.via.nucleo.ahora(), salientes);
        let ids = self.via.transaccion("responder de nuevo", encolar).await.map_err(corte)?;
        self.despachador.entregar(ids);
        Ok(())
    }
}

impl Almacen {
    fn escribir(&self, cambios: Vec<Cambio>) -> (Vec<Guardado>, Vec<u64>) {
        let mut base = cerrojo(&self.base);
        let ahora = self.via.nucleo.ahora();
        let (mut guardados, mut salientes) = (Vec::with_capacity(cambios.len()), Vec::new());
        for mut cambio in cambios {
            if self.defecto == Defecto::AvisoPorMensaje {
                cambio.id = self.via.nucleo.azar(|azar| azar.uuid()).into();
                cambio.previa = base.leer(cambio.id).marca;
            }
            let Some(marca) = base.anexar(&cambio, ahora) else {
                guardados.push(Guardado::Conflicto);
                continue;
            };
            salientes.extend(mensajes::de_cambio(&cambio));
            guardados.push(Guardado::Escrito(marca));
            self.via.anotar(format_args!("notificacion {:.6}: v{}", cambio.id.uuid().simple(), marca.version));
        }
        (guardados, base.bandeja.encolar(ahora, salientes))
    }
}

/// One instance of notificaciones.
pub struct Notificaciones {
    pub via: Via,
    pub bus: Bus,
    pub base: Tablas,
    pub buzon: Buzon,
    pub defecto: Defecto,
}

impl Notificaciones {
    pub fn arrancar(self) -> Vec<Futuro> {
        let Self { via, bus, base, buzon, defecto } = self;
        let despachador = Despachador::nuevo(via.nucleo.clone());
        let almacen =
            Arc::new(Almacen { via: via.clone(), base: base.clone(), despachador: despachador.clone(), defecto });
        let exterior = Arc::new(Exterior { via: via.clone(), buzon });
        let envio = EnviarPendientes {
            almacen: almacen.clone(),
            contactos: exterior.clone(),
            plantillas: exterior.clone(),
            correo: exterior,
        };
        let encargos = Encargos::default();
        let crear = CrearNotificaciones::nuevo(almacen);
        let entradas = Box::new(Entradas { crear, via: via.clone(), encargos: encargos.clone() });
        vec![
            Box::pin(consumir(via.clone(), bus.clone(), ENTRADAS.nombre, entradas, defecto)),
            Box::pin(enviar(via.clone(), base.clone(), envio, encargos)),
            Box::pin(despachar(via.clone(), bus.clone(), base.clone(), despachador, defecto)),
            Box::pin(barrer(via, bus, base, RITMO_BARRIDO_MS, defecto)),
        ]
    }
}

/// New notifications of this instance, handed from its consumer to its sender, and since when.
type Encargos = Arc<Mutex<Vec<(i64, Versionada)>>>;

/// Sends what this instance created and what is due and nobody has, and insists on recording what came of it.
async fn enviar(via: Via, base: Tablas, envio: EnviarPendientes, encargos: Encargos) {
    loop {
        via.nucleo.dormir(RITMO_ENVIO_MS).await;
        let limite = via.nucleo.ahora() - FRESCURA_MS;
        let nuevas = std::mem::take(&mut *cerrojo(&encargos));
        let mut lote: Vec<Versionada> =
            nuevas.into_iter().filter(|(desde, _)| *desde > limite).map(|(_, nueva)| nueva).collect();
        let tomar = || cerrojo(&base).tomar(via.nucleo.ahora(), via.nucleo.instante(), LOTE);
        lote.extend(via.transaccion("tomar turnos", tomar).await.unwrap_or_default());
        if lote.is_empty() {
            continue;
        }
        let intentos = envio.entregar(lote).await;
        while envio.anotar(&intentos, via.nucleo.reloj(via.proceso)).await.is_err() {
            via.nucleo.dormir(PAUSA_TRAS_FALLO_MS).await;
        }
    }
}

struct Entradas {
    crear: CrearNotificaciones,
    via: Via,
    encargos: Encargos,
}

#[async_trait]
impl Manejador for Entradas {
    async fn manejar(&self, lote: &[Entrega]) -> Result<(), Fallo> {
        let ahora = self.via.nucleo.reloj(self.via.proceso);
        let solicitudes = lote.iter().filter_map(|entrega| mensajes::solicitud(&entrega.mensaje, ahora)).collect();
        let creadas = self.crear.ejecutar(solicitudes).await.map_err(|error| match error {
            ErrorAlmacen::NoDisponible(_) => Fallo::Infraestructura,
            ErrorAlmacen::Datos(_) => Fallo::Datos,
        })?;
        let desde = self.via.nucleo.ahora();
        cerrojo(&self.encargos).extend(creadas.into_iter().map(|creada| (desde, creada)));
        Ok(())
    }
}

fn corte(corte: Corte) -> ErrorAlmacen {
    ErrorAlmacen::NoDisponible(Box::new(corte))
}
