//! `bench sagas`: PRO sagas through a whole system of its own.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use super::banco::{Banco, CALENTADAS};
use super::carga::{CUPOS_MAXIMOS, Cadencia};
use super::consumo;
use super::informe::{self, Informe, Maquina};
use super::marco::Marco;
use crate::arranque::compilar;
use crate::consola::fallo;
use crate::entorno::{Alcance, Entorno};
use crate::{herramientas, rutas};

#[derive(Args)]
pub struct Sagas {
    /// Sagas por segundo del lazo abierto.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    ritmo: u32,
    /// Segundos del lazo abierto.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    segundos: u32,
    /// Sagas del lazo cerrado.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sagas: u32,
    /// Sagas en curso a la vez en el lazo cerrado.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    en_curso: u32,
    /// Sagas de más, en diez tandas tras las que se mira la memoria de cada proceso.
    #[arg(long, value_name = "SAGAS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    memoria: u32,
    #[command(flatten)]
    marco: Marco,
}

impl Sagas {
    /// Fails if any saga does not complete; then what the processes wrote stays for looking at.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let todas = self.todas();
        ensure!(todas <= CUPOS_MAXIMOS, "serían {todas} sagas con el calentamiento, y caben {CUPOS_MAXIMOS}");
        let (entorno, informe) = self.marco.medir("bench", async |entorno| self.medir(entorno).await).await?;
        if !informe.completo() {
            fallo(format!(
                "no todas las sagas se completaron; los registros quedan en {}",
                rutas::corta(&entorno.carpeta)
            ));
            return Ok(ExitCode::FAILURE);
        }
        entorno.borrar()?;
        Ok(ExitCode::SUCCESS)
    }

    async fn medir(&self, entorno: &Entorno) -> Result<Informe> {
        herramientas::preparar().await?;
        compilar(entorno.perfil).await?;
        let maquina = Maquina::esta()?;
        let banco = Banco::nuevo(entorno, entorno.levantar(Alcance::Completo).await?)?;
        let (abierto, cerrado) = self.tandas();
        banco.puerta.hacer_sitio(self.todas()).await?;
        banco.calentar().await?;
        maquina.mostrar();
        let lazo_abierto = banco.medir("Lazo abierto", "abierto-", abierto).await?;
        informe::mostrar_fase(&lazo_abierto);
        let lazo_cerrado = banco.medir("Lazo cerrado", "cerrado-", cerrado).await?;
        informe::mostrar_fase(&lazo_cerrado);
        let tramos = banco.tramos(self.en_curso, self.memoria).await?;
        informe::mostrar_tramos(&tramos);
        let memoria = consumo::memoria(&banco.estado.procesos)?;
        let reposo = banco.reposo().await?;
        informe::mostrar_reposo(&memoria, &reposo);
        Ok(Informe { maquina, perfil: entorno.perfil, lazo_abierto, lazo_cerrado, tramos, memoria, reposo })
    }

    fn todas(&self) -> u32 {
        CALENTADAS + self.ritmo * self.segundos + self.sagas + self.memoria
    }

    fn tandas(&self) -> ((Cadencia, u32), (Cadencia, u32)) {
        let abierto = (Cadencia::Ritmo(self.ritmo), self.ritmo * self.segundos);
        (abierto, (Cadencia::EnCurso(self.en_curso), self.sagas))
    }
}
