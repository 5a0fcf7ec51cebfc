use std::collections::BTreeSet;

use notificaciones::dominio::{Desenlace, IdSuscripcion as IdAvisada, Notificacion};
use saga::{Causa, EstadoPaso, Fase, Mando};
use servicio_datos::dominio::{Estado as EstadoServicio, IdServicioDatos};
use suscripciones::aplicacion::puertos::{Contenido, Identidades, Saga};
use suscripciones::dominio::{Estado, Factura, IdSuscripcion, Rechazo};

use crate::avisos::{DESCONOCIDO, SIN_BUZON};
use crate::clientela::Alta;
use crate::mundo::Mundo;
use crate::nucleo::cerrojo;
use crate::suscripciones::Derivadas;

/// Each request ended one way, and every participant's ledger tells the same end; but for those that changed later.
pub fn revisar(mundo: &Mundo, altas: &[Alta], cambio: &dyn Fn(&Alta) -> bool) -> Vec<String> {
    let mut faltas = Vec::new();
    for alta in altas.iter().filter(|alta| !cambio(alta)) {
        let libros = Libros::de(mundo, alta);
        let saga = cerrojo(&mundo.suscripciones).sagas.get(&Derivadas.saga(alta.comando)).cloned();
        let dichas = match saga {
            Some(saga) => con_saga(mundo, &saga, &libros),
            None => sin_saga(mundo, altas, alta, &libros),
        };
        let de = |falta| format!("{} de {} ({}): {falta}", alta.plan, alta.cliente, alta.suscripcion);
        faltas.extend(dichas.into_iter().map(de));
    }
    faltas
}

/// What each participant has of one subscription.
struct Libros {
    suscripcion: Estado,
    servicio: EstadoServicio,
    pagadas: usize,
    por_pagar: usize,
    equipo: bool,
    avisos_al_laboratorio: u32,
    /// Outcomes told, and whether the mail left.
    avisos: Vec<(Option<Desenlace>, bool)>,
}

impl Libros {
    fn de(mundo: &Mundo, alta: &Alta) -> Self {
        let id = alta.suscripcion;
        let base = cerrojo(&mundo.suscripciones);
        let servicio = IdServicioDatos(contratos::id_serviciodatos(id.0));
        let laboratorio = cerrojo(&mundo.laboratorio);
        let facturas = |como: &dyn Fn(&Factura) -> bool| {
            base.facturas.values().filter(|(de, factura)| *de == id && como(factura)).count()
        };
        Self {
            suscripcion: base.suscripciones.get(&id).map_or(Estado::Inexistente, |fila| fila.suscripcion.estado()),
            servicio: cerrojo(&mundo.datos)
                .servicios
                .get(&servicio)
                .map_or(EstadoServicio::Inexistente, |fila| fila.servicio.estado()),
            pagadas: facturas(&|factura| factura.pago().is_some()),
            por_pagar: facturas(&Factura::es_pendiente),
            equipo: laboratorio.reservas.get(&id.0) == Some(&true),
            avisos_al_laboratorio: laboratorio.avisados.get(&id.0).copied().unwrap_or_default(),
            avisos: avisos(mundo, id),
        }
    }

    /// Nothing that the saga did is left standing.
    fn nada_vivo(&self) -> Vec<String> {
        let vivos = [
            (!matches!(self.suscripcion, Estado::Cancelada | Estado::Rechazada), "la suscripción sigue viva"),
            (!sin_servicio(self.servicio), "el servicio de datos sigue vivo"),
            (self.pagadas > 0, "se cobró"),
            (self.por_pagar > 0, "se sigue debiendo"),
            (self.equipo, "el equipo sigue reservado"),
            (self.avisos_al_laboratorio > 0, "se avisó al laboratorio"),
        ];
        vivos.into_iter().filter(|(vivo, _)| *vivo).map(|(_, que)| que.to_owned()).collect()
    }

    fn avisado_una_vez(&self, desenlace: Desenlace, alta_con_correo: Option<bool>) -> Option<String> {
        let dicho = matches!(self.avisos.as_slice(), [(Some(otro), enviado)]
            if *otro == desenlace && alta_con_correo.is_none_or(|espera| espera == *enviado));
        (!dicho).then(|| format!("se esperaba un aviso de {} y hay {:?}", desenlace.como_texto(), self.avisos))
    }
}

fn avisos(mundo: &Mundo, id: IdSuscripcion) -> Vec<(Option<Desenlace>, bool)> {
    let base = cerrojo(&mundo.avisos);
    let buzon = cerrojo(&mundo.buzon);
    let suya = |notificacion: &Notificacion| {
        let solicitud = notificacion.solicitud()?;
        (solicitud.id_suscripcion == Some(IdAvisada::from(id.0))).then(|| solicitud.plantilla.como_texto().to_owned())
    };
    base.flujos
        .iter()
        .filter_map(|(id, flujo)| {
            let plantilla = suya(&flujo.notificacion)?;
            let enviado = matches!(flujo.notificacion, Notificacion::Confirmada { .. }) && buzon.contains_key(id);
            Some((Desenlace::de_plantilla(&plantilla), enviado))
        })
        .collect()
}

fn sin_servicio(estado: EstadoServicio) -> bool {
    matches!(estado, EstadoServicio::Inexistente | EstadoServicio::Terminado)
}

