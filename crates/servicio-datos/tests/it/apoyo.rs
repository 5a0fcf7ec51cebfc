//! Values that the tests share.

use servicio_datos::aplicacion::{IdOrden, Orden, Paso, Sobre};
use servicio_datos::dominio::{
    Busqueda, CodigoCliente, CodigoDataset, CodigoExperto, CodigoNube, CodigoPlan, Comando, Contrato, Especialidad,
    IdServicioDatos, IdSuscripcion, Inquilino, Titular,
};
use uuid::Uuid;

pub fn nube() -> CodigoNube {
    CodigoNube::try_from("nube-a").expect("codigo")
}

pub fn dataset() -> CodigoDataset {
    CodigoDataset::try_from("ds-a").expect("codigo")
}

pub fn experto(codigo: &str) -> CodigoExperto {
    CodigoExperto::try_from(codigo).expect("codigo")
}

pub fn radiologia() -> Especialidad {
    Especialidad::try_from("radiologia").expect("codigo")
}

/// The subscription number `n`; its service is `servicio(n)`.
pub fn suscripcion(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn servicio(n: u128) -> IdServicioDatos {
    IdServicioDatos(contratos::id_serviciodatos(suscripcion(n)))
}

pub fn titular(n: u128) -> Titular {
    Titular { suscripcion: IdSuscripcion(suscripcion(n)), inquilino: Inquilino::publico() }
}

pub fn contrato(n: u128) -> Contrato {
    Contrato {
        titular: titular(n),
        cliente: CodigoCliente::try_from("0001").expect("codigo"),
        plan: CodigoPlan::try_from("pro").expect("codigo"),
        nube: nube(),
        dataset: dataset(),
    }
}

/// The id of the saga's command for one step of subscription `n`.
pub fn id_orden(n: u128, paso: Paso) -> IdOrden {
    IdOrden(contratos::id_comando(suscripcion(n), paso.nombre(), "hacer"))
}

pub fn crear(n: u128) -> Orden {
    orden(n, Paso::CrearServicio, Comando::Crear(contrato(n)))
}

pub fn asignar(n: u128) -> Orden {
    orden(n, Paso::AsignarExperto, Comando::AsignarExperto(Busqueda::DeEspecialidad(radiologia())))
}

pub fn iniciar(n: u128) -> Orden {
    orden(n, Paso::IniciarServicio, Comando::Iniciar)
}

/// The undo of `crear(n)`.
pub fn deshacer(n: u128) -> Orden {
    let deshace = Some(id_orden(n, Paso::CrearServicio));
    Orden { deshace, ..orden(n, Paso::TerminarServicio, Comando::Deshacer { motivo: None }) }
}

fn orden(n: u128, paso: Paso, comando: Comando) -> Orden {
    Orden {
        id: id_orden(n, paso),
        paso,
        servicio: servicio(n),
        titular: titular(n),
        comando: Ok(comando),
        deshace: None,
        sobre: Sobre { correlacion: Some(suscripcion(n)), ..Sobre::default() },
    }
}
