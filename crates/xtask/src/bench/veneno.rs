//! `bench veneno`: what messages that cannot be handled cost the others.
//!
//! Runs with and without them alternate on one system, so that whatever else changes on the machine touches both.
//! A poisoned message is a command that every service reads well and whose database refuses its row, so it takes the
//! dearest way that there is: its batch fails, is halved until it stands alone, and it is tried again all the time.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;

use super::banco::{Banco, CALENTADAS};
use super::carga::{CUPOS_MAXIMOS, Cadencia};
use super::fase::Fase;
use super::informe::Maquina;
use super::marco::Marco;
use super::percentiles::{Latencias, Percentiles};
use crate::arranque::{Perfil, compilar};
use crate::consola::{Tarea, fallo, linea, negrita, tenue, titulo};
use crate::entorno::{Alcance, Entorno};
use crate::herramientas;
use crate::postgres::Conexion;

/// Each database refuses the rows of its own half of the poisoned clients.
const ENVENENADAS: [(&str, &str); 2] = [("suscripciones", "suscripcion"), ("servicio_datos", "servicio_datos")];
/// How long the poison may take to be gone once nothing refuses it.
const CURA: Duration = Duration::from_secs(60);
const PAUSA: Duration = Duration::from_millis(500);

#[derive(Args)]
pub struct Veneno {
    /// Sagas sanas por segundo.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    ritmo: u32,
    /// Segundos de cada tanda.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    segundos: u32,
    /// Tandas de cada clase.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    tandas: u32,
    /// Una petición envenenada por cada tantas sanas.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    cada: u32,
    #[command(flatten)]
    marco: Marco,
}

#[derive(Serialize)]
struct Informe {
    maquina: Maquina,
    perfil: Perfil,
    ritmo: u32,
    /// In the order in which they ran.
    tandas: Vec<Tanda>,
}

#[derive(Serialize)]
struct Tanda {
    /// Poisoned requests sent among the healthy ones.
    envenenadas: u32,
    /// Messages set aside by its end: a step that is not answered is asked again, and that is poison too.
    apartados: u32,
    sanas: Fase,
}

impl Veneno {
    /// Fails if any healthy saga does not complete, or if the poison does not behave as such.
    pub async fn ejecutar(self) -> Result<ExitCode> {
        let todas = CALENTADAS + 2 * self.tandas * (self.sanas() + self.envenenadas());
        ensure!(todas <= CUPOS_MAXIMOS, "serían {todas} sagas con el calentamiento, y caben {CUPOS_MAXIMOS}");
        ensure!(self.envenenadas() > 0, "{} sanas por tanda no llegan a las {} de --cada", self.sanas(), self.cada);
        let medir = async |entorno: &Entorno| self.medir(entorno, todas).await;
        let (entorno, informe) = self.marco.medir("bench-veneno", medir).await?;
        if !informe.tandas.iter().all(|tanda| tanda.sanas.completa()) {
            fallo("no todas las sagas sanas se completaron");
            return Ok(ExitCode::FAILURE);
        }
        entorno.borrar()?;
        Ok(ExitCode::SUCCESS)
    }

    fn sanas(&self) -> u32 {
        self.ritmo * self.segundos
    }

    fn envenenadas(&self) -> u32 {
        self.sanas() / self.cada
    }

    async fn medir(&self, entorno: &Entorno, todas: u32) -> Result<Informe> {
        herramientas::preparar().await?;
        compilar(entorno.perfil).await?;
        let maquina = Maquina::esta()?;
        let banco = Banco::nuevo(entorno, entorno.levantar(Alcance::Completo).await?)?;
        banco.puerta.hacer_sitio(todas).await?;
        banco.calentar().await?;
        maquina.mostrar();
        let mut tandas = Vec::new();
        for numero in 0..2 * self.tandas {
            let tanda = if toca_veneno(numero) {
                self.con_veneno(&banco, numero).await?
            } else {
                Tanda { envenenadas: 0, apartados: 0, sanas: self.sanas_de(&banco, numero).await? }
            };
            tandas.push(tanda);
        }
        let informe = Informe { maquina, perfil: entorno.perfil, ritmo: self.ritmo, tandas };
        informe.mostrar(self.cada)?;
        Ok(informe)
    }

