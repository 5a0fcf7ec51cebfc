use std::collections::BTreeMap;

use saga::{EstadoPaso, EstadoSaga};

use super::esperado::{Envio, Esperado, Pagos, Servicio};
use super::hechos::{Aviso, Cobro, Expediente, Flujo, Papel, ServicioVisto};
use crate::dominio::{Estado, IdSaga};

/// Templates that tell how a subscription's process ended.
const DESENLACES: [&str; 4] =
    ["suscripcion_activa", "suscripcion_completada", "suscripcion_rechazada", "suscripcion_cancelada"];

const TERMINADO: &str = "terminado";

/// What must hold, and did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Regla {
    RegistroConHuecos,
    RegistroIlegible,
    EstadoDistintoDelRegistro,
    ColumnasDistintasDelEstado,
    VivaSinPlazo,
    VariasVivas,
    SagaAusente,
    SuscripcionAusente,
    SuscripcionEnOtroEstado,
    PagoAusente,
    PagoDeMas,
    FacturaPendiente,
    ServicioAusente,
    ServicioRepetido,
    ServicioEnOtroEstado,
    PlazaSinOcupar,
    PlazaSinLiberar,
    AvisoAusente,
    AvisoRepetido,
    AvisoContradictorio,
    AvisoEnOtroEstado,
}

/// One rule that one saga breaks: codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancia {
    /// None when what is missing is the saga.
    pub saga: Option<IdSaga>,
    pub regla: Regla,
    pub esperado: String,
    pub encontrado: String,
}

impl Regla {
    pub const fn codigo(self) -> &'static str {
        match self {
            Self::RegistroConHuecos => "registro_con_huecos",
            Self::RegistroIlegible => "registro_ilegible",
            Self::EstadoDistintoDelRegistro => "estado_distinto_del_registro",
            Self::ColumnasDistintasDelEstado => "columnas_distintas_del_estado",
            Self::VivaSinPlazo => "viva_sin_plazo",
            Self::VariasVivas => "varias_vivas",
            Self::SagaAusente => "saga_ausente",
            Self::SuscripcionAusente => "suscripcion_ausente",
            Self::SuscripcionEnOtroEstado => "suscripcion_en_otro_estado",
            Self::PagoAusente => "pago_ausente",
            Self::PagoDeMas => "pago_de_mas",
            Self::FacturaPendiente => "factura_pendiente",
            Self::ServicioAusente => "servicio_ausente",
            Self::ServicioRepetido => "servicio_repetido",
            Self::ServicioEnOtroEstado => "servicio_en_otro_estado",
            Self::PlazaSinOcupar => "plaza_sin_ocupar",
            Self::PlazaSinLiberar => "plaza_sin_liberar",
            Self::AvisoAusente => "aviso_ausente",
            Self::AvisoRepetido => "aviso_repetido",
            Self::AvisoContradictorio => "aviso_contradictorio",
            Self::AvisoEnOtroEstado => "aviso_en_otro_estado",
        }
    }
}

/// Everything that the ledgers of a subscription say wrong. A ledger that is not known is not judged.
pub fn juzgar(expediente: &Expediente) -> Vec<Discrepancia> {
    let mut acta = Acta { saga: None, discrepancias: Vec::new() };
    for flujo in &expediente.flujos {
        acta.saga = Some(flujo.id);
        juzgar_registro(&mut acta, flujo);
    }
    // From here on the last saga answers: it left the ledgers as they are.
    match Esperado::de(expediente) {
        _ if expediente.flujos.is_empty() => sin_saga(&mut acta, expediente),
        Some(esperado) => terminada(&mut acta, expediente, &esperado),
        None => en_curso(&mut acta, expediente),
    }
    acta.discrepancias
}

struct Acta {
    saga: Option<IdSaga>,
    discrepancias: Vec<Discrepancia>,
}

impl Acta {
    fn anotar(&mut self, regla: Regla, esperado: impl ToString, encontrado: impl ToString) {
        let (esperado, encontrado) = (esperado.to_string(), encontrado.to_string());
        self.discrepancias.push(Discrepancia { saga: self.saga, regla, esperado, encontrado });
    }
}

