use contratos::*;
use serde_json::{Map, Value, json};

/// Runs a generic check for every message type of the published language.
macro_rules! por_cada_mensaje {
    ($comprobar:ident) => {
        por_cada_mensaje!($comprobar:
            ComandoCrearSuscripcion, ComandoCambiarPlanSuscripcion, ComandoCancelarSuscripcion, ComandoPagarSuscripcion,
            ComandoDesistirOperacion, EventoOperacionIniciada,
            EventoSuscripcionCreada, EventoSuscripcionPlanModificado, EventoSuscripcionCancelada,
            EventoSuscripcionPagada, EventoSuscripcionFallida,
            ComandoCrearServicioDatos, ComandoAsignarExperto, ComandoIniciarServicioDatos, ComandoTerminarServicioDatos,
            EventoServicioDatosCreada, EventoExpertoAsignado, EventoServicioDatosIniciado,
            EventoServicioDatosTerminado, EventoServicioDatosFallida,
            ComandoEnviarNotificacion, EventoNotificacionCreada, EventoNotificacionEnviada,
            EventoNotificacionError, EventoNotificacionConfirmacion,
            ComandoAnonimizarImagen, EventoAnonimizacion, EventoAnonimizacionFallida,
            EventoConsultaAnonimizacion,
            RegistroSaga, EstadoSaga)
    };
    ($comprobar:ident: $($tipo:ident),*) => {{
        let mut vistos = Vec::new();
        $($comprobar::<$tipo>(); vistos.push($tipo::TIPO);)*
        vistos
    }};
}

/// A value that fills every field of a schema.
fn muestra(esquema: &Schema) -> Value {
    match esquema {
        Schema::Union(union) => muestra(union.variants().last().expect("rama")),
        Schema::Record(registro) => {
            Value::Object(registro.fields.iter().map(|c| (c.name.clone(), muestra(&c.schema))).collect())
        }
        Schema::Map(mapa) => Value::Object(Map::from_iter([("clave".to_owned(), muestra(&mapa.types))])),
        Schema::Array(lista) => Value::Array(vec![muestra(&lista.items)]),
        Schema::String => json!("Peñá 1"),
        Schema::Long => json!(1_720_000_000_000_i64),
        otro => panic!("tipo sin muestra: {otro:?}"),
    }
}

fn esquema_de_los_datos(esquema: &Schema) -> &Schema {
    let Schema::Record(registro) = esquema else { panic!("no es un record") };
    let Schema::Union(union) = &registro.fields[0].schema else { panic!("data no es una union") };
    union.variants().last().expect("rama")
}

fn cabecera_completa(tipo: &str) -> Cabecera {
    Cabecera {
        tipo: tipo.to_owned(),
        asunto: Some("asunto-1".into()),
        correlacion: Some(id_derivado(&["saga"])),
        causa: Some(id_derivado(&["causa"])),
        traza: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        inquilino: Some("publico".into()),
        secuencia: Some(4),
        huella: Some("ab12".into()),
        ..Cabecera::nueva(id_derivado(&["mensaje"]), "suscripciones", ahora())
    }
}

fn procedencia(tema: &str) -> Procedencia<'_> {
    Procedencia { tema, posicion: "1:2:-1".into(), publicado: ahora() }
}

