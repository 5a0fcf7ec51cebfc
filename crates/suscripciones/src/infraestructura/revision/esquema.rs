use std::collections::HashMap;

use apache_avro::schema::{RecordField, RecordSchema};
use contratos::Schema;
use serde_json::Value;

use super::{Papel, falta};
use crate::aplicacion::puertos::Incumplimiento;
use crate::infraestructura::emisor::CAMPOS_DE_CLIENTE;

/// The members of the envelope, by the type that this system writes and reads them as.
const TEXTOS: [&str; 13] = [
    "id",
    "type",
    "specversion",
    "datacontenttype",
    "service_name",
    "source",
    "subject",
    "dataschema",
    "correlationid",
    "causationid",
    "traceparent",
    "tenant",
    "huella",
];
const ENTEROS: [&str; 3] = ["time", "ingestion", "sequence"];

/// A schema of a message, to be asked for what lies at a path of its payload.
pub struct Esquema {
    raiz: Schema,
    nombrados: HashMap<String, Schema>,
}

impl Esquema {
    pub fn leer(avsc: &Value) -> Result<Self, Box<apache_avro::Error>> {
        let raiz = Schema::parse(avsc).map_err(Box::new)?;
        let mut nombrados = HashMap::new();
        recoger(&raiz, &mut nombrados);
        Ok(Self { raiz, nombrados })
    }

    /// The schema of a member of the payload, `data`, by dotted path; a map has whatever member is asked for.
    pub fn en(&self, ruta: &str) -> Option<&Schema> {
        ruta.split('.').try_fold(self.datos()?, |esquema, tramo| self.miembro(esquema, tramo))
    }

    fn datos(&self) -> Option<&Schema> {
        self.miembro(&self.raiz, "data")
    }

    fn miembro<'s>(&'s self, esquema: &'s Schema, nombre: &str) -> Option<&'s Schema> {
        match self.contenido(esquema)? {
            Schema::Record(registro) => campo(registro, nombre).map(|campo| &campo.schema),
            Schema::Map(mapa) => Some(&mapa.types),
            _ => None,
        }
    }

    /// What a nullable schema holds when it is not null.
    pub fn contenido<'s>(&'s self, esquema: &'s Schema) -> Option<&'s Schema> {
        match esquema {
            Schema::Union(union) => {
                let rama = union.variants().iter().find(|rama| !matches!(rama, Schema::Null))?;
                self.contenido(rama)
            }
            Schema::Ref { name } => self.nombrados.get(&name.to_string()),
            otro => Some(otro),
        }
    }

    /// Every field of every record, with its path from the root.
    fn campos(&self) -> Vec<(String, &RecordField)> {
        let mut campos = Vec::new();
        self.recorrer(&self.raiz, "", &mut campos);
        campos
    }

    fn recorrer<'s>(&'s self, esquema: &'s Schema, ruta: &str, campos: &mut Vec<(String, &'s RecordField)>) {
        match esquema {
            Schema::Record(registro) => {
                for campo in &registro.fields {
                    let ruta = if ruta.is_empty() { campo.name.clone() } else { format!("{ruta}.{}", campo.name) };
                    self.recorrer(&campo.schema, &ruta, campos);
                    campos.push((ruta, campo));
                }
            }
            Schema::Union(union) => union.variants().iter().for_each(|rama| self.recorrer(rama, ruta, campos)),
            Schema::Array(lista) => self.recorrer(&lista.items, ruta, campos),
            Schema::Map(mapa) => self.recorrer(&mapa.types, ruta, campos),
            _ => {}
        }
    }
}

