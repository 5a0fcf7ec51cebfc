//! Which process listens on a port, as `/proc` tells it.

use std::fs;
use std::path::Path;

pub struct Ocupante {
    pub pid: u32,
    /// Its command line, shortened.
    pub orden: String,
}

/// The process that listens on `puerto`, if this user may see it.
pub fn ocupante(puerto: u16) -> Option<Ocupante> {
    let inodo = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|tabla| inodo_que_escucha(tabla, puerto))?;
    let buscado = format!("socket:[{inodo}]");
    let pid = fs::read_dir("/proc").ok()?.flatten().find_map(|entrada| {
        let pid: u32 = entrada.file_name().to_str()?.parse().ok()?;
        tiene_abierto(&entrada.path(), &buscado).then_some(pid)
    })?;
    Some(Ocupante { pid, orden: orden(pid) })
}

/// The inode of the listening socket (state 0A) with this local port.
fn inodo_que_escucha(tabla: &str, puerto: u16) -> Option<String> {
    let sufijo = format!(":{puerto:04X}");
    fs::read_to_string(tabla).ok()?.lines().skip(1).find_map(|linea| {
        let campos: Vec<&str> = linea.split_whitespace().collect();
        let (local, estado, inodo) = (campos.get(1)?, campos.get(3)?, campos.get(9)?);
        (local.ends_with(&sufijo) && *estado == "0A").then(|| (*inodo).to_owned())
    })
}

fn tiene_abierto(proceso: &Path, buscado: &str) -> bool {
    let Ok(descriptores) = fs::read_dir(proceso.join("fd")) else { return false };
    descriptores.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|destino| destino.as_os_str() == buscado))
}

fn orden(pid: u32) -> String {
    let Ok(cruda) = fs::read(format!("/proc/{pid}/cmdline")) else { return "orden desconocida".to_owned() };
    let palabras = String::from_utf8_lossy(&cruda).replace('\0', " ");
    palabras.trim().chars().take(160).collect()
}
