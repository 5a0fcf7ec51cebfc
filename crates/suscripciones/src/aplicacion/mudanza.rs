use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use saga::migracion::{Mapa, NoMigrable, Planificador, Razon};
use saga::modelo::{Cotas, Seguir};
use saga::{Codigo, Definicion};
use serde::{Deserialize, Serialize};

use super::encargo::{Encargo, Rechazo};
use super::mandar::Prevision;
use super::puertos::{Avance, ErrorRepositorio, Saga};

/// The move of live sagas from one version of their flow to another, as requests say it and tables keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mudanza {
    pub definicion: String,
    pub de: u32,
    pub a: u32,
    /// Steps that change name, from the old version to the new one.
    #[serde(default)]
    pub mapa: Mapa,
}

/// Decides moves: it has the versions, and the room to check what each saga could still do in the new one.
#[async_trait]
pub trait Mudador: Send + Sync {
    /// One answer per saga, in order.
    async fn decidir(
        &self,
        mudanza: &Mudanza,
        encargo: &Encargo,
        sagas: Vec<Saga>,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Prevision>, ErrorRepositorio>;
}

/// Both versions of a move.
#[derive(Debug, Clone)]
pub struct Versiones {
    pub de: Arc<Definicion>,
    pub a: Arc<Definicion>,
}

impl Versiones {
    /// What becomes of each saga. Each distinct state is checked once; what does not fit in the limits stays, and what
    /// came too late for them waits.
    pub fn decidir(
        &self,
        mudanza: &Mudanza,
        encargo: &Encargo,
        sagas: Vec<Saga>,
        ahora: DateTime<Utc>,
        (cotas, seguir): (Cotas, Seguir<'_>),
    ) -> Vec<Prevision> {
        let mut planificador = Planificador::nuevo(&self.de, &self.a, &mudanza.mapa).acotado(cotas, seguir);
        let decidir = |saga: Saga| {
            let decidido = self.mover(&mut planificador, encargo, &saga, ahora);
            Prevision { saga, decidido: decidido.map_err(Rechazo::Mudanza) }
        };
        sagas.into_iter().map(decidir).collect()
    }

    fn mover(
        &self,
        planificador: &mut Planificador<'_>,
        encargo: &Encargo,
        saga: &Saga,
        ahora: DateTime<Utc>,
    ) -> Result<Avance, NoMigrable> {
        if saga.definicion.version() != self.de.version() || saga.definicion.clave() != self.de.clave() {
            let nombre = |version: &Definicion| format!("{} v{}", version.clave(), version.version());
            let (de, a) = (nombre(&saga.definicion), nombre(&self.a));
            return Err(NoMigrable::Fijada(Razon::OtroFlujo { de, a }));
        }
        let motivo = encargo.motivo.as_ref().map(Codigo::as_str);
        let entrada = planificador.migrar(&saga.estado, &encargo.actor, motivo, ahora.timestamp_millis())?;
        let estado = saga::aplicar(saga.estado.clone(), &entrada);
        // From its entry on it runs the new version: its commands are those of it.
        let saga = Saga { definicion: self.a.clone(), ..saga.clone() };
        Ok(Avance { saga, entradas: vec![entrada], estado, instante: ahora })
    }
}

/// The stable code of what keeps a saga on its version.
pub const fn codigo_de_mudanza(impedimento: &NoMigrable) -> &'static str {
    match impedimento {
        NoMigrable::RequiereMapa(_) => "requiere_mapa",
        NoMigrable::MotivoInvalido(_) => "motivo_invalido",
        NoMigrable::ActorInvalido(_) => "actor_invalido",
        NoMigrable::Fijada(razon) => match razon {
            Razon::NoViva(_) => "saga_no_viva",
            Razon::OtroFlujo { .. } => "otro_flujo",
            Razon::MismaVersion(_) => "misma_version",
            Razon::MapaDesconocido(_) => "mapa_desconocido",
            Razon::MapaAmbiguo(_) => "mapa_ambiguo",
            Razon::PasoRetirado(_) => "paso_retirado",
            Razon::ClaseCambiada(_) => "clase_cambiada",
            Razon::OrdenCambiada { .. } => "orden_cambiada",
            Razon::RespuestaCambiada { .. } => "respuesta_cambiada",
            Razon::ReversaCambiada(_) => "reversa_cambiada",
            Razon::OrdenInvertido { .. } => "orden_invertido",
            Razon::FaltaSalida { .. } => "falta_salida",
            Razon::IdentidadRepetida(_) => "identidad_repetida",
            Razon::AcabaMal(_) => "acaba_mal",
            Razon::SinComprobar => "sin_comprobar",
            Razon::SinTiempo => "sin_tiempo",
        },
    }
}
