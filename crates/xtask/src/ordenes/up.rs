//! `up`: the whole system on the documented ports.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::{esperar_cierre, mostrar_urls, o_bajar};
use crate::arranque::{Perfil, compilar};
use crate::consola::{aviso, linea, tenue, titulo};
use crate::entorno::{Alcance, Entorno};
use crate::estado::{self, Estado};
use crate::{herramientas, rutas};

#[derive(Args)]
pub struct Up {
    /// Vuelve cuando todo está listo y lo deja en marcha.
    #[arg(long)]
    detach: bool,
}

impl Up {
    pub async fn ejecutar(self) -> Result<()> {
        let entorno = Entorno::local()?;
        let (estado, nuevo) = asegurar(&entorno).await?;
        if !nuevo {
            aviso("ya estaba en marcha");
        }
        mostrar_urls(&estado);
        if self.detach || !nuevo {
            linea(tenue("\nPara detenerlo: cargo xtask down"));
            return Ok(());
        }
        linea(tenue("\nCtrl-C lo detiene todo"));
        vigilar_y_bajar(&entorno, &estado).await
    }
}

/// The running system, started now if it was not; the flag says which.
pub async fn asegurar(entorno: &Entorno) -> Result<(Estado, bool)> {
    if let Some(estado) = estado::leer(&entorno.carpeta)?.filter(Estado::en_marcha) {
        return Ok((estado, false));
    }
    titulo("SaludTechAlpes");
    herramientas::preparar().await?;
    compilar(Perfil::Desarrollo).await?;
    let estado = o_bajar(entorno, entorno.levantar(Alcance::Completo)).await?;
    Ok((estado, true))
}

/// Stays until somebody ends it, telling of every process that falls meanwhile; then stops everything.
pub async fn vigilar_y_bajar(entorno: &Entorno, estado: &Estado) -> Result<()> {
    tokio::select! {
        cierre = esperar_cierre() => cierre?,
        () = vigilar(estado) => {}
    }
    entorno.bajar().await?;
    Ok(())
}

/// Returns when the environment was stopped by another command.
async fn vigilar(estado: &Estado) {
    let mut caidos = HashSet::new();
    while estado::ruta(&estado.carpeta).exists() {
        for proceso in estado.procesos.iter().filter(|proceso| !proceso.vive()) {
            if caidos.insert(proceso.pid) {
                aviso(format!("{} terminó; su registro: {}", proceso.nombre, rutas::corta(&proceso.registro)));
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