/// The row is the fold of a log without gaps, and its columns say what its state says.
fn juzgar_registro(acta: &mut Acta, flujo: &Flujo) {
    let version = flujo.columnas.version;
    let seguido = flujo.registro.iter().map(|registro| registro.version).eq(1..=version);
    if !seguido {
        acta.anotar(Regla::RegistroConHuecos, version, flujo.registro.len());
    }
    let Some(estado) = &flujo.estado else {
        acta.anotar(Regla::RegistroIlegible, "estado", "ilegible");
        return;
    };
    if flujo.registro.iter().any(|registro| registro.entrada.is_none()) {
        acta.anotar(Regla::RegistroIlegible, "entrada", "ilegible");
    } else if seguido && plegar(flujo) != *estado {
        acta.anotar(Regla::EstadoDistintoDelRegistro, "pliegue", "otro");
    }
    if let Some(columna) = columna_distinta(flujo, estado) {
        acta.anotar(Regla::ColumnasDistintasDelEstado, columna, "otro");
    }
    if !estado.fase.es_terminal() && !espera_algo(estado) {
        acta.anotar(Regla::VivaSinPlazo, "plazo", "ninguno");
    }
}

fn plegar(flujo: &Flujo) -> EstadoSaga {
    let entradas = flujo.registro.iter().filter_map(|registro| registro.entrada.as_ref());
    entradas.fold(EstadoSaga::default(), saga::aplicar)
}

fn columna_distinta(flujo: &Flujo, estado: &EstadoSaga) -> Option<&'static str> {
    let columnas = &flujo.columnas;
    let plazo = columnas.proximo_plazo.map(|plazo| plazo.timestamp_millis());
    let distintas = [
        ("fase", columnas.fase != Some(estado.fase)),
        ("version", columnas.version != estado.version),
        ("atascada", columnas.atascada != estado.atascada),
        ("proximo_plazo", plazo != estado.proximo_plazo()),
    ];
    distintas.into_iter().find(|(_, distinta)| *distinta).map(|(columna, _)| columna)
}

/// A live saga that waits for nothing would never move again, unless somebody resumes it.
fn espera_algo(estado: &EstadoSaga) -> bool {
    estado.pausada || estado.proximo_plazo().is_some()
}

/// A subscription that only a saga can have brought where it is.
fn sin_saga(acta: &mut Acta, expediente: &Expediente) {
    if expediente.suscripcion == Some(Estado::Pendiente) || expediente.pagos > 0 {
        acta.anotar(Regla::SagaAusente, 1, 0);
    }
}

/// While a saga moves, nothing may be there twice.
fn en_curso(acta: &mut Acta, expediente: &Expediente) {
    let vivas = expediente.flujos.iter().filter(|flujo| flujo.estado.is_some() && !flujo.termino()).count();
    if vivas > 1 {
        acta.anotar(Regla::VariasVivas, 1, vivas);
    }
    if expediente.suscripcion.is_none() {
        acta.anotar(Regla::SuscripcionAusente, 1, 0);
    }
    let conocidos = expediente.flujos.iter().all(|flujo| !tiene_ajenos(flujo));
    let pasos = expediente.flujos.iter().flat_map(Flujo::pasos);
    let cobra = |papel: &Papel| matches!(papel, Papel::PagarSuscripcion | Papel::CambiarPlan);
    let pagados = pasos.filter(|(papel, estado)| cobra(papel) && deja_pago(estado)).count();
    if conocidos && expediente.pagos > pagados {
        acta.anotar(Regla::PagoDeMas, pagados, expediente.pagos);
    }
    if let Some(servicios) = &expediente.servicios {
        let pedidos = expediente.flujos.iter().filter(|flujo| flujo.pudo_crear_servicio()).count();
        juzgar_repetidos(acta, servicios, pedidos);
    }
}

fn tiene_ajenos(flujo: &Flujo) -> bool {
    flujo.papeles.is_empty() || flujo.papeles.iter().any(|(_, papel)| *papel == Papel::Ajeno)
}

fn deja_pago(estado: &EstadoPaso) -> bool {
    !matches!(estado, EstadoPaso::Pendiente | EstadoPaso::Fallido { .. })
}

fn terminada(acta: &mut Acta, expediente: &Expediente, esperado: &Esperado) {
    match (expediente.suscripcion, esperado.suscripcion) {
        (None, _) => acta.anotar(Regla::SuscripcionAusente, 1, 0),
        (Some(estado), Some(debido)) if estado != debido => {
            acta.anotar(Regla::SuscripcionEnOtroEstado, debido.nombre(), estado.nombre());
        }
        _ => {}
    }
    match esperado.pagos {
        Pagos::Exactos(n) | Pagos::AlMenos(n) if expediente.pagos < n => {
            acta.anotar(Regla::PagoAusente, n, expediente.pagos);
        }
        Pagos::Exactos(n) if expediente.pagos > n => acta.anotar(Regla::PagoDeMas, n, expediente.pagos),
        _ => {}
    }
    if let Some(servicios) = &expediente.servicios {
        juzgar_servicios(acta, servicios, esperado);
    }
    let debe = |flujo: &&Flujo| flujo.cobro == Some(Cobro::Pendiente);
    let pendientes = expediente.flujos.iter().filter(debe).count();
    if pendientes > 0 {
        acta.anotar(Regla::FacturaPendiente, 0, pendientes);
    }
    if let Some(avisos) = &expediente.avisos {
        juzgar_avisos(acta, avisos, esperado);
    }
}

