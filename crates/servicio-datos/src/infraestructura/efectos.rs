use super::errores::{incoherente, tecnico};
use super::ordenes::tipo;
use crate::aplicacion::{Atendida, ErrorRepositorio, IdOrden, Operacion, Orden, Paso, Respuesta};
use crate::dominio::{IdServicioDatos, IdSuscripcion, Rechazo};
use bandejas::efecto::{Efecto, Estado};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an effect keeps: enough to answer the order again and to tell what it touched. Codes only.
#[derive(Serialize, Deserialize)]
struct Guardada {
    id_serviciodatos: Uuid,
    id_suscripcion: Uuid,
    #[serde(flatten)]
    respuesta: Respuesta,
}

/// The effects of an order: its own, and the one that keeps the order it cancels from ever doing anything.
pub(super) fn de_atendida(atendida: &Atendida) -> Result<Vec<Efecto>, ErrorRepositorio> {
    let Atendida { orden, respuesta, cancela, .. } = atendida;
    let propio = efecto(orden, orden.id, orden.paso, respuesta, orden.sobre.huella.clone())?;
    let lapida = cancela.map(|id| efecto(orden, id, Paso::CrearServicio, &Respuesta::cancelada(), None)).transpose()?;
    Ok(std::iter::once(propio).chain(lapida).collect())
}

fn efecto(
    orden: &Orden,
    id: IdOrden,
    paso: Paso,
    respuesta: &Respuesta,
    huella: Option<String>,
) -> Result<Efecto, ErrorRepositorio> {
    let guardada = Guardada {
        id_serviciodatos: orden.servicio.0,
        id_suscripcion: orden.titular.suscripcion.0,
        respuesta: respuesta.clone(),
    };
    Ok(Efecto {
        id: id.0,
        tipo: tipo(paso).to_owned(),
        estado: estado(respuesta),
        huella,
        correlacion: orden.sobre.correlacion,
        respuesta: serde_json::to_value(guardada).map_err(tecnico)?,
    })
}

fn estado(respuesta: &Respuesta) -> Estado {
    match respuesta.rechazo {
        None => Estado::Hecho,
        Some(Rechazo::ComandoCancelado) => Estado::Cancelado,
        Some(_) => Estado::Rechazado,
    }
}

/// Reads an effect back.
pub(super) fn a_operacion(efecto: Efecto) -> Result<Operacion, ErrorRepositorio> {
    let guardada: Guardada =
        serde_json::from_value(efecto.respuesta).map_err(incoherente("bandejas.efecto", efecto.id))?;
    Ok(Operacion {
        huella: efecto.huella,
        id: IdServicioDatos(guardada.id_serviciodatos),
        suscripcion: IdSuscripcion(guardada.id_suscripcion),
        respuesta: guardada.respuesta,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aplicacion::{Resumen, Sobre};
    use crate::dominio::{
        Asignacion, CodigoCliente, CodigoDataset, CodigoExperto, CodigoNube, Comando, Especialidad, Inquilino, Titular,
    };
    use serde_json::json;

    fn orden() -> Orden {
        Orden {
            id: IdOrden(Uuid::from_u128(1)),
            paso: Paso::TerminarServicio,
            servicio: IdServicioDatos(Uuid::from_u128(2)),
            titular: Titular { suscripcion: IdSuscripcion(Uuid::from_u128(3)), inquilino: Inquilino::publico() },
            comando: Ok(Comando::Deshacer { motivo: None }),
            deshace: Some(IdOrden(Uuid::from_u128(4))),
            sobre: Sobre { huella: Some("abc".into()), ..Sobre::default() },
        }
    }

    fn resumen() -> Resumen {
        Resumen {
            cliente: CodigoCliente::try_from("0001").expect("codigo"),
            nube: CodigoNube::try_from("nube-a").expect("codigo"),
            dataset: CodigoDataset::try_from("ds-a").expect("codigo"),
            asignacion: Some(Asignacion {
                experto: CodigoExperto::try_from("e1").expect("codigo"),
                especialidad: Especialidad::try_from("radiologia").expect("codigo"),
            }),
        }
    }

    /// Effects stay for ever: what one release writes every later one must read.
    #[test]
    fn la_forma_guardada_no_cambia() {
        let respuesta = Respuesta { secuencia: 4, servicio: Some(resumen()), rechazo: None };
        let atendida = Atendida { orden: orden(), respuesta, repetida: false, cancela: Some(IdOrden(Uuid::nil())) };
        let efectos = de_atendida(&atendida).expect("effects");
        let ids = json!({ "id_serviciodatos": Uuid::from_u128(2), "id_suscripcion": Uuid::from_u128(3) });
        let mut propio = ids.clone();
        propio["secuencia"] = json!(4);
        propio["servicio"] = json!({
            "cliente": "0001", "nube": "nube-a", "dataset": "ds-a",
            "asignacion": { "experto": "e1", "especialidad": "radiologia" },
        });
        propio["rechazo"] = json!(null);
        let mut lapida = ids;
        lapida["secuencia"] = json!(0);
        lapida["servicio"] = json!(null);
        lapida["rechazo"] = json!({ "causa": "comando_cancelado" });
        assert_eq!([&efectos[0].respuesta, &efectos[1].respuesta], [&propio, &lapida]);
        assert_eq!([efectos[0].estado, efectos[1].estado], [Estado::Hecho, Estado::Cancelado]);
    }

    #[test]
    fn una_operacion_es_el_efecto_leido_de_vuelta() {
        let rechazo = Some(Rechazo::SinCupoNube(CodigoNube::try_from("nube-a").expect("codigo")));
        let respuesta = Respuesta { secuencia: 0, servicio: None, rechazo };
        let atendida = Atendida { orden: orden(), respuesta: respuesta.clone(), repetida: false, cancela: None };
        let efecto = de_atendida(&atendida).expect("effects").remove(0);
        let operacion = a_operacion(efecto).expect("operation");
        assert_eq!(operacion.respuesta, respuesta);
        assert_eq!(operacion.huella.as_deref(), Some("abc"));
    }
}
