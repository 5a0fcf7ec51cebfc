use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use saga::{Direccion, EstadoPaso, EstadoSaga, Evento, Fase, Indicios};
use uuid::Uuid;

use super::informe::Hecho;
use super::puertos::{ErrorReproceso, Perdida, Publicado, TablasSagas};
use crate::aplicacion::puertos::{Avance, Guardado, Identidades, RepositorioSagas, Saga};
use crate::dominio::IdSaga;

/// How many sagas go on in one transaction.
const LOTE: usize = 64;
/// How often a saga that others move meanwhile is tried.
const INTENTOS: usize = 8;

/// Makes the sagas that were rebuilt go on, knowing that the end of their log may be lost.
pub struct Restauracion {
    pub publicado: Arc<dyn Publicado>,
    pub tablas: Arc<dyn TablasSagas>,
    pub sagas: Arc<dyn RepositorioSagas>,
    pub identidades: Arc<dyn Identidades>,
    pub reloj: fn() -> DateTime<Utc>,
}

impl Restauracion {
    /// Begins again the sagas of which nothing had been published, as the ledger of effects tells that they began.
    pub async fn renacer(&self, hecho: &mut Hecho) -> Result<(), ErrorReproceso> {
        let perdidas = self.tablas.perdidas().await?;
        perdidas.sin_flujo.into_iter().for_each(|saga| hecho.sin_definicion.anotar(saga));
        for lote in perdidas.sagas.chunks(LOTE) {
            let avances: Vec<Avance> = lote.iter().filter_map(primera_entrada).collect();
            self.tablas.renacer(&avances).await?;
            avances.iter().for_each(|avance| hecho.renacidas.anotar(avance.saga.id));
        }
        Ok(())
    }

    /// Every live saga that was rebuilt sends its outstanding commands again.
    pub async fn reanimar(&self, hecho: &mut Hecho) -> Result<(), ErrorReproceso> {
        let ids = self.tablas.por_restaurar().await?;
        if ids.is_empty() {
            return Ok(());
        }
        // What has left may have been carried out by then, and its reply be on its way.
        self.tablas.esperar_envios().await?;
        let contestadas = self.contestadas(&ids).await?;
        for lote in ids.chunks(LOTE) {
            self.reanimar_lote(lote, &contestadas, hecho).await?;
            self.tablas.restauradas(lote).await?;
        }
        Ok(())
    }

    /// The commands of these sagas that somebody answered.
    async fn contestadas(&self, ids: &[IdSaga]) -> Result<HashSet<Uuid>, ErrorReproceso> {
        let (mut temas, mut comandos) = (BTreeSet::new(), HashSet::new());
        for lote in ids.chunks(LOTE) {
            for saga in self.sagas.obtener(lote).await? {
                comandos.extend(self.comandos(&saga).into_iter().map(|(.., comando)| comando));
                temas.extend(temas_de_respuesta(&saga));
            }
        }
        self.publicado.contestados(&temas.into_iter().collect::<Vec<_>>(), &comandos).await
    }

    async fn reanimar_lote(
        &self,
        lote: &[IdSaga],
        contestadas: &HashSet<Uuid>,
        hecho: &mut Hecho,
    ) -> Result<(), ErrorReproceso> {
        let mut pendientes = lote.to_vec();
        for _ in 0..INTENTOS {
            let sagas = self.sagas.obtener(&pendientes).await?;
            let todos: Vec<Uuid> = sagas.iter().flat_map(|saga| self.comandos(saga)).map(|comando| comando.2).collect();
            let ejecutados = self.tablas.ejecutados(&todos).await?;
            let vistas: Vec<(Avance, Vistos)> =
                sagas.into_iter().filter_map(|saga| self.siguiente(saga, &ejecutados, contestadas)).collect();
            let avances: Vec<Avance> = vistas.iter().map(|(avance, _)| avance.clone()).collect();
            let guardados = self.sagas.guardar(&avances).await?;
            pendientes.clear();
            for ((avance, vistos), guardado) in vistas.into_iter().zip(guardados) {
                match guardado {
                    Guardado::Escrito => vistos.contar(&avance, hecho),
                    Guardado::Conflicto => pendientes.push(avance.saga.id),
                }
            }
            if pendientes.is_empty() {
                return Ok(());
            }
        }
        Err(ErrorReproceso::EnMovimiento)
    }

