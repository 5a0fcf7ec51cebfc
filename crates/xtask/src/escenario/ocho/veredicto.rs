//! What must hold once all is done, and whether it does.

use std::collections::BTreeMap;

use anyhow::Result;

use super::esperar;
use super::informes::{Atendida, Informe, Libro};
use super::puerta::Puerta;
use super::recorrido::{Caso, Visto};
use crate::escenario::punto::Punto;
use crate::escenario::seis::libros::{self, Asiento};
use crate::escenario::seis::veredicto::consistencia;
use crate::servicios::SERVICIOS;

/// What the messages that nobody can execute are put aside for.
const MOTIVOS: [&str; 4] = ["falta_id_suscripcion", "indescifrable", "sin_datos", "tipo_ajeno"];

pub async fn dictar(visto: &Visto, puerto_postgres: u16, puerta: &Puerta) -> Result<Vec<Punto>> {
    let asientos = asientos(visto, puerto_postgres).await?;
    let inconsistentes = auditar(visto, puerta).await?;
    let pendiente = libros::pendiente(puerto_postgres).await?;
    let informes = por_suscripcion(&visto.libro);
    let casos = |falta: &dyn Fn(&Caso) -> Option<String>| visto.casos.iter().filter_map(falta).collect::<Vec<_>>();
    Ok(vec![
        Punto::cuenta("procesos con el mismo pid y el mismo programa", SERVICIOS.len() as u64, iguales(visto)),
        Punto::cero("sagas con un final que no se esperaba", casos(&|caso| otro_final(caso))),
        Punto::cero("informes que no están como debían", casos(&|caso| otro_informe(caso, &informes))),
        Punto::cero("suscripciones con otros libros de los debidos", casos(&|caso| otros_libros(caso, &asientos))),
        Punto::cuenta("inconsistentes, según la auditoría", 0, inconsistentes),
        Punto::cuenta("comandos entregados otra vez", ordenes(&visto.antes_de_repetir), repetidas(&visto.tras_repetir)),
        Punto::cero("efectos de un comando repetido", efectos_de_repetir(visto)),
        Punto::cero("sagas que un comando repetido movió", casos(&|caso| movida(caso, visto))),
        Punto::cuenta("informes de una orden que llegó tras su reversa", 0, tras_la_lapida(visto, &informes)),
        Punto::cero("mensajes malos sin su carta muerta", sin_carta(&visto.apartados)),
        Punto::cuenta("cartas muertas del servicio nuevo", MOTIVOS.len() as u64, visto.apartados.len() as u64),
        Punto::cuenta("paradas en orden del servicio nuevo", 2, visto.paradas_en_orden),
        Punto::cuenta("sagas sin terminar", 0, pendiente.vivas),
        Punto::cuenta("mensajes sin enviar", 0, pendiente.por_enviar),
        Punto::cuenta("cartas muertas de los demás servicios", 0, pendiente.cartas),
    ])
}

/// The databases, once each outcome has been told and nothing waits to be sent.
async fn asientos(visto: &Visto, puerto: u16) -> Result<BTreeMap<String, Asiento>> {
    esperar("cada desenlace se avisa", async || {
        let asientos = libros::leer(puerto).await?;
        let avisado = |caso: &Caso| {
            let avisos = asientos.get(&caso.recursos.suscripcion).map(|asiento| asiento.avisos.as_slice());
            avisos.is_some_and(|avisos| avisos.iter().any(|(_, estado)| estado != "creada"))
        };
        let quieto = libros::pendiente(puerto).await?.por_enviar == 0;
        Ok((quieto && visto.casos.iter().all(avisado)).then_some(asientos))
    })
    .await
}

/// How many the audit finds inconsistent once it has checked every saga.
async fn auditar(visto: &Visto, puerta: &Puerta) -> Result<u64> {
    esperar("la auditoría revisa todas las sagas", async || {
        let consistencia = consistencia(&puerta.http, &puerta.base).await?;
        let cuenta = |clave: &str| consistencia[clave].as_u64().unwrap_or(u64::MAX);
        let revisadas = cuenta("revisadas") == visto.casos.len() as u64 && cuenta("en_observacion") == 0;
        Ok(revisadas.then(|| cuenta("inconsistentes")))
    })
    .await
}

