use crate::{Clase, Definicion, Direccion, Paso};

/// What a drawing says: a title and a card per step, in the order of the definition.
pub(super) struct Lamina {
    pub titulo: String,
    pub fichas: Vec<Ficha>,
}

pub(super) struct Ficha {
    pub clave: String,
    pub lineas: Vec<String>,
    pub tono: Tono,
}

/// How a card is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tono {
    Compensable,
    Pivote,
    Reintentable,
    Pendiente,
    EnCurso,
    Hecho,
    Fallido,
    Deshaciendo,
    Deshecho,
}

impl Lamina {
    pub(super) fn de_definicion(definicion: &Definicion) -> Self {
        Self {
            titulo: format!("{} v{}", definicion.clave(), definicion.version()),
            fichas: definicion.pasos().iter().map(Ficha::de_paso).collect(),
        }
    }

    /// The tones in use, each once.
    pub(super) fn tonos(&self) -> Vec<Tono> {
        let mut tonos: Vec<Tono> = Vec::new();
        for ficha in &self.fichas {
            if !tonos.contains(&ficha.tono) {
                tonos.push(ficha.tono);
            }
        }
        tonos
    }
}

impl Ficha {
    fn de_paso(paso: &Paso) -> Self {
        let (clase, tono) = match paso.clase {
            Clase::Compensable => ("compensable", Tono::Compensable),
            Clase::Pivote => ("pivote", Tono::Pivote),
            Clase::Reintentable => ("reintentable", Tono::Reintentable),
        };
        let inicial = if paso.inicial { ", inicial" } else { "" };
        let mut lineas = vec![format!("{clase}{inicial}"), format!("hacer: {}", paso.hacer.comando)];
        lineas.extend(paso.orden(Direccion::Deshacer).map(|orden| format!("deshacer: {}", orden.comando)));
        Self { clave: paso.clave.clone(), lineas, tono }
    }
}

impl Tono {
    pub(super) const fn nombre(self) -> &'static str {
        match self {
            Self::Compensable => "compensable",
            Self::Pivote => "pivote",
            Self::Reintentable => "reintentable",
            Self::Pendiente => "pendiente",
            Self::EnCurso => "en_curso",
            Self::Hecho => "hecho",
            Self::Fallido => "fallido",
            Self::Deshaciendo => "deshaciendo",
            Self::Deshecho => "deshecho",
        }
    }

    /// Fill and stroke; dark text reads on every fill.
    pub(super) const fn colores(self) -> (&'static str, &'static str) {
        match self {
            Self::Compensable | Self::EnCurso => ("#dbeafe", "#1d4ed8"),
            Self::Pivote | Self::Deshaciendo => ("#fef3c7", "#b45309"),
            Self::Reintentable | Self::Hecho => ("#dcfce7", "#15803d"),
            Self::Pendiente => ("#f9fafb", "#6b7280"),
            Self::Fallido => ("#fee2e2", "#b91c1c"),
            Self::Deshecho => ("#ede9fe", "#6d28d9"),
        }
    }
}
