//! Images with their files, over the whole system: in through every door, out clean, originals gone, whatever dies.

use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use contratos::{ComandoAnonimizarImagen, EventoAnonimizacion, EventoAnonimizacionFallida, Mensaje, temas};
use mensajeria::{AjustesPulsar, Mensajeria};
use pruebas::{Identidad, Sistema, cliente_nuevo, esperar, imagen_dicom};
use reqwest::Client;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const RUTA: &str = "/procesamiento/procesar-imagen";
const PLAZO: Duration = Duration::from_secs(60);

/// Where a process of procesamiento is killed: with the file in quarantine and no row, before and after the commit of
/// an intake, with the clean file in its place and no result, before the command is acknowledged, and before the
/// original is deleted.
const PUNTOS: [&str; 6] =
    ["tras-depositar", "antes-de-confirmar", "tras-confirmar", "tras-renombrar", "antes-de-ack", "antes-de-borrar"];

/// A seal that no other image has, in hexadecimal.
fn sello() -> String {
    cliente_nuevo().trim_start_matches("c-").chars().skip(16).collect()
}

/// One file in a body of its kind.
struct Envio {
    ruta: &'static str,
    tipo: &'static str,
    cuerpo: Vec<u8>,
}

impl Envio {
    fn dicom(archivo: &[u8]) -> Self {
        Self { ruta: RUTA, tipo: "application/dicom", cuerpo: archivo.to_vec() }
    }

    fn formulario(archivo: &[u8], nombre: &str) -> Self {
        let parte = format!("Content-Disposition: form-data; name=\"archivo\"; filename=\"{nombre}.dcm\"");
        let campo = "--LIMITE\r\nContent-Disposition: form-data; name=\"patologia\"\r\n\r\nnodulo\r\n";
        let cuerpo = [campo.as_bytes(), &en_partes(&parte, archivo)].concat();
        Self { ruta: RUTA, tipo: "multipart/form-data; boundary=LIMITE", cuerpo }
    }

    fn stow(archivo: &[u8]) -> Self {
        let tipo = "multipart/related; type=\"application/dicom\"; boundary=LIMITE";
        Self { ruta: "/dicomweb/studies", tipo, cuerpo: en_partes("Content-Type: application/dicom", archivo) }
    }

    fn zip(archivo: &[u8], nombre: &str) -> Self {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (nombre, contenido) in [(format!("{nombre}/1.dcm"), archivo), ("LEEME".to_owned(), nombre.as_bytes())] {
            zip.start_file(nombre, SimpleFileOptions::default()).expect("entrada");
            zip.write_all(contenido).expect("contenido");
        }
        Self { ruta: RUTA, tipo: "application/zip", cuerpo: zip.finish().expect("zip").into_inner() }
    }

    /// Sends until it is taken, with the same key, as a client does whose connection broke; answers the operation.
    async fn enviar(&self, sistema: &Sistema, clave: &str) -> String {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("cliente");
        let url = format!("{}{}", sistema.proceso("bff-web").url(), self.ruta);
        esperar("el envío se acepta", PLAZO, async || {
            let peticion = http.post(&url).header("Idempotency-Key", clave).header("Content-Type", self.tipo);
            let respuesta = peticion.body(self.cuerpo.clone()).send().await.ok()?;
            let lugar = respuesta.headers().get("location")?.to_str().ok()?.to_owned();
            respuesta.status().is_success().then_some(lugar)
        })
        .await
    }
}

fn en_partes(cabecera: &str, archivo: &[u8]) -> Vec<u8> {
    let abre = format!("--LIMITE\r\n{cabecera}\r\n\r\n");
    [abre.as_bytes(), archivo, b"\r\n--LIMITE--\r\n"].concat()
}

/// The operation once every image of it came to an end.
async fn terminada(sistema: &Sistema, operacion: &str) -> Value {
    esperar("las imágenes llegan a su fin", PLAZO, async || {
        let leida = sistema.leer(operacion).await.cuerpo;
        leida["estado"].as_str().is_some_and(|estado| estado.starts_with("hecho")).then_some(leida)
    })
    .await
}

async fn sin_pendientes(sistema: &Sistema) {
    let base = sistema.base("procesamiento").await;
    esperar("los originales se borran", PLAZO, async || {
        let quedan: i64 = sqlx::query_scalar("select count(*) from borrado_pendiente where liberado is not null")
            .fetch_one(&base)
            .await
            .ok()?;
        (quedan == 0).then_some(())
    })
    .await;
}

fn archivos(carpeta: &Path) -> Vec<PathBuf> {
    let todos = walkdir::WalkDir::new(carpeta).into_iter().map(|entrada| entrada.expect("carpeta legible").into_path());
    todos.filter(|ruta| ruta.is_file()).collect()
}

fn contiene(bytes: &[u8], texto: &str) -> bool {
    bytes.windows(texto.len()).any(|ventana| ventana == texto.as_bytes())
}

