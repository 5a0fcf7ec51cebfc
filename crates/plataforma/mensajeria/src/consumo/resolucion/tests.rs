use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::contrato::{Cuarentena, Manejador};
use super::super::entrante::Posicion;
use super::*;

/// Handles every message but the ones whose payload says how they fail.
#[derive(Default)]
struct Banco {
    lotes: Mutex<Vec<usize>>,
    caidas: Mutex<u32>,
    aparcadas: Mutex<Vec<(u64, &'static str, bool)>>,
    aparcar_falla: Mutex<u32>,
    intentos: Mutex<HashMap<u64, u32>>,
}

fn queda(fallos: &Mutex<u32>) -> bool {
    let mut fallos = fallos.lock().expect("lock");
    let queda = *fallos > 0;
    *fallos = fallos.saturating_sub(1);
    queda
}

#[async_trait]
impl Manejador for Banco {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        self.lotes.lock().expect("lock").push(lote.len());
        if queda(&self.caidas) {
            return Err(ErrorManejo::Infraestructura("connection refused".into()));
        }
        if lote.iter().any(|entrante| entrante.carga == b"datos") {
            return Err(ErrorManejo::Datos("invalid input: \"Pablo\"".into()));
        }
        assert!(lote.iter().all(|entrante| entrante.carga != b"panico"), "the handler panics");
        Ok(lote.iter().map(desenlace).collect())
    }
}

fn desenlace(entrante: &Entrante) -> Desenlace {
    match entrante.carga.as_slice() {
        b"rechazo" => Desenlace::Rechazado(Motivo { codigo: "no_existe", detalle: String::new() }),
        _ => Desenlace::Hecho,
    }
}

#[async_trait]
impl Cuarentena for Banco {
    async fn aparcar(&self, cartas: Vec<Carta>) -> Result<(), BoxError> {
        if queda(&self.aparcar_falla) {
            return Err("no database".into());
        }
        let cartas = cartas.iter().map(|c| (c.entrante.posicion.entry, c.motivo.codigo, c.reintentable));
        self.aparcadas.lock().expect("lock").extend(cartas);
        Ok(())
    }

    async fn anotar_intento(&self, _: &str, entrante: &Entrante) -> Result<u32, BoxError> {
        let mut intentos = self.intentos.lock().expect("lock");
        let veces = intentos.entry(entrante.posicion.entry).or_default();
        *veces += 1;
        Ok(*veces)
    }
}

fn grupo(banco: &Arc<Banco>) -> Grupo {
    Grupo {
        nombre: "pruebas",
        temas: Vec::new(),
        suscripcion: "pruebas".into(),
        manejador: Arc::clone(banco) as Arc<dyn Manejador>,
        cuarentena: Arc::clone(banco) as Arc<dyn Cuarentena>,
        maximo: 64,
        adelanto: Grupo::ADELANTO,
    }
}

/// One message per payload, the entry number telling them apart; and the acknowledgements.
fn llegados(cargas: &[&str]) -> (Vec<Llegado>, mpsc::UnboundedReceiver<Posicion>) {
    let (terminados, confirmados) = mpsc::unbounded_channel();
    let llegado = |(entry, carga): (usize, &&str)| {
        let posicion = Posicion { ledger: 1, entry: entry as u64, indice: -1 };
        let entrante = Entrante {
            tema: Arc::from("t"),
            posicion,
            propiedades: BTreeMap::new(),
            carga: carga.as_bytes().to_vec(),
            escritor: None,
            publicado: contratos::ahora(),
        };
        Llegado { entrante, recibo: Recibo { posicion, terminados: terminados.clone() }, sospechoso: false }
    };
    (cargas.iter().enumerate().map(llegado).collect(), confirmados)
}

fn entradas(mut confirmados: mpsc::UnboundedReceiver<Posicion>) -> Vec<u64> {
    let mut entradas: Vec<u64> = std::iter::from_fn(|| confirmados.try_recv().ok()).map(|p| p.entry).collect();
    entradas.sort_unstable();
    entradas
}

async fn resolver(banco: &Arc<Banco>, cargas: &[&str]) -> Vec<u64> {
    let (llegados, confirmados) = llegados(cargas);
    Resolucion::nueva(&grupo(banco), &CancellationToken::new()).resolver(&Tanda::from_iter(llegados)).await;
    entradas(confirmados)
}

async fn resolver_sospechosos(banco: &Arc<Banco>, cargas: &[&str]) -> Vec<u64> {
    let (llegados, confirmados) = llegados(cargas);
    Resolucion::nueva(&grupo(banco), &CancellationToken::new()).resolver_sospechosos(llegados).await;
    entradas(confirmados)
}

