//! The command line: without an order the service runs; with one, the order is carried out and the process ends.

use clap::{Parser, Subcommand};
use uuid::Uuid;

#[derive(Parser)]
#[command(name = "suscripciones", about = "Suscripciones y el orquestador de sagas. Sin orden, arranca el servicio.")]
struct Linea {
    #[command(subcommand)]
    orden: Option<Orden>,
}

/// What an operator may order of the sagas as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Orden {
    /// Detiene todos los orquestadores y espera a que lo confirmen; lo que llega, espera.
    Pausar {
        /// Por qué, para quien lo vea después.
        #[arg(long, default_value = "orden de un operador")]
        motivo: String,
    },
    /// Deja seguir a los orquestadores.
    Reanudar,
    /// Compara las tablas de sagas con lo publicado en Pulsar; con --real, las rehace desde allí.
    Reprocesar(Reproceso),
}

#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Reproceso {
    /// Solo compara, que es también lo que se hace si no se dice nada.
    #[arg(long, conflicts_with = "real")]
    pub simulacro: bool,
    /// Pausa los orquestadores y rehace lo que falte o difiera.
    #[arg(long)]
    pub real: bool,
    /// Una sola saga, sin pausar las demás.
    #[arg(long, value_name = "ID")]
    pub saga: Option<Uuid>,
    /// Salva los huecos del registro con el último estado publicado de cada saga.
    #[arg(long)]
    pub desde_estado: bool,
    /// El informe, como JSON.
    #[arg(long)]
    pub json: bool,
}

impl Orden {
    /// What this process was started for; wrong arguments are told, and end it.
    pub fn leer() -> Option<Self> {
        Linea::parse().orden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leer(argumentos: &[&str]) -> Option<Option<Orden>> {
        let linea = Linea::try_parse_from([&["suscripciones"], argumentos].concat());
        linea.ok().map(|linea| linea.orden)
    }

    #[test]
    fn sin_orden_arranca_y_reprocesar_es_un_simulacro_mientras_no_se_diga_otra_cosa() {
        assert_eq!(leer(&[]), Some(None));
        let Some(Some(Orden::Reprocesar(reproceso))) = leer(&["reprocesar"]) else { panic!("es una orden") };
        assert!(!reproceso.real);
        assert!(leer(&["reprocesar", "--real", "--simulacro"]).is_none());
        assert!(leer(&["reprocesar", "--saga", "no-es-un-id"]).is_none());
    }
}
