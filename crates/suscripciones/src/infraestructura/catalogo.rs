use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contratos::Schema;
use saga::Definicion;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::RwLock;
use tokio::time::Instant;

use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::{Catalogo, ErrorRepositorio};
use crate::dominio::{CodigoPlan, Monto, Plan, Recursos};

/// How old the in-memory copy may be: a change by another instance shows within this time.
const VIGENCIA: Duration = Duration::from_secs(5);

/// Plans and flow definitions, kept in memory and read again every few seconds.
pub struct CatalogoPg {
    pool: PgPool,
    copia: RwLock<Option<Copia>>,
}

struct Copia {
    leida: Instant,
    planes: HashMap<CodigoPlan, Plan>,
    definiciones: HashMap<(String, u32), Arc<DefinicionCargada>>,
    activas: HashMap<String, Arc<DefinicionCargada>>,
}

/// A definition with the schemas of its messages, compiled once.
pub struct DefinicionCargada {
    pub definicion: Arc<Definicion>,
    /// Message type -> topic and schema.
    pub mensajes: HashMap<String, MensajeDeSaga>,
}

pub struct MensajeDeSaga {
    pub tema: String,
    pub avsc: Arc<str>,
    pub esquema: Schema,
}

/// A stored definition that cannot be used.
#[derive(Debug, thiserror::Error)]
enum DefinicionIlegible {
    #[error("definicion {clave} v{version} breaks the rules")]
    Reglas {
        clave: String,
        version: i32,
        #[source]
        causa: saga::DefinicionInvalida,
    },
    #[error("definicion {clave} v{version}: the schema of {tipo} is not Avro")]
    Esquema {
        clave: String,
        version: i32,
        tipo: String,
        #[source]
        causa: Box<apache_avro::Error>,
    },
    #[error("definicion {clave} v{version}: {tipo} has no topic or schema")]
    SinEsquema { clave: String, version: i32, tipo: String },
}