/// A schema that the platform's codec can write and read, with the members that sagas need.
pub fn revisar(tipo: &str, esquema: &Esquema, papel: Papel) -> Vec<Incumplimiento> {
    let donde = |campo: &str| format!("esquemas.{tipo}.avsc.{campo}");
    let mut faltas = Vec::new();
    for (ruta, _) in esquema.campos().into_iter().filter(|(_, campo)| !es_opcional(campo)) {
        let texto = "debe ser opcional: [\"null\", tipo] con valor por defecto null";
        faltas.push(falta("campo_no_opcional", donde(&ruta), texto));
    }
    if !matches!(esquema.datos().and_then(|datos| esquema.contenido(datos)), Some(Schema::Record(_))) {
        faltas.push(falta("sin_datos", donde("data"), "debe ser un registro: el contenido del mensaje"));
    }
    for nombre in necesarios(papel) {
        if esquema.miembro(&esquema.raiz, nombre).is_none() {
            faltas.push(falta("sobre_incompleto", donde(nombre), format!("el sobre necesita «{nombre}»")));
        }
    }
    faltas.extend(TEXTOS.into_iter().filter_map(|nombre| ajeno(tipo, esquema, nombre, &Value::from("x"), "texto")));
    faltas.extend(ENTEROS.into_iter().filter_map(|nombre| ajeno(tipo, esquema, nombre, &Value::from(1), "entero")));
    if papel == Papel::Respuesta {
        let personales = esquema.campos().into_iter().filter(|(ruta, _)| ruta.starts_with("data."));
        for (ruta, campo) in personales.filter(|(_, campo)| es_personal(&campo.name)) {
            let texto = format!("«{}» es un dato personal y los eventos se guardan", campo.name);
            faltas.push(falta("dato_personal", donde(&ruta), texto));
        }
    }
    faltas
}

/// The members of the envelope without which a command cannot be answered, or an answer not be recognised.
const fn necesarios(papel: Papel) -> &'static [&'static str] {
    match papel {
        Papel::Inicial => &["id"],
        Papel::Comando => &["id", "type", "correlationid"],
        Papel::Reversa => &["id", "type", "correlationid", "causationid"],
        Papel::Respuesta => &["type", "correlationid", "causationid"],
    }
}

fn ajeno(tipo: &str, esquema: &Esquema, nombre: &str, muestra: &Value, clase: &str) -> Option<Incumplimiento> {
    let miembro = esquema.miembro(&esquema.raiz, nombre)?;
    let cabe = contratos::a_avro(muestra, miembro).is_ok();
    (!cabe).then(|| falta("sobre_ajeno", format!("esquemas.{tipo}.avsc.{nombre}"), format!("debe admitir un {clase}")))
}

/// Whether a member of a payload says who somebody is; codes do not.
pub fn es_personal(nombre: &str) -> bool {
    let nombre = nombre.strip_prefix("cliente_").or_else(|| nombre.strip_prefix("experto_")).unwrap_or(nombre);
    nombre != "codigo" && CAMPOS_DE_CLIENTE.contains(&nombre)
}

fn es_opcional(campo: &RecordField) -> bool {
    let nula = matches!(&campo.schema, Schema::Union(union) if union.variants().first() == Some(&Schema::Null));
    nula && campo.default == Some(Value::Null)
}

fn campo<'s>(registro: &'s RecordSchema, nombre: &str) -> Option<&'s RecordField> {
    registro.lookup.get(nombre).and_then(|indice| registro.fields.get(*indice))
}

fn recoger(esquema: &Schema, nombrados: &mut HashMap<String, Schema>) {
    match esquema {
        Schema::Record(registro) => {
            nombrados.insert(registro.name.to_string(), esquema.clone());
            registro.fields.iter().for_each(|campo| recoger(&campo.schema, nombrados));
        }
        Schema::Enum(enumerado) => {
            nombrados.insert(enumerado.name.to_string(), esquema.clone());
        }
        Schema::Union(union) => union.variants().iter().for_each(|rama| recoger(rama, nombrados)),
        Schema::Array(lista) => recoger(&lista.items, nombrados),
        Schema::Map(mapa) => recoger(&mapa.types, nombrados),
        _ => {}
    }
}
