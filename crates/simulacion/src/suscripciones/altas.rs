use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use suscripciones::aplicacion::puertos::{
    Avance, Cambio, CambioNuevo, Consulta, ErrorRepositorio, Escritura, Guardado, Lectura, RepositorioSuscripciones,
    Versionada,
};
use suscripciones::dominio::IdSuscripcion;
use uuid::Uuid;

use super::base::{Base, Repetida};
use super::sagas::{anotar, comprobar_log, corte, datos};
use super::{Almacen, emisor, mensajes};
use crate::Defecto;
use crate::nucleo::cerrojo;

#[async_trait]
impl RepositorioSuscripciones for Almacen {
    async fn leer(&self, consulta: &Consulta) -> Result<Lectura, ErrorRepositorio> {
        let leer = || {
            let base = cerrojo(&self.base);
            let mut lectura = Lectura::default();
            for id in &consulta.suscripciones {
                lectura.suscripciones.extend(base.suscripciones.get(id).map(|versionada| (*id, versionada.clone())));
            }
            for id in &consulta.comandos {
                lectura.respuestas.extend(base.efectos.get(id).map(|respuesta| (*id, respuesta.clone())));
            }
            let de_leidas = lectura.suscripciones.values().filter_map(|versionada| versionada.suscripcion.ficha());
            let codigos = de_leidas.map(|ficha| ficha.cliente.clone());
            let claves = consulta.clientes.iter().map(|clave| clave.codigo.clone()).chain(codigos);
            lectura.condiciones = claves
                .filter_map(|codigo| {
                    let condiciones = base.condiciones.get(codigo.as_ref())?;
                    Some((super::clave(codigo), *condiciones))
                })
                .collect();
            lectura
        };
        self.via.transaccion("leer suscripciones", leer).await.map_err(corte)
    }

    async fn guardar(&self, cambios: &[Cambio]) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let (guardados, salientes) =
            self.via.transaccion("guardar suscripciones", || self.escribir_altas(cambios)).await.map_err(corte)??;
        self.despachador.entregar(salientes);
        Ok(guardados)
    }
}

impl Almacen {
    /// The state first, where the version is still the one that was read; the rest only for those.
    fn escribir_altas(&self, cambios: &[Cambio]) -> Result<(Vec<Guardado>, Vec<u64>), ErrorRepositorio> {
        let mut base = cerrojo(&self.base);
        let finales = finales(cambios);
        let escritas: BTreeSet<IdSuscripcion> =
            finales.values().filter(|escritura| sigue(&base, escritura)).map(|escritura| escritura.id).collect();
        let vigente = |cambio: &CambioNuevo| cambio.escritura.as_ref().is_none_or(|de| escritas.contains(&de.id));
        let nuevos = cambios.iter().filter_map(nuevo).filter(|cambio| vigente(cambio));
        let vigentes: Vec<&CambioNuevo> = nuevos.collect();
        let registrados = self.registrables(&base, &vigentes);
        if vigentes.iter().any(|cambio| pisado(cambio, &registrados)) {
            self.via.nucleo.contar("tanda pisada en suscripciones");
            return Ok((vec![Guardado::Conflicto; cambios.len()], Vec::new()));
        }
        let escritos: Vec<&CambioNuevo> =
            vigentes.into_iter().filter(|cambio| registrados.contains(&cambio.contexto.comando)).collect();
        comprobar(&base, &escritos).map_err(datos)?;
        for id in &escritas {
            let escritura = &finales[id];
            let versionada = Versionada { suscripcion: escritura.suscripcion.clone(), version: escritura.nueva };
            base.suscripciones.insert(*id, versionada);
        }
        let avances: Vec<&Avance> = escritos.iter().filter_map(|cambio| cambio.saga.as_ref()).collect();
        let mut salientes = emisor::comandos(&base, &avances);
        for cambio in &escritos {
            self.asentar(&mut base, cambio);
            salientes.push(mensajes::evento(&cambio.contexto, &cambio.respuesta));
        }
        for cambio in cambios {
            if let Cambio::Repetido { contexto, respuesta } = cambio {
                self.via.nucleo.contar("orden repetida a suscripciones");
                salientes.push(mensajes::evento(contexto, respuesta));
            }
        }
        let ids = base.bandeja.encolar(self.via.nucleo.ahora(), salientes);
        let guardado = |cambio: &Cambio| match cambio {
            Cambio::Nuevo(nuevo) if !registrados.contains(&nuevo.contexto.comando) => Guardado::Conflicto,
            _ => Guardado::Escrito,
        };
        Ok((cambios.iter().map(guardado).collect(), ids))
    }

