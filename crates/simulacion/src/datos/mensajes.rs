use serde_json::json;
use servicio_datos::aplicacion::{Atendida, IdOrden, Orden, Paso, Sobre};
use servicio_datos::dominio::{
    Busqueda, CodigoInvalido, Comando, Contrato, IdServicioDatos, IdSuscripcion, Inquilino, Motivo, Titular,
};

use crate::tuberia::Mensaje;

/// The commands on data services, as orders.
pub fn orden(mensaje: &Mensaje) -> Option<Orden> {
    let suscripcion = mensaje.uuid("id_suscripcion").or_else(|| {
        let codigo = mensaje.datos.get("suscripcion")?.get("codigo")?.as_str()?;
        codigo.parse().ok()
    })?;
    let titular = Titular { suscripcion: IdSuscripcion(suscripcion), inquilino: Inquilino::publico() };
    let (paso, comando) = match &*mensaje.tipo {
        "ComandoCrearServicioDatos" => (Paso::CrearServicio, Comando::Crear(contrato(mensaje, &titular)?)),
        "ComandoAsignarExperto" => {
            let especialidad = codigo(mensaje.texto("especialidad")?)?;
            (Paso::AsignarExperto, Comando::AsignarExperto(Busqueda::DeEspecialidad(especialidad)))
        }
        "ComandoIniciarServicioDatos" => (Paso::IniciarServicio, Comando::Iniciar),
        "ComandoTerminarServicioDatos" => {
            let motivo = mensaje.texto("motivo").and_then(Motivo::nuevo);
            let comando = match mensaje.causa {
                Some(_) => Comando::Deshacer { motivo },
                None => Comando::Terminar { motivo },
            };
            (Paso::TerminarServicio, comando)
        }
        _ => return None,
    };
    let servicio = mensaje.uuid("id_serviciodatos").unwrap_or_else(|| contratos::id_serviciodatos(suscripcion));
    Some(Orden {
        id: IdOrden(mensaje.id),
        paso,
        servicio: IdServicioDatos(servicio),
        titular,
        comando: Ok(comando),
        deshace: mensaje.causa.map(IdOrden),
        sobre: Sobre { correlacion: mensaje.correlacion, traza: None, huella: None },
    })
}

fn contrato(mensaje: &Mensaje, titular: &Titular) -> Option<Contrato> {
    let de = |campo: &str| mensaje.datos.get(campo)?.get("codigo")?.as_str();
    Some(Contrato {
        titular: titular.clone(),
        cliente: codigo(mensaje.texto("cliente_codigo")?)?,
        plan: codigo(mensaje.texto("plan_codigo")?)?,
        nube: codigo(de("nube")?)?,
        dataset: codigo(de("dataset")?)?,
    })
}

fn codigo<C: for<'t> TryFrom<&'t str, Error = CodigoInvalido>>(texto: &str) -> Option<C> {
    C::try_from(texto).ok()
}

/// The reply to an order.
pub fn respuesta(atendida: &Atendida) -> Mensaje {
    let Atendida { orden, respuesta, .. } = atendida;
    let (servicio, suscripcion) = (orden.servicio.to_string(), orden.titular.suscripcion.to_string());
    let mut datos = json!({ "id_serviciodatos": servicio, "id_suscripcion": suscripcion });
    let tipo = match (&respuesta.rechazo, orden.paso) {
        (Some(rechazo), _) => {
            datos["codigo"] = rechazo.codigo().into();
            "EventoServicioDatosFallida"
        }
        (None, Paso::CrearServicio) => "EventoServicioDatosCreada",
        (None, Paso::AsignarExperto) => "EventoExpertoAsignado",
        (None, Paso::IniciarServicio) => "EventoServicioDatosIniciado",
        (None, Paso::TerminarServicio) => "EventoServicioDatosTerminado",
    };
    Mensaje::respuesta(orden.id.0, orden.sobre.correlacion, tipo, datos)
}
