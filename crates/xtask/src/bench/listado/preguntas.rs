//! What is asked: each filter with common, rare and absent values, combinations that select little of much, and
//! combinations at random.

use anyhow::{Context, Result};

use crate::postgres::Conexion;

/// Values of one real saga in the middle of the list.
pub struct Ejemplo {
    suscripcion: String,
    /// A cursor is the id, in base64.
    cursor: String,
    /// Moments at a tenth, a half and nine tenths of the list.
    momentos: [String; 3],
}

impl Ejemplo {
    pub async fn leer(puerto: u16) -> Result<Self> {
        let filas = Conexion::abrir(puerto, "suscripciones")
            .await?
            .ejecutar(
                "select id_suscripcion, replace(replace(rtrim(encode(uuid_send(id), 'base64'), '='), '+', '-'), '/', '_'),
                        to_char(creada at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
                 from saga where creada in (
                     select percentile_disc(f) within group (order by creada) from saga,
                            unnest(array[0.1, 0.5, 0.9]) as f group by f)
                 order by creada",
            )
            .await?;
        let celda = |fila: usize, columna: usize| {
            let valor = filas.get(fila).and_then(|fila| fila.get(columna)).cloned().flatten();
            valor.context("la tabla está vacía")
        };
        Ok(Self {
            suscripcion: celda(1, 0)?,
            cursor: celda(1, 1)?,
            momentos: [celda(0, 2)?, celda(1, 2)?, celda(2, 2)?],
        })
    }
}

pub fn fijas(ejemplo: &Ejemplo) -> Vec<String> {
    let [temprano, medio, tarde] = &ejemplo.momentos;
    let mut preguntas: Vec<String> = [
        "",
        "limite=200",
        "fase=avanzando",
        "fase=deshaciendo",
        "fase=completada",
        "fase=completada_con_avisos",
        "fase=compensada",
        "fase=abandonada",
        "paso=pagar",
        "paso=crear_servicio",
        "codigo_plan=plan-1",
        "codigo_plan=plan-12",
        "codigo_plan=ninguno",
        "codigo_cliente=c-0",
        "codigo_cliente=c-19000",
        "codigo_cliente=nadie",
        "definicion=flujo-1",
        "definicion=flujo-2&definicion_version=1",
        "definicion_version=1&limite=200",
        "atascada=true",
        "atascada=false",
        "pausada=true",
        "antiguedad_min=60",
        "antiguedad_min=200000",
        "atascada=true&antiguedad_min=10000",
        "atascada=true&pausada=true",
        "atascada=true&paso=notificar&codigo_plan=plan-12",
        "fase=deshaciendo&codigo_cliente=c-0&codigo_plan=plan-3",
        "codigo_plan=plan-1&definicion=flujo-6",
        "codigo_plan=plan-12&definicion_version=1",
        "codigo_cliente=c-0&fase=abandonada",
        "codigo_cliente=c-0&codigo_plan=plan-1&fase=compensada&definicion_version=1",
        "codigo_cliente=c-0&definicion_version=1&limite=200",
        "fase=abandonada&codigo_plan=plan-1&definicion_version=2",
    ]
    .map(str::to_owned)
    .into();
    preguntas.extend([
        format!("id_suscripcion={}", ejemplo.suscripcion),
        format!("cursor={}", ejemplo.cursor),
        format!("cursor={}&codigo_plan=plan-9&fase=compensada", ejemplo.cursor),
        format!("cursor={}&codigo_cliente=c-3", ejemplo.cursor),
        format!("desde={medio}"),
        format!("hasta={temprano}"),
        format!("desde={temprano}&hasta={medio}&fase=completada_con_avisos"),
        format!("desde={medio}&hasta={tarde}&definicion_version=1"),
        format!("hasta={temprano}&codigo_plan=plan-11&fase=compensada"),
        format!("desde={tarde}&paso=pagar&atascada=true"),
    ]);
    preguntas
}

/// Each filter is used in one of three combinations, with values of every frequency.
pub fn al_azar(ejemplo: &Ejemplo, cuantas: u32) -> Vec<String> {
    let [temprano, medio, tarde] = &ejemplo.momentos;
    let filtros: [(&str, &[&str]); 11] = [
        ("fase", &["avanzando", "deshaciendo", "completada", "completada_con_avisos", "compensada", "abandonada"]),
        ("paso", &["pagar", "notificar", "crear_servicio"]),
        ("codigo_plan", &["plan-1", "plan-2", "plan-5", "plan-9", "plan-12", "ninguno"]),
        ("codigo_cliente", &["c-0", "c-1", "c-7", "c-100", "c-5000", "nadie"]),
        ("definicion", &["flujo-1", "flujo-2", "flujo-3", "flujo-6"]),
        ("definicion_version", &["1", "2", "3"]),
        ("atascada", &["true", "false"]),
        ("pausada", &["true", "false"]),
        ("desde", &[temprano, medio, tarde]),
        ("hasta", &[temprano, medio, tarde]),
        ("limite", &["10", "50", "200"]),
    ];
    let mut azar = Azar(0x5a1d_7ec4);
    let pregunta = |_| {
        let partes: Vec<String> = filtros
            .iter()
            .filter_map(|(nombre, valores)| {
                let (usado, cual) = (azar.hasta(3) == 0, azar.hasta(valores.len()));
                usado.then(|| format!("{nombre}={}", valores[cual]))
            })
            .collect();
        partes.join("&")
    };
    (0..cuantas).map(pregunta).collect()
}

/// The same numbers every time (xorshift, Marsaglia 2003).
struct Azar(u32);

impl Azar {
    fn hasta(&mut self, fin: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % fin
    }
}