/// Where a text is found, of the stores, the logs, the database and the topics.
async fn rastros(sistema: &Sistema, texto: &str) -> Vec<String> {
    let mut hallados = Vec::new();
    let de_disco = archivos(&sistema.carpeta().join("almacenes"));
    let registros = archivos(sistema.carpeta()).into_iter().filter(|ruta| ruta.extension().is_some_and(|e| e == "log"));
    for ruta in de_disco.into_iter().chain(registros) {
        if contiene(&std::fs::read(&ruta).expect("archivo"), texto) {
            hallados.push(ruta.display().to_string());
        }
    }
    let base = sistema.base("procesamiento").await;
    for tabla in ["imagen", "paquete", "archivo", "borrado_pendiente", "bandejas.outbox", "bandejas.dead_letter"] {
        let consulta = format!("select count(*) from {tabla} t where t::text like '%' || $1 || '%'");
        let filas = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(consulta)).bind(texto).fetch_one(&base).await;
        if filas.expect("consulta") > 0 {
            hallados.push(tabla.to_owned());
        }
    }
    for tipo in [ComandoAnonimizarImagen::TIPO, EventoAnonimizacion::TIPO, EventoAnonimizacionFallida::TIPO] {
        if leer_tema(sistema, tipo).await.iter().any(|carga| contiene(carga, texto)) {
            hallados.push(tipo.to_owned());
        }
    }
    hallados
}

async fn leer_tema(sistema: &Sistema, tipo: &str) -> Vec<Vec<u8>> {
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let ajustes = AjustesPulsar { url: sistema.url_pulsar(), espacio: "public/default".to_owned() };
    let mensajeria = Mensajeria::nueva(&ajustes, &tareas, &cierre);
    let tema = temas::por_tipo(tipo).expect("tema").nombre;
    let mut lectura = mensajeria.leer(tema, false).await.expect("lectura");
    let mut cargas = Vec::new();
    while let Some(entrante) = lectura.siguiente().await.expect("mensaje") {
        cargas.push(entrante.carga);
    }
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
    cargas
}

/// How many different events of an image were published; a repetition has the same bytes.
async fn hechos(sistema: &Sistema, imagen: &str) -> usize {
    let cargas: HashSet<_> = leer_tema(sistema, EventoAnonimizacion::TIPO).await.into_iter().collect();
    cargas.iter().filter(|carga| contiene(carga, imagen)).count()
}

fn imagen_de(operacion: &Value) -> String {
    operacion["recursos"]["imagenes"][0]["id_imagen"].as_str().expect("imagen").to_owned()
}

#[tokio::test]
async fn las_imagenes_entran_por_cada_puerta_y_salen_sin_identidad_ni_original() {
    let sistema = Sistema::tomar().await;
    let sello = sello();
    let identidades: Vec<_> = (1..=4).map(|n| Identidad::canario(&format!("{sello}{n}"))).collect();
    let archivos: Vec<_> = identidades.iter().map(imagen_dicom).collect();
    let nombre = format!("CANARIO{sello}-archivo");
    let envios = [
        Envio::dicom(&archivos[0]),
        Envio::formulario(&archivos[1], &nombre),
        Envio::stow(&archivos[2]),
        Envio::zip(&archivos[3], &nombre),
    ];

    for envio in &envios {
        let operacion = envio.enviar(&sistema, &cliente_nuevo()).await;
        let operacion = terminada(&sistema, &operacion).await;
        assert_eq!(operacion["estado"], "hecho", "{}: {operacion:#}", envio.tipo);
        let id = imagen_de(&operacion);
        let url = format!("{}/anonimizado/{id}/archivo", sistema.proceso("bff-web").url());
        let respuesta = reqwest::get(url).await.expect("respuesta");
        assert_eq!(respuesta.headers()["content-type"], "application/dicom");
        let limpio = respuesta.bytes().await.expect("cuerpo");
        assert_eq!(limpio.get(128..132), Some(&b"DICM"[..]), "{}", envio.tipo);
    }

    sin_pendientes(&sistema).await;
    for texto in [format!("CANARIO{sello}"), format!("CANARIO-{sello}")] {
        assert_eq!(rastros(&sistema, &texto).await, Vec::<String>::new());
    }
}

async fn morir_en(sistema: &Sistema, punto: &str) {
    let procesamiento = sistema.proceso("procesamiento");
    procesamiento.reiniciar(&[("SALUDTECH_FALLO", punto)]).await;
    let marca = procesamiento.marca();
    let envio = Envio::dicom(&imagen_dicom(&Identidad::canario(&sello())));
    let clave = cliente_nuevo();
    let muerte = async {
        let anuncio = format!("punto de fallo alcanzado: {punto}");
        esperar(&format!("procesamiento llega a {punto}"), PLAZO, async || {
            procesamiento.registro_desde(marca).contains(&anuncio).then_some(())
        })
        .await;
        procesamiento.matar().await;
        procesamiento.arrancar(&[]);
        procesamiento.esperar_listo().await;
    };

    let (operacion, ()) = tokio::join!(envio.enviar(sistema, &clave), muerte);
    let operacion = terminada(sistema, &operacion).await;

    assert_eq!(operacion["estado"], "hecho", "{punto}: {operacion:#}");
    let imagenes = operacion["recursos"]["imagenes"].as_array().map(Vec::len);
    assert_eq!(imagenes, Some(1), "{punto}: {operacion:#}");
    sin_pendientes(sistema).await;
    assert_eq!(hechos(sistema, &imagen_de(&operacion)).await, 1, "{punto}");
}

#[tokio::test]
async fn procesamiento_muere_en_cada_punto_y_cada_imagen_sale_una_vez() {
    let sistema = Sistema::tomar().await;
    for punto in PUNTOS {
        morir_en(&sistema, punto).await;
    }
}
