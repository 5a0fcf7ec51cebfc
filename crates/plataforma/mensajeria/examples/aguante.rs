#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::let_underscore_must_use
)]
use async_trait::async_trait;
use contratos::*;
use mensajeria::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const TEMAS: [&str; 3] = ["eventos-suscripcion-pagada", "eventos-suscripcion-creada", "eventos-suscripcion-fallida"];
struct Of {
    inicio: Instant,
    vistos: Mutex<HashMap<String, u32>>,
    ultimo: Mutex<Instant>,
    max_hueco: Mutex<Duration>,
    lotes: AtomicU64,
    sosp: AtomicU32,
    lat: Mutex<Vec<u64>>,
    pausa: u64,
}
#[async_trait]
impl Manejador for Of {
    async fn manejar(&self, lote: &[Entrante]) -> Result<Vec<Desenlace>, ErrorManejo> {
        self.lotes.fetch_add(1, Ordering::Relaxed);
        if self.pausa > 0 {
            tokio::time::sleep(Duration::from_millis(self.pausa)).await;
        }
        let ahora = contratos::ahora();
        let mut v = self.vistos.lock().unwrap();
        let mut l = self.lat.lock().unwrap();
        for e in lote {
            let id = e.propiedades["ce_id"].clone();
            *v.entry(id).or_default() += 1;
            l.push((ahora - e.publicado).num_milliseconds().max(0) as u64);
        }
        let mut u = self.ultimo.lock().unwrap();
        let h = u.elapsed();
        let mut m = self.max_hueco.lock().unwrap();
        if h > *m {
            *m = h;
        }
        *u = Instant::now();
        Ok(lote.iter().map(|_| Desenlace::Hecho).collect())
    }
}
#[async_trait]
impl Cuarentena for Of {
    async fn aparcar(&self, c: Vec<Carta>) -> Result<(), BoxError> {
        println!("APARCADAS {}", c.len());
        Ok(())
    }
    async fn anotar_intento(&self, _: &str, _: &Entrante) -> Result<u32, BoxError> {
        self.sosp.fetch_add(1, Ordering::Relaxed);
        Ok(1)
    }
}
fn arg(n: &str, d: u64) -> u64 {
    std::env::var(n).ok().and_then(|v| v.parse().ok()).unwrap_or(d)
}
#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(std::env::var("RUST_LOG").unwrap_or("info,pulsar=off".into()))
        .with_ansi(false)
        .init();
    let (segs, ritmo, lote) = (arg("SEGS", 60), arg("RITMO", 200), arg("LOTE", 10));
    let aj = AjustesPulsar {
        url: std::env::var("PULSAR_URL").unwrap(),
        espacio: std::env::var("ESPACIO").unwrap_or("public/default".into()),
    };
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let m = Mensajeria::nueva(&aj, &tareas, &cierre);
    let of = Arc::new(Of {
        inicio: Instant::now(),
        vistos: Default::default(),
        ultimo: Mutex::new(Instant::now()),
        max_hueco: Default::default(),
        lotes: Default::default(),
        sosp: Default::default(),
        lat: Default::default(),
        pausa: arg("PAUSA", 0),
    });
    if arg("CONSUMIR", 1) == 1 {
        m.consumir(Grupo {
            nombre: "aguante",
            temas: TEMAS.iter().map(|t| t.to_string()).collect(),
            suscripcion: "aguante".into(),
            manejador: of.clone(),
            cuarentena: of.clone(),
            maximo: 64,
        });
    }
    while let Err(e) = m.comprobar().await {
        println!("no listo: {e}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    println!("listo a los {:?}", of.inicio.elapsed());
    of.vistos.lock().unwrap().clear();
    of.lat.lock().unwrap().clear();
    *of.max_hueco.lock().unwrap() = Duration::ZERO;
    *of.ultimo.lock().unwrap() = Instant::now();
    let confirmados: Arc<Mutex<HashSet<String>>> = Default::default();
    let fallos: Arc<Mutex<BTreeMap<String, u32>>> = Default::default();
    let ev = Arc::new(Mutex::new((Instant::now(), Duration::ZERO)));
    let (c2, m2, of2) = (cierre.clone(), m.clone(), of.clone());
    let vig = tokio::spawn(async move {
        let (mut d, mut l) = (true, true);
        while !c2.is_cancelled() {
            let (nd, nl) = (m2.publicador().disponible(), m2.comprobar().await.is_ok());
            if nd != d || nl != l {
                println!("[{:6.2}s] disponible={nd} listo={nl}", of2.inicio.elapsed().as_secs_f64());
                d = nd;
                l = nl;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let fin = Instant::now() + Duration::from_secs(segs);
    let t0 = Instant::now();
    let mut js = tokio::task::JoinSet::new();
    let mut n = 0u64;
    let mut lanzados = 0;
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 * lote / ritmo.max(1)));
    while Instant::now() < fin && ritmo > 0 {
        tick.tick().await;
        let msgs: Vec<Saliente> = (0..lote)
            .map(|_| {
                n += 1;
                let t = TEMAS[(n % 3) as usize];
                let d = EventoSuscripcionPagada { factura_numero: Some(n.to_string()), ..Default::default() };
                Saliente { tema: t.into(), ..codificar(&Cabecera::nueva(id_nuevo(), "p", ahora()), &d).unwrap() }
            })
            .collect();
        lanzados += msgs.len();
        let (p, c, f, ev) = (m.publicador(), confirmados.clone(), fallos.clone(), ev.clone());
        js.spawn(async move {
            let mut quedan = msgs;
            let t = Instant::now();
            loop {
                let r = p.publicar(quedan.clone()).await;
                let mut sig = vec![];
                for (m, r) in quedan.into_iter().zip(r) {
                    match r {
                        Ok(()) => {
                            c.lock().unwrap().insert(m.id.to_string());
                            let mut e = ev.lock().unwrap();
                            let h = e.0.elapsed();
                            if h > e.1 {
                                e.1 = h;
                            }
                            e.0 = Instant::now();
                        }
                        Err(e) => {
                            let s = match &e {
                                ErrorPublicacion::Desconocido(x) => format!("Desconocido({x})"),
                                o => o.to_string(),
                            };
                            *f.lock().unwrap().entry(s).or_default() += 1;
                            sig.push(m);
                        }
                    }
                }
                if sig.is_empty() || t.elapsed() > Duration::from_secs(120) {
                    break;
                }
                quedan = sig;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    if ritmo == 0 {
        tokio::time::sleep_until(fin.into()).await;
    }
    while js.join_next().await.is_some() {}
    println!("publicados {} en {:?}", confirmados.lock().unwrap().len(), t0.elapsed());
    let lim = Instant::now() + Duration::from_secs(30);
    loop {
        let faltan = {
            let v = of.vistos.lock().unwrap();
            confirmados.lock().unwrap().iter().filter(|i| !v.contains_key(*i)).count()
        };
        if faltan == 0 || Instant::now() > lim || arg("CONSUMIR", 1) == 0 {
            println!("lanzados {lanzados} confirmados {} PERDIDOS {faltan}", confirmados.lock().unwrap().len());
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let dup = of.vistos.lock().unwrap().values().filter(|n| **n > 1).count();
    let mut l = of.lat.lock().unwrap().clone();
    l.sort();
    let q = |p: f64| l.get(((l.len() as f64 * p) as usize).min(l.len().max(1) - 1)).copied().unwrap_or(0);
    println!(
        "manejados distintos {} repetidos {dup} lotes {} sospechosos {} hueco_consumo {:?} hueco_publicacion {:?} lat_ms p50 {} p99 {} max {}",
        of.vistos.lock().unwrap().len(),
        of.lotes.load(Ordering::Relaxed),
        of.sosp.load(Ordering::Relaxed),
        of.max_hueco.lock().unwrap(),
        ev.lock().unwrap().1,
        q(0.5),
        q(0.99),
        q(1.0)
    );
    println!("fallos {:?}", fallos.lock().unwrap());
    cierre.cancel();
    tareas.close();
    let t = Instant::now();
    tareas.wait().await;
    println!("cierre {:?}", t.elapsed());
    let _ = vig.await;
}