    async fn sanas_de(&self, banco: &Banco, numero: u32) -> Result<Fase> {
        let veneno = if toca_veneno(numero) { "con veneno" } else { "sin veneno" };
        let nombre = format!("Tanda {} de {}, {veneno}", numero + 1, 2 * self.tandas);
        banco.medir(&nombre, &format!("sana-{numero}-"), (Cadencia::Ritmo(self.ritmo), self.sanas())).await
    }

    async fn con_veneno(&self, banco: &Banco, numero: u32) -> Result<Tanda> {
        envenenar(banco).await?;
        let (sanas, ()) = tokio::try_join!(self.sanas_de(banco, numero), self.enviar_veneno(banco, numero))?;
        let apartados = apartados(banco).await?;
        let envenenadas = self.envenenadas();
        ensure!(apartados >= envenenadas, "de {envenenadas} peticiones envenenadas se apartaron {apartados}");
        curar(banco, &format!("veneno-{numero}-"), envenenadas).await?;
        Ok(Tanda { envenenadas, apartados, sanas })
    }

    /// In the middle of each group of healthy ones, by the clock; the services take turns at refusing.
    async fn enviar_veneno(&self, banco: &Banco, numero: u32) -> Result<()> {
        let (inicio, entre) = (Instant::now(), Duration::from_secs(1) * self.cada / self.ritmo);
        for indice in 0..self.envenenadas() {
            tokio::time::sleep_until((inicio + entre / 2 + entre * indice).into()).await;
            let (_, tabla) = ENVENENADAS[indice as usize % ENVENENADAS.len()];
            let cliente = format!("veneno-{numero}-{indice}-{tabla}");
            if let Some(motivo) = banco.puerta.suscribir(&cliente).await {
                bail!("una petición envenenada no se aceptó: {motivo}");
            }
        }
        Ok(())
    }
}

/// Without, with, with, without: what drifts weighs on both alike.
const fn toca_veneno(numero: u32) -> bool {
    matches!(numero % 4, 1 | 2)
}

/// From now on the databases refuse the rows of poisoned clients, as a broken constraint would.
async fn envenenar(banco: &Banco) -> Result<()> {
    for (base, tabla) in ENVENENADAS {
        let rechazo = format!(
            "create function veneno() returns trigger language plpgsql as $$ begin
               if new.codigo_cliente like 'veneno-%-{tabla}' then
                 raise exception 'veneno' using errcode = 'data_exception';
               end if;
               return new;
             end $$;
             create trigger veneno before insert on {tabla} for each row execute function veneno()"
        );
        Conexion::abrir(banco.estado.puertos.postgres, base).await?.ejecutar(&rechazo).await?;
    }
    Ok(())
}

/// How many messages are set aside and tried again now.
async fn apartados(banco: &Banco) -> Result<u32> {
    let mut total = 0;
    for (base, _) in ENVENENADAS {
        total += contar(banco, base, "select count(*) from bandejas.dead_letter where estado = 'reintento'").await?;
    }
    Ok(total)
}

/// Nothing refuses them any more: their next attempt succeeds, and their sagas go on to their end.
async fn curar(banco: &Banco, prefijo: &str, cuantas: u32) -> Result<()> {
    let tarea = Tarea::nueva("Curando el veneno");
    for (base, _) in ENVENENADAS {
        let cura = "drop function veneno cascade;
                    update bandejas.dead_letter set proximo = now() where estado = 'reintento'";
        Conexion::abrir(banco.estado.puertos.postgres, base).await?.ejecutar(cura).await?;
    }
    let terminadas = format!(
        "select count(*) from saga where codigo_cliente like '{prefijo}%' and fase not in ('avanzando', 'deshaciendo')"
    );
    let limite = Instant::now() + CURA;
    loop {
        let (quedan, hechas) = (apartados(banco).await?, contar(banco, "suscripciones", &terminadas).await?);
        if (quedan, hechas) == (0, cuantas) {
            break;
        }
        ensure!(
            Instant::now() < limite,
            "curado el veneno, quedan {quedan} mensajes apartados y terminan {hechas} sagas de {cuantas}"
        );
        tokio::time::sleep(PAUSA).await;
    }
    tarea.lista(format!("curado el veneno, sus {cuantas} sagas terminan"));
    Ok(())
}

