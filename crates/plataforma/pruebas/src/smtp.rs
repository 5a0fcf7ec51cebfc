use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A mail as the server received it.
#[derive(Clone, Debug)]
pub struct CorreoRecibido {
    pub destinatario: String,
    pub mensaje: String,
}

impl CorreoRecibido {
    /// The value of a header; empty when absent.
    pub fn cabecera(&self, nombre: &str) -> &str {
        let prefijo = format!("{}:", nombre.to_lowercase());
        let linea = self.mensaje.lines().find(|linea| linea.to_lowercase().starts_with(&prefijo));
        linea.map(|linea| linea[prefijo.len()..].trim()).unwrap_or_default()
    }
}

/// A mail server on loopback that keeps what it receives and refuses recipients by their local part:
/// `rechazado...` for good (550), `ocupado...` for now (451).
pub struct SumideroSmtp {
    pub direccion: SocketAddr,
    recibidos: Arc<Mutex<Vec<CorreoRecibido>>>,
    tarea: JoinHandle<()>,
}

impl SumideroSmtp {
    pub async fn nuevo() -> Self {
        let oyente = TcpListener::bind("127.0.0.1:0").await.expect("puerto");
        let direccion = oyente.local_addr().expect("direccion");
        let recibidos: Arc<Mutex<Vec<CorreoRecibido>>> = Arc::default();
        let destino = recibidos.clone();
        let tarea = tokio::spawn(async move {
            while let Ok((conexion, _)) = oyente.accept().await {
                tokio::spawn(atender(conexion, destino.clone()));
            }
        });
        Self { direccion, recibidos, tarea }
    }

    pub fn recibidos(&self) -> Vec<CorreoRecibido> {
        self.recibidos.lock().expect("buzon").clone()
    }
}

impl Drop for SumideroSmtp {
    fn drop(&mut self) {
        self.tarea.abort();
    }
}

/// Speaks as much of RFC 5321 as a client that sends plain mail needs; a broken connection ends it.
async fn atender(conexion: TcpStream, recibidos: Arc<Mutex<Vec<CorreoRecibido>>>) -> std::io::Result<()> {
    let (lectura, mut escritura) = conexion.into_split();
    let mut lineas = BufReader::new(lectura).lines();
    escritura.write_all(b"220 sumidero ESMTP\r\n").await?;
    let mut destinatario = String::new();
    while let Some(linea) = lineas.next_line().await? {
        let orden = linea.split_whitespace().next().unwrap_or_default().to_uppercase();
        let respuesta: &[u8] = match orden.as_str() {
            "EHLO" => b"250-sumidero\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "HELO" | "MAIL" | "RSET" | "NOOP" => b"250 ok\r\n",
            "RCPT" if linea.to_lowercase().contains("<rechazado") => b"550 no such user\r\n",
            "RCPT" if linea.to_lowercase().contains("<ocupado") => b"451 try again later\r\n",
            "RCPT" => {
                destinatario = linea.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                escritura.write_all(b"354 go on\r\n").await?;
                let mut mensaje = String::new();
                while let Some(linea) = lineas.next_line().await? {
                    if linea == "." {
                        break;
                    }
                    mensaje.push_str(linea.strip_prefix('.').unwrap_or(&linea));
                    mensaje.push('\n');
                }
                let correo = CorreoRecibido { destinatario: destinatario.clone(), mensaje };
                recibidos.lock().expect("buzon").push(correo);
                b"250 queued\r\n"
            }
            "QUIT" => {
                escritura.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 not implemented\r\n",
        };
        escritura.write_all(respuesta).await?;
    }
    Ok(())
}
