//! The service on a real database, with a mailbox in place of the broker.

use crate::apoyo::{dataset, experto, nube, radiologia};
use async_trait::async_trait;
use bandejas::Despachador;
use cifrado::Cifrador;
use contratos::{Mensaje, Procedencia, Recibido, Saliente};
use mensajeria::{ErrorPublicacion, Publicar};
use servicio_datos::aplicacion::{ConCupos, RepositorioCatalogo, Semilla};
use servicio_datos::dominio::{Cupos, Dataset, Disponibilidad, Experto, Nube, Persona};
use servicio_datos::infraestructura::{PgCatalogo, PgServicios};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

const PLAZO: Duration = Duration::from_secs(10);

pub struct Banco {
    pub catalogo: Arc<PgCatalogo>,
    pub despachador: Despachador,
    buzon: UnboundedReceiver<Saliente>,
    _cierre: DropGuard,
}

impl Banco {
    /// A migrated database with one cloud, one data set on offer and one radiologist, with one place each.
    pub async fn nuevo(pool: &PgPool) -> Self {
        servicio_datos::migrar(pool).await.expect("migrations");
        let (entrada, buzon) = unbounded_channel();
        let cierre = CancellationToken::new();
        let despachador = Despachador::iniciar(pool.clone(), Arc::new(Buzon(entrada)), &TaskTracker::new(), &cierre);
        let cifrador = Cifrador::nuevo(&"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=".into()).expect("key");
        let catalogo = Arc::new(PgCatalogo::nuevo(pool.clone(), Arc::new(cifrador)));
        catalogo.sembrar(&semilla(1)).await.expect("seed");
        Self { catalogo, despachador, buzon, _cierre: cierre.drop_guard() }
    }

    pub fn repositorio(&self, pool: &PgPool) -> PgServicios {
        PgServicios::nuevo(pool.clone(), self.despachador.clone())
    }

    pub async fn cupos_de_nube(&self, cupos: i64) {
        self.catalogo.poner_nubes(&semilla(cupos).nubes).await.expect("cloud");
    }

    pub async fn retirar_dataset(&self) {
        let retirado = Dataset { disponibilidad: Disponibilidad::Retirado, ..un_dataset() };
        self.catalogo.poner_datasets(&[retirado]).await.expect("data set");
    }

    /// The next message, whatever it is.
    pub async fn recibir(&mut self) -> Saliente {
        timeout(PLAZO, self.buzon.recv()).await.expect("a message in time").expect("an open mailbox")
    }

    /// The next message, which must be of type `D`.
    pub async fn recibir_un<D: Mensaje>(&mut self) -> Recibido<D> {
        leer(&self.recibir().await)
    }
}

fn leer<D: Mensaje>(saliente: &Saliente) -> Recibido<D> {
    let procedencia = Procedencia { tema: &saliente.tema, posicion: "1:1:-1".into(), publicado: contratos::ahora() };
    contratos::decodificar(&saliente.carga, None, &procedencia).expect("a message of this type")
}

struct Buzon(UnboundedSender<Saliente>);

#[async_trait]
impl Publicar for Buzon {
    async fn publicar(&self, mensajes: Vec<Saliente>) -> Vec<Result<(), ErrorPublicacion>> {
        let guardar = |mensaje| self.0.send(mensaje).map_err(|_| ErrorPublicacion::NoDisponible);
        mensajes.into_iter().map(guardar).collect()
    }

    fn disponible(&self) -> bool {
        true
    }
}

pub fn persona() -> Persona {
    Persona {
        nombres: "Lucía".into(),
        apellidos: "Restrepo Gómez".into(),
        usuario: "lrestrepo".into(),
        cedula: "10000001".into(),
        email: "lrestrepo@expertos.example".into(),
    }
}

fn un_dataset() -> Dataset {
    Dataset { codigo: dataset(), nombre: "Tórax".into(), disponibilidad: Disponibilidad::Disponible }
}

pub fn semilla(cupos: i64) -> Semilla {
    let cupos = Cupos::try_from(cupos).expect("places");
    let nube = Nube { codigo: nube(), nombre: "Nube A".into(), tipo: "publica".into() };
    let experto = Experto::nuevo(experto("e1"), [radiologia()].into(), persona()).expect("expert");
    Semilla {
        nubes: vec![ConCupos { de: nube, cupos }],
        datasets: vec![un_dataset()],
        expertos: vec![ConCupos { de: experto, cupos }],
    }
}
