use saga::Definicion;

use super::{Comprobada, Definiciones, ErrorDefinicion};
use crate::aplicacion::guardar_plan::sin_valor;
use crate::aplicacion::puertos::{DefinicionGuardada, Incumplimiento};
use crate::dominio::{EstadoDefinicion, VersionDefinicion};

impl Definiciones {
    /// Makes new sagas of its key begin with this version, once everything that they need exists.
    ///
    /// Every run of it is checked again: what was verified may have been so by an engine that decided otherwise. A failure
    /// on the way leaves it as it was, and the whole may be repeated.
    pub async fn activar(&self, id: &VersionDefinicion, actor: &str) -> Result<Comprobada, ErrorDefinicion> {
        let guardada = self.obtener(id).await?;
        if !guardada.estado.activable() {
            return Err(ErrorDefinicion::Estado(guardada.estado));
        }
        let definicion = self.exigir_reglas(&guardada).await?;
        let comprobacion = self.exigir_finales(&definicion).await?;
        self.exigir_planes(&definicion).await?;
        self.registro.preparar(&definicion).await?;
        self.repositorio.activar(id, actor).await?;
        self.catalogo.olvidar().await;
        let guardada = DefinicionGuardada { estado: EstadoDefinicion::Activa, ..guardada };
        Ok(Comprobada { guardada, comprobacion })
    }

    /// The plans on sale have what this version reads from them.
    async fn exigir_planes(&self, definicion: &Definicion) -> Result<(), ErrorDefinicion> {
        let planes = self.catalogo.en_venta_con(definicion.clave()).await?;
        let faltas: Vec<Incumplimiento> = planes
            .iter()
            .flat_map(|plan| sin_valor(plan, definicion).into_iter().map(move |ruta| (plan, ruta)))
            .map(|(plan, ruta)| Incumplimiento {
                regla: "plan_incompleto".to_owned(),
                ruta: format!("planes.{}", plan.codigo),
                texto: format!("el plan {} está en venta y no tiene «{ruta}»", plan.codigo),
            })
            .collect();
        if faltas.is_empty() { Ok(()) } else { Err(ErrorDefinicion::Incumple(faltas)) }
    }
}
