use std::collections::HashMap;
use std::sync::Arc;

use contratos::{Cabecera, Saliente};
use saga::{CampoSaga, Direccion, Fuente, Intencion};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::SERVICIO;
use super::catalogo::CatalogoPg;
use super::clientes::Clientes;
use super::errores::de_datos;
use crate::aplicacion::puertos::{Avance, Catalogo, ClaveCliente, ErrorRepositorio, Identidades, Saga};
use crate::dominio::DatosCliente;
use crate::infraestructura::identidades::Derivadas;

/// Turns the intents of sagas into commands: payloads are filled here, from data that the saga never stores.
pub struct Emisor {
    catalogo: Arc<CatalogoPg>,
    clientes: Arc<Clientes>,
}

/// A command that a definition asks for and cannot be written.
#[derive(Debug, thiserror::Error)]
enum ComandoImposible {
    #[error("saga {saga}: step {paso} has no {direccion} command")]
    SinOrden { saga: String, paso: String, direccion: Direccion },
    #[error("saga {saga}: no schema for {tipo}")]
    SinEsquema { saga: String, tipo: String },
}

impl Emisor {
    pub fn nuevo(catalogo: Arc<CatalogoPg>, clientes: Arc<Clientes>) -> Self {
        Self { catalogo, clientes }
    }

    /// The commands that the new entries ask for, in order.
    pub async fn comandos(
        &self,
        con: &mut PgConnection,
        avances: &[&Avance],
    ) -> Result<Vec<Saliente>, ErrorRepositorio> {
        let pedidos: Vec<(&Avance, Intencion)> = avances
            .iter()
            .flat_map(|avance| avance.entradas.iter().flat_map(saga::intenciones).map(|intencion| (*avance, intencion)))
            .collect();
        let clientes = self.clientes_de(con, &pedidos).await?;
        let mut salientes = Vec::with_capacity(pedidos.len());
        for (avance, intencion) in &pedidos {
            salientes.push(self.comando(avance, intencion, &clientes).await?);
        }
        Ok(salientes)
    }

    /// Reads, at once, the clients whose data some payload needs.
    async fn clientes_de(
        &self,
        con: &mut PgConnection,
        pedidos: &[(&Avance, Intencion)],
    ) -> Result<HashMap<ClaveCliente, DatosCliente>, ErrorRepositorio> {
        let mut claves: Vec<ClaveCliente> = pedidos
            .iter()
            .filter(|(avance, Intencion::Enviar { paso, direccion, .. })| {
                let orden = avance.saga.definicion.orden(paso, *direccion);
                orden.is_some_and(|orden| orden.carga.values().any(|fuente| matches!(fuente, Fuente::Cliente(_))))
            })
            .map(|(avance, _)| avance.saga.cliente.clone())
            .collect();
        claves.sort_unstable_by(|a, b| (&a.inquilino, &a.codigo).cmp(&(&b.inquilino, &b.codigo)));
        claves.dedup();
        if claves.is_empty() {
            return Ok(HashMap::new());
        }
        self.clientes.leer(con, &claves).await
    }

    async fn comando(
        &self,
        avance: &Avance,
        Intencion::Enviar { paso, direccion, .. }: &Intencion,
        clientes: &HashMap<ClaveCliente, DatosCliente>,
    ) -> Result<Saliente, ErrorRepositorio> {
        let saga = &avance.saga;
        let orden = saga.definicion.orden(paso, *direccion).ok_or_else(|| {
            de_datos(ComandoImposible::SinOrden {
                saga: saga.id.to_string(),
                paso: paso.clone(),
                direccion: *direccion,
            })
        })?;
        let cargada = self.catalogo.version(saga.definicion.clave(), saga.definicion.version()).await?;
        let mensaje = cargada.as_ref().and_then(|cargada| cargada.mensajes.get(&orden.comando)).ok_or_else(|| {
            de_datos(ComandoImposible::SinEsquema { saga: saga.id.to_string(), tipo: orden.comando.clone() })
        })?;
        let plan = self.catalogo.plan(&saga.plan).await?;
        let cliente = clientes.get(&saga.cliente).map(|datos| cliente_json(&saga.cliente, datos));
        let datos = saga::construir_carga(&orden.carga, &|fuente| match fuente {
            Fuente::Literal(texto) => Some(Value::from(texto.as_str())),
            Fuente::Cliente(campo) => cliente.as_ref()?.get(campo).cloned(),
            Fuente::Plan(ruta) => plan.as_ref()?.valor(ruta).map(Value::from),
            Fuente::Saga(campo) => campo_de_saga(avance, *campo),
            Fuente::Salida { paso, campo } => {
                avance.estado.salida(paso, campo).map(|codigo| Value::from(codigo.as_str()))
            }
        });
        let cabecera = cabecera(avance, paso, *direccion, &orden.comando);
        let saliente = contratos::codificar_json(&mensaje.tema, &mensaje.esquema, &cabecera, &datos);
        let saliente = saliente.map_err(de_datos)?;
        Ok(match &mensaje.huella {
            Some(huella) => saliente.con_esquema(huella),
            None => saliente,
        })
    }
}

fn cabecera(avance: &Avance, paso: &str, direccion: Direccion, tipo: &str) -> Cabecera {
    let saga = &avance.saga;
    let clave = avance.estado.clave_de_comando(paso);
    let deshecho = match direccion {
        Direccion::Hacer => None,
        Direccion::Deshacer => Some(Derivadas.comando(saga.id, clave, Direccion::Hacer)),
    };
    Cabecera {
        tipo: tipo.to_owned(),
        asunto: Some(saga.suscripcion.to_string()),
        correlacion: Some(saga.id.0),
        causa: deshecho,
        traza: saga.traza.clone(),
        inquilino: Some(saga.cliente.inquilino.clone()),
        secuencia: Some(avance.estado.version),
        ..Cabecera::nueva(Derivadas.comando(saga.id, clave, direccion), SERVICIO, avance.instante)
    }
}

fn campo_de_saga(avance: &Avance, campo: CampoSaga) -> Option<Value> {
    let Saga { id, suscripcion, cliente, plan, .. } = &avance.saga;
    match campo {
        CampoSaga::Id => Some(Value::from(id.to_string())),
        CampoSaga::IdSuscripcion => Some(Value::from(suscripcion.to_string())),
        CampoSaga::CodigoCliente => Some(Value::from(cliente.codigo.as_ref())),
        CampoSaga::CodigoPlan => Some(Value::from(plan.as_ref())),
        CampoSaga::Motivo => avance.estado.motivo.as_ref().map(|motivo| Value::from(motivo.codigo.as_str())),
    }
}

/// What payload sources may name of a client.
pub const CAMPOS_DE_CLIENTE: [&str; 7] = ["codigo", "nombres", "apellidos", "usuario", "rut", "cedula", "email"];

fn cliente_json(clave: &ClaveCliente, datos: &DatosCliente) -> Value {
    json!({
        "codigo": clave.codigo.as_ref(),
        "nombres": datos.nombres,
        "apellidos": datos.apellidos,
        "usuario": datos.usuario,
        "rut": datos.rut,
        "cedula": datos.cedula,
        "email": datos.email,
    })
}
