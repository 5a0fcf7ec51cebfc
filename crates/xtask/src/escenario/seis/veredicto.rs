//! What must hold once the system is quiet, and whether it does.

use std::collections::{BTreeMap, HashMap};

use administracion::Admin;
use anyhow::{Context, Result};
use reqwest::Client;
use serde_json::Value;

use super::envios::Envio;
use super::libros::{self, Asiento, Pendiente};
use super::pedidos::Pedido;
use super::registro::{self, Publicado};
use crate::escenario::punto::Punto;

/// A saga that turned because nobody answered in time is right, and not what was foreseen.
const SILENCIO: &str = "sin_respuesta";

/// Everything that was looked at.
pub struct Veredicto {
    pub puntos: Vec<Punto>,
    pub fases: BTreeMap<String, u64>,
    /// Sagas that turned because a participant was silent past all attempts.
    pub por_silencio: u64,
    pub mensajes_de_registro: u64,
    pub transiciones: u64,
    pub transiciones_repetidas: u64,
    /// What the audit opened while processes died, and resolved by itself.
    pub hallazgos_resueltos: u64,
}

impl Veredicto {
    pub fn se_cumple(&self) -> bool {
        self.puntos.iter().all(Punto::se_cumple)
    }
}

/// What the checks look at.
pub struct Escena<'e> {
    pub pedidos: &'e [Pedido],
    pub envios: &'e [Envio],
    pub puerto_postgres: u16,
    pub admin: &'e Admin,
    pub http: &'e Client,
    pub url_bff: &'e str,
}

pub async fn dictar(escena: &Escena<'_>, pendiente: &Pendiente) -> Result<Veredicto> {
    let puerto = escena.puerto_postgres;
    let asientos = libros::leer(puerto).await?;
    let (base, publicado) = tokio::try_join!(libros::registro(puerto), registro::leer(escena.admin))?;
    let consistencia = consistencia(escena.http, escena.url_bff).await?;
    let aceptados = escena.envios.iter().filter(|envio| envio.aceptado).count() as u64;
    let cuenta = |clave: &str| consistencia[clave].as_u64().unwrap_or(u64::MAX);
    let puntos = vec![
        Punto::cuenta("peticiones aceptadas", escena.pedidos.len() as u64, aceptados),
        Punto::cero("aceptadas sin suscripción o sin saga", sin_registro(escena.pedidos, &asientos)),
        Punto::cero("sagas con huecos en su registro", con_huecos(&asientos)),
        Punto::cero("transiciones que no están en Pulsar", sin_publicar(&base, &publicado)),
        Punto::cero("transiciones que solo están en Pulsar", solo_publicadas(&base, &publicado)),
        Punto::cuenta("copias de una transición que no dicen lo mismo", 0, publicado.contradicciones),
        Punto::cero("desenlaces que los fallos no explican", imprevistos(escena.pedidos, &asientos)),
        Punto::cuenta("inconsistentes, según la auditoría", 0, cuenta("inconsistentes")),
        Punto::cuenta("en observación, según la auditoría", 0, cuenta("en_observacion")),
        Punto::cuenta("sagas que la auditoría ha revisado", escena.pedidos.len() as u64, cuenta("revisadas")),
        Punto::cero("inconsistentes, según las tres bases", incoherentes(&asientos)),
        Punto::cero("suscripciones, sagas, pagos, servicios o avisos repetidos", repetidos(&asientos)),
        Punto::cuenta("efectos repetidos", 0, libros::efectos_repetidos(puerto).await?),
        Punto::cuenta("plazas de servicios terminados", 0, libros::plazas_descuadradas(puerto).await?),
        Punto::cuenta("sagas sin terminar tras la calma", 0, pendiente.vivas),
        Punto::cuenta("mensajes sin enviar tras la calma", 0, pendiente.por_enviar),
        Punto::cuenta("mensajes apartados", 0, pendiente.cartas),
    ];
    let mut fases = BTreeMap::new();
    for asiento in asientos.values() {
        *fases.entry(asiento.fase.clone()).or_default() += 1;
    }
    Ok(Veredicto {
        puntos,
        fases,
        por_silencio: asientos.values().filter(|a| a.motivo.as_deref() == Some(SILENCIO)).count() as u64,
        mensajes_de_registro: publicado.mensajes,
        transiciones: publicado.entradas.len() as u64,
        transiciones_repetidas: publicado.transiciones - publicado.entradas.len() as u64,
        hallazgos_resueltos: libros::hallazgos_resueltos(puerto).await?,
    })
}

