use super::{Definiciones, ErrorDefinicion};
use crate::aplicacion::puertos::{DefinicionGuardada, Retiro};
use crate::dominio::{EstadoDefinicion, VersionDefinicion};

impl Definiciones {
    /// Lets no more sagas begin with it; the live ones go on with it to their end.
    pub async fn retirar(&self, id: &VersionDefinicion, actor: &str) -> Result<DefinicionGuardada, ErrorDefinicion> {
        let guardada = self.obtener(id).await?;
        if !guardada.estado.retirable() {
            return Err(ErrorDefinicion::Estado(guardada.estado));
        }
        match self.repositorio.retirar(id, actor).await? {
            Retiro::EnUso(planes) => Err(ErrorDefinicion::EnUso(planes)),
            Retiro::Retirada => {
                self.catalogo.olvidar().await;
                Ok(DefinicionGuardada { estado: EstadoDefinicion::Retirada, ..guardada })
            }
        }
    }
}
