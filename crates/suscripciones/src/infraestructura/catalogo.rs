use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use saga::Definicion;
use sqlx::PgPool;
use tokio::sync::RwLock;
use tokio::time::Instant;

use super::definicion_cargada::DefinicionCargada;
use super::errores::de_sql;
use super::filas_plan::{FilaPlan, parametros_json, recursos_json};
use super::pg_flujos;
use crate::aplicacion::puertos::{Catalogo, CatalogoEditable, ErrorRepositorio};
use crate::dominio::{Caso, CodigoPlan, Plan, VersionDefinicion};

/// How old the in-memory copy may be: a change by another instance shows within this time.
const VIGENCIA: Duration = Duration::from_secs(2);

/// Plans and flow definitions, kept in memory and read again every few seconds.
pub struct CatalogoPg {
    pool: PgPool,
    copia: RwLock<Option<Copia>>,
    al_cargar: Box<dyn Fn(&DefinicionCargada) + Send + Sync>,
}

#[derive(Default)]
struct Copia {
    leida: Option<Instant>,
    planes: HashMap<CodigoPlan, Plan>,
    /// Whatever sagas may run: active, or retired while some still live.
    definiciones: HashMap<VersionDefinicion, Arc<DefinicionCargada>>,
    activas: HashMap<String, Arc<DefinicionCargada>>,
    flujos: HashMap<Caso, String>,
    /// Told once, not at every reading.
    ilegibles: HashSet<VersionDefinicion>,
}

impl CatalogoPg {
    pub fn nuevo(pool: PgPool) -> Self {
        Self { pool, copia: RwLock::default(), al_cargar: Box::new(|_| {}) }
    }

    /// Tells each definition to whoever has to know it before its first command goes out.
    #[must_use]
    pub fn al_cargar(self, avisar: impl Fn(&DefinicionCargada) + Send + Sync + 'static) -> Self {
        Self { al_cargar: Box::new(avisar), ..self }
    }

    /// Every plan, by code.
    pub async fn planes(&self) -> Result<Vec<Plan>, ErrorRepositorio> {
        let mut planes = self.con_copia(|copia| copia.planes.values().cloned().collect::<Vec<_>>()).await?;
        planes.sort_unstable_by(|a, b| a.codigo.cmp(&b.codigo));
        Ok(planes)
    }

    /// Which flow carries out each operation.
    pub async fn flujos(&self) -> Result<Vec<(Caso, String)>, ErrorRepositorio> {
        self.con_copia(|copia| copia.flujos.iter().map(|(caso, flujo)| (caso.clone(), flujo.clone())).collect()).await
    }

    /// The definitions that sagas may run, active or not any more.
    pub async fn publicadas(&self) -> Result<Vec<Arc<DefinicionCargada>>, ErrorRepositorio> {
        self.con_copia(|copia| copia.definiciones.values().cloned().collect()).await
    }

    /// One version of a definition, active or not: a saga keeps the one it began with.
    pub async fn version(&self, clave: &str, version: u32) -> Result<Option<Arc<DefinicionCargada>>, ErrorRepositorio> {
        let buscada = VersionDefinicion { clave: clave.to_owned(), version };
        if let Some(cargada) = self.con_copia(|copia| copia.definiciones.get(&buscada).cloned()).await? {
            return Ok(Some(cargada));
        }
        // A saga of another instance that knows more than this one.
        self.olvidar().await;
        self.con_copia(|copia| copia.definiciones.get(&buscada).cloned()).await
    }

    async fn con_copia<T>(&self, leer: impl Fn(&Copia) -> T) -> Result<T, ErrorRepositorio> {
        if let Some(copia) = self.copia.read().await.as_ref().filter(|copia| copia.vigente()) {
            return Ok(leer(copia));
        }
        let mut guarda = self.copia.write().await;
        if !guarda.as_ref().is_some_and(Copia::vigente) {
            let anterior = guarda.take().unwrap_or_default();
            *guarda = Some(self.releer(anterior).await?);
        }
        guarda.as_ref().map(leer).ok_or(ErrorRepositorio::Contencion(1))
    }

