use super::lector::Lector;
use super::{Leido, PLAN_PLANO};
use crate::dominio::{
    AsignarExperto, ClienteDeServicio, Comando, CrearServicioDatos, Dataset, Experto, IniciarServicioDatos, Nube, Plan,
    QuienAsignar, TerminarServicioDatos,
};
use serde_json::Value;
use servidor::Problema;

const ID_SERVICIO: &str = "id_serviciodatos";
const ID_SUSCRIPCION: &str = "id_suscripcion";
const ID_ANIDADO: &str = "suscripcion.codigo";

const CAMPOS_DE_CREAR: [&str; 18] = [
    "cliente_codigo",
    "cliente_nombres",
    "cliente_apellidos",
    "cliente_usuario",
    PLAN_PLANO,
    "plan_nombre",
    "experto_codigo",
    "experto_nombres",
    "experto_apellidos",
    "experto_usuario",
    "experto_cedula",
    "experto_email",
    "nube.codigo",
    "nube.nombre",
    "nube.tipo",
    "dataset.codigo",
    "dataset.nombre",
    ID_ANIDADO,
];

pub fn crear_servicio_datos(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &CAMPOS_DE_CREAR);
    let cliente = leer_cliente(&mut lector);
    let (plan_codigo, plan_nombre) = (lector.valor(PLAN_PLANO), lector.opcional("plan_nombre"));
    let experto = leer_experto(&mut lector);
    let nube = leer_nube(&mut lector);
    let (dataset_codigo, dataset_nombre) = (lector.valor("dataset.codigo"), lector.opcional("dataset.nombre"));
    let id_suscripcion = lector.suscripcion(ID_ANIDADO);
    let comando = (|| {
        Some(CrearServicioDatos {
            cliente: cliente?,
            plan: Plan { codigo: plan_codigo?, nombre: plan_nombre? },
            experto: experto?,
            nube: nube?,
            dataset: Dataset { codigo: dataset_codigo?, nombre: dataset_nombre? },
            id_suscripcion,
        })
    })();
    Ok(Comando::CrearServicioDatos(Box::new(lector.terminar(comando)?)).into())
}

fn leer_cliente(lector: &mut Lector<'_>) -> Option<ClienteDeServicio> {
    let codigo = lector.valor("cliente_codigo");
    let nombres = lector.opcional("cliente_nombres");
    let apellidos = lector.opcional("cliente_apellidos");
    let usuario = lector.opcional("cliente_usuario");
    Some(ClienteDeServicio { codigo: codigo?, nombres: nombres?, apellidos: apellidos?, usuario: usuario? })
}

fn leer_experto(lector: &mut Lector<'_>) -> Option<Experto> {
    let codigo = lector.opcional("experto_codigo");
    let nombres = lector.opcional("experto_nombres");
    let apellidos = lector.opcional("experto_apellidos");
    let usuario = lector.opcional("experto_usuario");
    let cedula = lector.opcional_o_numero("experto_cedula");
    let email = lector.opcional("experto_email");
    Some(Experto {
        codigo: codigo?,
        nombres: nombres?,
        apellidos: apellidos?,
        usuario: usuario?,
        cedula: cedula?,
        email: email?,
    })
}

fn leer_nube(lector: &mut Lector<'_>) -> Option<Nube> {
    let codigo = lector.valor("nube.codigo");
    let nombre = lector.opcional("nube.nombre");
    let tipo = lector.opcional("nube.tipo");
    Some(Nube { codigo: codigo?, nombre: nombre?, tipo: tipo? })
}

pub fn asignar_experto(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID_SUSCRIPCION, ID_SERVICIO, "especialidad", "experto"]);
    let id_suscripcion = lector.suscripcion(ID_SUSCRIPCION);
    let id_serviciodatos = lector.servicio_opcional(ID_SERVICIO);
    let quien = leer_quien(&mut lector);
    let comando = quien.map(|quien| AsignarExperto { id_suscripcion, id_serviciodatos, quien });
    Ok(Comando::AsignarExperto(lector.terminar(comando)?).into())
}

fn leer_quien(lector: &mut Lector<'_>) -> Option<QuienAsignar> {
    let (experto, especialidad) = (lector.opcional("experto")?, lector.opcional("especialidad")?);
    let quien = QuienAsignar::nuevo(experto, especialidad);
    if quien.is_none() {
        lector.invalido("especialidad", "es obligatoria si no se nombra un experto");
    }
    quien
}

pub fn iniciar_servicio_datos(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID_SUSCRIPCION, ID_SERVICIO]);
    let id_suscripcion = lector.suscripcion(ID_SUSCRIPCION);
    let id_serviciodatos = lector.servicio_opcional(ID_SERVICIO);
    let comando = lector.terminar(Some(IniciarServicioDatos { id_suscripcion, id_serviciodatos }))?;
    Ok(Comando::IniciarServicioDatos(comando).into())
}

pub fn terminar_servicio_datos(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID_SUSCRIPCION, ID_SERVICIO, "motivo"]);
    let id_suscripcion = lector.suscripcion(ID_SUSCRIPCION);
    let id_serviciodatos = lector.servicio_opcional(ID_SERVICIO);
    let motivo = lector.valor("motivo");
    let comando = motivo.map(|motivo| TerminarServicioDatos { id_suscripcion, id_serviciodatos, motivo });
    Ok(Comando::TerminarServicioDatos(lector.terminar(comando)?).into())
}
