use super::Mapa;
use super::traslado::destino;
use crate::{Definicion, Direccion, Paso, Reversa};

/// One way in which two versions of a flow differ; the step has its new name if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diferencia {
    pub paso: String,
    pub aspecto: Aspecto,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Aspecto {
    #[error("es nuevo")]
    Anadido,
    #[error("ya no está")]
    Retirado,
    #[error("se llamaba «{0}»")]
    Renombrado(String),
    #[error("cambia de clase")]
    Clase,
    #[error("va después de otros pasos")]
    Predecesores,
    #[error("cambia el comando de {0}")]
    Comando(Direccion),
    #[error("cambian las respuestas a {0}")]
    Respuestas(Direccion),
    #[error("cambia la carga de {0}")]
    Carga(Direccion),
    #[error("se deshace de otra manera")]
    Reversa,
    #[error("cambian sus salidas")]
    Salidas,
    #[error("cambian sus plazos o intentos")]
    Plazos,
}

impl std::fmt::Display for Diferencia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "paso {}: {}", self.paso, self.aspecto)
    }
}

/// What the new version changes, step by step.
pub fn comparar(de: &Definicion, a: &Definicion, mapa: &Mapa) -> Vec<Diferencia> {
    let viejo = |nuevo: &Paso| de.pasos().iter().find(|paso| destino(mapa, &paso.clave) == nuevo.clave);
    let quedan = a.pasos().iter().flat_map(|nuevo| {
        let aspectos = viejo(nuevo).map_or_else(|| vec![Aspecto::Anadido], |viejo| aspectos(viejo, nuevo, mapa));
        aspectos.into_iter().map(|aspecto| Diferencia { paso: nuevo.clave.clone(), aspecto })
    });
    let retirados = de.pasos().iter().filter(|paso| a.paso(destino(mapa, &paso.clave)).is_none());
    let retirados = retirados.map(|paso| Diferencia { paso: paso.clave.clone(), aspecto: Aspecto::Retirado });
    quedan.chain(retirados).collect()
}

fn aspectos(viejo: &Paso, nuevo: &Paso, mapa: &Mapa) -> Vec<Aspecto> {
    let mut previos: Vec<&str> = viejo.despues_de.iter().map(|previo| destino(mapa, previo)).collect();
    let mut nuevos: Vec<&str> = nuevo.despues_de.iter().map(String::as_str).collect();
    previos.sort_unstable();
    nuevos.sort_unstable();
    let plazos = |paso: &Paso| (paso.plazo_ms, paso.reintento, paso.intentos);
    let mut aspectos = Vec::new();
    let mut anotar = |cambia: bool, aspecto| aspectos.extend(cambia.then_some(aspecto));
    anotar(viejo.clave != nuevo.clave, Aspecto::Renombrado(viejo.clave.clone()));
    anotar(viejo.clase != nuevo.clase, Aspecto::Clase);
    anotar(previos != nuevos, Aspecto::Predecesores);
    for direccion in [Direccion::Hacer, Direccion::Deshacer] {
        if let (Some(antes), Some(ahora)) = (viejo.orden(direccion), nuevo.orden(direccion)) {
            anotar(antes.comando != ahora.comando, Aspecto::Comando(direccion));
            anotar((&antes.exito, &antes.fallo) != (&ahora.exito, &ahora.fallo), Aspecto::Respuestas(direccion));
            anotar(antes.carga != ahora.carga, Aspecto::Carga(direccion));
        }
    }
    anotar(!misma_manera(viejo, nuevo, mapa), Aspecto::Reversa);
    anotar(viejo.salidas != nuevo.salidas, Aspecto::Salidas);
    anotar(plazos(viejo) != plazos(nuevo), Aspecto::Plazos);
    aspectos
}

/// Whether a step is undone by itself in both versions, or by the same other step, or not at all.
pub(super) fn misma_manera(viejo: &Paso, nuevo: &Paso, mapa: &Mapa) -> bool {
    match (&viejo.reversa, &nuevo.reversa) {
        (Reversa::Por(antes), Reversa::Por(ahora)) => destino(mapa, antes) == ahora,
        (Reversa::Propia(_), Reversa::Propia(_)) | (Reversa::Ninguna, Reversa::Ninguna) => true,
        _ => false,
    }
}