/// What the data service of a plan is made of, as its column keeps it and as payload sources name it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecursosGuardados {
    pub nube: NubeGuardada,
    pub dataset: DatasetGuardado,
    pub especialidad: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NubeGuardada {
    pub codigo: String,
    pub nombre: String,
    pub tipo: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatasetGuardado {
    pub codigo: String,
    pub nombre: String,
}

impl CatalogoPg {
    pub fn nuevo(pool: PgPool) -> Self {
        Self { pool, copia: RwLock::new(None) }
    }

    /// Every plan, by code.
    pub async fn planes(&self) -> Result<Vec<Plan>, ErrorRepositorio> {
        let mut planes = self.con_copia(|copia| copia.planes.values().cloned().collect::<Vec<_>>()).await?;
        planes.sort_unstable_by(|a, b| a.codigo.cmp(&b.codigo));
        Ok(planes)
    }

    /// Creates or replaces a plan; this instance sees it at once.
    pub async fn guardar_plan(&self, plan: &Plan) -> Result<(), ErrorRepositorio> {
        let recursos = plan.recursos.as_ref().map(RecursosGuardados::from);
        let recursos = recursos.map(serde_json::to_value).transpose().map_err(de_datos)?;
        sqlx::query!(
            "insert into plan (codigo, nombre, monto_centavos, moneda, en_venta, flujo, recursos, actualizado)
             values ($1, $2, $3, $4, $5, $6, $7, now())
             on conflict (codigo) do update set nombre = excluded.nombre, monto_centavos = excluded.monto_centavos,
               moneda = excluded.moneda, en_venta = excluded.en_venta, flujo = excluded.flujo,
               recursos = excluded.recursos, actualizado = now()",
            plan.codigo.as_ref(),
            plan.nombre,
            plan.monto.centavos(),
            plan.moneda,
            plan.en_venta,
            plan.flujo,
            recursos,
        )
        .execute(&self.pool)
        .await
        .map_err(de_sql)?;
        *self.copia.write().await = None;
        Ok(())
    }

    /// The active definitions, with their messages.
    pub async fn activas(&self) -> Result<Vec<Arc<DefinicionCargada>>, ErrorRepositorio> {
        self.con_copia(|copia| copia.activas.values().cloned().collect()).await
    }

    /// One version of a definition, active or not: a saga keeps the one it began with.
    pub async fn version(&self, clave: &str, version: u32) -> Result<Option<Arc<DefinicionCargada>>, ErrorRepositorio> {
        let buscada = (clave.to_owned(), version);
        self.con_copia(|copia| copia.definiciones.get(&buscada).cloned()).await
    }

    async fn con_copia<T>(&self, leer: impl Fn(&Copia) -> T) -> Result<T, ErrorRepositorio> {
        if let Some(copia) = self.copia.read().await.as_ref().filter(|copia| copia.leida.elapsed() < VIGENCIA) {
            return Ok(leer(copia));
        }
        let mut guarda = self.copia.write().await;
        if guarda.as_ref().is_none_or(|copia| copia.leida.elapsed() >= VIGENCIA) {
            let anterior = guarda.take();
            *guarda = Some(self.releer(anterior).await?);
        }
        guarda.as_ref().map(leer).ok_or(ErrorRepositorio::Contencion(1))
    }

    /// Definitions never change, so only the unknown ones are compiled.
    async fn releer(&self, anterior: Option<Copia>) -> Result<Copia, ErrorRepositorio> {
        let mut definiciones = anterior.map(|copia| copia.definiciones).unwrap_or_default();
        let filas =
            sqlx::query!("select clave, version, documento, estado from definicion_saga order by clave, version")
                .fetch_all(&self.pool)
                .await
                .map_err(de_sql)?;
        let mut activas = HashMap::new();
        for fila in filas {
            let clave = (fila.clave.clone(), fila.version.unsigned_abs());
            let cargada = match definiciones.get(&clave) {
                Some(cargada) => cargada.clone(),
                None => Arc::new(cargar(&fila.clave, fila.version, &fila.documento).map_err(de_datos)?),
            };
            definiciones.insert(clave, cargada.clone());
            if fila.estado == "activa" {
                activas.insert(fila.clave, cargada);
            }
        }
        Ok(Copia { leida: Instant::now(), planes: self.leer_planes().await?, definiciones, activas })
    }

    async fn leer_planes(&self) -> Result<HashMap<CodigoPlan, Plan>, ErrorRepositorio> {
        let filas = sqlx::query!("select codigo, nombre, monto_centavos, moneda, en_venta, flujo, recursos from plan")
            .fetch_all(&self.pool)
            .await
            .map_err(de_sql)?;
        let mut planes = HashMap::with_capacity(filas.len());
        for fila in filas {
            let codigo = CodigoPlan::try_from(fila.codigo.as_str()).map_err(de_datos)?;
            let recursos: Option<RecursosGuardados> =
                fila.recursos.map(serde_json::from_value).transpose().map_err(de_datos)?;
            let plan = Plan {
                codigo: codigo.clone(),
                nombre: fila.nombre,
                monto: Monto::de_centavos(fila.monto_centavos)
                    .ok_or_else(|| de_datos(crate::dominio::ErrorValor::Monto))?,
                moneda: fila.moneda,
                en_venta: fila.en_venta,
                flujo: fila.flujo,
                recursos: recursos.map(Recursos::from),
            };
            planes.insert(codigo, plan);
        }
        Ok(planes)
    }
}

#[async_trait]
impl Catalogo for CatalogoPg {
    async fn plan(&self, codigo: &CodigoPlan) -> Result<Option<Plan>, ErrorRepositorio> {
        self.con_copia(|copia| copia.planes.get(codigo).cloned()).await
    }

    async fn definicion(&self, flujo: &str) -> Result<Option<Arc<Definicion>>, ErrorRepositorio> {
        self.con_copia(|copia| copia.activas.get(flujo).map(|cargada| cargada.definicion.clone())).await
    }
}

fn cargar(clave: &str, version: i32, documento: &Value) -> Result<DefinicionCargada, DefinicionIlegible> {
    let definicion = Definicion::leer(documento).map_err(|causa| DefinicionIlegible::Reglas {
        clave: clave.to_owned(),
        version,
        causa,
    })?;
    let mut mensajes = HashMap::new();
    for (tipo, entrada) in definicion.esquemas() {
        let sin_esquema = || DefinicionIlegible::SinEsquema { clave: clave.to_owned(), version, tipo: tipo.clone() };
        let tema = entrada["tema"].as_str().ok_or_else(sin_esquema)?.to_owned();
        let esquema = Schema::parse(&entrada["avsc"]).map_err(|causa| DefinicionIlegible::Esquema {
            clave: clave.to_owned(),
            version,
            tipo: tipo.clone(),
            causa: Box::new(causa),
        })?;
        mensajes.insert(tipo.clone(), MensajeDeSaga { tema, avsc: entrada["avsc"].to_string().into(), esquema });
    }
    Ok(DefinicionCargada { definicion: Arc::new(definicion), mensajes })
}

impl From<&Recursos> for RecursosGuardados {
    fn from(recursos: &Recursos) -> Self {
        let recursos = recursos.clone();
        Self {
            nube: NubeGuardada { codigo: recursos.nube_codigo, nombre: recursos.nube_nombre, tipo: recursos.nube_tipo },
            dataset: DatasetGuardado { codigo: recursos.dataset_codigo, nombre: recursos.dataset_nombre },
            especialidad: recursos.especialidad,
        }
    }
}

impl From<RecursosGuardados> for Recursos {
    fn from(guardados: RecursosGuardados) -> Self {
        Self {
            nube_codigo: guardados.nube.codigo,
            nube_nombre: guardados.nube.nombre,
            nube_tipo: guardados.nube.tipo,
            dataset_codigo: guardados.dataset.codigo,
            dataset_nombre: guardados.dataset.nombre,
            especialidad: guardados.especialidad,
        }
    }
}
