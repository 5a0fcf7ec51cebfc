use std::sync::Arc;

use saga::{Definicion, DefinicionInvalida, Violacion};

use super::crear::ilegible;
use super::{Comprobada, Definiciones, ErrorDefinicion};
use crate::aplicacion::puertos::{DefinicionGuardada, Incumplimiento};
use crate::dominio::{EstadoDefinicion, VersionDefinicion};

impl Definiciones {
    /// Looks for everything that is wrong with a definition; a draft without faults whose every run ends well becomes
    /// verified.
    pub async fn verificar(&self, id: &VersionDefinicion, actor: &str) -> Result<Comprobada, ErrorDefinicion> {
        let mut guardada = self.obtener(id).await?;
        let definicion = self.exigir_reglas(&guardada).await?;
        let comprobacion = self.exigir_finales(&definicion).await?;
        if guardada.estado == EstadoDefinicion::Borrador {
            self.repositorio.verificar(id, actor).await?;
            guardada.estado = EstadoDefinicion::Verificada;
        }
        Ok(Comprobada { guardada, comprobacion })
    }

    /// The definition, if it breaks no rule; else every one that it breaks.
    pub(super) async fn exigir_reglas(
        &self,
        guardada: &DefinicionGuardada,
    ) -> Result<Arc<Definicion>, ErrorDefinicion> {
        let examen = Definicion::examinar(&guardada.documento);
        let examen = examen.map_err(|causa| ErrorDefinicion::Incumple(vec![ilegible(causa)]))?;
        let mut faltas: Vec<Incumplimiento> = examen.faltas.iter().map(de_violacion).collect();
        faltas.extend(self.registro.revisar(&examen).await?);
        match examen.definicion() {
            Ok(definicion) if faltas.is_empty() => Ok(Arc::new(definicion)),
            _ => Err(ErrorDefinicion::Incumple(faltas)),
        }
    }
}

/// What keeps a document from being a definition.
pub(super) fn faltas_de(causa: DefinicionInvalida) -> Vec<Incumplimiento> {
    match causa {
        DefinicionInvalida::Ilegible(causa) => vec![ilegible(causa)],
        DefinicionInvalida::Incumple(violaciones) => violaciones.iter().map(de_violacion).collect(),
    }
}

fn de_violacion(violacion: &Violacion) -> Incumplimiento {
    Incumplimiento {
        regla: violacion.falta.regla().to_owned(),
        ruta: violacion.ruta(),
        texto: violacion.falta.to_string(),
    }
}