#[tokio::test]
async fn un_lote_sano_se_maneja_de_una_vez() {
    let banco = Arc::new(Banco::default());
    assert_eq!(resolver(&banco, &["a", "b", "c"]).await, [0, 1, 2]);
    assert_eq!(*banco.lotes.lock().expect("lock"), [3]);
}

#[tokio::test]
async fn lo_rechazado_se_aparca_para_siempre_y_se_confirma() {
    let banco = Arc::new(Banco::default());
    assert_eq!(resolver(&banco, &["a", "rechazo", "c"]).await, [0, 1, 2]);
    assert_eq!(*banco.aparcadas.lock().expect("lock"), [(1, "no_existe", false)]);
}

#[tokio::test]
async fn un_error_de_datos_se_busca_por_mitades_hasta_el_mensaje_solo() {
    let banco = Arc::new(Banco::default());
    assert_eq!(resolver(&banco, &["a", "b", "c", "d", "e", "datos", "g", "h"]).await, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(*banco.aparcadas.lock().expect("lock"), [(5, "error_de_datos", true)]);
    assert_eq!(*banco.lotes.lock().expect("lock"), [8, 4, 4, 2, 1, 1, 2]);
}

#[tokio::test]
async fn un_panico_se_trata_como_error_de_datos() {
    let banco = Arc::new(Banco::default());
    assert_eq!(resolver(&banco, &["panico", "b", "datos"]).await, [0, 1, 2]);
    assert_eq!(*banco.aparcadas.lock().expect("lock"), [(0, "panico", true), (2, "error_de_datos", true)]);
}

#[tokio::test(start_paused = true)]
async fn un_fallo_de_infraestructura_repite_el_mismo_lote_con_pausas() {
    let banco = Arc::new(Banco { caidas: Mutex::new(3), ..Banco::default() });
    let inicio = Instant::now();
    assert_eq!(resolver(&banco, &["a", "b"]).await, [0, 1]);
    assert_eq!(*banco.lotes.lock().expect("lock"), [2, 2, 2, 2]);
    assert!(inicio.elapsed() >= Duration::from_millis(350), "{:?}", inicio.elapsed());
}

#[tokio::test(start_paused = true)]
async fn si_no_se_puede_aparcar_no_se_confirma_hasta_poder() {
    let banco = Arc::new(Banco { aparcar_falla: Mutex::new(2), ..Banco::default() });
    assert_eq!(resolver(&banco, &["rechazo"]).await, [0]);
    assert_eq!(banco.aparcadas.lock().expect("lock").len(), 1);
    assert_eq!(*banco.lotes.lock().expect("lock"), [1], "the handler ran once");
}

#[tokio::test]
async fn al_cerrar_lo_que_no_se_pudo_manejar_queda_sin_confirmar() {
    let banco = Arc::new(Banco { caidas: Mutex::new(u32::MAX), ..Banco::default() });
    let (llegados, confirmados) = llegados(&["a"]);
    let cierre = CancellationToken::new();
    cierre.cancel();
    Resolucion::nueva(&grupo(&banco), &cierre).resolver(&Tanda::from_iter(llegados)).await;
    assert!(entradas(confirmados).is_empty());
}

#[tokio::test]
async fn los_sospechosos_van_juntos_la_primera_vez_y_solos_despues() {
    let banco = Arc::new(Banco::default());
    assert_eq!(resolver_sospechosos(&banco, &["a", "b", "c"]).await, [0, 1, 2]);
    assert_eq!(resolver_sospechosos(&banco, &["a", "b", "c"]).await, [0, 1, 2]);
    assert_eq!(*banco.lotes.lock().expect("lock"), [3, 1, 1, 1]);
}

#[tokio::test]
async fn agotados_los_intentos_el_sospechoso_se_aparca_sin_manejarlo() {
    let banco = Arc::new(Banco { intentos: Mutex::new(HashMap::from([(0, 5)])), ..Banco::default() });
    assert_eq!(resolver_sospechosos(&banco, &["a"]).await, [0]);
    assert_eq!(*banco.aparcadas.lock().expect("lock"), [(0, "intentos_agotados", false)]);
    assert!(banco.lotes.lock().expect("lock").is_empty());
}

#[test]
fn los_errores_se_guardan_sin_lo_que_citan() {
    assert_eq!(sin_citas("invalid value: \"Pablo\", expected u8"), "invalid value: \"\", expected u8");
    assert_eq!(sin_citas("Key (email)=(a@b.c) already exists"), "Key ()=() already exists");
    assert_eq!(sin_citas("unclosed 'Pablo"), "unclosed '");
}
