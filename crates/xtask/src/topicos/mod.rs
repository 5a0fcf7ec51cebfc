//! Applies the table of topics to a broker: nothing in the system is created by accident.

mod formas;

use std::time::Duration;

use anyhow::{Context, Result};
use contratos::temas::{Clase, TEMAS, Tema};
use futures::{StreamExt, TryStreamExt, stream};

use crate::consola::Tarea;
use administracion::{Admin, Retencion};

const SIETE_DIAS: i64 = 7 * 24 * 60;
/// Bytes that wait in a compacted topic before it is compacted.
pub const UMBRAL_DE_COMPACTACION: u64 = 16 * 1024 * 1024;
const A_LA_VEZ: usize = 16;

/// Provisions every topic of `contratos`; may be repeated. With `retencion_minima` even commands are kept that long,
/// so that a test can look at what was sent.
pub async fn aplicar(admin: &Admin, retencion_minima: Option<Duration>) -> Result<()> {
    let tarea = Tarea::con_total("Preparando los tópicos", TEMAS.len() as u64);
    admin.asegurar_espacio().await?;
    admin.exigir_esquemas().await?;
    stream::iter(TEMAS)
        .map(|tema| async {
            aplicar_tema(admin, tema, retencion_minima).await.with_context(|| format!("tópico {}", tema.nombre))?;
            tarea.avanzar(1);
            anyhow::Ok(())
        })
        .buffer_unordered(A_LA_VEZ)
        .try_collect::<()>()
        .await?;
    let suscripciones: usize = TEMAS.iter().map(|tema| tema.suscripciones.len()).sum();
    tarea.lista(format!("{} tópicos y {suscripciones} suscripciones duraderas", TEMAS.len()));
    Ok(())
}

async fn aplicar_tema(admin: &Admin, tema: &Tema, minima: Option<Duration>) -> Result<()> {
    admin.crear_tema(tema.nombre).await?;
    for esquema in formas::de(tema)? {
        admin.registrar_esquema(tema.nombre, &esquema).await?;
    }
    for suscripcion in tema.suscripciones {
        admin.crear_suscripcion(tema.nombre, suscripcion).await?;
    }
    if tema.clase == Clase::Estado {
        admin.compactar_desde(tema.nombre, UMBRAL_DE_COMPACTACION).await?;
    }
    Ok(admin.retener(tema.nombre, retencion(tema.clase, minima)).await?)
}

/// How long the messages of a class are kept.
pub fn retencion(clase: Clase, minima: Option<Duration>) -> Retencion {
    let minima = minima.map_or(0, |tiempo| i64::try_from(tiempo.as_secs() / 60).unwrap_or(i64::MAX));
    match clase {
        Clase::Registro => Retencion::Siempre,
        Clase::Evento | Clase::Estado => Retencion::Minutos(SIETE_DIAS.max(minima)),
        Clase::Comando if minima > 0 => Retencion::Minutos(minima),
        Clase::Comando => Retencion::Ninguna,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn las_ordenes_no_se_guardan_salvo_en_pruebas() {
        let una_hora = Some(Duration::from_secs(3600));
        assert_eq!(retencion(Clase::Comando, None), Retencion::Ninguna);
        assert_eq!(retencion(Clase::Comando, una_hora), Retencion::Minutos(60));
        assert_eq!(retencion(Clase::Evento, una_hora), Retencion::Minutos(SIETE_DIAS));
        assert_eq!(retencion(Clase::Registro, una_hora), Retencion::Siempre);
    }
}
