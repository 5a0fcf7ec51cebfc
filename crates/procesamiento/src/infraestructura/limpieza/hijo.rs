use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

use anonimizacion::{Anonimizador, Claves, Informe, Opcion, Perfil, PoliticaPixeles};
use aws_lc_rs::digest::{SHA256, digest};
use nix::sys::resource::{Resource, setrlimit};
use secrecy::SecretString;

use super::atributos;
use super::protocolo::{Hallazgos, Pedido, Respuesta, TEXTO_MAXIMO};

/// Address space beyond the memory that may be used: what the allocator and the program itself reserve.
const RESERVAS: u64 = 2 * 1024 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
enum ErrorPedido {
    #[error("the request is longer than it may be")]
    Largo,
}

/// Cleans the one file that comes in through the standard input, and writes the answer to the standard output.
///
/// It binds itself to its limits before it reads a byte of the file. It may die; the parent takes that for an answer.
pub fn limpiar_como_hijo() -> Result<(), Box<dyn Error>> {
    let mut entrada = stdin().lock();
    let pedido: Pedido = serde_json::from_slice(&leer_texto(&mut entrada)?)?;
    atarse(&pedido)?;
    let mut original = Vec::with_capacity(usize::try_from(pedido.bytes)?);
    entrada.take(pedido.bytes).read_to_end(&mut original)?;
    let (respuesta, limpio) = responder(&pedido, original)?;
    escribir(&respuesta, &limpio)?;
    Ok(())
}

fn leer_texto(entrada: &mut impl Read) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut largo = [0; 4];
    entrada.read_exact(&mut largo)?;
    let largo = u32::from_le_bytes(largo);
    if largo > TEXTO_MAXIMO {
        return Err(ErrorPedido::Largo.into());
    }
    let mut texto = vec![0; usize::try_from(largo)?];
    entrada.read_exact(&mut texto)?;
    Ok(texto)
}

fn atarse(pedido: &Pedido) -> Result<(), nix::Error> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_FSIZE, 0, 0)?;
    setrlimit(Resource::RLIMIT_CPU, pedido.segundos, pedido.segundos)?;
    setrlimit(Resource::RLIMIT_DATA, pedido.memoria, pedido.memoria)?;
    let espacio = pedido.memoria.saturating_add(RESERVAS);
    setrlimit(Resource::RLIMIT_AS, espacio, espacio)
}

fn responder(pedido: &Pedido, original: Vec<u8>) -> Result<(Respuesta, Vec<u8>), Box<dyn Error>> {
    if hex::encode(digest(&SHA256, &original).as_ref()) != pedido.sha256 {
        return Ok((Respuesta::Rechazada { codigo: "original_alterado".to_owned(), informe: None }, Vec::new()));
    }
    let claves = Claves::nuevas(&SecretString::from(pedido.clave.as_str()), &pedido.inquilino)?;
    let perfil = Perfil::basico().con(Opcion::LimpiarPixeles);
    let politica = PoliticaPixeles { detectar: true, ..PoliticaPixeles::default() };
    match Anonimizador::nuevo(perfil, claves, politica).anonimizar(&original) {
        Ok(limpio) => {
            let atributos = match pedido.formato.as_str() {
                "dicom" => atributos::leer(&limpio.bytes),
                _ => Hallazgos::default(),
            };
            let respuesta = Respuesta::Limpia {
                bytes: limpio.bytes.len() as u64,
                retirados: retirados(&limpio.informe)?,
                informe: serde_json::to_value(&limpio.informe)?,
                atributos,
            };
            Ok((respuesta, limpio.bytes))
        }
        Err(rechazo) => {
            let codigo = rechazo.codigo.codigo().to_owned();
            let informe = Some(serde_json::to_value(&rechazo.informe)?);
            Ok((Respuesta::Rechazada { codigo, informe }, Vec::new()))
        }
    }
}

/// The counts of a report that are not zero.
fn retirados(informe: &Informe) -> Result<BTreeMap<String, u64>, serde_json::Error> {
    let cuentas: BTreeMap<String, u64> = serde_json::from_value(serde_json::to_value(&informe.cuentas)?)?;
    let regiones = ("regiones_de_pixeles".to_owned(), informe.pixeles.regiones.len() as u64);
    Ok(cuentas.into_iter().chain([regiones]).filter(|(_, cuantos)| *cuantos > 0).collect())
}

fn escribir(respuesta: &Respuesta, limpio: &[u8]) -> Result<(), Box<dyn Error>> {
    let texto = serde_json::to_vec(respuesta)?;
    let mut salida = stdout().lock();
    salida.write_all(&u32::try_from(texto.len())?.to_le_bytes())?;
    salida.write_all(&texto)?;
    salida.write_all(limpio)?;
    salida.flush()?;
    Ok(())
}
