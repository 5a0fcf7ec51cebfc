use crate::carga::{Fuente, es_ruta};
use crate::grafo::Ancestros;
use crate::{Clase, Direccion, Falta, Orden, Paso, Reversa, Violacion};

/// Every rule that the steps break, in the order of the steps.
pub(crate) fn revisar(clave: &str, version: u32, pasos: &[Paso]) -> Vec<Violacion> {
    let ancestros = Ancestros::de(pasos);
    let mut faltas: Vec<Violacion> =
        revisar_flujo(clave, version, pasos).into_iter().map(|falta| Violacion { paso: None, falta }).collect();
    for paso in pasos {
        let reglas = [
            revisar_lugar(paso, pasos, &ancestros),
            revisar_clase(paso, pasos, &ancestros),
            revisar_reversa(paso, pasos, &ancestros),
            revisar_plazos(paso),
            revisar_orden(paso, Direccion::Hacer, pasos, &ancestros),
            revisar_orden(paso, Direccion::Deshacer, pasos, &ancestros),
            revisar_salidas(paso),
        ];
        faltas.extend(reglas.into_iter().flatten().map(|falta| Violacion { paso: Some(paso.clave.clone()), falta }));
    }
    faltas
}

/// Steps of a flow: a check of more has no prospect of ending.
const MAXIMO_PASOS: usize = 64;

fn revisar_flujo(clave: &str, version: u32, pasos: &[Paso]) -> Vec<Falta> {
    let mut faltas = Vec::new();
    if clave.is_empty() {
        faltas.push(Falta::SinClave);
    }
    if version == 0 {
        faltas.push(Falta::VersionCero);
    }
    if !pasos.iter().any(|paso| paso.inicial) {
        faltas.push(Falta::SinInicial);
    }
    if pasos.len() > MAXIMO_PASOS {
        faltas.push(Falta::DemasiadosPasos(MAXIMO_PASOS));
    }
    faltas
}

fn revisar_lugar(paso: &Paso, pasos: &[Paso], ancestros: &Ancestros<'_>) -> Vec<Falta> {
    let mut faltas = Vec::new();
    if !es_ruta(&paso.clave) || paso.clave.contains('.') {
        faltas.push(Falta::ClaveInvalida);
    }
    if cuantos(pasos, |otro| otro.clave == paso.clave) > 1 {
        faltas.push(Falta::ClaveRepetida);
    }
    if paso.inicial && cuantos(pasos, |otro| otro.inicial) > 1 {
        faltas.push(Falta::InicialRepetido);
    }
    match (paso.inicial, paso.despues_de.is_empty()) {
        (true, false) => faltas.push(Falta::InicialConPredecesores),
        (false, true) => faltas.push(Falta::SinPredecesores),
        (true, true) | (false, false) => {}
    }
    for previo in &paso.despues_de {
        if buscar(pasos, previo).is_none() {
            faltas.push(Falta::PredecesorDesconocido(previo.clone()));
        }
    }
    if ancestros.precede(&paso.clave, &paso.clave) {
        faltas.push(Falta::Ciclo);
    }
    faltas
}

