//! The ledgers, read from each service's database without asking the services.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::postgres::{Conexion, Fila};

/// The databases that a saga leaves something in.
pub const BASES: [&str; 3] = ["suscripciones", "servicio_datos", "notificaciones"];

/// What the databases say of one subscription.
#[derive(Debug, Default)]
pub struct Asiento {
    pub cliente: String,
    pub estado: String,
    /// Invoices that are paid, and those that still wait for it.
    pub pagos: u32,
    pub por_pagar: u32,
    pub sagas: u32,
    pub fase: String,
    /// The code that turned the saga.
    pub motivo: Option<String>,
    pub sin_huecos: bool,
    pub servicios: Vec<Servicio>,
    /// Template and state of each notification.
    pub avisos: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Servicio {
    pub estado: String,
    pub nubes: u32,
    pub expertos: u32,
}

/// What is still under way, or was given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pendiente {
    pub vivas: u64,
    pub por_enviar: u64,
    pub cartas: u64,
}

impl Pendiente {
    pub fn nada(&self) -> bool {
        *self == Self::default()
    }
}

/// Every subscription of the environment, by id.
pub async fn leer(puerto: u16) -> Result<BTreeMap<String, Asiento>> {
    let mut asientos = BTreeMap::new();
    let consulta = "select s.id, s.codigo_cliente, s.estado,
               (select count(*) from factura f where f.id_suscripcion = s.id and f.estado = 'pagada'),
               (select count(*) from factura f where f.id_suscripcion = s.id and f.estado = 'pendiente'),
               (select count(*) from saga g where g.id_suscripcion = s.id),
               g.fase, g.estado #>> '{motivo,codigo}',
               (select coalesce(array_agg(l.version order by l.version), '{}') from saga_log l where l.saga = g.id)
                 = (select array_agg(n) from generate_series(1, g.version) n)
        from suscripcion s left join lateral (select * from saga g where g.id_suscripcion = s.id order by creada limit 1) g on true";
    for fila in Conexion::abrir(puerto, "suscripciones").await?.ejecutar(consulta).await? {
        let [Some(id), Some(cliente), Some(estado), Some(pagos), Some(por_pagar), Some(sagas), fase, motivo, seguido] =
            fila.as_slice()
        else {
            bail!("una suscripción sin valores")
        };
        let asiento = Asiento {
            cliente: cliente.clone(),
            estado: estado.clone(),
            pagos: pagos.parse()?,
            por_pagar: por_pagar.parse()?,
            sagas: sagas.parse()?,
            fase: fase.clone().unwrap_or_default(),
            motivo: motivo.clone(),
            sin_huecos: seguido.as_deref() == Some("t"),
            ..Asiento::default()
        };
        asientos.insert(id.clone(), asiento);
    }
    leer_servicios(puerto, &mut asientos).await?;
    leer_avisos(puerto, &mut asientos).await?;
    Ok(asientos)
}

async fn leer_servicios(puerto: u16, asientos: &mut BTreeMap<String, Asiento>) -> Result<()> {
    let consulta = "select s.id_suscripcion, s.estado,
               (select count(*) from cupo c where c.recurso = 'nube' and c.ocupado_por = s.id),
               (select count(*) from cupo c where c.recurso = 'experto' and c.ocupado_por = s.id)
        from servicio_datos s";
    for fila in Conexion::abrir(puerto, "servicio_datos").await?.ejecutar(consulta).await? {
        let [Some(id), Some(estado), Some(nubes), Some(expertos)] = fila.as_slice() else {
            bail!("un servicio de datos sin valores")
        };
        let servicio = Servicio { estado: estado.clone(), nubes: nubes.parse()?, expertos: expertos.parse()? };
        asientos.entry(id.clone()).or_default().servicios.push(servicio);
    }
    Ok(())
}

async fn leer_avisos(puerto: u16, asientos: &mut BTreeMap<String, Asiento>) -> Result<()> {
    let consulta = "select id_suscripcion, plantilla, estado from notificacion";
    for fila in Conexion::abrir(puerto, "notificaciones").await?.ejecutar(consulta).await? {
        let [id, Some(plantilla), Some(estado)] = fila.as_slice() else { bail!("una notificación sin valores") };
        let aviso = (plantilla.clone(), estado.clone());
        asientos.entry(id.clone().unwrap_or_default()).or_default().avisos.push(aviso);
    }
    Ok(())
}

impl Asiento {
    /// Why the three databases do not tell one story; none when they do.
    pub fn incoherencia(&self) -> Option<&'static str> {
        let uno = |plantilla: &str, estados: &[&str]| matches!(self.avisos.as_slice(), [(p, e)] if p == plantilla && estados.contains(&e.as_str()));
        match self.fase.as_str() {
            "completada" | "completada_con_avisos" => {
                let enviado: &[&str] =
                    if self.fase == "completada" { &["enviada", "confirmada"] } else { &["fallida"] };
                let [servicio] = self.servicios.as_slice() else { return Some("no hay un servicio de datos") };
                match () {
                    () if self.estado != "activa" => Some("la suscripción no está activa"),
                    () if self.pagos != 1 => Some("no hay un pago"),
                    () if self.por_pagar != 0 => Some("queda una factura pendiente"),
                    () if servicio.estado != "iniciado" => Some("el servicio de datos no está iniciado"),
                    () if (servicio.nubes, servicio.expertos) != (1, 1) => Some("el servicio no ocupa sus plazas"),
                    () if !uno("suscripcion_completada", enviado) => Some("no hay un aviso de que se completó"),
                    () => None,
                }
            }
            "compensada" => {
                let en_pie = |s: &Servicio| s.estado != "terminado" || s.nubes + s.expertos > 0;
                match () {
                    () if !matches!(self.estado.as_str(), "cancelada" | "rechazada") => Some("la suscripción vive"),
                    () if self.pagos != 0 => Some("hay un cobro"),
                    () if self.por_pagar != 0 => Some("queda una factura pendiente"),
                    () if self.servicios.iter().any(en_pie) => Some("queda un servicio de datos o una plaza"),
                    () if !uno("suscripcion_rechazada", &["creada", "enviada", "confirmada", "fallida"]) => {
                        Some("no hay un aviso de rechazo")
                    }
                    () => None,
                }
            }
            _ => Some("la saga no ha terminado"),
        }
    }
}

