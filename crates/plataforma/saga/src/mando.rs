use serde::{Deserialize, Serialize};

use crate::borrador::Borrador;
use crate::{
    Actor, ActorInvalido, Causa, Clase, Codigo, CodigoInvalido, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga,
    Fase, Fuente, Motivo, Paso, Salida,
};

/// What an operator may order of a live saga.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "orden", rename_all = "snake_case")]
pub enum Mando {
    /// Sends the unanswered command of the step again, now, its attempts counted from the start.
    Reintentar { paso: String },
    /// Takes the step as done on the operator's word: its effect exists, with these outputs.
    Saltar {
        paso: String,
        #[serde(default)]
        salida: Salida,
    },
    /// Unwinds a saga that has not reached the pivot.
    Compensar,
    /// No new command leaves and deadlines rest; replies are still recorded.
    Pausar,
    /// What the replies made possible goes out, and deadlines run anew.
    Reanudar,
    /// Ends the saga where it stands; whatever it left is left. Needs a reason.
    Abandonar,
}

/// Why an order would do nothing, or harm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MandoRechazado {
    #[error("la saga no ha empezado")]
    NoIniciada,
    #[error("la saga ya terminó")]
    Terminada(Fase),
    #[error("la saga está en pausa: antes hay que reanudarla")]
    EnPausa,
    #[error("la saga ya está en pausa")]
    YaEnPausa,
    #[error("la saga no está en pausa")]
    SinPausa,
    #[error("la definición no tiene el paso «{0}»")]
    PasoDesconocido(String),
    #[error("el paso «{0}» no espera ninguna respuesta")]
    NadaQueReintentar(String),
    #[error("el paso «{0}» no está en curso ni ha fallado tras el pivote")]
    NadaQueSaltar(String),
    #[error("«{0}» es el pivote: solo la respuesta de su participante dice si aún se puede deshacer")]
    PivoteNoSeSalta(String),
    #[error("la saga se está deshaciendo: saltar una reversa dejaría un efecto que nadie deshace")]
    ReversaNoSeSalta,
    #[error("el paso «{paso}» no declara la salida «{salida}»")]
    SalidaNoDeclarada { paso: String, salida: String },
    #[error("falta la salida «{salida}» del paso «{paso}», que otro paso necesita")]
    FaltaSalida { paso: String, salida: String },
    #[error("la saga ya se está deshaciendo")]
    YaDeshaciendo,
    #[error("el paso «{0}» ya se envió y no se puede deshacer")]
    SinVueltaAtras(String),
    #[error("el registro de la saga perdió su final: puede haber enviado «{0}», que no se puede deshacer, sin saberlo")]
    FinalPerdido(String),
    #[error("abandonar exige un motivo")]
    SinMotivo,
    #[error("el motivo no es un código")]
    MotivoInvalido(#[source] CodigoInvalido),
    #[error("el actor no es un código")]
    ActorInvalido(#[source] ActorInvalido),
}

/// Decides what an operator's order means for a saga, without changing anything; the answer is the
/// next entry of the log. The reason is a code, like everything that the log keeps.
pub fn ordenar(
    definicion: &Definicion,
    estado: &EstadoSaga,
    mando: &Mando,
    actor: &str,
    motivo: Option<&str>,
    ahora_ms: i64,
) -> Result<Entrada, MandoRechazado> {
    let actor = Actor::try_from(actor).map_err(MandoRechazado::ActorInvalido)?;
    let motivo = motivo.map(Codigo::try_from).transpose().map_err(MandoRechazado::MotivoInvalido)?;
    if estado.version == 0 {
        return Err(MandoRechazado::NoIniciada);
    }
    if estado.fase.es_terminal() {
        return Err(MandoRechazado::Terminada(estado.fase));
    }
    let mut borrador = Borrador::nuevo(definicion, estado, ahora_ms);
    match mando {
        Mando::Reintentar { paso } => reintentar(&mut borrador, conocido(definicion, paso)?, estado)?,
        Mando::Saltar { paso, salida } => {
            let paso = conocido(definicion, paso)?;
            saltable(definicion, estado, paso, salida)?;
            borrador.hecho(paso, salida);
            borrador.seguir();
        }
        Mando::Compensar => {
            compensable(definicion, estado)?;
            borrador.retroceder(motivo_de_operador(definicion, estado, motivo.as_ref()));
        }
        Mando::Pausar if estado.pausada => return Err(MandoRechazado::YaEnPausa),
        Mando::Pausar => borrador.pausar(),
        Mando::Reanudar if !estado.pausada => return Err(MandoRechazado::SinPausa),
        Mando::Reanudar => {
            borrador.reanudar();
            borrador.seguir();
        }
        Mando::Abandonar => {
            let codigo = motivo.as_ref().ok_or(MandoRechazado::SinMotivo)?;
            let causa = estado.motivo.clone();
            let causa = causa.unwrap_or_else(|| motivo_de_operador(definicion, estado, Some(codigo)));
            borrador.abandonar(causa);
        }
    }
    Ok(borrador.cerrar(Causa::Mando { mando: mando.clone(), actor, motivo }))
}

fn conocido<'a>(definicion: &'a Definicion, paso: &str) -> Result<&'a Paso, MandoRechazado> {
    definicion.paso(paso).ok_or_else(|| MandoRechazado::PasoDesconocido(paso.to_owned()))
}