/// Nothing that can be undone may be open once the saga cannot turn back, and the reverse: all
/// compensable steps come before the pivot and all retriable ones after it, not beside it.
fn revisar_clase(paso: &Paso, pasos: &[Paso], ancestros: &Ancestros<'_>) -> Vec<Falta> {
    let de_clase = |clase| pasos.iter().filter(move |otro| otro.clase == clase);
    let pivote = de_clase(Clase::Pivote).next();
    match (paso.clase, pivote) {
        (Clase::Pivote, _) if de_clase(Clase::Pivote).count() > 1 => vec![Falta::PivoteRepetido],
        (Clase::Compensable, Some(pivote)) if !ancestros.precede(&paso.clave, &pivote.clave) => {
            vec![Falta::CompensableTrasPivote]
        }
        (Clase::Reintentable, Some(pivote)) if !ancestros.precede(&pivote.clave, &paso.clave) => {
            vec![Falta::ReintentableAntesDePivote]
        }
        (Clase::Reintentable, None) => de_clase(Clase::Compensable)
            .filter(|otro| !ancestros.precede(&otro.clave, &paso.clave))
            .map(|otro| Falta::ReintentableAntesDe(otro.clave.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

fn revisar_reversa(paso: &Paso, pasos: &[Paso], ancestros: &Ancestros<'_>) -> Vec<Falta> {
    match (paso.clase, &paso.reversa) {
        (Clase::Compensable, Reversa::Ninguna) => vec![Falta::SinReversa],
        (Clase::Compensable, Reversa::Propia(_)) => Vec::new(),
        (Clase::Compensable, Reversa::Por(otro)) => match buscar(pasos, otro) {
            None => vec![Falta::DeshechoPorDesconocido(otro.clone())],
            Some(_) if !ancestros.precede(otro, &paso.clave) => {
                vec![Falta::DeshechoPorPosterior(otro.clone())]
            }
            Some(previo) if !matches!(previo.reversa, Reversa::Propia(_)) => {
                vec![Falta::DeshechoPorSinReversa(otro.clone())]
            }
            Some(_) => Vec::new(),
        },
        (Clase::Pivote | Clase::Reintentable, Reversa::Ninguna) => Vec::new(),
        (Clase::Pivote | Clase::Reintentable, _) => vec![Falta::ReversaSobrante],
    }
}

fn revisar_plazos(paso: &Paso) -> Vec<Falta> {
    let mut faltas = Vec::new();
    if paso.plazo_ms == 0 {
        faltas.push(Falta::PlazoCero);
    }
    if paso.reintento.inicial_ms == 0 {
        faltas.push(Falta::EsperaCero);
    }
    if paso.reintento.maximo_ms < paso.reintento.inicial_ms {
        faltas.push(Falta::EsperaMaximaMenor);
    }
    match (paso.clase, paso.intentos) {
        (_, Some(0)) => faltas.push(Falta::IntentosCero),
        (Clase::Compensable, None) => faltas.push(Falta::SinIntentos),
        _ => {}
    }
    faltas
}

fn revisar_orden(paso: &Paso, direccion: Direccion, pasos: &[Paso], ancestros: &Ancestros<'_>) -> Vec<Falta> {
    let Some(orden) = paso.orden(direccion) else {
        return Vec::new();
    };
    let mut faltas = Vec::new();
    if orden.comando.is_empty() {
        faltas.push(Falta::SinComando(direccion));
    }
    if orden.exito.is_empty() {
        faltas.push(Falta::SinExito(direccion));
    }
    for tipo in orden.exito.iter().filter(|tipo| orden.fallo.contains(tipo)) {
        faltas.push(Falta::RespuestaAmbigua(direccion, tipo.clone()));
    }
    faltas.extend(destinos_invalidos(orden));
    faltas.extend(
        orden.carga.values().filter_map(|fuente| salida_no_disponible(fuente, paso, direccion, pasos, ancestros)),
    );
    faltas
}

/// Targets that are no path, or that want to be a value and an object at once (`nube`, `nube.tipo`).
fn destinos_invalidos(orden: &Orden) -> impl Iterator<Item = Falta> {
    let dentro = |destino: &str, otro: &str| otro.strip_prefix(destino).is_some_and(|resto| resto.starts_with('.'));
    let invalido = move |destino: &&String| !es_ruta(destino) || orden.carga.keys().any(|otro| dentro(destino, otro));
    orden.carga.keys().filter(invalido).map(|destino| Falta::DestinoInvalido(destino.clone()))
}

fn salida_no_disponible(
    fuente: &Fuente,
    paso: &Paso,
    direccion: Direccion,
    pasos: &[Paso],
    ancestros: &Ancestros<'_>,
) -> Option<Falta> {
    let Fuente::Salida { paso: origen, campo } = fuente else {
        return None;
    };
    let declarada = buscar(pasos, origen).is_some_and(|otro| otro.salidas.contains_key(campo));
    let propia = direccion == Direccion::Deshacer && *origen == paso.clave;
    if declarada && (propia || ancestros.precede(origen, &paso.clave)) {
        None
    } else {
        Some(Falta::SalidaNoDisponible(format!("salida.{origen}.{campo}")))
    }
}

fn revisar_salidas(paso: &Paso) -> Vec<Falta> {
    let personal = |campo: &String| es_personal(campo) || es_personal_plano(campo);
    let mut faltas = Vec::new();
    for (salida, ruta) in &paso.salidas {
        for campo in [salida, ruta].into_iter().filter(|campo| personal(campo)) {
            faltas.push(Falta::DatoPersonal(campo.clone()));
        }
        if salida.contains('.') || !es_ruta(salida) || !es_ruta(ruta) {
            faltas.push(Falta::SalidaInvalida(salida.clone()));
        }
    }
    faltas
}

/// Whether a source or path reads from a person.
pub(crate) fn es_personal(ruta: &str) -> bool {
    ruta.starts_with("cliente.") || ruta.starts_with("experto.")
}

/// The flat form of the same in message payloads (`cliente_email`); the codes are not personal.
fn es_personal_plano(campo: &str) -> bool {
    let de_persona = campo.starts_with("cliente_") || campo.starts_with("experto_");
    de_persona && !campo.ends_with("_codigo")
}

fn buscar<'a>(pasos: &'a [Paso], clave: &str) -> Option<&'a Paso> {
    pasos.iter().find(|paso| paso.clave == clave)
}

fn cuantos(pasos: &[Paso], cumple: impl Fn(&Paso) -> bool) -> usize {
    pasos.iter().filter(|paso| cumple(paso)).count()
}