async fn contar(banco: &Banco, base: &str, consulta: &str) -> Result<u32> {
    let filas = Conexion::abrir(banco.estado.puertos.postgres, base).await?.ejecutar(consulta).await?;
    let celda = filas.into_iter().next().and_then(|fila| fila.into_iter().next()?);
    Ok(celda.context("la cuenta no dio filas")?.parse()?)
}

impl Informe {
    fn mostrar(&self, cada: u32) -> Result<()> {
        titulo(format!("Sagas sanas a {} por segundo, de la petición al fin, en ms", self.ritmo));
        linea(negrita(format!("{:<30}{:>8}{:>9}{:>9}{:>9}{:>9}", "", "sagas", "p50", "p90", "p99", "máx.")));
        for (tanda, numero) in self.tandas.iter().zip(1..) {
            let que = format!("{numero}: {} envenenadas, {} apartados", tanda.envenenadas, tanda.apartados);
            linea(tenue(fila(&que, tanda.sanas.completadas, tanda.sanas.saga_ms)));
        }
        let (sin, con) = (self.juntas(false)?, self.juntas(true)?);
        linea(fila("sin veneno", sin.0, sin.1));
        linea(fila(&format!("con veneno, una por cada {cada}"), con.0, con.1));
        if let (Some(sin), Some(con)) = (sin.1, con.1) {
            linea(negrita(format!(
                "con / sin: p50 × {:.2}   p90 × {:.2}   p99 × {:.2}",
                con.p50 / sin.p50,
                con.p90 / sin.p90,
                con.p99 / sin.p99
            )));
        }
        let mut suyas: Vec<f64> = self.de_clase(false).filter_map(|tanda| Some(tanda.sanas.saga_ms?.p99)).collect();
        suyas.sort_by(f64::total_cmp);
        if let [menor, .., mayor] = suyas.as_slice() {
            linea(tenue(format!("entre las tandas sin veneno, el p99 va de {menor:.1} a {mayor:.1} ms")));
        }
        Ok(())
    }

    fn de_clase(&self, con_veneno: bool) -> impl Iterator<Item = &Tanda> {
        self.tandas.iter().filter(move |tanda| (tanda.envenenadas > 0) == con_veneno)
    }

    /// All healthy sagas of one kind of run, as one distribution.
    fn juntas(&self, con_veneno: bool) -> Result<(u32, Option<Percentiles>)> {
        let (mut sagas, mut latencias) = (0, Latencias::nuevas()?);
        for tanda in self.de_clase(con_veneno) {
            sagas += tanda.sanas.completadas;
            latencias.sumar(&tanda.sanas.sagas)?;
        }
        Ok((sagas, latencias.percentiles()))
    }
}

fn fila(que: &str, sagas: u32, percentiles: Option<Percentiles>) -> String {
    let Some(Percentiles { p50, p90, p99, max }) = percentiles else { return format!("{que:<30}{sagas:>8}") };
    format!("{que:<30}{sagas:>8}{p50:>9.1}{p90:>9.1}{p99:>9.1}{max:>9.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn las_tandas_se_alternan_y_hay_tantas_de_una_clase_como_de_otra() {
        let orden: Vec<bool> = (0..6).map(toca_veneno).collect();
        assert_eq!(orden, [false, true, true, false, false, true]);
        for tandas in 1..=20 {
            let con = (0..2 * tandas).filter(|numero| toca_veneno(*numero)).count();
            assert_eq!(con, tandas as usize);
        }
    }
}