fn reintentar(borrador: &mut Borrador<'_>, paso: &Paso, estado: &EstadoSaga) -> Result<(), MandoRechazado> {
    if estado.pausada {
        return Err(MandoRechazado::EnPausa);
    }
    let (direccion, ..) =
        estado.paso(&paso.clave).en_vuelo().ok_or_else(|| MandoRechazado::NadaQueReintentar(paso.clave.clone()))?;
    borrador.enviar(paso, direccion, 1);
    Ok(())
}

/// Skipping must not make an ending that the participants contradict: the pivot's outcome decides
/// whether the saga may still turn back, and an undo that is skipped undoes nothing.
fn saltable(definicion: &Definicion, estado: &EstadoSaga, paso: &Paso, salida: &Salida) -> Result<(), MandoRechazado> {
    if estado.fase == Fase::Deshaciendo {
        return Err(MandoRechazado::ReversaNoSeSalta);
    }
    match (estado.paso(&paso.clave), paso.clase) {
        (EstadoPaso::EnCurso { .. }, Clase::Pivote) => {
            return Err(MandoRechazado::PivoteNoSeSalta(paso.clave.clone()));
        }
        (EstadoPaso::EnCurso { .. }, _) | (EstadoPaso::Fallido { .. }, Clase::Reintentable) => {}
        _ => return Err(MandoRechazado::NadaQueSaltar(paso.clave.clone())),
    }
    if let Some(sobra) = salida.keys().find(|campo| !paso.salidas.contains_key(*campo)) {
        return Err(MandoRechazado::SalidaNoDeclarada { paso: paso.clave.clone(), salida: sobra.clone() });
    }
    match salidas_usadas(definicion, &paso.clave).find(|campo| !salida.contains_key(*campo)) {
        Some(falta) => Err(MandoRechazado::FaltaSalida { paso: paso.clave.clone(), salida: falta.to_owned() }),
        None => Ok(()),
    }
}

/// The outputs of a step that some payload is filled from.
fn salidas_usadas<'a>(definicion: &'a Definicion, clave: &'a str) -> impl Iterator<Item = &'a str> {
    let ordenes = definicion.pasos().iter().flat_map(|paso| {
        [Direccion::Hacer, Direccion::Deshacer].into_iter().filter_map(|direccion| paso.orden(direccion))
    });
    ordenes.flat_map(|orden| orden.carga.values()).filter_map(move |fuente| match fuente {
        Fuente::Salida { paso, campo } if paso == clave => Some(campo.as_str()),
        _ => None,
    })
}

/// Whether everything that was sent can still be undone.
fn compensable(definicion: &Definicion, estado: &EstadoSaga) -> Result<(), MandoRechazado> {
    if estado.fase == Fase::Deshaciendo {
        return Err(MandoRechazado::YaDeshaciendo);
    }
    let sin_vuelta =
        |paso: &&Paso| paso.clase != Clase::Compensable && *estado.paso(&paso.clave) != EstadoPaso::Pendiente;
    if let Some(paso) = definicion.pasos().iter().find(sin_vuelta) {
        return Err(MandoRechazado::SinVueltaAtras(paso.clave.clone()));
    }
    let mut firmes = definicion.pasos().iter().filter(|paso| paso.clase != Clase::Compensable);
    match firmes.next().filter(|_| estado.restaurada) {
        Some(paso) => Err(MandoRechazado::FinalPerdido(paso.clave.clone())),
        None => Ok(()),
    }
}

/// An order turns the saga at the step where it stands.
fn motivo_de_operador(definicion: &Definicion, estado: &EstadoSaga, codigo: Option<&Codigo>) -> Motivo {
    Motivo {
        paso: definicion.paso_actual(estado).clave.clone(),
        codigo: codigo.cloned().unwrap_or_else(Codigo::orden_de_operador),
    }
}