    /// The effects that are not there yet: of the commands, and of those that they forestall.
    fn registrables(&self, base: &Base, vigentes: &[&CambioNuevo]) -> BTreeSet<Uuid> {
        let ids = vigentes.iter().flat_map(|cambio| [Some(cambio.contexto.comando), cambio.anula]).flatten();
        ids.filter(|id| self.defecto == Defecto::SinEfectos || !base.efectos.contains_key(id)).collect()
    }

    fn asentar(&self, base: &mut Base, cambio: &CambioNuevo) {
        let comando = cambio.contexto.comando;
        if self.defecto != Defecto::SinEfectos {
            base.efectos.insert(comando, Some(cambio.respuesta.clone()));
        }
        if let Some(anulado) = cambio.anula.filter(|_| self.defecto != Defecto::SinLapida) {
            base.efectos.insert(anulado, None);
            self.via.nucleo.contar("lápida en suscripciones");
        }
        if cambio.escritura.is_some() {
            base.obrados.push(comando);
        }
        if let Some(factura) = &cambio.factura {
            base.facturas.insert(factura.numero.clone(), (cambio.respuesta.id, factura.clone()));
        }
        if let Some(avance) = &cambio.saga {
            anotar(base, avance);
        }
        let estado = cambio.respuesta.contenido.clone();
        self.via.anotar(format_args!(
            "{} sobre {:.6}: {estado:?}",
            cambio.contexto.tipo,
            cambio.respuesta.id.0.simple()
        ));
    }
}

fn nuevo(cambio: &Cambio) -> Option<&CambioNuevo> {
    match cambio {
        Cambio::Nuevo(nuevo) => Some(nuevo),
        Cambio::Repetido { .. } => None,
    }
}

/// The last state of each subscription of the batch, over the version that the first of its changes read.
fn finales(cambios: &[Cambio]) -> BTreeMap<IdSuscripcion, Escritura> {
    let mut finales: BTreeMap<IdSuscripcion, Escritura> = BTreeMap::new();
    for escritura in cambios.iter().filter_map(nuevo).filter_map(|cambio| cambio.escritura.as_ref()) {
        let leida = finales.get(&escritura.id).map_or(escritura.leida, |previa| previa.leida);
        finales.insert(escritura.id, Escritura { leida, ..escritura.clone() });
    }
    finales
}

fn sigue(base: &Base, escritura: &Escritura) -> bool {
    base.suscripciones.get(&escritura.id).map_or(0, |fila| fila.version) == escritura.leida
}

/// Somebody else stored the effect of a command whose state this batch was about to write.
fn pisado(cambio: &CambioNuevo, registrados: &BTreeSet<Uuid>) -> bool {
    let con_estado = cambio.escritura.is_some() && !registrados.contains(&cambio.contexto.comando);
    con_estado || cambio.anula.is_some_and(|anulado| !registrados.contains(&anulado))
}

fn comprobar(base: &Base, escritos: &[&CambioNuevo]) -> Result<(), Repetida> {
    for cambio in escritos {
        if let Some(factura) = cambio.factura.as_ref().filter(|de| base.facturas.contains_key(&de.numero)) {
            return Err(Repetida::Factura(factura.numero.clone()));
        }
        if let Some(avance) = cambio.saga.as_ref().filter(|avance| base.sagas.contains_key(&avance.saga.id)) {
            return Err(Repetida::Saga(avance.saga.id));
        }
    }
    let avances: Vec<&Avance> = escritos.iter().filter_map(|cambio| cambio.saga.as_ref()).collect();
    comprobar_log(base, &avances)
}
