use crate::aplicacion::Orden;
use crate::dominio::{
    CambiarPlanSuscripcion, ClaseComando, Comando, CrearServicioDatos, CrearSuscripcion, EnviarNotificacion,
};
use chrono::{DateTime, Utc};
use contratos::{
    Cabecera, ComandoAnonimizarImagen, ComandoAsignarExperto, ComandoCambiarPlanSuscripcion,
    ComandoCancelarSuscripcion, ComandoCrearServicioDatos, ComandoCrearSuscripcion, ComandoEnviarNotificacion,
    ComandoIniciarServicioDatos, ComandoPagarSuscripcion, ComandoTerminarServicioDatos, Dataset, ErrorCodec, Mensaje,
    Nube, Saliente, Suscripcion, codificar, temas,
};

const SERVICIO: &str = "bff-web";

/// The published name of a command.
pub fn tipo_de(clase: ClaseComando) -> &'static str {
    match clase {
        ClaseComando::CrearSuscripcion => ComandoCrearSuscripcion::TIPO,
        ClaseComando::CambiarPlanSuscripcion => ComandoCambiarPlanSuscripcion::TIPO,
        ClaseComando::CancelarSuscripcion => ComandoCancelarSuscripcion::TIPO,
        ClaseComando::PagarSuscripcion => ComandoPagarSuscripcion::TIPO,
        ClaseComando::CrearServicioDatos => ComandoCrearServicioDatos::TIPO,
        ClaseComando::AsignarExperto => ComandoAsignarExperto::TIPO,
        ClaseComando::IniciarServicioDatos => ComandoIniciarServicioDatos::TIPO,
        ClaseComando::TerminarServicioDatos => ComandoTerminarServicioDatos::TIPO,
        ClaseComando::EnviarNotificacion => ComandoEnviarNotificacion::TIPO,
        ClaseComando::AnonimizarImagen => ComandoAnonimizarImagen::TIPO,
    }
}

/// The command with this published name, if it enters through the door.
pub fn clase_de(tipo: &str) -> Option<ClaseComando> {
    ClaseComando::TODAS.into_iter().find(|clase| tipo_de(*clase) == tipo)
}

/// The topics that the door publishes to; images travel to procesamiento, which publishes their command.
pub fn temas_publicados() -> impl Iterator<Item = &'static str> {
    let clases = ClaseComando::TODAS.into_iter().filter(|clase| *clase != ClaseComando::AnonimizarImagen);
    clases.filter_map(|clase| temas::por_tipo(tipo_de(clase))).map(|tema| tema.nombre)
}

/// Writes an order in the published language.
pub fn escribir(orden: &Orden, instante: DateTime<Utc>) -> Result<Saliente, ErrorCodec> {
    let cabecera = Cabecera {
        asunto: orden.comando.suscripcion().map(|id| id.0.to_string()),
        traza: Some(orden.contexto.traza.clone()),
        inquilino: Some(orden.contexto.inquilino.as_str().to_owned()),
        huella: Some(orden.huella.as_str().to_owned()),
        ..Cabecera::nueva(orden.id, SERVICIO, instante)
    };
    match &orden.comando {
        Comando::CrearSuscripcion(c) => codificar(&cabecera, &crear_suscripcion(c)),
        Comando::CambiarPlanSuscripcion(c) => codificar(&cabecera, &cambiar_plan(c)),
        Comando::CancelarSuscripcion(c) => codificar(
            &cabecera,
            &ComandoCancelarSuscripcion {
                id_suscripcion: Some(c.id_suscripcion.0.to_string()),
                motivo: texto(&c.motivo),
            },
        ),
        Comando::PagarSuscripcion(c) => codificar(
            &cabecera,
            &ComandoPagarSuscripcion {
                id_suscripcion: Some(c.id_suscripcion.0.to_string()),
                factura_numero: texto(&c.factura_numero),
                monto: texto(&c.monto),
                moneda: texto(&c.moneda),
                medio_pago: texto(&c.medio_pago),
            },
        ),
        Comando::CrearServicioDatos(c) => codificar(&cabecera, &crear_servicio(c)),
        Comando::AsignarExperto(c) => codificar(
            &cabecera,
            &ComandoAsignarExperto {
                id_serviciodatos: c.id_serviciodatos.map(|id| id.0.to_string()),
                id_suscripcion: Some(c.id_suscripcion.0.to_string()),
                especialidad: opcional(c.quien.especialidad()),
                experto: opcional(c.quien.experto()),
            },
        ),
        Comando::IniciarServicioDatos(c) => codificar(
            &cabecera,
            &ComandoIniciarServicioDatos {
                id_serviciodatos: c.id_serviciodatos.map(|id| id.0.to_string()),
                id_suscripcion: Some(c.id_suscripcion.0.to_string()),
            },
        ),
        Comando::TerminarServicioDatos(c) => codificar(
            &cabecera,
            &ComandoTerminarServicioDatos {
                id_serviciodatos: c.id_serviciodatos.map(|id| id.0.to_string()),
                id_suscripcion: Some(c.id_suscripcion.0.to_string()),
                motivo: texto(&c.motivo),
            },
        ),
        Comando::EnviarNotificacion(c) => codificar(&cabecera, &enviar_notificacion(c)),
    }
}

