//! Runs Maven and follows what it prints.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Runs Maven in batch mode; each line it prints goes to `ver`.
///
/// # Errors
/// The last lines that Maven printed, when it fails.
pub async fn ejecutar(maven: &Path, argumentos: &[&str], ver: impl Fn(&str)) -> Result<()> {
    let mut comando = Command::new(maven);
    comando.arg("-B").args(argumentos);
    comando.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut hijo = comando.spawn()?;
    let mut ultimas = Vec::new();
    if let Some(salida) = hijo.stdout.take() {
        let mut lineas = BufReader::new(salida).lines();
        while let Some(linea) = lineas.next_line().await? {
            ver(&linea);
            if linea.contains("ERROR") {
                ultimas.push(linea);
            }
        }
    }
    if !hijo.wait().await?.success() {
        ultimas.truncate(8);
        bail!("mvn {} falló:\n{}", argumentos.join(" "), ultimas.join("\n"));
    }
    Ok(())
}
