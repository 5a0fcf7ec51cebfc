use super::lector::Lector;
use super::{Leido, PLAN_PLANO};
use crate::dominio::{
    CambiarPlanSuscripcion, CancelarSuscripcion, Cliente, Comando, CrearSuscripcion, PagarSuscripcion, Plan,
};
use serde_json::{Map, Value};
use servidor::Problema;

const ID: &str = "id_suscripcion";
const FACTURAS: &str = "facturas";

/// Where one shape of the body keeps each field.
struct Forma {
    codigo: &'static str,
    nombres: &'static str,
    apellidos: &'static str,
    usuario: &'static str,
    rut: &'static str,
    cedula: &'static str,
    email: &'static str,
    plan_codigo: &'static str,
    plan_nombre: &'static str,
}

const ANIDADA: Forma = Forma {
    codigo: "cliente.codigo",
    nombres: "cliente.nombre.nombres",
    apellidos: "cliente.nombre.apellidos",
    usuario: "cliente.usuario",
    rut: "cliente.rut.numero",
    cedula: "cliente.cedula.numero",
    email: "cliente.email",
    plan_codigo: "plan.codigo",
    plan_nombre: "plan.nombre",
};

const PLANA: Forma = Forma {
    codigo: "cliente_codigo",
    nombres: "cliente_nombres",
    apellidos: "cliente_apellidos",
    usuario: "cliente_usuario",
    rut: "cliente_rut",
    cedula: "cliente_cedula",
    email: "cliente_email",
    plan_codigo: PLAN_PLANO,
    plan_nombre: "plan_nombre",
};

/// Takes either shape; a body with any field of the flat one is flat, so mixing them is a mistake.
pub fn crear_suscripcion(cuerpo: &Value) -> Result<Leido, Problema> {
    let campos = cuerpo.as_object().into_iter().flat_map(Map::keys);
    let plana = campos.into_iter().any(|campo| campo.starts_with("cliente_") || campo.starts_with("plan_"));
    leer(cuerpo, if plana { &PLANA } else { &ANIDADA })
}

pub fn crear_suscripcion_plana(cuerpo: &Value) -> Result<Leido, Problema> {
    leer(cuerpo, &PLANA)
}

fn leer(cuerpo: &Value, forma: &Forma) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &forma.admitidos());
    let cliente = leer_cliente(&mut lector, forma);
    let plan_codigo = lector.valor(forma.plan_codigo);
    let plan_nombre = lector.opcional(forma.plan_nombre);
    let id_suscripcion = lector.suscripcion_opcional(ID);
    lector.lista_vacia(FACTURAS);
    let plan = plan_codigo.zip(plan_nombre).map(|(codigo, nombre)| Plan { codigo, nombre });
    let (cliente, plan) = lector.terminar(cliente.zip(plan))?;
    let comando = Comando::CrearSuscripcion(CrearSuscripcion { cliente, plan, id_suscripcion });
    Ok(Leido { comando, campo_del_plan: forma.plan_codigo })
}

fn leer_cliente(lector: &mut Lector<'_>, forma: &Forma) -> Option<Cliente> {
    let codigo = lector.valor(forma.codigo);
    let nombres = lector.valor(forma.nombres);
    let apellidos = lector.valor(forma.apellidos);
    let usuario = lector.valor(forma.usuario);
    let rut = lector.valor_o_numero(forma.rut);
    let cedula = lector.valor_o_numero(forma.cedula);
    let email = lector.valor(forma.email);
    Some(Cliente {
        codigo: codigo?,
        nombres: nombres?,
        apellidos: apellidos?,
        usuario: usuario?,
        rut: rut?,
        cedula: cedula?,
        email: email?,
    })
}

impl Forma {
    fn admitidos(&self) -> [&'static str; 11] {
        [
            self.codigo,
            self.nombres,
            self.apellidos,
            self.usuario,
            self.rut,
            self.cedula,
            self.email,
            self.plan_codigo,
            self.plan_nombre,
            ID,
            FACTURAS,
        ]
    }
}

pub fn cambiar_plan_suscripcion(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID, PLAN_PLANO, "motivo"]);
    let id_suscripcion = lector.suscripcion(ID);
    let plan = lector.valor(PLAN_PLANO);
    let motivo = lector.opcional("motivo");
    let comando = plan.zip(motivo).map(|(plan, motivo)| CambiarPlanSuscripcion { id_suscripcion, plan, motivo });
    Ok(Comando::CambiarPlanSuscripcion(lector.terminar(comando)?).into())
}

pub fn cancelar_suscripcion(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID, "motivo"]);
    let id_suscripcion = lector.suscripcion(ID);
    let motivo = lector.valor("motivo");
    let comando = motivo.map(|motivo| CancelarSuscripcion { id_suscripcion, motivo });
    Ok(Comando::CancelarSuscripcion(lector.terminar(comando)?).into())
}

pub fn pagar_suscripcion(cuerpo: &Value) -> Result<Leido, Problema> {
    let mut lector = Lector::de(cuerpo, &[ID, "factura_numero", "monto", "moneda", "medio_pago"]);
    let id_suscripcion = lector.suscripcion(ID);
    let factura_numero = lector.valor("factura_numero");
    let monto = lector.valor("monto");
    let moneda = lector.valor("moneda");
    let medio_pago = lector.valor("medio_pago");
    let comando = (|| {
        Some(PagarSuscripcion {
            id_suscripcion,
            factura_numero: factura_numero?,
            monto: monto?,
            moneda: moneda?,
            medio_pago: medio_pago?,
        })
    })();
    Ok(Comando::PagarSuscripcion(lector.terminar(comando)?).into())
}