    fn siguiente(
        &self,
        saga: Saga,
        ejecutados: &HashSet<Uuid>,
        contestadas: &HashSet<Uuid>,
    ) -> Option<(Avance, Vistos)> {
        let instante = (self.reloj)();
        let visto = |comando: &Uuid| ejecutados.contains(comando) || contestadas.contains(comando);
        let comandos = self.comandos(&saga);
        let ignorados = comandos
            .iter()
            .filter(|(paso, direccion, comando)| visto(comando) && no_consta(&saga.estado, paso, *direccion));
        let (reversas, ordenes): (Vec<_>, Vec<_>) = ignorados.partition(|(_, d, _)| *d == Direccion::Deshacer);
        let vistos = Vistos {
            se_deshacia: saga.estado.fase == Fase::Avanzando && !reversas.is_empty(),
            cola_perdida: !reversas.is_empty() || !ordenes.is_empty(),
        };
        let indicios = Indicios { se_deshacia: vistos.se_deshacia };
        let entrada = saga::restaurar(&saga.definicion, &saga.estado, indicios, instante.timestamp_millis())?;
        let estado = saga::aplicar(saga.estado.clone(), &entrada);
        Some((Avance { saga, entradas: vec![entrada], estado, instante }, vistos))
    }

    /// The ids of both commands of every step.
    fn comandos(&self, saga: &Saga) -> Vec<(String, Direccion, Uuid)> {
        let direcciones = [Direccion::Hacer, Direccion::Deshacer];
        let id =
            |paso: &str, direccion| self.identidades.comando(saga.id, saga.estado.clave_de_comando(paso), direccion);
        let pasos = saga.definicion.pasos().iter();
        pasos.flat_map(|paso| direcciones.map(|d| (paso.clave.clone(), d, id(&paso.clave, d)))).collect()
    }
}

/// What the ledgers know of a saga that its log does not.
struct Vistos {
    se_deshacia: bool,
    cola_perdida: bool,
}

impl Vistos {
    fn contar(&self, avance: &Avance, hecho: &mut Hecho) {
        hecho.reanimadas += 1;
        hecho.reenviados += avance.entradas.iter().flat_map(saga::intenciones).count() as u64;
        if self.cola_perdida {
            hecho.cola_perdida.anotar(avance.saga.id);
        }
        if self.se_deshacia {
            hecho.se_deshacian.anotar(avance.saga.id);
        }
    }
}

/// Whether the saga does not know that it sent that command.
fn no_consta(estado: &EstadoSaga, paso: &str, direccion: Direccion) -> bool {
    match direccion {
        Direccion::Hacer => *estado.paso(paso) == EstadoPaso::Pendiente,
        Direccion::Deshacer => !matches!(
            estado.paso(paso),
            EstadoPaso::Deshaciendo { .. } | EstadoPaso::ReversaRechazada { .. } | EstadoPaso::Deshecho
        ),
    }
}

/// Where the replies to the commands of a saga come.
fn temas_de_respuesta(saga: &Saga) -> Vec<String> {
    let esquemas = saga.definicion.esquemas();
    let direcciones = [Direccion::Hacer, Direccion::Deshacer];
    let pasos = saga.definicion.pasos().iter();
    let ordenes = pasos.flat_map(|paso| direcciones.into_iter().filter_map(|direccion| paso.orden(direccion)));
    ordenes
        .flat_map(|orden| orden.exito.iter().chain(&orden.fallo))
        .filter_map(|tipo| esquemas.get(tipo)?.get("tema")?.as_str().map(str::to_owned))
        .collect()
}

/// The entry with which a saga began, whose initial step ended as its effect says.
fn primera_entrada(perdida: &Perdida) -> Option<Avance> {
    let Perdida { saga, desenlace, instante } = perdida.clone();
    let evento = Evento::Iniciada { desenlace };
    let entrada = saga::decidir(&saga.definicion, &saga.estado, &evento, instante.timestamp_millis())?;
    let estado = saga::aplicar(saga.estado.clone(), &entrada);
    Some(Avance { saga, entradas: vec![entrada], estado, instante })
}
