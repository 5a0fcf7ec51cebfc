use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use suscripciones::aplicacion::puertos::{
    Avance, Cambio, CambioNuevo, Consulta, Contenido, ErrorRepositorio, Escritura, Guardado, Lectura,
    RepositorioSuscripciones, Saga, Versionada,
};
use suscripciones::dominio::{Factura, IdSaga, IdSuscripcion, Operacion, Rechazo};
use uuid::Uuid;

use super::base::{Base, Repetida};
use super::sagas::{anotar, comprobar_log, corte, datos};
use super::{Almacen, contrataciones, emisor, mensajes};
use crate::Defecto;
use crate::nucleo::cerrojo;

#[async_trait]
impl RepositorioSuscripciones for Almacen {
    async fn leer(&self, consulta: &Consulta) -> Result<Lectura, ErrorRepositorio> {
        let leer = || {
            let base = cerrojo(&self.base);
            let contrataciones = contrataciones::titulares(&base, consulta, self.defecto);
            let mut lectura = Lectura { contrataciones, ..Lectura::default() };
            let titulares: Vec<IdSuscripcion> = lectura.contrataciones.values().copied().collect();
            for id in consulta.suscripciones.iter().chain(&titulares) {
                lectura.suscripciones.extend(base.suscripciones.get(id).map(|versionada| (*id, versionada.clone())));
            }
            for id in &consulta.comandos {
                lectura.respuestas.extend(base.efectos.get(id).map(|respuesta| (*id, respuesta.clone())));
            }
            let de_leidas = lectura.suscripciones.values().filter_map(|versionada| versionada.suscripcion.ficha());
            let codigos = de_leidas.map(|ficha| ficha.cliente.clone());
            let claves = consulta.clientes.iter().map(|clave| clave.codigo.clone()).chain(codigos);
            let titular = |numero: &String| Some((numero.clone(), base.facturas.get(numero)?.0));
            lectura.facturas = consulta.facturas.iter().filter_map(titular).collect();
            let vivas = base.sagas.values().filter(|saga| !saga.estado.fase.es_terminal());
            lectura.en_curso = vivas.map(|saga| (saga.suscripcion, saga.id)).collect();
            let acabada = |id: &&IdSaga| base.sagas.get(id).is_some_and(|saga| saga.estado.fase.es_terminal());
            lectura.terminadas = consulta.remitentes.iter().filter(acabada).copied().collect();
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
    /// All of the batch, or nothing when somebody else came first.
    fn escribir_altas(&self, cambios: &[Cambio]) -> Result<(Vec<Guardado>, Vec<u64>), ErrorRepositorio> {
        let mut base = cerrojo(&self.base);
        let finales = finales(cambios);
        let nuevos: Vec<&CambioNuevo> = cambios.iter().filter_map(nuevo).collect();
        let registrados = self.registrables(&base, &nuevos);
        let pisada = !finales.values().all(|escritura| sigue(&base, escritura))
            || nuevos.iter().any(|cambio| pisado(cambio, &registrados) || estorbado(&base, cambio))
            || nuevos.iter().any(|cambio| cambio.facturas.iter().any(|factura| cerrada(&base, factura)));
        if pisada {
            self.via.nucleo.contar("tanda pisada en suscripciones");
            return Ok((vec![Guardado::Conflicto; cambios.len()], Vec::new()));
        }
        let escritos: Vec<&CambioNuevo> =
            nuevos.into_iter().filter(|cambio| registrados.contains(&cambio.contexto.comando)).collect();
        let Some(contrataciones) = contrataciones::contratar(&base, &escritos, &finales, self.defecto) else {
            self.via.nucleo.contar("producto que otro tomó antes");
            return Ok((vec![Guardado::Conflicto; cambios.len()], Vec::new()));
        };
        comprobar(&base, &escritos).map_err(datos)?;
        base.contrataciones = contrataciones;
        for (id, escritura) in &finales {
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
        for factura in &cambio.facturas {
            base.facturas.insert(factura.numero.clone(), (cambio.respuesta.id, factura.clone()));
        }
        if let Some(avance) = &cambio.saga {
            anotar(base, avance);
        }
        if let Some(que) = suceso(&cambio.respuesta.contenido) {
            self.via.nucleo.contar(que);
        }
        let estado = cambio.respuesta.contenido.clone();
        self.via.anotar(format_args!(
            "{} sobre {:.6}: {estado:?}",
            cambio.contexto.tipo,
            cambio.respuesta.id.0.simple()
        ));
    }
}

/// What is worth counting of an answer.
fn suceso(contenido: &Contenido) -> Option<&'static str> {
    Some(match contenido {
        Contenido::PlanCambiado { saga: None, .. } => "plan cambiado en el acto",
        Contenido::PlanCambiado { saga: Some(_), .. } => "plan cambiado por una saga",
        Contenido::Iniciada(iniciada) if iniciada.operacion == Operacion::Cancelar => "cancelación con saga",
        Contenido::Desistida { operacion: Operacion::CambiarPlan, .. } => "cambio deshecho",
        Contenido::Fallida { codigo: Rechazo::EnCurso, .. } => "operación que llegó segunda",
        Contenido::Fallida { codigo: Rechazo::MismoPlan, .. } => "cambio al mismo plan",
        Contenido::Pagada { pago } if pago.medio_pago == "tarjeta" => "pago a mano",
        _ => return None,
    })
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

/// An invoice that was paid or voided is not written again.
fn cerrada(base: &Base, factura: &Factura) -> bool {
    base.facturas.get(&factura.numero).is_some_and(|(_, conocida)| !conocida.es_pendiente())
}

/// Another saga has the subscription for itself.
fn estorbado(base: &Base, cambio: &CambioNuevo) -> bool {
    let viva = |suscripcion, propia| {
        let otra = |saga: &Saga| saga.suscripcion == suscripcion && saga.id != propia;
        base.sagas.values().any(|saga| otra(saga) && !saga.estado.fase.es_terminal())
    };
    cambio.saga.as_ref().is_some_and(|avance| viva(avance.saga.suscripcion, avance.saga.id))
}

fn comprobar(base: &Base, escritos: &[&CambioNuevo]) -> Result<(), Repetida> {
    for cambio in escritos {
        if let Some(avance) = cambio.saga.as_ref().filter(|avance| base.sagas.contains_key(&avance.saga.id)) {
            return Err(Repetida::Saga(avance.saga.id));
        }
    }
    let avances: Vec<&Avance> = escritos.iter().filter_map(|cambio| cambio.saga.as_ref()).collect();
    comprobar_log(base, &avances)
}