fn iguales(visto: &Visto) -> u64 {
    visto.huellas.iter().filter(|huella| visto.huellas_al_final.contains(huella)).count() as u64
}

fn otro_final(caso: &Caso) -> Option<String> {
    let hallado = (caso.saga["fase"].as_str().unwrap_or_default(), caso.saga["motivo"]["codigo"].as_str());
    (hallado != caso.clase.previsto()).then(|| format!("{}: {hallado:?}", caso.cliente))
}

fn por_suscripcion(libro: &Libro) -> BTreeMap<&str, &Informe> {
    libro.informes.iter().map(|informe| (informe.id_suscripcion.as_str(), informe)).collect()
}

fn otro_informe(caso: &Caso, informes: &BTreeMap<&str, &Informe>) -> Option<String> {
    let informe = informes.get(caso.recursos.suscripcion.as_str());
    let estado = informe.map(|informe| informe.estado.as_str());
    let propio = informe.is_none_or(|informe| informe.codigo_cliente == caso.cliente && informe.tipo == "mensual");
    (estado != caso.clase.informe() || !propio).then(|| format!("{}: {informe:?}", caso.cliente))
}

fn otros_libros(caso: &Caso, asientos: &BTreeMap<String, Asiento>) -> Option<String> {
    let Some(asiento) = asientos.get(&caso.recursos.suscripcion) else {
        return Some(format!("{}: sin suscripción", caso.cliente));
    };
    let (estado, pagos, plantilla) = match caso.clase.previsto().0 {
        "completada" => ("activa", 1, "suscripcion_completada"),
        _ => ("cancelada", 0, "suscripcion_rechazada"),
    };
    let bien = asiento.estado == estado
        && asiento.pagos == pagos
        && (asiento.sagas, asiento.sin_huecos) == (1, true)
        && asiento.servicios.is_empty()
        && matches!(asiento.avisos.as_slice(), [(una, _)] if una == plantilla);
    (!bien).then(|| format!("{}: {asiento:?}", caso.cliente))
}

fn ordenes(libro: &Libro) -> u64 {
    libro.ordenes.len() as u64
}

fn repetidas(libro: &Libro) -> u64 {
    libro.ordenes.iter().filter(|orden| orden.entregas > 1).count() as u64
}

/// What the ledger holds after the repetitions and did not before, deliveries apart.
fn efectos_de_repetir(visto: &Visto) -> Vec<String> {
    let sin_entregas = |orden: &Atendida| Atendida { entregas: 0, ..orden.clone() };
    let antes: Vec<Atendida> = visto.antes_de_repetir.ordenes.iter().map(sin_entregas).collect();
    let nuevas = visto.tras_repetir.ordenes.iter().map(sin_entregas).filter(|orden| !antes.contains(orden));
    let informes = &visto.antes_de_repetir.informes;
    let otros = visto.tras_repetir.informes.iter().filter(|informe| !informes.contains(informe));
    nuevas.map(|orden| format!("{orden:?}")).chain(otros.map(|informe| format!("{informe:?}"))).collect()
}

fn movida(caso: &Caso, visto: &Visto) -> Option<String> {
    let antes = caso.saga["version"].as_i64();
    let despues = visto.versiones_tras_repetir.get(&caso.recursos.saga).copied();
    (despues.is_some() && despues != antes).then(|| format!("{}: de {antes:?} a {despues:?}", caso.cliente))
}

fn tras_la_lapida(visto: &Visto, informes: &BTreeMap<&str, &Informe>) -> u64 {
    let cancelada =
        visto.libro.ordenes.iter().any(|orden| orden.id == visto.lapida.orden && orden.estado == "cancelado");
    u64::from(!cancelada || informes.contains_key(visto.lapida.suscripcion.as_str()))
}

fn sin_carta(apartados: &[String]) -> Vec<String> {
    let falta = |motivo: &&&str| !apartados.iter().any(|apartado| apartado == **motivo);
    MOTIVOS.iter().filter(falta).map(|motivo| (*motivo).to_owned()).collect()
}