fn crear_suscripcion(c: &CrearSuscripcion) -> ComandoCrearSuscripcion {
    ComandoCrearSuscripcion {
        cliente_codigo: texto(&c.cliente.codigo),
        cliente_nombres: texto(&c.cliente.nombres),
        cliente_apellidos: texto(&c.cliente.apellidos),
        cliente_usuario: texto(&c.cliente.usuario),
        cliente_rut: texto(&c.cliente.rut),
        cliente_cedula: texto(&c.cliente.cedula),
        cliente_email: texto(&c.cliente.email),
        plan_codigo: texto(&c.plan.codigo),
        plan_nombre: opcional(c.plan.nombre.as_ref()),
        id_suscripcion: c.id_suscripcion.map(|id| id.0.to_string()),
    }
}

/// What only a saga says stays empty.
fn cambiar_plan(c: &CambiarPlanSuscripcion) -> ComandoCambiarPlanSuscripcion {
    ComandoCambiarPlanSuscripcion {
        id_suscripcion: Some(c.id_suscripcion.0.to_string()),
        plan_codigo: texto(&c.plan),
        motivo: opcional(c.motivo.as_ref()),
        ..ComandoCambiarPlanSuscripcion::default()
    }
}

fn crear_servicio(c: &CrearServicioDatos) -> ComandoCrearServicioDatos {
    ComandoCrearServicioDatos {
        cliente_codigo: texto(&c.cliente.codigo),
        cliente_nombres: opcional(c.cliente.nombres.as_ref()),
        cliente_apellidos: opcional(c.cliente.apellidos.as_ref()),
        cliente_usuario: opcional(c.cliente.usuario.as_ref()),
        plan_codigo: texto(&c.plan.codigo),
        plan_nombre: opcional(c.plan.nombre.as_ref()),
        experto_codigo: opcional(c.experto.codigo.as_ref()),
        experto_nombres: opcional(c.experto.nombres.as_ref()),
        experto_apellidos: opcional(c.experto.apellidos.as_ref()),
        experto_usuario: opcional(c.experto.usuario.as_ref()),
        experto_cedula: opcional(c.experto.cedula.as_ref()),
        experto_email: opcional(c.experto.email.as_ref()),
        nube: Some(Nube {
            codigo: texto(&c.nube.codigo),
            nombre: opcional(c.nube.nombre.as_ref()),
            tipo: opcional(c.nube.tipo.as_ref()),
        }),
        dataset: Some(Dataset { codigo: texto(&c.dataset.codigo), nombre: opcional(c.dataset.nombre.as_ref()) }),
        suscripcion: Some(Suscripcion { codigo: Some(c.id_suscripcion.0.to_string()) }),
        id_serviciodatos: None,
    }
}

fn enviar_notificacion(c: &EnviarNotificacion) -> ComandoEnviarNotificacion {
    ComandoEnviarNotificacion {
        codigo_cliente: texto(&c.codigo_cliente),
        id_suscripcion: Some(c.id_suscripcion.0.to_string()),
        plantilla: texto(&c.plantilla),
        datos: Some(c.datos.clone().into()),
    }
}

fn texto<V: Clone + Into<String>>(valor: &V) -> Option<String> {
    Some(valor.clone().into())
}

fn opcional<V: Clone + Into<String>>(valor: Option<&V>) -> Option<String> {
    valor.and_then(texto)
}
