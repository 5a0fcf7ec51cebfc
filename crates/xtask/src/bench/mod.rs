//! `bench`: what the system costs, measured on this machine.

mod carga;
mod consumo;
mod informe;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::arranque;
use crate::consola::{linea, tenue, titulo};
use crate::entorno::{Alcance, Entorno};
use crate::ordenes::o_bajar;
use crate::rutas;

#[derive(Args)]
pub struct Bench {
    #[command(subcommand)]
    que: Que,
}

#[derive(Subcommand)]
enum Que {
    /// Sagas PRO: latencia en lazo abierto y caudal en lazo cerrado, con el coste de cada proceso.
    Sagas(Sagas),
}

#[derive(Args)]
struct Sagas {
    /// Sagas por segundo del lazo abierto.
    #[arg(long, default_value_t = 20)]
    ritmo: u32,
    /// Segundos del lazo abierto.
    #[arg(long, default_value_t = 20)]
    segundos: u32,
    /// Sagas del lazo cerrado.
    #[arg(long, default_value_t = 2000)]
    sagas: u32,
    /// Sagas en curso a la vez en el lazo cerrado.
    #[arg(long, default_value_t = 128)]
    en_curso: u32,
    /// Compila con optimización completa.
    #[arg(long)]
    release: bool,
}

impl Bench {
    pub async fn ejecutar(self) -> Result<()> {
        match self.que {
            Que::Sagas(sagas) => sagas.ejecutar().await,
        }
    }
}

impl Sagas {
    async fn ejecutar(self) -> Result<()> {
        arranque::compilar(self.release).await?;
        let entorno = Entorno { optimizado: self.release, ..Entorno::aparte(rutas::local().join("bench"))? };
        entorno.bajar().await?;
        entorno.borrar()?;
        o_bajar(&entorno, self.medir(&entorno)).await?;
        entorno.bajar().await?;
        entorno.borrar()
    }

    async fn medir(&self, entorno: &Entorno) -> Result<()> {
        let estado = entorno.levantar(Alcance::Completo).await?;
        let carga = carga::Carga::nueva(entorno).await?;
        carga.preparar().await?;
        linea(tenue("· Calentando ..."));
        carga.lazo_cerrado(200, 16).await?;

        titulo("Lazo abierto");
        let antes = consumo::leer(&estado.procesos)?;
        let abierto = carga.lazo_abierto(self.ritmo, self.segundos).await?;
        informe::mostrar(&abierto, &antes, &consumo::leer(&estado.procesos)?);

        titulo("Lazo cerrado");
        let antes = consumo::leer(&estado.procesos)?;
        let cerrado = carga.lazo_cerrado(self.sagas, self.en_curso).await?;
        informe::mostrar(&cerrado, &antes, &consumo::leer(&estado.procesos)?);
        informe::mensajes(&carga.mensajes_por_saga().await?);
        Ok(())
    }
}
