use std::collections::BTreeSet;

use administracion::{Admin, Compatibilidad, ErrorAdmin, Retencion};
use async_trait::async_trait;
use contratos::temas;
use futures::future::try_join_all;
use saga::{Definicion, Examen};
use serde::Deserialize;
use serde_json::Value;

use super::SERVICIO;
use super::definicion_cargada::{es_el_de_la_tabla, respuestas};
use super::revision::{lectores, papeles, revisar_mensajes};
use crate::aplicacion::puertos::{ErrorRegistro, Incumplimiento, RegistroMensajes};

/// How long events are kept, in minutes: as long as those of the platform's own table.
const SIETE_DIAS: i64 = 7 * 24 * 60;

/// Where Pulsar's admin API answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AjustesPulsarAdmin {
    pub url: String,
}

/// Pulsar's own registry, through its admin API.
pub struct RegistroPulsar {
    admin: Admin,
}

/// What has to exist for one message of a definition.
struct Provision<'d> {
    tema: &'d str,
    avsc: &'d Value,
    retencion: Retencion,
    suscripciones: BTreeSet<String>,
    /// The table has the topic: whoever applies the table made it.
    de_la_tabla: bool,
}

impl RegistroPulsar {
    pub fn nuevo(ajustes: &AjustesPulsarAdmin, espacio: &str) -> Result<Self, ErrorAdmin> {
        Ok(Self { admin: Admin::nuevo(&ajustes.url, espacio)? })
    }

    async fn incompatibilidad(&self, tipo: &str, entrada: &Value) -> Result<Option<Incumplimiento>, ErrorAdmin> {
        let Some(tema) = entrada["tema"].as_str() else { return Ok(None) };
        if es_el_de_la_tabla(tema, &entrada["avsc"]) {
            return Ok(None);
        }
        let veredicto = self.admin.compatibilidad(tema, &entrada["avsc"].to_string()).await?;
        Ok(match veredicto {
            Compatibilidad::Compatible => None,
            Compatibilidad::Incompatible(razon) => Some(Incumplimiento {
                regla: "esquema_incompatible".to_owned(),
                ruta: ruta_de_esquema(tipo),
                texto: format!("el registro de Pulsar lo rechaza: {razon}"),
            }),
        })
    }

    async fn proveer(&self, provision: Provision<'_>) -> Result<(), ErrorAdmin> {
        let Provision { tema, avsc, retencion, suscripciones, de_la_tabla } = provision;
        if !de_la_tabla {
            self.admin.crear_tema(tema).await?;
        }
        if !es_el_de_la_tabla(tema, avsc) {
            self.admin.registrar_esquema(tema, &avsc.to_string()).await?;
        }
        for suscripcion in &suscripciones {
            self.admin.crear_suscripcion(tema, suscripcion).await?;
        }
        if !de_la_tabla {
            self.admin.retener(tema, retencion).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl RegistroMensajes for RegistroPulsar {
    async fn revisar(&self, examen: &Examen) -> Result<Vec<Incumplimiento>, ErrorRegistro> {
        let mut faltas = revisar_mensajes(examen);
        let nombrados = papeles(examen);
        let mut preguntas = Vec::new();
        for (tipo, entrada) in &examen.esquemas {
            // What has been told already is no schema at all, or of no use to anybody.
            let dicho = faltas.iter().any(|falta| falta.ruta == ruta_de_esquema(tipo));
            if nombrados.contains_key(tipo) && !dicho {
                preguntas.push(self.incompatibilidad(tipo, entrada));
            }
        }
        faltas.extend(try_join_all(preguntas).await.map_err(de_admin)?.into_iter().flatten());
        Ok(faltas)
    }

    async fn preparar(&self, definicion: &Definicion) -> Result<(), ErrorRegistro> {
        let respuestas: BTreeSet<&String> = respuestas(definicion).collect();
        let mut peticiones = Vec::new();
        for (tipo, entrada) in definicion.esquemas() {
            if let Some(provision) = Provision::de(tipo, entrada, respuestas.contains(tipo)) {
                peticiones.push(self.proveer(provision));
            }
        }
        try_join_all(peticiones).await.map_err(de_admin)?;
        Ok(())
    }
}

impl<'d> Provision<'d> {
    fn de(tipo: &str, entrada: &'d Value, responde: bool) -> Option<Self> {
        let propia = responde.then(|| SERVICIO.to_owned());
        Some(Self {
            tema: entrada["tema"].as_str()?,
            avsc: &entrada["avsc"],
            retencion: if responde { Retencion::Minutos(SIETE_DIAS) } else { Retencion::Ninguna },
            suscripciones: lectores(entrada).into_iter().chain(propia).collect(),
            de_la_tabla: temas::por_tipo(tipo).is_some(),
        })
    }
}

fn ruta_de_esquema(tipo: &str) -> String {
    format!("esquemas.{tipo}.avsc")
}

fn de_admin(error: ErrorAdmin) -> ErrorRegistro {
    ErrorRegistro(Box::new(error))
}
