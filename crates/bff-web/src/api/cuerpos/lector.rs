use crate::dominio::{ErrorValor, IdServicioDatos, IdSuscripcion};
use serde_json::Value;
use servidor::{Campos, Problema};
use std::collections::BTreeMap;

/// More findings than this about unknown fields help nobody.
const DESCONOCIDOS_MAXIMOS: usize = 20;

/// Reads a body's fields as values of the domain and remembers everything that is wrong.
pub(super) struct Lector<'a> {
    cuerpo: &'a Value,
    campos: Campos<'a>,
}

impl<'a> Lector<'a> {
    /// `admitidos` are the dotted paths of every field that the body may have.
    pub(super) fn de(cuerpo: &'a Value, admitidos: &[&str]) -> Self {
        let mut campos = Campos::de(cuerpo);
        let mut desconocidos = Vec::new();
        buscar_desconocidos(cuerpo, "", admitidos, &mut desconocidos);
        for ruta in &desconocidos {
            campos.invalido(ruta, "no es un campo conocido");
        }
        Self { cuerpo, campos }
    }

    pub(super) fn valor<V: TryFrom<String, Error = ErrorValor>>(&mut self, ruta: &str) -> Option<V> {
        let texto = self.campos.texto(ruta);
        self.comprobar(ruta, texto)
    }

    pub(super) fn valor_o_numero<V: TryFrom<String, Error = ErrorValor>>(&mut self, ruta: &str) -> Option<V> {
        let texto = self.campos.texto_o_numero(ruta);
        self.comprobar(ruta, texto)
    }

    /// The outer `None` is a finding, the inner one an absent field.
    pub(super) fn opcional<V: TryFrom<String, Error = ErrorValor>>(&mut self, ruta: &str) -> Option<Option<V>> {
        match self.campos.texto_opcional(ruta) {
            None => Some(None),
            Some(texto) => self.comprobar(ruta, texto).map(Some),
        }
    }

    /// Only for fields at the top of the body.
    pub(super) fn opcional_o_numero<V: TryFrom<String, Error = ErrorValor>>(
        &mut self,
        campo: &str,
    ) -> Option<Option<V>> {
        match self.cuerpo.get(campo) {
            None | Some(Value::Null) => Some(None),
            Some(_) => self.valor_o_numero(campo).map(Some),
        }
    }

    pub(super) fn suscripcion(&mut self, ruta: &str) -> IdSuscripcion {
        IdSuscripcion(self.campos.uuid(ruta))
    }

    pub(super) fn suscripcion_opcional(&mut self, ruta: &str) -> Option<IdSuscripcion> {
        self.campos.uuid_opcional(ruta).map(IdSuscripcion)
    }

    pub(super) fn servicio_opcional(&mut self, ruta: &str) -> Option<IdServicioDatos> {
        self.campos.uuid_opcional(ruta).map(IdServicioDatos)
    }

    pub(super) fn mapa<V: TryFrom<BTreeMap<String, String>, Error = ErrorValor>>(&mut self, ruta: &str) -> Option<V> {
        let mapa = self.campos.mapa_textos_opcional(ruta).unwrap_or_default();
        V::try_from(mapa).map_err(|error| self.invalido(ruta, error.to_string())).ok()
    }

    /// Adds a finding that no single value shows.
    pub(super) fn invalido(&mut self, ruta: &str, motivo: impl Into<String>) {
        self.campos.invalido(ruta, motivo);
    }

    /// A list that this command has no place for: only an empty one loses nothing.
    pub(super) fn lista_vacia(&mut self, ruta: &str) {
        if self.campos.lista_opcional(ruta).is_some_and(|lista| !lista.is_empty()) {
            self.campos.invalido(ruta, "debe estar vacía: este comando no lleva elementos aquí");
        }
    }

    /// `leido` is only `None` if something was found wrong.
    pub(super) fn terminar<T>(self, leido: Option<T>) -> Result<T, Problema> {
        self.campos.terminar()?;
        leido.ok_or_else(Problema::interno)
    }

    /// An empty text is one that the reader below has already complained about.
    fn comprobar<V: TryFrom<String, Error = ErrorValor>>(&mut self, ruta: &str, texto: String) -> Option<V> {
        if texto.is_empty() {
            return None;
        }
        match V::try_from(texto) {
            Ok(valor) => Some(valor),
            Err(error) => {
                self.campos.invalido(ruta, error.to_string());
                None
            }
        }
    }
}

/// Collects the paths that are neither an admitted field nor lead to one; inside a field anything goes.
fn buscar_desconocidos(valor: &Value, base: &str, admitidos: &[&str], hallados: &mut Vec<String>) {
    let Value::Object(miembros) = valor else { return };
    for (clave, miembro) in miembros {
        let ruta = if base.is_empty() { clave.clone() } else { format!("{base}.{clave}") };
        if admitidos.contains(&ruta.as_str()) {
            continue;
        }
        let prefijo = format!("{ruta}.");
        if admitidos.iter().any(|admitido| admitido.starts_with(&prefijo)) {
            buscar_desconocidos(miembro, &ruta, admitidos, hallados);
        } else if hallados.len() < DESCONOCIDOS_MAXIMOS {
            hallados.push(ruta);
        }
    }
}
