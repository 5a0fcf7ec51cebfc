use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Recogido {
    pub destinatario: String,
    pub mensaje: String,
}

impl Recogido {
    pub fn cabecera(&self, nombre: &str) -> Option<&str> {
        let cabeceras = self.mensaje.split("\r\n\r\n").next()?;
        let (_, valor) = cabeceras.lines().filter_map(|linea| linea.split_once(": ")).find(|(n, _)| *n == nombre)?;
        Some(valor)
    }
}

/// Speaks enough SMTP (RFC 5321). Refuses `rechaza@...` with 550; answers `aplaza@...` with 451 until told.
#[derive(Clone)]
pub struct ServidorSmtp {
    direccion: SocketAddr,
    estado: Arc<Mutex<Estado>>,
}

#[derive(Default)]
struct Estado {
    recogidos: Vec<Recogido>,
    ya_no_aplaza: bool,
    /// Answers every mail so, whatever the address.
    averia: Option<&'static str>,
}

impl ServidorSmtp {
    pub async fn iniciar() -> Self {
        let oyente = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let servidor = Self { direccion: oyente.local_addr().expect("address"), estado: Arc::default() };
        let propio = servidor.clone();
        tokio::spawn(async move {
            loop {
                let (conexion, _) = oyente.accept().await.expect("accepts");
                let servidor = propio.clone();
                tokio::spawn(async move { servidor.conversar(conexion).await });
            }
        });
        servidor
    }

    pub fn puerto(&self) -> u16 {
        self.direccion.port()
    }

    pub fn recogidos(&self) -> Vec<Recogido> {
        self.estado.lock().expect("lock").recogidos.clone()
    }

    pub fn dejar_de_aplazar(&self) {
        self.estado.lock().expect("lock").ya_no_aplaza = true;
    }

    pub fn averiar(&self, respuesta: Option<&'static str>) {
        self.estado.lock().expect("lock").averia = respuesta;
    }

    /// Ends with the connection; a client that leaves in the middle is no error of the server.
    async fn conversar(&self, conexion: TcpStream) -> Option<()> {
        let (lectura, mut escritura) = conexion.into_split();
        let mut lineas = BufReader::new(lectura).lines();
        escritura.write_all(b"220 pruebas ESMTP\r\n").await.ok()?;
        let mut destinatario = String::new();
        while let Some(linea) = lineas.next_line().await.ok()? {
            let orden = linea.to_ascii_uppercase();
            let respuesta = if orden.starts_with("EHLO") {
                "250 pruebas"
            } else if orden.starts_with("RCPT TO:") {
                destinatario = linea.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                self.juzgar(&destinatario)
            } else if orden.starts_with("DATA") {
                escritura.write_all(b"354 adelante\r\n").await.ok()?;
                let mensaje = leer_mensaje(&mut lineas).await?;
                let recogido = Recogido { destinatario: destinatario.clone(), mensaje };
                self.estado.lock().expect("lock").recogidos.push(recogido);
                "250 recogido"
            } else if orden.starts_with("QUIT") {
                escritura.write_all(b"221 adios\r\n").await.ok()?;
                return Some(());
            } else {
                "250 bien"
            };
            escritura.write_all(format!("{respuesta}\r\n").as_bytes()).await.ok()?;
        }
        Some(())
    }

    fn juzgar(&self, destinatario: &str) -> &'static str {
        let estado = self.estado.lock().expect("lock");
        match destinatario.split('@').next() {
            _ if estado.averia.is_some() => estado.averia.unwrap_or_default(),
            Some("rechaza") => "550 5.1.1 no existe",
            Some("aplaza") if !estado.ya_no_aplaza => "451 4.3.0 mas tarde",
            _ => "250 bien",
        }
    }
}

async fn leer_mensaje(lineas: &mut tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>) -> Option<String> {
    let mut mensaje = String::new();
    while let Some(linea) = lineas.next_line().await.ok()? {
        if linea == "." {
            return Some(mensaje);
        }
        mensaje.push_str(linea.strip_prefix('.').unwrap_or(&linea));
        mensaje.push_str("\r\n");
    }
    None
}
