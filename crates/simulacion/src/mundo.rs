use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use saga::DefinicionInvalida;
use servicio_datos::dominio::{CodigoDataset, CodigoInvalido, Disponibilidad, Especialidad};
use suscripciones::dominio::{CodigoPlan, ErrorValor, IdSaga, Monto, Plan, Recursos};

use crate::avisos::{self, Buzon, Notificaciones};
use crate::clientela::clientes;
use crate::datos::{self, Cupo, ServicioDatos};
use crate::escenario::{Escenario, Golpe};
use crate::flujos::{definiciones, operaciones};
use crate::laboratorio::{self, Laboratorio};
use crate::nucleo::{Agenda, Azar, Bitacora, Caos, Ejecutor, Futuro, Nucleo, Proceso, Tarea, cerrojo};
use crate::suscripciones::{self as susc, Almacen, Orquestador};
use crate::tuberia::{Bus, Despachador, Via};
use crate::{Defecto, operador};

/// Why a world cannot begin: its fixed data is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Imposible {
    #[error(transparent)]
    Flujo(#[from] DefinicionInvalida),
    #[error(transparent)]
    Valor(#[from] ErrorValor),
    #[error(transparent)]
    Codigo(#[from] CodigoInvalido),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Papel {
    Suscripciones,
    Datos,
    Notificaciones,
    Laboratorio,
    /// Clients and operators.
    Fuera,
}

/// The whole system: its processes, its databases, its broker and its mail server.
pub struct Mundo {
    pub nucleo: Nucleo,
    pub bus: Bus,
    pub suscripciones: susc::Tablas,
    pub datos: datos::Tablas,
    pub avisos: avisos::Tablas,
    pub buzon: Buzon,
    pub laboratorio: laboratorio::Tablas,
    papeles: Vec<Papel>,
    ejecutor: Ejecutor,
    /// Dead processes, and when they begin again.
    muertos: BTreeMap<Proceso, i64>,
    defecto: Defecto,
}

impl Mundo {
    pub fn nuevo(azar: Azar, escenario: &Escenario, defecto: Defecto, con_texto: bool) -> Result<Self, Imposible> {
        let nucleo = Nucleo::nuevo(Agenda::nueva(azar, Bitacora::nueva(con_texto)));
        let colas = [susc::SUSCRIPCIONES, susc::RESPUESTAS, datos::ORDENES, avisos::ENTRADAS, laboratorio::PEDIDOS];
        let i = escenario.instancias;
        let papeles = [
            (Papel::Suscripciones, i.suscripciones),
            (Papel::Datos, i.datos),
            (Papel::Notificaciones, i.notificaciones),
            (Papel::Laboratorio, i.laboratorio),
            (Papel::Fuera, 1),
        ];
        let mut mundo = Self {
            bus: Bus::nuevo(nucleo.clone(), &colas),
            suscripciones: Arc::new(Mutex::new(base_de_suscripciones()?)),
            datos: Arc::new(Mutex::new(base_de_datos(escenario)?)),
            avisos: Arc::default(),
            buzon: Arc::default(),
            laboratorio: Arc::new(Mutex::new(laboratorio::Base::con(escenario.equipos))),
            papeles: Vec::new(),
            ejecutor: Ejecutor::nuevo(nucleo.clone()),
            muertos: BTreeMap::new(),
            nucleo,
            defecto,
        };
        for (papel, cuantas) in papeles {
            for numero in 1..=cuantas {
                mundo.nucleo.agenda().nombres.push(format!("{papel:?}-{numero}"));
                mundo.papeles.push(papel);
            }
        }
        mundo.poblar(escenario);
        Ok(mundo)
    }

    fn poblar(&mut self, escenario: &Escenario) {
        self.nucleo.agenda().caos = escenario.caos;
        for lugar in 0..self.papeles.len() {
            self.arrancar(Proceso(lugar));
        }
        let fuera = Proceso(self.papeles.len() - 1);
        let via = self.via(fuera);
        for alta in &escenario.altas {
            self.lanzar(fuera, alta.clone().pedir(via.clone(), self.bus.clone()));
        }
        for tramite in &escenario.tramites {
            self.lanzar(fuera, tramite.clone().pedir(via.clone(), self.bus.clone()));
        }
        let mandos = operador::mandar(self.almacen(fuera), escenario.ordenes_de_operador, escenario.tormenta_ms);
        self.lanzar(fuera, mandos);
    }

    fn via(&self, proceso: Proceso) -> Via {
        let mortal = self.papeles.get(proceso.0).is_some_and(|papel| *papel != Papel::Fuera);
        Via { nucleo: self.nucleo.clone(), proceso, mortal }
    }

    fn almacen(&self, proceso: Proceso) -> Almacen {
        Almacen {
            via: self.via(proceso),
            base: self.suscripciones.clone(),
            despachador: Despachador::nuevo(self.nucleo.clone()),
            defecto: self.defecto,
        }
    }

    fn lanzar(&mut self, proceso: Proceso, futuro: Futuro) {
        self.ejecutor.lanzar(Tarea { proceso, futuro });
    }

    fn arrancar(&mut self, proceso: Proceso) {
        let (via, bus, defecto) = (self.via(proceso), self.bus.clone(), self.defecto);
        let futuros = match self.papeles.get(proceso.0) {
            Some(Papel::Suscripciones) => Orquestador { almacen: self.almacen(proceso), bus }.arrancar(),
            Some(Papel::Datos) => ServicioDatos { via, bus, base: self.datos.clone(), defecto }.arrancar(),
            Some(Papel::Notificaciones) => {
                let (base, buzon) = (self.avisos.clone(), self.buzon.clone());
                Notificaciones { via, bus, base, buzon, defecto }.arrancar()
            }
            Some(Papel::Laboratorio) => {
                let (base, despachador) = (self.laboratorio.clone(), Despachador::nuevo(self.nucleo.clone()));
                Laboratorio { via, bus, base, despachador, defecto }.arrancar()
            }
            Some(Papel::Fuera) | None => Vec::new(),
        };
        self.nucleo.anotar(proceso, format_args!("arranca"));
        futuros.into_iter().for_each(|futuro| self.lanzar(proceso, futuro));
    }

    /// The process loses its memory; what it had not acknowledged comes again, and it begins again later.
    fn morir(&mut self, proceso: Proceso) {
        if self.muertos.contains_key(&proceso) {
            return;
        }
        self.nucleo.anotar(proceso, format_args!("muere"));
        self.nucleo.contar("muerte");
        self.ejecutor.matar(proceso);
        self.nucleo.agenda().congelados.remove(&proceso);
        self.bus.olvidar(proceso);
        self.bus.soltar(proceso);
        let vuelve = self.nucleo.ahora() + self.nucleo.azar(|azar| azar.entre(200, 8_000));
        self.muertos.insert(proceso, vuelve);
    }

    /// Lets the world go on until that time.
    pub fn seguir(&mut self, hasta_ms: i64) {
        loop {
            let vuelve = self.muertos.values().min().copied().unwrap_or(hasta_ms);
            let caidos = self.ejecutor.correr(vuelve.min(hasta_ms));
            let alguno = !caidos.is_empty();
            caidos.into_iter().for_each(|proceso| self.morir(proceso));
            let ahora = self.nucleo.ahora();
            let vueltos: Vec<Proceso> =
                self.muertos.iter().filter(|(_, vuelve)| **vuelve <= ahora).map(|(quien, _)| *quien).collect();
            for proceso in vueltos {
                self.muertos.remove(&proceso);
                self.arrancar(proceso);
            }
            if !alguno && ahora >= hasta_ms {
                return;
            }
        }
    }

    pub fn golpear(&mut self, golpe: Golpe) {
        let fuera = Proceso(self.papeles.len() - 1);
        self.nucleo.anotar(fuera, format_args!("{golpe:?}"));
        self.nucleo.contar(golpe.nombre());
        match golpe {
            Golpe::Matar(proceso) => self.morir(proceso),
            Golpe::Congelar(proceso) => {
                if !self.muertos.contains_key(&proceso) {
                    self.nucleo.agenda().congelados.insert(proceso);
                    self.bus.soltar(proceso);
                }
            }
            Golpe::Descongelar(proceso) => self.ejecutor.descongelar(proceso),
            Golpe::Desconectar(proceso) => self.bus.soltar(proceso),
            Golpe::BrokerCae => self.bus.caer(true),
            Golpe::BrokerVuelve => {
                self.bus.caer(false);
                (0..self.papeles.len()).for_each(|lugar| self.bus.soltar(Proceso(lugar)));
            }
            Golpe::Reloj(proceso, salto) => drop(self.nucleo.agenda().desfases.insert(proceso, salto)),
            Golpe::Envenenar => {
                let mut base = cerrojo(&self.suscripciones);
                let ids: Vec<IdSaga> = base.sagas.keys().copied().collect();
                base.ilegibles.extend(self.nucleo.azar(|azar| azar.elegir(&ids).copied()));
            }
            Golpe::Sanar => cerrojo(&self.suscripciones).ilegibles.clear(),
        }
    }

    /// Everything that was broken is whole again, and stays so.
    pub fn calmar(&mut self) {
        self.nucleo.agenda().caos = Caos::calma();
        self.nucleo.agenda().desfases.clear();
        self.golpear(Golpe::BrokerVuelve);
        self.golpear(Golpe::Sanar);
        (0..self.papeles.len()).for_each(|lugar| self.ejecutor.descongelar(Proceso(lugar)));
    }

    pub fn pasos(&self) -> u64 {
        self.ejecutor.pasos()
    }
}

fn base_de_suscripciones() -> Result<susc::Base, Imposible> {
    let plan = |codigo: &str, flujo: Option<&str>| -> Result<(String, Plan), Imposible> {
        let plan = Plan {
            codigo: CodigoPlan::try_from(codigo)?,
            nombre: codigo.to_uppercase(),
            monto: Monto::try_from("150000.00")?,
            moneda: "COP".to_owned(),
            en_venta: true,
            flujo: flujo.map(str::to_owned),
            recursos: flujo.map(|_| recursos()),
            parametros: Default::default(),
        };
        Ok((codigo.to_owned(), plan))
    };
    let planes = [
        plan("basico", None)?,
        plan("plata", None)?,
        plan("pro", Some("suscripcion-pro"))?,
        plan("ramas", Some("suscripcion-ramas"))?,
    ];
    let definiciones = definiciones()?.into_iter().map(|definicion| (definicion.clave().to_owned(), definicion));
    Ok(susc::Base {
        planes: planes.into_iter().collect(),
        definiciones: definiciones.collect(),
        flujos: operaciones(),
        condiciones: clientes().into_iter().collect(),
        ..susc::Base::default()
    })
}

fn recursos() -> Recursos {
    Recursos {
        nube_codigo: "nube".to_owned(),
        nube_nombre: "Nube".to_owned(),
        nube_tipo: "publica".to_owned(),
        dataset_codigo: "dataset".to_owned(),
        dataset_nombre: "Dataset".to_owned(),
        especialidad: "radiologia".to_owned(),
    }
}

fn base_de_datos(escenario: &Escenario) -> Result<datos::Base, Imposible> {
    let mut base = datos::Base::default();
    base.nubes.insert("nube".try_into()?, Cupo::de(escenario.nubes));
    base.datasets.insert(CodigoDataset::try_from("dataset")?, Disponibilidad::Disponible);
    // The places are spread over two experts, so that one can be full and the other not.
    let mitad = escenario.expertos / 2;
    for (codigo, cupos) in [("experta-a", escenario.expertos - mitad), ("experta-b", mitad)] {
        let especialidades = [Especialidad::try_from("radiologia")?].into_iter().collect();
        base.expertos.insert(codigo.try_into()?, (especialidades, Cupo::de(cupos)));
    }
    Ok(base)
}
