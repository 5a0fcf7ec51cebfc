//! A command that comes twice in one batch while another instance writes the same subscription.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use suscripciones::aplicacion::AtenderOrdenes;
use suscripciones::aplicacion::puertos::{
    Cambio, Consulta, ErrorRepositorio, Guardado, Lectura, RepositorioSuscripciones,
};
use suscripciones::infraestructura::{CatalogoPg, Derivadas, sembrar};
use uuid::Uuid;

use crate::banco::crear;

/// A store where somebody else writes first, once; then it keeps the answer of every command.
#[derive(Default)]
struct Disputado {
    rondas: Mutex<u32>,
    respuestas: Mutex<HashMap<Uuid, u32>>,
}

#[async_trait]
impl RepositorioSuscripciones for Disputado {
    async fn leer(&self, _: &Consulta) -> Result<Lectura, ErrorRepositorio> {
        Ok(Lectura::default())
    }

    async fn guardar(&self, cambios: &[Cambio]) -> Result<Vec<Guardado>, ErrorRepositorio> {
        let mut rondas = self.rondas.lock().expect("rondas");
        *rondas += 1;
        let guardar = |cambio: &Cambio| match cambio {
            Cambio::Nuevo(_) if *rondas == 1 => Guardado::Conflicto,
            Cambio::Nuevo(nuevo) => {
                *self.respuestas.lock().expect("respuestas").entry(nuevo.contexto.comando).or_default() += 1;
                Guardado::Escrito
            }
            Cambio::Repetido { contexto, .. } => {
                let respuestas = self.respuestas.lock().expect("respuestas");
                assert!(respuestas.contains_key(&contexto.comando), "se contesta lo que nadie guardó");
                Guardado::Escrito
            }
        };
        Ok(cambios.iter().map(guardar).collect())
    }
}

#[sqlx::test(migrations = false)]
async fn lo_repetido_en_un_lote_que_pierde_no_contesta_lo_que_no_se_guardo(pool: sqlx::PgPool) {
    suscripciones::migrar(&pool).await.expect("migraciones");
    sembrar(&pool).await.expect("semillas");
    let repositorio = Arc::new(Disputado::default());
    let atender = AtenderOrdenes::nuevo(repositorio.clone(), Arc::new(CatalogoPg::nuevo(pool)), Arc::new(Derivadas));
    let comando = contratos::id_nuevo();
    let ordenes = [crear(comando, "0001", "pro"), crear(comando, "0001", "pro")];
    atender.ejecutar(&ordenes).await.expect("atendidas");
    assert_eq!(*repositorio.respuestas.lock().expect("respuestas"), HashMap::from([(comando, 1)]));
}