/// What the audit says.
pub async fn consistencia(http: &Client, base: &str) -> Result<Value> {
    let respuesta = http.get(format!("{base}/auditoria/consistencia")).send().await?;
    respuesta.error_for_status()?.json().await.context("la auditoría no se entiende")
}

fn sin_registro(pedidos: &[Pedido], asientos: &BTreeMap<String, Asiento>) -> Vec<String> {
    let con_saga = |pedido: &&Pedido| asientos.values().any(|a| a.cliente == pedido.cliente && a.sagas > 0);
    pedidos.iter().filter(|pedido| !con_saga(pedido)).map(|pedido| pedido.cliente.clone()).collect()
}

fn con_huecos(asientos: &BTreeMap<String, Asiento>) -> Vec<String> {
    asientos.iter().filter(|(_, asiento)| !asiento.sin_huecos).map(|(id, _)| id.clone()).collect()
}

fn sin_publicar(base: &HashMap<(String, i64), Value>, publicado: &Publicado) -> Vec<String> {
    let falta = |(clave, entrada): &(&(String, i64), &Value)| publicado.entradas.get(*clave) != Some(*entrada);
    base.iter().filter(falta).map(|((saga, version), _)| format!("{saga} v{version}")).collect()
}

fn solo_publicadas(base: &HashMap<(String, i64), Value>, publicado: &Publicado) -> Vec<String> {
    let sobra = |clave: &&(String, i64)| !base.contains_key(*clave);
    publicado.entradas.keys().filter(sobra).map(|(saga, version)| format!("{saga} v{version}")).collect()
}

fn imprevistos(pedidos: &[Pedido], asientos: &BTreeMap<String, Asiento>) -> Vec<String> {
    let por_cliente: HashMap<&str, &Asiento> = asientos.values().map(|a| (a.cliente.as_str(), a)).collect();
    let imprevisto = |pedido: &Pedido| {
        let asiento = por_cliente.get(pedido.cliente.as_str())?;
        let hallado = (asiento.fase.as_str(), asiento.motivo.as_deref());
        let previsto = pedido.previsto();
        let explicado = hallado == previsto || hallado == ("compensada", Some(SILENCIO));
        (!explicado).then(|| format!("{}: {hallado:?} en vez de {previsto:?}", pedido.cliente))
    };
    pedidos.iter().filter_map(imprevisto).collect()
}

fn incoherentes(asientos: &BTreeMap<String, Asiento>) -> Vec<String> {
    asientos.iter().filter_map(|(id, asiento)| Some(format!("{id}: {}", asiento.incoherencia()?))).collect()
}

/// What exists twice: of a client, or of a subscription.
fn repetidos(asientos: &BTreeMap<String, Asiento>) -> Vec<String> {
    let mut clientes: BTreeMap<&str, u32> = BTreeMap::new();
    for asiento in asientos.values() {
        *clientes.entry(asiento.cliente.as_str()).or_default() += 1;
    }
    let clientes = clientes.into_iter().filter(|(_, veces)| *veces > 1).map(|(cliente, _)| cliente.to_owned());
    let doble = |asiento: &Asiento| {
        let ocupa_de_mas = asiento.servicios.iter().any(|s| s.nubes > 1 || s.expertos > 1);
        asiento.sagas > 1
            || asiento.pagos > 1
            || asiento.servicios.len() > 1
            || asiento.avisos.len() > 1
            || ocupa_de_mas
    };
    clientes.chain(asientos.iter().filter(|(_, asiento)| doble(asiento)).map(|(id, _)| id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lo_que_falta_en_un_lado_o_no_dice_lo_mismo_se_nombra() {
        let clave = |version| ("s".to_owned(), version);
        let base = HashMap::from([(clave(1), json!(1)), (clave(2), json!(2)), (clave(3), json!(3))]);
        let entradas = HashMap::from([(clave(1), json!(1)), (clave(2), json!("otra")), (clave(4), json!(4))]);
        let publicado = Publicado { entradas, ..Publicado::default() };
        let mut faltan = sin_publicar(&base, &publicado);
        faltan.sort();
        assert_eq!(faltan, ["s v2", "s v3"]);
        assert_eq!(solo_publicadas(&base, &publicado), ["s v4"]);
    }

    #[test]
    fn un_cliente_con_dos_suscripciones_y_un_servicio_doble_son_repeticiones() {
        let asiento = |cliente: &str, pagos| Asiento { cliente: cliente.into(), pagos, ..Asiento::default() };
        let asientos = BTreeMap::from([
            ("a".to_owned(), asiento("uno", 1)),
            ("b".to_owned(), asiento("uno", 0)),
            ("c".to_owned(), asiento("dos", 2)),
        ]);
        assert_eq!(repetidos(&asientos), ["uno", "c"]);
    }
}
