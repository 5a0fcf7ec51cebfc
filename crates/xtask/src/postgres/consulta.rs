//! Simple queries over Postgres' wire protocol.
//!
//! Enough to create databases and run migration files on a server that trusts loopback: the binaries from Maven bring
//! no `psql`. Source: PostgreSQL documentation, "Message Formats".

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::USUARIO;

const VERSION_DEL_PROTOCOLO: i32 = 196_608;
/// No answer to what this tool asks comes near it.
const MENSAJE_MAXIMO: usize = 16 * 1024 * 1024;

pub type Fila = Vec<Option<String>>;

/// One session.
pub struct Conexion {
    flujo: TcpStream,
}

struct Mensaje {
    tipo: u8,
    cuerpo: Vec<u8>,
}

impl Conexion {
    /// Connects as the local superuser.
    ///
    /// # Errors
    /// While the server starts, or if it asks for a password.
    pub async fn abrir(puerto: u16, base: &str) -> Result<Self> {
        let mut conexion = Self { flujo: TcpStream::connect(("127.0.0.1", puerto)).await? };
        let parametros = format!("user\0{USUARIO}\0database\0{base}\0\0");
        let mut saludo = VERSION_DEL_PROTOCOLO.to_be_bytes().to_vec();
        saludo.extend(parametros.as_bytes());
        conexion.enviar(None, &saludo).await?;
        conexion.hasta_lista().await?;
        Ok(conexion)
    }

    /// Runs one or more statements; the rows are those of all of them, as text.
    pub async fn ejecutar(&mut self, sql: &str) -> Result<Vec<Fila>> {
        let mut cuerpo = sql.as_bytes().to_vec();
        cuerpo.push(0);
        self.enviar(Some(b'Q'), &cuerpo).await?;
        self.hasta_lista().await
    }

    async fn enviar(&mut self, tipo: Option<u8>, cuerpo: &[u8]) -> Result<()> {
        let mut bytes: Vec<u8> = tipo.into_iter().collect();
        bytes.extend(i32::try_from(cuerpo.len() + 4)?.to_be_bytes());
        bytes.extend(cuerpo);
        Ok(self.flujo.write_all(&bytes).await?)
    }

    /// Reads until the server waits for the next query; its first error is this call's.
    async fn hasta_lista(&mut self) -> Result<Vec<Fila>> {
        let (mut filas, mut error) = (Vec::new(), None);
        loop {
            let mensaje = self.recibir().await?;
            match mensaje.tipo {
                b'R' => {
                    ensure!(mensaje.cuerpo == [0; 4], "Postgres pide contraseña: no es el servidor de este entorno")
                }
                b'D' => filas.push(leer_fila(&mensaje.cuerpo)?),
                b'E' => {
                    let texto = leer_error(&mensaje.cuerpo);
                    // A fatal error closes the session: no `ReadyForQuery` follows it.
                    if texto.starts_with("FATAL") {
                        bail!(texto);
                    }
                    error.get_or_insert(texto);
                }
                b'Z' => break,
                _ => {}
            }
        }
        match error {
            Some(texto) => bail!(texto),
            None => Ok(filas),
        }
    }

    async fn recibir(&mut self) -> Result<Mensaje> {
        let tipo = self.flujo.read_u8().await?;
        let largo = usize::try_from(self.flujo.read_i32().await?)?.checked_sub(4).context("mensaje sin longitud")?;
        ensure!(largo <= MENSAJE_MAXIMO, "mensaje de {largo} bytes");
        let mut cuerpo = vec![0; largo];
        self.flujo.read_exact(&mut cuerpo).await?;
        Ok(Mensaje { tipo, cuerpo })
    }
}

/// A data row: number of columns, then each length (-1 is null) and value.
fn leer_fila(mut cuerpo: &[u8]) -> Result<Fila> {
    let columnas = i16::from_be_bytes(tomar(&mut cuerpo)?);
    (0..columnas)
        .map(|_| {
            let largo = i32::from_be_bytes(tomar(&mut cuerpo)?);
            let Ok(largo) = usize::try_from(largo) else { return Ok(None) };
            let (valor, resto) = cuerpo.split_at_checked(largo).context("fila cortada")?;
            cuerpo = resto;
            Ok(Some(String::from_utf8(valor.to_vec())?))
        })
        .collect()
}

fn tomar<const N: usize>(cuerpo: &mut &[u8]) -> Result<[u8; N]> {
    let (cabeza, resto) = cuerpo.split_first_chunk::<N>().context("mensaje cortado")?;
    *cuerpo = resto;
    Ok(*cabeza)
}

/// `SEVERITY: message (SQLSTATE)`, from fields of one letter and a text that ends in zero.
fn leer_error(cuerpo: &[u8]) -> String {
    let campo = |letra: u8| {
        cuerpo
            .split(|byte| *byte == 0)
            .find(|campo| campo.first() == Some(&letra))
            .map(|campo| String::from_utf8_lossy(&campo[1..]).into_owned())
            .unwrap_or_default()
    };
    format!("{}: {} ({})", campo(b'V'), campo(b'M'), campo(b'C'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn una_fila_distingue_el_nulo_del_texto_vacio() {
        let cuerpo = [&[0, 3][..], &[0, 0, 0, 2, b's', b'i'], &[0xff; 4], &[0; 4]].concat();
        let fila = leer_fila(&cuerpo).expect("a well-formed row");
        assert_eq!(fila, [Some("si".to_owned()), None, Some(String::new())]);
    }

    #[test]
    fn una_fila_cortada_es_un_error() {
        assert!(leer_fila(&[0, 1, 0, 0, 0, 9, b'x']).is_err());
    }

    #[test]
    fn un_error_dice_que_y_con_que_codigo() {
        let cuerpo = b"SERROR\0VERROR\0C42P04\0Mdatabase \"a\" already exists\0\0";
        assert_eq!(leer_error(cuerpo), "ERROR: database \"a\" already exists (42P04)");
    }
}
