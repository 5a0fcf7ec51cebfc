//! What is asked for, and what must become of it: faults are data, so they are known in advance.

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use serde_json::{Value, json};

use super::sorteo::Sorteo;

/// The part of the requests that fails in each service.
const UNO_DE_CADA: usize = 4;
/// Requests open at once while the clients are prepared.
const A_LA_VEZ: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FalloSuscripciones {
    ClienteBloqueado,
    PagoRechazado,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FalloDatos {
    SinNube,
    SinExperto,
    DatasetRetirado,
}

/// One request, with what makes each service fail for it.
#[derive(Clone, Debug)]
pub struct Pedido {
    pub cliente: String,
    pub suscripciones: Option<FalloSuscripciones>,
    pub datos: Option<FalloDatos>,
    pub correo: bool,
}

impl Pedido {
    pub fn plan(&self) -> &'static str {
        match self.datos {
            None => "pro",
            Some(FalloDatos::SinNube) => "seis_sin_nube",
            Some(FalloDatos::SinExperto) => "seis_sin_experto",
            Some(FalloDatos::DatasetRetirado) => "seis_sin_datos",
        }
    }

    /// How its saga must end: the phase, and the code that turned it.
    pub fn previsto(&self) -> (&'static str, Option<&'static str>) {
        match (self.suscripciones, self.datos) {
            (Some(FalloSuscripciones::ClienteBloqueado), _) => ("compensada", Some("cliente_bloqueado")),
            (_, Some(FalloDatos::SinNube)) => ("compensada", Some("sin_cupo_nube")),
            (_, Some(FalloDatos::SinExperto)) => ("compensada", Some("sin_experto")),
            (_, Some(FalloDatos::DatasetRetirado)) => ("compensada", Some("dataset_retirado")),
            (Some(FalloSuscripciones::PagoRechazado), None) => ("compensada", Some("pago_rechazado")),
            (None, None) if self.correo => ("completada_con_avisos", Some("direccion_rechazada")),
            (None, None) => ("completada", None),
        }
    }

    /// A domain that cannot exist is refused as a mail server would.
    pub fn cuerpo(&self) -> Value {
        let dominio = if self.correo { "domain.invalid" } else { "domain.com" };
        json!({
            "cliente": {
                "codigo": self.cliente, "nombre": {"nombres": "Pablo", "apellidos": "Perez Prieto"}, "usuario": "pperez",
                "rut": {"numero": 123_457_890}, "cedula": {"numero": 123_457_890},
                "email": format!("{}@{dominio}", self.cliente)},
            "plan": {"codigo": self.plan(), "nombre": self.plan()}, "facturas": []})
    }

    fn condiciones(&self) -> Option<Value> {
        match self.suscripciones? {
            FalloSuscripciones::ClienteBloqueado => Some(json!({"bloqueado": true})),
            FalloSuscripciones::PagoRechazado => Some(json!({"limite_pago": "1.00"})),
        }
    }
}

/// Exactly a quarter fails in each service, each of its ways in turn, independently of the others.
pub fn sortear(sorteo: &mut Sorteo, total: usize) -> Vec<Pedido> {
    let cuota = total / UNO_DE_CADA;
    let fallos = [(); 3].map(|()| sorteo.elegidos(total, cuota));
    let pedido = |indice: usize| Pedido {
        cliente: format!("seis-{indice:05}"),
        suscripciones: fallos[0][indice]
            .then(|| sorteo.de(&[FalloSuscripciones::ClienteBloqueado, FalloSuscripciones::PagoRechazado]))
            .flatten(),
        datos: fallos[1][indice]
            .then(|| sorteo.de(&[FalloDatos::SinNube, FalloDatos::SinExperto, FalloDatos::DatasetRetirado]))
            .flatten(),
        correo: fallos[2][indice],
    };
    (0..total).map(pedido).collect()
}

/// Makes places for all, and the plans and clients that fail.
pub async fn preparar(http: &Client, base: &str, pedidos: &[Pedido]) -> Result<()> {
    let plazas = pedidos.len() + 100;
    let poner = async |ruta: String, cuerpo: Value| -> Result<()> {
        let respuesta = http.put(format!("{base}{ruta}")).json(&cuerpo).send().await?;
        let estado = respuesta.status();
        ensure!(estado.is_success(), "PUT {ruta}: {estado}: {}", respuesta.text().await?);
        Ok(())
    };
    let nube = json!({"nombre": "Nube Andina", "tipo": "publica", "cupos": plazas});
    poner("/admin/nubes/nube-andina".to_owned(), nube).await?;
    let experto = json!({
        "nombres": "Ana", "apellidos": "Ríos", "usuario": "arios", "cedula": "1", "email": "ana@domain.com",
        "especialidades": ["radiologia"], "cupos": plazas});
    poner("/admin/expertos/exp-seis".to_owned(), experto).await?;
    for (codigo, nube, dataset, especialidad) in [
        ("seis_sin_nube", "nube-agotada", "ds-torax", "radiologia"),
        ("seis_sin_experto", "nube-andina", "ds-torax", "neurorradiologia"),
        ("seis_sin_datos", "nube-andina", "ds-piel", "radiologia"),
    ] {
        let plan = json!({
            "nombre": codigo, "monto": "150000.00", "moneda": "COP", "flujo": "suscripcion-pro",
            "recursos": {"nube": {"codigo": nube, "nombre": nube, "tipo": "publica"},
                         "dataset": {"codigo": dataset, "nombre": dataset}, "especialidad": especialidad}});
        poner(format!("/admin/planes/{codigo}"), plan).await?;
    }
    let condiciones = pedidos.iter().filter_map(|pedido| Some((&pedido.cliente, pedido.condiciones()?)));
    let puestas = condiciones.map(|(cliente, cuerpo)| poner(format!("/admin/clientes/{cliente}/condiciones"), cuerpo));
    stream::iter(puestas).buffer_unordered(A_LA_VEZ).try_collect::<()>().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn un_cuarto_falla_en_cada_servicio_y_la_semilla_lo_repite() {
        let pedidos = sortear(&mut Sorteo::nuevo(3), 1000);
        let cuenta = |falla: fn(&Pedido) -> bool| pedidos.iter().filter(|pedido| falla(pedido)).count();
        assert_eq!(cuenta(|pedido| pedido.suscripciones.is_some()), 250);
        assert_eq!(cuenta(|pedido| pedido.datos.is_some()), 250);
        assert_eq!(cuenta(|pedido| pedido.correo), 250);
        assert!(cuenta(|pedido| pedido.suscripciones.is_some() && pedido.datos.is_some()) > 0);
        let otra_vez = sortear(&mut Sorteo::nuevo(3), 1000);
        assert!(pedidos.iter().zip(otra_vez).all(|(uno, otro)| uno.previsto() == otro.previsto()));
    }
}
