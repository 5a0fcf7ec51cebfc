//! The five services: their ports, databases and the variables each is started with.

use std::collections::BTreeMap;

use crate::claves::Claves;
use crate::entorno::Entorno;
use crate::puertos::Puertos;

/// A service as this tool starts it; its crate, its binary and its process have one name.
pub struct Servicio {
    pub nombre: &'static str,
    /// Its database; the BFF has none.
    pub base: Option<&'static str>,
    pub puerto: fn(&Puertos) -> u16,
    /// What only this service is told.
    propio: fn(&Entorno, &Claves) -> Vec<(&'static str, String)>,
}

pub const SERVICIOS: [Servicio; 5] = [
    Servicio {
        nombre: "suscripciones",
        base: Some("suscripciones"),
        puerto: |puertos| puertos.suscripciones,
        propio: |entorno, _| {
            vec![
                ("SALUDTECH_PULSAR_ADMIN__URL", entorno.url_admin()),
                ("SALUDTECH_SERVICIOS__SERVICIO_DATOS", local(entorno.puertos.servicio_datos)),
                ("SALUDTECH_SERVICIOS__NOTIFICACIONES", local(entorno.puertos.notificaciones)),
            ]
        },
    },
    Servicio {
        nombre: "servicio-datos",
        base: Some("servicio_datos"),
        puerto: |puertos| puertos.servicio_datos,
        propio: |_, _| vec![],
    },
    Servicio {
        nombre: "procesamiento",
        base: Some("procesamiento"),
        puerto: |puertos| puertos.procesamiento,
        propio: |entorno, _| {
            let almacen = |nombre| entorno.almacenes().join(nombre).display().to_string();
            vec![
                ("SALUDTECH_ALMACEN__CUARENTENA", almacen("cuarentena")),
                ("SALUDTECH_ALMACEN__LIMPIO", almacen("limpio")),
            ]
        },
    },
    Servicio {
        nombre: "notificaciones",
        base: Some("notificaciones"),
        puerto: |puertos| puertos.notificaciones,
        propio: |entorno, _| {
            vec![
                ("SALUDTECH_CORREO__CARPETA", entorno.correos().display().to_string()),
                ("SALUDTECH_SERVICIOS__SUSCRIPCIONES", local(entorno.puertos.suscripciones)),
            ]
        },
    },
    Servicio { nombre: "bff-web", base: None, puerto: |puertos| puertos.bff_web, propio: del_bff },
];

impl Servicio {
    pub fn url(&self, puertos: &Puertos) -> String {
        local((self.puerto)(puertos))
    }

    /// Everything that the service reads from its environment.
    pub fn variables(&self, entorno: &Entorno, claves: &Claves) -> BTreeMap<String, String> {
        let mut variables = vec![
            ("SALUDTECH_HTTP__DIRECCION", "127.0.0.1".to_owned()),
            ("SALUDTECH_HTTP__PUERTO", (self.puerto)(&entorno.puertos).to_string()),
            ("SALUDTECH_PULSAR__URL", entorno.url_pulsar()),
            ("SALUDTECH_PULSAR__ESPACIO", entorno.espacio.clone()),
        ];
        if let Some(base) = self.base {
            variables.push(("SALUDTECH_POSTGRES__URL", crate::postgres::url(entorno.puertos.postgres, base)));
        }
        if let Some(maestra) = claves.maestras.get(self.nombre) {
            variables.push(("SALUDTECH_CLAVES__MAESTRA", maestra.clone()));
        }
        variables.extend((self.propio)(entorno, claves));
        variables.into_iter().map(|(nombre, valor)| (nombre.to_owned(), valor)).collect()
    }
}

fn del_bff(entorno: &Entorno, claves: &Claves) -> Vec<(&'static str, String)> {
    let puertos = &entorno.puertos;
    vec![
        ("SALUDTECH_OPERACIONES__CLAVE", claves.operaciones.clone()),
        ("SALUDTECH_PULSAR_ADMIN__URL", entorno.url_admin()),
        ("SALUDTECH_SERVICIOS__SUSCRIPCIONES", local(puertos.suscripciones)),
        ("SALUDTECH_SERVICIOS__SERVICIO_DATOS", local(puertos.servicio_datos)),
        ("SALUDTECH_SERVICIOS__PROCESAMIENTO", local(puertos.procesamiento)),
        ("SALUDTECH_SERVICIOS__NOTIFICACIONES", local(puertos.notificaciones)),
    ]
}

fn local(puerto: u16) -> String {
    format!("http://127.0.0.1:{puerto}")
}
