use std::collections::{BTreeSet, HashMap};

use super::diferencia::misma_manera;
use super::traslado::{self, destino};
use super::{Clasificacion, Mapa, NoMigrable, Razon, SinDestino};
use crate::modelo::{self, Cotas, Huella, Seguir};
use crate::{Actor, Causa, Codigo, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Fuente, Orden, Paso};

/// Classifies the live sagas of one version for another.
pub struct Planificador<'a> {
    de: &'a Definicion,
    a: &'a Definicion,
    mapa: &'a Mapa,
    cotas: Cotas,
    seguir: Seguir<'a>,
    /// What the dry run said of each kind of state.
    ensayos: HashMap<Huella, Option<Razon>>,
}

/// A step that the saga has reached: as it was, as it will be, and where it stands.
struct Alcanzado<'a> {
    viejo: &'a Paso,
    nuevo: &'a Paso,
    estado: &'a EstadoPaso,
}

impl<'a> Planificador<'a> {
    pub fn nuevo(de: &'a Definicion, a: &'a Definicion, mapa: &'a Mapa) -> Self {
        Self { de, a, mapa, cotas: Cotas::default(), seguir: &|| true, ensayos: HashMap::new() }
    }

    /// With other limits: what is not checked within them stays on its version. If only the time was not enough, and
    /// others had part of it, a planner of its own may yet find that it can move ([`Razon::SinTiempo`]).
    #[must_use]
    pub fn acotado(self, cotas: Cotas, seguir: Seguir<'a>) -> Self {
        Self { cotas, seguir, ..self }
    }

    /// Decides the entry that moves a saga: its steps under their new names, and the commands that the new version
    /// makes possible at once. Commands in flight keep their ids, so their replies are still understood.
    pub fn migrar(
        &mut self,
        estado: &EstadoSaga,
        actor: &str,
        motivo: Option<&str>,
        ahora_ms: i64,
    ) -> Result<Entrada, NoMigrable> {
        let actor = Actor::try_from(actor).map_err(NoMigrable::ActorInvalido)?;
        let motivo = motivo.map(Codigo::try_from).transpose().map_err(NoMigrable::MotivoInvalido)?;
        match self.clasificar(estado) {
            Clasificacion::Segura => {
                let causa = Causa::Migrada { actor, motivo, de: self.de.version(), a: self.a.version() };
                Ok(traslado::entrada(self.a, estado, self.mapa, causa, ahora_ms))
            }
            Clasificacion::RequiereMapa(pasos) => Err(NoMigrable::RequiereMapa(pasos)),
            Clasificacion::Fijada(razon) => Err(NoMigrable::Fijada(razon)),
        }
    }

    pub fn clasificar(&mut self, estado: &EstadoSaga) -> Clasificacion {
        if let Some(razon) = self.impedimento_general(estado) {
            return Clasificacion::Fijada(razon);
        }
        let perdidos = self.sin_destino(estado);
        if let Some(perdido) = perdidos.iter().find(|perdido| perdido.candidatos.is_empty()) {
            return Clasificacion::Fijada(Razon::PasoRetirado(perdido.paso.clone()));
        }
        if !perdidos.is_empty() {
            return Clasificacion::RequiereMapa(perdidos);
        }
        let razon = self.impedimento(estado).or_else(|| self.ensayar(estado));
        razon.map_or(Clasificacion::Segura, Clasificacion::Fijada)
    }

    /// What forbids the move whatever the saga has reached.
    fn impedimento_general(&self, estado: &EstadoSaga) -> Option<Razon> {
        let (de, a) = (self.de, self.a);
        if estado.version == 0 || estado.fase.es_terminal() {
            return Some(Razon::NoViva(estado.fase));
        }
        if de.clave() != a.clave() {
            return Some(Razon::OtroFlujo { de: de.clave().to_owned(), a: a.clave().to_owned() });
        }
        if de.version() == a.version() {
            return Some(Razon::MismaVersion(a.version()));
        }
        self.mapa.iter().find_map(|(viejo, nuevo)| {
            let ajeno = [(de, viejo), (a, nuevo)].into_iter().find(|(version, paso)| version.paso(paso).is_none());
            ajeno.map(|(_, paso)| Razon::MapaDesconocido(paso.clone()))
        })
    }

    /// The reached steps that still count and have no place in the new version.
    fn sin_destino(&self, estado: &EstadoSaga) -> Vec<SinDestino> {
        let viejos = self.de.pasos().iter().filter(|paso| cuenta(estado.paso(&paso.clave)));
        let perdidos = viejos.filter(|paso| self.a.paso(destino(self.mapa, &paso.clave)).is_none());
        let candidatos = |viejo: &Paso| {
            let hace_lo_mismo =
                |nuevo: &&Paso| nuevo.clase == viejo.clase && nuevo.hacer.comando == viejo.hacer.comando;
            let nuevos = self.a.pasos().iter().filter(|nuevo| self.de.paso(&nuevo.clave).is_none());
            nuevos.filter(hace_lo_mismo).map(|nuevo| nuevo.clave.clone()).collect()
        };
        perdidos.map(|paso| SinDestino { paso: paso.clave.clone(), candidatos: candidatos(paso) }).collect()
    }

