use std::collections::BTreeMap;

use super::valores::{CodigoPlan, Monto, Parametro};

/// What the data service of a plan is made of; codes of servicio-datos' catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recursos {
    pub nube_codigo: String,
    pub nube_nombre: String,
    pub nube_tipo: String,
    pub dataset_codigo: String,
    pub dataset_nombre: String,
    pub especialidad: String,
}

/// A plan of the catalogue: data, never code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub codigo: CodigoPlan,
    pub nombre: String,
    pub monto: Monto,
    /// ISO 4217.
    pub moneda: String,
    pub en_venta: bool,
    /// Key of the saga definition that provisions it; a plan without one is active at once.
    pub flujo: Option<String>,
    pub recursos: Option<Recursos>,
    /// What else its flow asks for, by name: a new product needs no column.
    pub parametros: BTreeMap<String, Parametro>,
}

/// Why a plan cannot enter the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorPlan {
    #[error("la moneda {0} no es un código ISO 4217")]
    Moneda(String),
}

/// The paths of [`Plan::valor`] besides `parametros.<name>`.
const RUTAS: [&str; 10] = [
    "codigo",
    "nombre",
    "monto",
    "moneda",
    "nube.codigo",
    "nube.nombre",
    "nube.tipo",
    "dataset.codigo",
    "dataset.nombre",
    "especialidad",
];

impl Plan {
    /// Checks what every plan needs, whatever its flow.
    pub fn comprobar(&self) -> Result<(), ErrorPlan> {
        if self.moneda.len() != 3 || !self.moneda.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(ErrorPlan::Moneda(self.moneda.clone()));
        }
        Ok(())
    }

    /// Whether some plan may have a value there.
    pub fn ruta_conocida(ruta: &str) -> bool {
        RUTAS.contains(&ruta) || ruta.strip_prefix("parametros.").is_some_and(|nombre| !nombre.contains('.'))
    }

    /// What a flow reads from the plan, by dotted path; amounts are text.
    pub fn valor(&self, ruta: &str) -> Option<String> {
        if let Some(nombre) = ruta.strip_prefix("parametros.") {
            return self.parametros.get(nombre).map(ToString::to_string);
        }
        let recurso = |campo: fn(&Recursos) -> &String| self.recursos.as_ref().map(campo).cloned();
        match ruta {
            "codigo" => Some(self.codigo.to_string()),
            "nombre" => Some(self.nombre.clone()),
            "monto" => Some(self.monto.to_string()),
            "moneda" => Some(self.moneda.clone()),
            "nube.codigo" => recurso(|r| &r.nube_codigo),
            "nube.nombre" => recurso(|r| &r.nube_nombre),
            "nube.tipo" => recurso(|r| &r.nube_tipo),
            "dataset.codigo" => recurso(|r| &r.dataset_codigo),
            "dataset.nombre" => recurso(|r| &r.dataset_nombre),
            "especialidad" => recurso(|r| &r.especialidad),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toda_ruta_conocida_tiene_valor_en_un_plan_completo_y_las_demas_no() {
        let recursos = Recursos {
            nube_codigo: "n".into(),
            nube_nombre: "n".into(),
            nube_tipo: "n".into(),
            dataset_codigo: "d".into(),
            dataset_nombre: "d".into(),
            especialidad: "e".into(),
        };
        let plan = Plan {
            codigo: CodigoPlan::try_from("oro").expect("codigo"),
            nombre: "ORO".into(),
            monto: Monto::try_from("10").expect("monto"),
            moneda: "COP".into(),
            en_venta: true,
            flujo: None,
            recursos: Some(recursos),
            parametros: BTreeMap::from([("tipo".to_owned(), Parametro::try_from("mensual").expect("parametro"))]),
        };
        for ruta in RUTAS.into_iter().chain(["parametros.tipo"]) {
            assert!(Plan::ruta_conocida(ruta) && plan.valor(ruta).is_some(), "{ruta}");
        }
        for ruta in ["nube", "flujo", "parametros", "tipo"] {
            assert!(!Plan::ruta_conocida(ruta) && plan.valor(ruta).is_none(), "{ruta}");
        }
        assert_eq!(plan.valor("parametros.otro"), None);
        let sin_recursos = Plan { recursos: None, ..plan };
        assert_eq!(sin_recursos.valor("nube.codigo"), None);
    }
}
