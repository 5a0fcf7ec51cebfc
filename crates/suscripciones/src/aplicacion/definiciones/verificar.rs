use saga::{Definicion, Violacion};

use super::crear::ilegible;
use super::{Definiciones, ErrorDefinicion};
use crate::aplicacion::puertos::{DefinicionGuardada, Incumplimiento};
use crate::dominio::{EstadoDefinicion, VersionDefinicion};

impl Definiciones {
    /// Looks for everything that is wrong with a definition; a draft without faults becomes verified.
    pub async fn verificar(&self, id: &VersionDefinicion, actor: &str) -> Result<DefinicionGuardada, ErrorDefinicion> {
        let guardada = self.obtener(id).await?;
        self.exigir_reglas(&guardada).await?;
        if guardada.estado != EstadoDefinicion::Borrador {
            return Ok(guardada);
        }
        self.repositorio.verificar(id, actor).await?;
        Ok(DefinicionGuardada { estado: EstadoDefinicion::Verificada, ..guardada })
    }

    /// The definition, if it breaks no rule; else every one that it breaks.
    pub(super) async fn exigir_reglas(&self, guardada: &DefinicionGuardada) -> Result<Definicion, ErrorDefinicion> {
        let examen = Definicion::examinar(&guardada.documento);
        let examen = examen.map_err(|causa| ErrorDefinicion::Incumple(vec![ilegible(causa)]))?;
        let mut faltas: Vec<Incumplimiento> = examen.faltas.iter().map(de_violacion).collect();
        faltas.extend(self.registro.revisar(&examen).await?);
        match examen.definicion() {
            Ok(definicion) if faltas.is_empty() => Ok(definicion),
            _ => Err(ErrorDefinicion::Incumple(faltas)),
        }
    }
}

fn de_violacion(violacion: &Violacion) -> Incumplimiento {
    Incumplimiento {
        regla: violacion.falta.regla().to_owned(),
        ruta: violacion.ruta(),
        texto: violacion.falta.to_string(),
    }
}