    fn alcanzados<'e>(&self, estado: &'e EstadoSaga) -> Vec<Alcanzado<'e>>
    where
        'a: 'e,
    {
        let alcanzado = |viejo: &'a Paso| {
            let nuevo = self.a.paso(destino(self.mapa, &viejo.clave))?;
            Some(Alcanzado { viejo, nuevo, estado: estado.paso(&viejo.clave) })
        };
        let pasos = self.de.pasos().iter().filter_map(alcanzado);
        pasos.filter(|alcanzado| *alcanzado.estado != EstadoPaso::Pendiente).collect()
    }

    /// What forbids the move because of what the saga has reached.
    fn impedimento(&self, estado: &EstadoSaga) -> Option<Razon> {
        let alcanzados = self.alcanzados(estado);
        let mut ocupados = BTreeSet::new();
        if let Some(doble) = alcanzados.iter().find(|alcanzado| !ocupados.insert(&alcanzado.nuevo.clave)) {
            return Some(Razon::MapaAmbiguo(doble.nuevo.clave.clone()));
        }
        let cambiado = alcanzados.iter().find_map(|alcanzado| self.cambio(alcanzado));
        let invertido = || {
            alcanzados.iter().find_map(|alcanzado| {
                let mut previos = alcanzado.nuevo.despues_de.iter();
                let previo = previos.find(|previo| !ocupados.contains(previo))?;
                Some(Razon::OrdenInvertido { paso: alcanzado.nuevo.clave.clone(), previo: previo.clone() })
            })
        };
        let sin_salida = || alcanzados.iter().find_map(|alcanzado| self.falta_salida(alcanzado, estado));
        cambiado.or_else(invertido).or_else(sin_salida).or_else(|| self.identidad_repetida(estado))
    }

    /// How a reached step no longer means the same.
    fn cambio(&self, alcanzado: &Alcanzado<'_>) -> Option<Razon> {
        let Alcanzado { viejo, nuevo, estado } = alcanzado;
        let clave = || nuevo.clave.clone();
        if viejo.clase != nuevo.clase || viejo.inicial != nuevo.inicial {
            return Some(Razon::ClaseCambiada(clave()));
        }
        if !misma_manera(viejo, nuevo, self.mapa) {
            return Some(Razon::ReversaCambiada(clave()));
        }
        for direccion in [Direccion::Hacer, Direccion::Deshacer] {
            let (Some(antes), Some(ahora)) = (viejo.orden(direccion), nuevo.orden(direccion)) else { continue };
            if antes.comando != ahora.comando {
                return Some(Razon::OrdenCambiada { paso: clave(), direccion });
            }
            let espera = matches!(estado.en_vuelo(), Some((suya, ..)) if suya == direccion)
                || (**estado == EstadoPaso::Incierto && direccion == Direccion::Hacer);
            if let Some(tipo) = respuesta_cambiada(antes, ahora).filter(|_| espera) {
                return Some(Razon::RespuestaCambiada { paso: clave(), direccion, tipo: tipo.clone() });
            }
        }
        None
    }

    /// An output that the new version fills a payload from, of a step that was done without it.
    fn falta_salida(&self, alcanzado: &Alcanzado<'_>, estado: &EstadoSaga) -> Option<Razon> {
        if *alcanzado.estado != EstadoPaso::Hecho {
            return None;
        }
        let pendientes = self.a.pasos().iter().flat_map(|paso| {
            [Direccion::Hacer, Direccion::Deshacer].into_iter().filter_map(|direccion| paso.orden(direccion))
        });
        let usadas = pendientes.flat_map(|orden| orden.carga.values()).filter_map(|fuente| match fuente {
            Fuente::Salida { paso, campo } if *paso == alcanzado.nuevo.clave => Some(campo),
            _ => None,
        });
        let nueva = |campo: &&String| {
            !alcanzado.viejo.salidas.contains_key(*campo) && estado.salida(&alcanzado.viejo.clave, campo).is_none()
        };
        let falta = usadas.into_iter().find(nueva)?;
        Some(Razon::FaltaSalida { paso: alcanzado.nuevo.clave.clone(), salida: falta.clone() })
    }

    /// Ids of commands derive from the name that their step had when it was first sent.
    fn identidad_repetida(&self, estado: &EstadoSaga) -> Option<Razon> {
        let trasladado = traslado::estado(self.a, estado, self.mapa);
        let mut vistas = BTreeSet::new();
        let mut pasos = self.a.pasos().iter();
        let repetido = pasos.find(|paso| !vistas.insert(trasladado.clave_de_comando(&paso.clave)))?;
        Some(Razon::IdentidadRepetida(repetido.clave.clone()))
    }

    /// Runs the new version from there in every way.
    fn ensayar(&mut self, estado: &EstadoSaga) -> Option<Razon> {
        let (a, cotas, seguir) = (self.a, self.cotas, self.seguir);
        let trasladado = traslado::estado(a, estado, self.mapa);
        let primero = self.ensayos.is_empty();
        let ensayo = self.ensayos.entry(modelo::huella(a, &trasladado));
        ensayo
            .or_insert_with(|| {
                let resultado = modelo::verificar_desde_mientras(a, &trasladado, cotas, seguir);
                let cortado = !primero && resultado.estados < cotas.estados;
                let falta = if cortado { Razon::SinTiempo } else { Razon::SinComprobar };
                resultado.contraejemplo.map(Razon::AcabaMal).or((!resultado.completo).then_some(falta))
            })
            .clone()
    }
}

/// Whether the step did, or may have done, or failed to do something that the ending depends on.
fn cuenta(estado: &EstadoPaso) -> bool {
    !matches!(estado, EstadoPaso::Pendiente | EstadoPaso::Deshecho)
}

/// A reply to the old command that the new version takes otherwise.
fn respuesta_cambiada<'o>(antes: &'o Orden, ahora: &Orden) -> Option<&'o String> {
    let exito = antes.exito.iter().find(|tipo| !ahora.exito.contains(tipo));
    exito.or_else(|| antes.fallo.iter().find(|tipo| !ahora.fallo.contains(tipo)))
}