/// The type has the fields of the schema in its order, and a full message survives encoding and decoding.
fn el_tipo_es_su_esquema<D: Mensaje>() {
    let esquema = esquema_de(D::TIPO).expect("esquema");
    let datos = esquema_de_los_datos(esquema);
    let vacio = serde_json::to_string(&D::default()).expect("json");
    let Schema::Record(registro) = datos else { panic!("data no es un record") };
    let nombres: Vec<_> = registro.fields.iter().map(|campo| format!("\"{}\":null", campo.name)).collect();
    assert_eq!(vacio, format!("{{{}}}", nombres.join(",")), "{}", D::TIPO);

    let tema = temas::por_tipo(D::TIPO).expect("tema").nombre;
    let cabecera = cabecera_completa(D::TIPO);
    let generico = codificar_json(tema, esquema, &cabecera, &muestra(datos)).expect("codifica");
    let recibido: Recibido<D> = decodificar(&generico.carga, None, &procedencia(tema)).expect("decodifica");
    assert_eq!(serde_json::to_value(&recibido.datos).expect("json"), muestra(datos), "{}", D::TIPO);
    assert_eq!(recibido.cabecera, cabecera);
    assert_eq!(codificar(&cabecera, &recibido.datos).expect("codifica"), generico);
    let de_vuelta = decodificar_json(&generico.carga, esquema, &procedencia(tema)).expect("decodifica");
    assert_eq!(de_vuelta.datos, muestra(datos));
}

#[test]
fn cada_tipo_es_igual_a_su_esquema_y_ninguno_falta() {
    let mut vistos = por_cada_mensaje!(el_tipo_es_su_esquema);
    let mut tabla: Vec<_> = temas::TEMAS.iter().map(|tema| tema.tipo).collect();
    vistos.sort_unstable();
    tabla.sort_unstable();
    assert_eq!(vistos, tabla);
}

#[test]
fn un_sobre_ajeno_sin_id_toma_el_de_su_posicion() {
    let esquema = Schema::parse_str(
        r#"{"type":"record","name":"ComandoCancelarSuscripcion","fields":[{"name":"data","type":["null",
        {"type":"record","name":"ComandoCancelarSuscripcionPayload","fields":[
        {"name":"id_suscripcion","type":["null","string"]},{"name":"motivo","type":["null","string"]}]}]}]}"#,
    )
    .expect("esquema");
    let tema = temas::por_tipo(ComandoCancelarSuscripcion::TIPO).expect("tema").nombre;
    let datos = json!({"id_suscripcion": "s", "motivo": null});
    let saliente = codificar_json(tema, &esquema, &cabecera_completa("x"), &datos).expect("codifica");
    let leer = || {
        decodificar::<ComandoCancelarSuscripcion>(&saliente.carga, Some(&esquema), &procedencia(tema))
            .expect("decodifica")
    };
    assert_eq!(leer().cabecera.id, leer().cabecera.id);
    assert_eq!(leer().cabecera.tipo, ComandoCancelarSuscripcion::TIPO);
    assert_eq!(leer().datos.id_suscripcion.as_deref(), Some("s"));
}

#[test]
fn bytes_que_no_siguen_el_esquema_son_un_error_y_no_un_panico() {
    let tema = temas::por_tipo(ComandoCrearSuscripcion::TIPO).expect("tema").nombre;
    let completo = codificar(&cabecera_completa(""), &ComandoCrearSuscripcion::default()).expect("codifica").carga;
    for corte in 0..completo.len() {
        assert!(decodificar::<ComandoCrearSuscripcion>(&completo[..corte], None, &procedencia(tema)).is_err());
    }
    for basura in [b"{\"hola\":1}".as_slice(), &[0xff; 64], &[2; 3]] {
        assert!(decodificar::<ComandoCrearSuscripcion>(basura, None, &procedencia(tema)).is_err());
    }
}

#[test]
fn un_mensaje_de_otro_tipo_no_pasa_por_el_del_tema() {
    let otro = codificar(&cabecera_completa(""), &EventoServicioDatosIniciado::default()).expect("codifica");
    let leido = decodificar::<EventoServicioDatosTerminado>(
        &otro.carga,
        esquema_de(EventoServicioDatosIniciado::TIPO),
        &procedencia(&otro.tema),
    );
    assert!(matches!(leido, Err(ErrorCodec::TipoAjeno { .. } | ErrorCodec::Avro(_))));
}

#[test]
fn depurar_un_mensaje_no_muestra_datos_personales() {
    let comando = ComandoCrearSuscripcion { cliente_email: Some("p@d.com".into()), ..Default::default() };
    assert_eq!(format!("{comando:?}"), "ComandoCrearSuscripcion");
}