fn con_correo(cliente: &str) -> bool {
    ![DESCONOCIDO, SIN_BUZON].into_iter().any(|clase| cliente.starts_with(clase))
}

fn sin_saga(mundo: &Mundo, altas: &[Alta], alta: &Alta, libros: &Libros) -> Vec<String> {
    if let Some(titular) = titular(mundo, alta) {
        return segunda(altas, alta, titular, libros);
    }
    if alta.plan != "basico" {
        return vec!["no tiene saga".to_owned()];
    }
    let bloqueado = alta.cliente.starts_with("bloqueado");
    let desenlace = match libros.suscripcion {
        Estado::Activa if !bloqueado => Desenlace::Activa,
        Estado::Rechazada if bloqueado => Desenlace::Rechazada,
        otro => return vec![format!("quedó {}", otro.nombre())],
    };
    libros.avisado_una_vez(desenlace, Some(con_correo(&alta.cliente))).into_iter().collect()
}

/// Who had what was asked for, when the answer says that somebody did.
fn titular(mundo: &Mundo, alta: &Alta) -> Option<IdSuscripcion> {
    let base = cerrojo(&mundo.suscripciones);
    let respuesta = base.efectos.get(&alta.comando)?.as_ref()?;
    match respuesta.contenido {
        Contenido::Fallida { codigo: Rechazo::DuplicadaEnCurso | Rechazo::YaSuscrito, estorbo, .. } => {
            estorbo.suscripcion
        }
        _ => None,
    }
}

/// Whoever came second has nothing, and was told about a subscription of the same client.
fn segunda(altas: &[Alta], alta: &Alta, titular: IdSuscripcion, libros: &Libros) -> Vec<String> {
    let suya = |otra: &Alta| otra.cliente == alta.cliente && otra.comando != alta.comando;
    let nada = libros.suscripcion == Estado::Inexistente
        && libros.servicio == EstadoServicio::Inexistente
        && libros.pagadas + libros.por_pagar == 0
        && libros.avisos.is_empty();
    let faltas = [
        (!altas.iter().any(|otra| suya(otra) && otra.suscripcion == titular), "quien lo tiene es otro cliente"),
        (!nada, "se rechazó y dejó algo"),
    ];
    faltas.into_iter().filter(|(falta, _)| *falta).map(|(_, que)| que.to_owned()).collect()
}

fn con_saga(mundo: &Mundo, saga: &Saga, libros: &Libros) -> Vec<String> {
    let correo = con_correo(saga.cliente.codigo.as_ref());
    let saltados = saltados(mundo, saga);
    match saga.estado.fase {
        Fase::Avanzando | Fase::Deshaciendo => vec!["su saga no terminó".to_owned()],
        // It ended where it stood: its residue is what its steps say, and no more is promised.
        Fase::Abandonada => Vec::new(),
        Fase::Compensada => {
            let mut faltas = libros.nada_vivo();
            faltas.extend(libros.avisado_una_vez(Desenlace::Rechazada, Some(correo)));
            faltas
        }
        fase @ (Fase::Completada | Fase::CompletadaConAvisos) => {
            let mut faltas: Vec<String> = saga
                .definicion
                .pasos()
                .iter()
                .filter(|paso| !saltados.contains(&paso.clave))
                .filter_map(|paso| {
                    let hecho = *saga.estado.paso(&paso.clave) == EstadoPaso::Hecho;
                    let consta = consta(&paso.clave, libros, correo)?;
                    (hecho != consta).then(|| format!("{} hecho: {hecho}; en su libro: {consta}", paso.clave))
                })
                .collect();
            let sin_avisar = saga.estado.pasos.values().any(|paso| matches!(paso, EstadoPaso::Fallido { .. }));
            if (fase == Fase::CompletadaConAvisos) != sin_avisar {
                faltas.push(format!("terminó {fase:?} con fallos: {sin_avisar}"));
            }
            if !saltados.contains("notificar") {
                faltas.extend(libros.avisado_una_vez(Desenlace::Completada, Some(correo)));
            }
            faltas
        }
    }
}

/// Whether the ledger of a step's participant shows its effect.
fn consta(paso: &str, libros: &Libros, correo: bool) -> Option<bool> {
    Some(match paso {
        "crear_suscripcion" => libros.suscripcion == Estado::Activa,
        "crear_servicio" => !sin_servicio(libros.servicio),
        "asignar_experto" => matches!(libros.servicio, EstadoServicio::ExpertoAsignado | EstadoServicio::Iniciado),
        "iniciar_servicio" => libros.servicio == EstadoServicio::Iniciado,
        "pagar" => (libros.pagadas, libros.por_pagar) == (1, 0),
        "notificar" => correo && libros.avisos.iter().any(|(_, enviado)| *enviado),
        "reservar_equipo" => libros.equipo,
        "avisar_laboratorio" => libros.avisos_al_laboratorio == 1,
        _ => return None,
    })
}

/// The steps that an operator took as done on her word.
pub(super) fn saltados(mundo: &Mundo, saga: &Saga) -> BTreeSet<String> {
    let base = cerrojo(&mundo.suscripciones);
    let entradas = base.log.range((saga.id, i64::MIN)..=(saga.id, i64::MAX));
    entradas
        .filter_map(|(_, entrada)| match &entrada.causa {
            Causa::Mando { mando: Mando::Saltar { paso, .. }, .. } => Some(paso.clone()),
            _ => None,
        })
        .collect()
}