/// What waits to be done anywhere.
pub async fn pendiente(puerto: u16) -> Result<Pendiente> {
    let mut pendiente = Pendiente::default();
    for base in BASES {
        let mut conexion = Conexion::abrir(puerto, base).await?;
        pendiente.por_enviar += contar(&mut conexion, "select count(*) from bandejas.outbox").await?;
        let cartas = "select count(*) from bandejas.dead_letter where estado in ('reintento', 'muerta')";
        pendiente.cartas += contar(&mut conexion, cartas).await?;
        if base == "suscripciones" {
            let vivas = "select count(*) from saga where fase in ('avanzando', 'deshaciendo')";
            pendiente.vivas += contar(&mut conexion, vivas).await?;
        }
    }
    Ok(pendiente)
}

/// Commands of one saga and type that took effect more than once, in any service.
pub async fn efectos_repetidos(puerto: u16) -> Result<u64> {
    let mut repetidos = 0;
    for base in BASES {
        let consulta = "select count(*) from (select from bandejas.efecto where correlacion is not null
                        group by correlacion, tipo having count(*) > 1) r";
        repetidos += contar(&mut Conexion::abrir(puerto, base).await?, consulta).await?;
    }
    Ok(repetidos)
}

/// Places that nobody who stands holds, or that somebody who stands lacks.
pub async fn plazas_descuadradas(puerto: u16) -> Result<u64> {
    let consulta =
        "select count(*) from cupo c join servicio_datos s on s.id = c.ocupado_por where s.estado = 'terminado'";
    contar(&mut Conexion::abrir(puerto, "servicio_datos").await?, consulta).await
}

/// What the audit had opened and is no longer so.
pub async fn hallazgos_resueltos(puerto: u16) -> Result<u64> {
    let consulta = "select count(*) from hallazgo where estado = 'resuelto'";
    contar(&mut Conexion::abrir(puerto, "suscripciones").await?, consulta).await
}

/// The log as the database has it: entry by saga and version.
pub async fn registro(puerto: u16) -> Result<HashMap<(String, i64), Value>> {
    let mut conexion = Conexion::abrir(puerto, "suscripciones").await?;
    let filas = conexion.ejecutar("select saga, version, entrada from saga_log").await?;
    filas.iter().map(leer_entrada).collect()
}

fn leer_entrada(fila: &Fila) -> Result<((String, i64), Value)> {
    let [Some(saga), Some(version), Some(entrada)] = fila.as_slice() else { bail!("una entrada sin valores") };
    Ok(((saga.clone(), version.parse()?), serde_json::from_str(entrada)?))
}

async fn contar(conexion: &mut Conexion, consulta: &str) -> Result<u64> {
    let filas = conexion.ejecutar(consulta).await?;
    let valor = filas.first().and_then(|fila| fila.first()?.as_deref()).context("la cuenta no dio valores")?;
    Ok(valor.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completada() -> Asiento {
        Asiento {
            estado: "activa".into(),
            pagos: 1,
            fase: "completada".into(),
            servicios: vec![Servicio { estado: "iniciado".into(), nubes: 1, expertos: 1 }],
            avisos: vec![("suscripcion_completada".into(), "confirmada".into())],
            ..Asiento::default()
        }
    }

    #[test]
    fn una_saga_completada_deja_un_ejemplar_de_cada_cosa() {
        assert_eq!(completada().incoherencia(), None);
        let rotas: [fn(&mut Asiento); 7] = [
            |a| a.estado = "cancelada".into(),
            |a| a.pagos = 2,
            |a| a.por_pagar = 1,
            |a| a.servicios.clear(),
            |a| a.servicios[0].nubes = 2,
            |a| a.avisos.clear(),
            |a| a.fase = "completada_con_avisos".into(),
        ];
        for romper in rotas {
            let mut asiento = completada();
            romper(&mut asiento);
            assert!(asiento.incoherencia().is_some(), "{asiento:?}");
        }
    }

    #[test]
    fn una_saga_compensada_no_deja_nada_en_pie() {
        let compensada = || Asiento {
            estado: "cancelada".into(),
            fase: "compensada".into(),
            servicios: vec![Servicio { estado: "terminado".into(), nubes: 0, expertos: 0 }],
            avisos: vec![("suscripcion_rechazada".into(), "fallida".into())],
            ..Asiento::default()
        };
        assert_eq!(compensada().incoherencia(), None);
        let rotas: [fn(&mut Asiento); 5] = [
            |a| a.estado = "activa".into(),
            |a| a.pagos = 1,
            |a| a.por_pagar = 1,
            |a| a.servicios[0].expertos = 1,
            |a| a.avisos.push(("suscripcion_completada".into(), "enviada".into())),
        ];
        for romper in rotas {
            let mut asiento = compensada();
            romper(&mut asiento);
            assert!(asiento.incoherencia().is_some(), "{asiento:?}");
        }
    }
}