    /// Definitions never change, so only the unknown ones are read and compiled.
    async fn releer(&self, anterior: Copia) -> Result<Copia, ErrorRepositorio> {
        let filas = sqlx::query!(
            r#"select clave, version, estado = 'activa' as "activa!" from definicion_saga
               where estado in ('activa', 'retirada')"#
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        let (planes, flujos) = (self.leer_planes().await?, pg_flujos::leer(&self.pool).await?);
        let mut copia = Copia { activas: HashMap::new(), planes, flujos, ..anterior };
        for fila in filas {
            let id = VersionDefinicion { clave: fila.clave, version: fila.version.unsigned_abs() };
            let Some(cargada) = self.obtener(&mut copia, &id).await? else { continue };
            if fila.activa {
                copia.activas.insert(id.clave.clone(), cargada.clone());
            }
            copia.definiciones.insert(id, cargada);
        }
        copia.leida = Some(Instant::now());
        Ok(copia)
    }

    /// One that cannot be used is left out: it must not keep the others from working.
    async fn obtener(
        &self,
        copia: &mut Copia,
        id: &VersionDefinicion,
    ) -> Result<Option<Arc<DefinicionCargada>>, ErrorRepositorio> {
        if let Some(cargada) = copia.definiciones.get(id) {
            return Ok(Some(cargada.clone()));
        }
        if copia.ilegibles.contains(id) {
            return Ok(None);
        }
        let (clave, version) = (id.clave.as_str(), id.version.cast_signed());
        let documento = sqlx::query_scalar!(
            "select documento from definicion_saga where clave = $1 and version = $2",
            clave,
            version
        )
        .fetch_one(&self.pool)
        .await
        .map_err(de_sql)?;
        match DefinicionCargada::leer(&documento) {
            Ok(cargada) => {
                (self.al_cargar)(&cargada);
                Ok(Some(Arc::new(cargada)))
            }
            Err(error) => {
                tracing::error!(definicion = %id, error = &error as &dyn std::error::Error, "unusable definition");
                copia.ilegibles.insert(id.clone());
                Ok(None)
            }
        }
    }

    async fn leer_planes(&self) -> Result<HashMap<CodigoPlan, Plan>, ErrorRepositorio> {
        let filas = sqlx::query_as!(
            FilaPlan,
            "select codigo, nombre, monto_centavos, moneda, en_venta, flujo, recursos, parametros from plan"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(de_sql)?;
        filas.into_iter().map(|fila| Plan::try_from(fila).map(|plan| (plan.codigo.clone(), plan))).collect()
    }

    /// The definition's row is held until the plan is there, so that nobody retires it in between.
    async fn escribir_plan(&self, plan: &Plan) -> Result<bool, ErrorRepositorio> {
        let mut tx = self.pool.begin().await.map_err(de_sql)?;
        if let Some(flujo) = &plan.flujo {
            let activa = sqlx::query_scalar!(
                "select version from definicion_saga where clave = $1 and estado = 'activa' for share",
                flujo
            );
            if activa.fetch_optional(&mut *tx).await.map_err(de_sql)?.is_none() {
                return Ok(false);
            }
        }
        sqlx::query!(
            "insert into plan (codigo, nombre, monto_centavos, moneda, en_venta, flujo, recursos, parametros, actualizado)
             values ($1, $2, $3, $4, $5, $6, $7, $8, now())
             on conflict (codigo) do update set nombre = excluded.nombre, monto_centavos = excluded.monto_centavos,
               moneda = excluded.moneda, en_venta = excluded.en_venta, flujo = excluded.flujo,
               recursos = excluded.recursos, parametros = excluded.parametros, actualizado = now()",
            plan.codigo.as_ref(),
            plan.nombre,
            plan.monto.centavos(),
            plan.moneda,
            plan.en_venta,
            plan.flujo,
            recursos_json(plan)?,
            parametros_json(plan),
        )
        .execute(&mut *tx)
        .await
        .map_err(de_sql)?;
        tx.commit().await.map_err(de_sql)?;
        Ok(true)
    }
}

impl Copia {
    fn vigente(&self) -> bool {
        self.leida.is_some_and(|leida| leida.elapsed() < VIGENCIA)
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

    async fn flujo_de(&self, caso: &Caso) -> Result<Option<String>, ErrorRepositorio> {
        self.con_copia(|copia| copia.flujos.get(caso).cloned()).await
    }
}

#[async_trait]
impl CatalogoEditable for CatalogoPg {
    async fn en_venta_con(&self, flujo: &str) -> Result<Vec<Plan>, ErrorRepositorio> {
        let usa = |plan: &&Plan| plan.en_venta && plan.flujo.as_deref() == Some(flujo);
        self.con_copia(|copia| copia.planes.values().filter(usa).cloned().collect()).await
    }

    async fn fijar_flujo(&self, caso: &Caso, flujo: Option<&str>) -> Result<(), ErrorRepositorio> {
        pg_flujos::fijar(&self.pool, caso, flujo).await?;
        self.olvidar().await;
        Ok(())
    }

    async fn guardar_plan(&self, plan: &Plan) -> Result<bool, ErrorRepositorio> {
        let guardado = self.escribir_plan(plan).await?;
        self.olvidar().await;
        Ok(guardado)
    }

    async fn olvidar(&self) {
        if let Some(copia) = self.copia.write().await.as_mut() {
            copia.leida = None;
        }
    }
}
