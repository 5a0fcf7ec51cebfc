//! Invoices: issued, paid or voided in the transaction that writes the next version of their subscription.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::{CambioNuevo, ErrorRepositorio};
use crate::dominio::{CodigoPlan, EstadoFactura, Factura, IdSaga, IdSuscripcion, Monto};

/// A row that does not make sense.
#[derive(Debug, thiserror::Error)]
#[error("factura {0}: incoherent row")]
struct FacturaIncoherente(String);

struct FilaFactura {
    numero: String,
    id_suscripcion: Uuid,
    codigo_plan: String,
    monto_centavos: i64,
    moneda: String,
    saga: Option<Uuid>,
    estado: String,
    medio_pago: Option<String>,
}

impl FilaFactura {
    fn leer(self) -> Result<(IdSuscripcion, Factura), FacturaIncoherente> {
        let estado = match (self.estado.as_str(), self.medio_pago) {
            ("pendiente", None) => EstadoFactura::Pendiente,
            ("pagada", Some(medio_pago)) => EstadoFactura::Pagada { medio_pago },
            ("anulada", None) => EstadoFactura::Anulada,
            _ => return Err(FacturaIncoherente(self.numero)),
        };
        let leidos = (CodigoPlan::try_from(self.codigo_plan.as_str()), Monto::de_centavos(self.monto_centavos));
        let (Ok(plan), Some(monto)) = leidos else { return Err(FacturaIncoherente(self.numero)) };
        let saga = self.saga.map(IdSaga);
        let factura = Factura { numero: self.numero, plan, monto, moneda: self.moneda, saga, estado };
        Ok((IdSuscripcion(self.id_suscripcion), factura))
    }
}

/// The invoices of these subscriptions and those of these numbers, oldest first.
pub async fn leer(
    con: &mut PgConnection,
    suscripciones: &[Uuid],
    numeros: &[String],
) -> Result<Vec<(IdSuscripcion, Factura)>, ErrorRepositorio> {
    if suscripciones.is_empty() && numeros.is_empty() {
        return Ok(Vec::new());
    }
    let filas = sqlx::query_as!(
        FilaFactura,
        "select numero, id_suscripcion, codigo_plan, monto_centavos, moneda, saga, estado, medio_pago
         from factura where id_suscripcion = any($1) or numero = any($2) order by emitida, numero",
        suscripciones,
        numeros,
    )
    .fetch_all(con)
    .await
    .map_err(de_sql)?;
    filas.into_iter().map(|fila| fila.leer().map_err(de_datos)).collect()
}

/// Writes the last state of each invoice of the batch; false if one of them is no longer to be written.
pub async fn guardar(con: &mut PgConnection, cambios: &[&CambioNuevo]) -> Result<bool, ErrorRepositorio> {
    let mut ultimas: HashMap<&str, (&CambioNuevo, &Factura)> = HashMap::new();
    for cambio in cambios {
        ultimas.extend(cambio.facturas.iter().map(|factura| (factura.numero.as_str(), (*cambio, factura))));
    }
    if ultimas.is_empty() {
        return Ok(true);
    }
    let facturas: Vec<(&CambioNuevo, &Factura)> = ultimas.into_values().collect();
    let escritas = sqlx::query!(
        "insert into factura as f (numero, id_suscripcion, codigo_plan, monto_centavos, moneda, saga, estado, medio_pago,
                                   emitida, pagada)
         select numero, suscripcion, plan, monto, moneda, saga, estado, medio, instante,
                case when estado = 'pagada' then instante end
         from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::text[],
                     $9::timestamptz[])
           as n (numero, suscripcion, plan, monto, moneda, saga, estado, medio, instante)
         order by numero
         on conflict (numero) do update
           set estado = excluded.estado, medio_pago = excluded.medio_pago, pagada = excluded.pagada
           where f.id_suscripcion = excluded.id_suscripcion and f.estado = 'pendiente'",
        &facturas.iter().map(|(_, factura)| factura.numero.clone()).collect::<Vec<_>>(),
        &facturas.iter().map(|(cambio, _)| cambio.respuesta.id.0).collect::<Vec<_>>(),
        &facturas.iter().map(|(_, factura)| factura.plan.to_string()).collect::<Vec<_>>(),
        &facturas.iter().map(|(_, factura)| factura.monto.centavos()).collect::<Vec<_>>(),
        &facturas.iter().map(|(_, factura)| factura.moneda.clone()).collect::<Vec<_>>(),
        &facturas.iter().map(|(_, factura)| factura.saga.map(|saga| saga.0)).collect::<Vec<_>>() as &[Option<Uuid>],
        &facturas.iter().map(|(_, factura)| factura.estado.nombre().to_owned()).collect::<Vec<_>>(),
        &facturas.iter().map(|(_, factura)| medio_pago(factura)).collect::<Vec<_>>() as &[Option<String>],
        &facturas.iter().map(|(cambio, _)| cambio.contexto.instante).collect::<Vec<_>>(),
    )
    .execute(con)
    .await
    .map_err(de_sql)?;
    Ok(escritas.rows_affected() == facturas.len() as u64)
}

fn medio_pago(factura: &Factura) -> Option<String> {
    match &factura.estado {
        EstadoFactura::Pagada { medio_pago } => Some(medio_pago.clone()),
        EstadoFactura::Pendiente | EstadoFactura::Anulada => None,
    }
}