fn juzgar_servicios(acta: &mut Acta, servicios: &[ServicioVisto], esperado: &Esperado) {
    juzgar_repetidos(acta, servicios, esperado.servicios);
    let debido = esperado.servicio;
    let estado = match debido {
        Servicio::NingunoEnPie | Servicio::Terminado => TERMINADO,
        Servicio::Creado => "creado",
        Servicio::ConExperto => "experto_asignado",
        Servicio::Iniciado => "iniciado",
    };
    if servicios.is_empty() && debido != Servicio::NingunoEnPie {
        acta.anotar(Regla::ServicioAusente, estado, 0);
    }
    let (terminados, en_pie): (Vec<_>, Vec<_>) = servicios.iter().partition(|servicio| servicio.estado == TERMINADO);
    let otro = match (estado, en_pie.as_slice()) {
        (TERMINADO, []) => None,
        (TERMINADO, [otro, ..]) => Some(otro.estado.as_str()),
        (_, []) => terminados.first().map(|servicio| servicio.estado.as_str()),
        (_, [uno]) => (uno.estado != estado).then_some(uno.estado.as_str()),
        (_, varios) => {
            if servicios.len() <= esperado.servicios {
                acta.anotar(Regla::ServicioRepetido, 1, varios.len());
            }
            None
        }
    };
    if let Some(otro) = otro {
        acta.anotar(Regla::ServicioEnOtroEstado, estado, otro);
    }
    let ocupa = |servicio: &&ServicioVisto| servicio.plazas.nube || servicio.plazas.experto;
    let sueltos = estado == TERMINADO || !en_pie.is_empty();
    if sueltos && terminados.iter().any(ocupa) || estado == TERMINADO && en_pie.iter().any(ocupa) {
        acta.anotar(Regla::PlazaSinLiberar, 0, 1);
    }
    let con_experto = matches!(debido, Servicio::ConExperto | Servicio::Iniciado);
    let sin_plaza = |servicio: &&ServicioVisto| {
        servicio.estado == estado && (!servicio.plazas.nube || con_experto && !servicio.plazas.experto)
    };
    if en_pie.iter().any(sin_plaza) {
        acta.anotar(Regla::PlazaSinOcupar, 1, 0);
    }
}

/// A saga creates one data service at most.
fn juzgar_repetidos(acta: &mut Acta, servicios: &[ServicioVisto], pedidos: usize) {
    if servicios.len() > pedidos.max(1) {
        acta.anotar(Regla::ServicioRepetido, pedidos.max(1), servicios.len());
    }
}

fn juzgar_avisos(acta: &mut Acta, avisos: &[Aviso], esperado: &Esperado) {
    let mut vistos: BTreeMap<&str, usize> = BTreeMap::new();
    for aviso in avisos {
        *vistos.entry(aviso.plantilla.as_str()).or_default() += 1;
    }
    for (plantilla, debidos) in &esperado.avisos.esperados {
        let hay = vistos.get(plantilla.as_str()).copied().unwrap_or_default();
        if hay < *debidos {
            acta.anotar(Regla::AvisoAusente, plantilla, hay);
        }
    }
    for (plantilla, hay) in vistos.iter().filter(|(plantilla, _)| DESENLACES.contains(plantilla)) {
        match esperado.avisos.esperados.get(*plantilla) {
            Some(debidos) if hay > debidos => acta.anotar(Regla::AvisoRepetido, plantilla, hay),
            None if !esperado.avisos.abiertos => acta.anotar(Regla::AvisoContradictorio, "ninguno", plantilla),
            _ => {}
        }
    }
    for aviso in avisos {
        let cumple = match esperado.avisos.enviados.get(&aviso.plantilla) {
            Some(Envio::Hecho) => matches!(aviso.estado.as_str(), "enviada" | "confirmada"),
            Some(Envio::Imposible) => aviso.estado == "fallida",
            None => true,
        };
        if !cumple {
            acta.anotar(Regla::AvisoEnOtroEstado, &aviso.plantilla, &aviso.estado);
        }
    }
}
