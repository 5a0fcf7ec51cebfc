use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::escritura::escribir;
use super::puertos::{
    Acuse, AlmacenNotificaciones, Cambio, Carta, Contacto, Contactos, Correo, ErrorAlmacen, Plantillas, Variables,
    Versionada,
};
use crate::dominio::{
    Aplazamiento, ClaveCliente, CodigoAplazamiento, CodigoRechazo, Comando, Direccion, DireccionEnmascarada,
    ErrorNotificacion, Rechazo, Solicitud,
};

/// Delivers notifications that wait: contact, letter, channel, and the facts that come of it.
pub struct EnviarPendientes {
    pub almacen: Arc<dyn AlmacenNotificaciones>,
    pub contactos: Arc<dyn Contactos>,
    pub plantillas: Arc<dyn Plantillas>,
    pub correo: Arc<dyn Correo>,
}

/// An attempt that happened and has to be recorded, whatever the store does meanwhile.
#[derive(Clone, Debug)]
pub struct Intento {
    pub versionada: Versionada,
    pub salida: Salida,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Salida {
    Entregada(DireccionEnmascarada),
    /// Without an address when none was known.
    Rechazada(Rechazo, Option<DireccionEnmascarada>),
    Aplazada(Aplazamiento),
}

impl EnviarPendientes {
    /// Tries to deliver each notification once; it does not touch the store.
    pub async fn entregar(&self, lote: Vec<Versionada>) -> Vec<Intento> {
        let Ok(contactos) = self.contactos.buscar(clientes(&lote)).await else {
            return lote.into_iter().map(sin_contactos).collect();
        };
        let mut intentos = Vec::with_capacity(lote.len());
        let (mut listas, mut cartas) = (Vec::new(), Vec::new());
        for versionada in lote {
            let Some(solicitud) = versionada.notificacion.solicitud() else { continue };
            match self.escribir(solicitud, contactos.get(&solicitud.cliente())) {
                Ok(carta) => {
                    listas.push((versionada, carta.destinatario.enmascarada()));
                    cartas.push(carta);
                }
                Err(codigo) => intentos.push(Intento { versionada, salida: Salida::Rechazada(codigo.into(), None) }),
            }
        }
        let acuses = if cartas.is_empty() { Vec::new() } else { self.correo.enviar(cartas).await };
        intentos.extend(listas.into_iter().zip(acuses).map(|((versionada, destinatario), acuse)| Intento {
            versionada,
            salida: Salida::de_acuse(acuse, destinatario),
        }));
        intentos
    }

    /// Appends what the attempts amount to; whoever lost a race decides again on the state that won.
    pub async fn anotar(&self, intentos: &[Intento], ahora: DateTime<Utc>) -> Result<(), ErrorAlmacen> {
        let mut restantes = intentos.to_vec();
        while !restantes.is_empty() {
            let cambios = decidir(&restantes, ahora).map_err(|error| ErrorAlmacen::Datos(Box::new(error)))?;
            let mut perdidas = escribir(self.almacen.as_ref(), cambios).await?.perdidas;
            restantes = restantes
                .into_iter()
                .filter_map(|intento| {
                    let versionada = perdidas.remove(&intento.versionada.id)?;
                    Some(Intento { versionada, ..intento })
                })
                .collect();
        }
        Ok(())
    }

    fn escribir(&self, solicitud: &Solicitud, contacto: Option<&Contacto>) -> Result<Carta, CodigoRechazo> {
        let contacto = contacto.ok_or(CodigoRechazo::ClienteDesconocido)?;
        let destinatario = Direccion::try_from(contacto.email.clone()).map_err(|_| CodigoRechazo::DireccionInvalida)?;
        let variables = Variables {
            contacto,
            codigo_cliente: &solicitud.codigo_cliente,
            id_suscripcion: solicitud.id_suscripcion,
            datos: solicitud.datos.como_mapa(),
        };
        let contenido = self.plantillas.redactar(&solicitud.plantilla, &variables)?;
        Ok(Carta { id: solicitud.id, destinatario, contenido, fecha: solicitud.instante })
    }
}

impl Salida {
    fn de_acuse(acuse: Acuse, destinatario: DireccionEnmascarada) -> Self {
        match acuse {
            Acuse::Aceptada => Self::Entregada(destinatario),
            Acuse::Rechazada(rechazo) => Self::Rechazada(rechazo, Some(destinatario)),
            Acuse::Aplazada(aplazamiento) => Self::Aplazada(aplazamiento),
        }
    }

    fn comando(&self, ahora: DateTime<Utc>) -> Comando {
        match self.clone() {
            Self::Entregada(destinatario) => Comando::RegistrarEnvio { destinatario },
            Self::Rechazada(rechazo, destinatario) => Comando::Rechazar { rechazo, destinatario },
            Self::Aplazada(aplazamiento) => Comando::Aplazar { aplazamiento, ahora },
        }
    }
}

fn clientes(lote: &[Versionada]) -> BTreeSet<ClaveCliente> {
    lote.iter().filter_map(|versionada| versionada.notificacion.solicitud()).map(Solicitud::cliente).collect()
}

fn sin_contactos(versionada: Versionada) -> Intento {
    let aplazamiento = Aplazamiento { codigo: CodigoAplazamiento::ContactosNoDisponibles, codigo_canal: None };
    Intento { versionada, salida: Salida::Aplazada(aplazamiento) }
}

fn decidir(intentos: &[Intento], ahora: DateTime<Utc>) -> Result<Vec<Cambio>, ErrorNotificacion> {
    let mut cambios = Vec::with_capacity(intentos.len());
    for Intento { versionada, salida } in intentos {
        let hechos = versionada.notificacion.decidir(salida.comando(ahora))?;
        if hechos.is_empty() {
            continue;
        }
        let notificacion = versionada.notificacion.clone().con(&hechos);
        cambios.push(Cambio { id: versionada.id, previa: versionada.marca, hechos, notificacion, instante: ahora });
    }
    Ok(cambios)
}
