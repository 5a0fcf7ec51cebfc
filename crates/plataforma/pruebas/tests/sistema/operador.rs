//! What operators do through the public door: find the saga that is stuck, read it, order it; one by one and in bulk.

use std::collections::HashSet;
use std::time::Duration;

use administracion::Admin;
use contratos::{Mensaje, Procedencia, RegistroSaga, TransicionSaga, temas};
use pruebas::{Respuesta, Sistema, cliente_nuevo, esperar};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::lectura::Transicion;
use crate::libros::{self, Asiento};

const ACTOR: &str = "operadora-7";
const PLAZO: Duration = Duration::from_secs(60);
/// Messages of the log among which a recent order is looked for.
const RECIENTES: u64 = 300;

async fn ordenar_como(sistema: &Sistema, actor: &str, ruta: &str, cuerpo: &Value) -> Respuesta {
    sistema.pedir(Method::POST, ruta, Some(cuerpo), &[("X-Operador", actor)]).await
}

async fn ordenar(sistema: &Sistema, ruta: &str, cuerpo: &Value) -> Respuesta {
    ordenar_como(sistema, ACTOR, ruta, cuerpo).await
}

/// An order that is carried out; the entry of the log that it became.
async fn mandar(sistema: &Sistema, saga: &str, cuerpo: Value) -> Transicion {
    let respuesta = ordenar(sistema, &format!("/sagas/{saga}/mandos"), &cuerpo).await;
    assert_eq!(respuesta.estado, StatusCode::OK, "{cuerpo}: {:#}", respuesta.cuerpo);
    let hito = &respuesta.cuerpo["hito"];
    assert_eq!((&hito["causa"], &hito["actor"]), (&json!("mando"), &json!(ACTOR)), "{hito:#}");
    (saga.to_owned(), hito["version"].as_i64().expect("versión"))
}

async fn ver(sistema: &Sistema, saga: &str) -> Value {
    sistema.leer(&format!("/sagas/{saga}")).await.cuerpo
}

async fn esperar_saga(sistema: &Sistema, saga: &str, que: &str, cumple: impl Fn(&Value) -> bool) -> Value {
    esperar(&format!("la saga {saga} {que}"), PLAZO, async || Some(ver(sistema, saga).await).filter(&cumple)).await
}

/// The ids of the sagas that a filter finds.
async fn listar(sistema: &Sistema, filtro: &str) -> Vec<String> {
    let lista = sistema.leer(&format!("/sagas?{filtro}")).await;
    assert_eq!(lista.estado, StatusCode::OK, "{filtro}: {:#}", lista.cuerpo);
    let sagas = lista.cuerpo["elementos"].as_array().expect("elementos").iter();
    sagas.map(|saga| saga["id"].as_str().expect("id").to_owned()).collect()
}

/// A plan whose flow loses its patience in its last step within a second, through the admin API.
async fn plan_impaciente(sistema: &Sistema) {
    let mut documento = sistema.leer("/admin/definiciones/suscripcion-pro/1").await.cuerpo["documento"].clone();
    documento["clave"] = json!("flujo-impaciente");
    let pasos = documento["pasos"].as_array_mut().expect("pasos");
    let notificar = pasos.iter_mut().find(|paso| paso["clave"] == "notificar").expect("notificar");
    notificar["plazo_ms"] = json!(400);
    notificar["intentos"] = json!(2);
    notificar["reintento"] = json!({ "inicial_ms": 100, "maximo_ms": 200 });
    let creada = ordenar(sistema, "/admin/definiciones", &documento).await;
    assert!(creada.estado.is_success(), "{:#}", creada.cuerpo);
    for paso in ["verificar", "activar"] {
        let ruta = format!("/admin/definiciones/flujo-impaciente/1/{paso}");
        let hecho = ordenar(sistema, &ruta, &json!({})).await;
        assert_eq!(hecho.estado, StatusCode::OK, "{paso}: {:#}", hecho.cuerpo);
    }
    poner_plan(sistema, "impaciente", "flujo-impaciente").await;
}

async fn poner_plan(sistema: &Sistema, codigo: &str, flujo: &str) {
    let plan = json!({
        "nombre": codigo, "monto": "150000.00", "moneda": "COP", "flujo": flujo,
        "recursos": {"nube": {"codigo": "nube-andina", "nombre": "Nube Andina", "tipo": "publica"},
                     "dataset": {"codigo": "ds-torax", "nombre": "Tórax"}, "especialidad": "radiologia"}});
    sistema.poner(&format!("/admin/planes/{codigo}"), &plan).await;
}

fn id(recursos: &Value, clave: &str) -> String {
    recursos[clave].as_str().unwrap_or_else(|| panic!("{clave}: {recursos:#}")).to_owned()
}

async fn libro_de(sistema: &Sistema, recursos: &Value) -> Asiento {
    sistema.notificaciones(recursos).await;
    let suscripcion = id(recursos, "id_suscripcion");
    libros::leer(sistema, std::slice::from_ref(&suscripcion)).await.remove(&suscripcion).expect("asiento")
}

/// Each order is in the topic of the log as the entry that it became, with its actor.
async fn esperar_en_el_registro(sistema: &Sistema, ordenes: &[Transicion]) {
    let admin = Admin::nuevo(&sistema.url_admin(), "public/default").expect("admin");
    let mut faltan: HashSet<&Transicion> = ordenes.iter().collect();
    let mut leidos = None;
    esperar("las órdenes están en el registro publicado", PLAZO, async || {
        let tema = temas::por_tipo(RegistroSaga::TIPO).expect("tema").nombre;
        let total = admin.mensajes(tema).await.expect("cuenta");
        let desde = leidos.replace(total).unwrap_or_else(|| total.saturating_sub(RECIENTES));
        for orden in desde + 1..=total {
            for (transicion, entrada) in transiciones(&admin.mensaje(tema, orden).await.expect("mensaje")) {
                if faltan.remove(&transicion) {
                    let causa = &entrada["causa"];
                    assert_eq!((&causa["tipo"], &causa["actor"]), (&json!("mando"), &json!(ACTOR)), "{entrada:#}");
                }
            }
        }
        faltan.is_empty().then_some(())
    })
    .await;
}

/// What a message of the log holds.
fn transiciones(carga: &[u8]) -> Vec<(Transicion, Value)> {
    let tema = temas::por_tipo(RegistroSaga::TIPO).expect("tema").nombre;
    let procedencia = Procedencia { tema, posicion: String::new(), publicado: contratos::ahora() };
    let registro = contratos::decodificar::<RegistroSaga>(carga, None, &procedencia).expect("registro").datos;
    let leer = |transicion: TransicionSaga| {
        let clave = (transicion.saga.expect("saga"), transicion.version.expect("versión"));
        (clave, serde_json::from_str(&transicion.entrada.expect("entrada")).expect("json"))
    };
    registro.transiciones.unwrap_or_default().into_iter().map(leer).collect()
}

/// Every filter finds it, none finds it by something that it is not, and its line of time says why it is stuck.
async fn encontrar(sistema: &Sistema, cliente: &str, seguida: &str) {
    let buena = format!(
        "atascada=true&fase=avanzando&paso=notificar&codigo_plan=impaciente&codigo_cliente={cliente}\
         &definicion=flujo-impaciente&definicion_version=1&antiguedad_min=0"
    );
    assert_eq!(listar(sistema, &buena).await, [seguida.to_owned()]);
    for (bueno, malo) in [
        ("atascada=true", "atascada=false"),
        ("paso=notificar", "paso=pagar"),
        ("codigo_plan=impaciente", "codigo_plan=pro"),
        ("fase=avanzando", "fase=deshaciendo"),
        ("antiguedad_min=0", "antiguedad_min=60"),
    ] {
        assert!(listar(sistema, &buena.replace(bueno, malo)).await.is_empty(), "{malo}");
    }
    let vista = ver(sistema, seguida).await;
    let linea = vista["linea_de_tiempo"].as_array().expect("línea de tiempo");
    let vencido = linea.iter().find(|hito| hito["causa"] == "plazo_vencido" && hito["paso"] == "notificar");
    assert!(vencido.is_some_and(|hito| hito["texto"].as_str().is_some_and(|texto| !texto.is_empty())), "{vista:#}");
}

#[tokio::test]
async fn la_saga_atascada_se_encuentra_se_lee_y_con_ordenes_sigue_hasta_el_final() {
    let sistema = Sistema::tomar().await;
    crate::carga::hacer_sitio(&sistema).await;
    plan_impaciente(&sistema).await;
    let avisos = sistema.proceso("notificaciones");
    avisos.detener().await;
    let cliente = cliente_nuevo();
    let (una, otra) =
        (sistema.suscribir(&cliente, "impaciente").await, sistema.suscribir(&cliente_nuevo(), "impaciente").await);
    let (seguida, saltada) = (id(&una, "id_saga"), id(&otra, "id_saga"));
    for saga in [&seguida, &saltada] {
        esperar_saga(&sistema, saga, "se atasca", |vista| vista["atascada"] == true).await;
    }

    encontrar(&sistema, &cliente, &seguida).await;
    let simulacro = format!("/sagas/{seguida}/mandos?simulacro=true");
    let prevista = ordenar(&sistema, &simulacro, &json!({"mando": "reintentar", "paso": "notificar"})).await.cuerpo;
    assert_eq!(
        (&prevista["comandos"][0]["comando"], &prevista["veredicto"]["aprueba"]),
        (&json!("ComandoEnviarNotificacion"), &json!(true)),
        "{prevista:#}"
    );
    let mut ordenes = vec![mandar(&sistema, &seguida, json!({"mando": "pausar", "motivo": "INC-1"})).await];
    let parada = ver(&sistema, &seguida).await;
    assert_eq!(
        listar(&sistema, &format!("pausada=true&codigo_cliente={cliente}")).await,
        std::slice::from_ref(&seguida)
    );
    let repetida = ordenar(&sistema, &format!("/sagas/{seguida}/mandos"), &json!({"mando": "pausar"})).await;
    assert_eq!((repetida.estado, &repetida.cuerpo["code"]), (StatusCode::CONFLICT, &json!("ya_en_pausa")));
    // Meanwhile the deadlines of the other one pass, twice.
    let version = |vista: &Value| vista["version"].as_i64().expect("versión");
    let antes = version(&ver(&sistema, &saltada).await);
    esperar_saga(&sistema, &saltada, "vence dos veces", |vista| version(vista) >= antes + 2).await;
    assert_eq!(version(&ver(&sistema, &seguida).await), version(&parada), "en pausa no vence nada");
    ordenes.push(mandar(&sistema, &saltada, json!({"mando": "saltar", "paso": "notificar", "motivo": "INC-2"})).await);
    assert_eq!(sistema.saga_terminada(&otra).await["fase"], "completada");
    ordenes.push(mandar(&sistema, &seguida, json!({"mando": "reanudar"})).await);
    ordenes.push(mandar(&sistema, &seguida, json!({"mando": "reintentar", "paso": "notificar"})).await);
    let reintentada = ver(&sistema, &seguida).await;
    let hito =
        &reintentada["linea_de_tiempo"].as_array().expect("línea")[usize::try_from(ordenes[3].1 - 1).expect("versión")];
    assert_eq!((&hito["paso"], &hito["intento"]), (&json!("notificar"), &json!(1)), "{hito:#}");
    avisos.arrancar(&[]);
    avisos.esperar_listo().await;
    assert_eq!(sistema.saga_terminada(&una).await["fase"], "completada");
    for recursos in [&una, &otra] {
        let asiento = libro_de(&sistema, recursos).await;
        assert!(asiento.es_coherente(), "{asiento:?}");
    }
    let historial = sistema.leer(&format!("/admin/mandos?id_saga={seguida}&actor={ACTOR}&resultado=aplicado")).await;
    assert_eq!(historial.cuerpo["elementos"].as_array().map(Vec::len), Some(3), "{:#}", historial.cuerpo);
    esperar_en_el_registro(&sistema, &ordenes).await;
}

#[tokio::test]
async fn un_paso_que_se_hizo_y_cuya_respuesta_se_perdio_se_salta_con_su_salida() {
    let sistema = Sistema::tomar().await;
    crate::carga::hacer_sitio(&sistema).await;
    let datos = sistema.proceso("servicio-datos");
    datos.reiniciar(&[("SALUDTECH_FALLO", "tras-confirmar")]).await;
    let marca = datos.marca();
    let recursos = sistema.suscribir(&cliente_nuevo(), "pro").await;
    esperar("el servicio se crea y no se contesta", PLAZO, async || {
        datos.registro_desde(marca).contains("punto de fallo alcanzado: tras-confirmar").then_some(())
    })
    .await;
    datos.matar().await;
    let (saga, suscripcion) = (id(&recursos, "id_saga"), id(&recursos, "id_suscripcion"));
    let sin_salida = json!({"mando": "saltar", "paso": "crear_servicio", "motivo": "INC-4"});
    let rechazada = ordenar(&sistema, &format!("/sagas/{saga}/mandos"), &sin_salida).await;
    assert_eq!((rechazada.estado, &rechazada.cuerpo["code"]), (StatusCode::CONFLICT, &json!("falta_salida")));
    let servicio = contratos::id_serviciodatos(suscripcion.parse().expect("uuid"));
    let mut con_salida = sin_salida;
    con_salida["salida"] = json!({ "id_serviciodatos": servicio });
    let orden = mandar(&sistema, &saga, con_salida).await;
    let vista = esperar_saga(&sistema, &saga, "sigue", |vista| vista["pasos"][1]["estado"] == "hecho").await;
    assert_eq!(vista["pasos"][2]["estado"], "en_curso", "{vista:#}");
    datos.arrancar(&[]);
    datos.esperar_listo().await;
    assert_eq!(sistema.saga_terminada_en(&recursos, PLAZO).await["fase"], "completada");
    let asiento = libro_de(&sistema, &recursos).await;
    assert!(asiento.es_coherente(), "{asiento:?}");
    esperar_en_el_registro(&sistema, &[orden]).await;
}

#[tokio::test]
async fn compensar_y_abandonar_una_saga_sin_respuesta_dejan_los_libros_como_deben() {
    let sistema = Sistema::tomar().await;
    crate::carga::hacer_sitio(&sistema).await;
    let datos = sistema.proceso("servicio-datos");
    datos.detener().await;
    let (una, otra) =
        (sistema.suscribir(&cliente_nuevo(), "pro").await, sistema.suscribir(&cliente_nuevo(), "pro").await);
    let (compensada, abandonada) = (id(&una, "id_saga"), id(&otra, "id_saga"));
    let mut ordenes = vec![mandar(&sistema, &compensada, json!({"mando": "compensar", "motivo": "duplicada"})).await];
    let ruta = format!("/sagas/{abandonada}/mandos");
    for (cuerpo, actor) in [
        (json!({"mando": "abandonar"}), Some(ACTOR)),
        (json!({"mando": "abandonar", "motivo": "lo pidió Pablo Perez"}), Some(ACTOR)),
        (json!({"mando": "abandonar", "motivo": "INC-3"}), None),
    ] {
        let cabecera = actor.map(|actor| ("X-Operador", actor));
        let cabeceras: Vec<(&str, &str)> = cabecera.into_iter().collect();
        let rechazada = sistema.pedir(Method::POST, &ruta, Some(&cuerpo), &cabeceras).await;
        assert!(rechazada.estado.is_client_error(), "{cuerpo} {actor:?}: {:#}", rechazada.cuerpo);
        assert!(!rechazada.cuerpo.to_string().contains("Pablo"));
    }
    ordenes.push(mandar(&sistema, &abandonada, json!({"mando": "abandonar", "motivo": "INC-3"})).await);
    assert_eq!(ver(&sistema, &abandonada).await["fase"], "abandonada");
    datos.arrancar(&[]);
    datos.esperar_listo().await;
    assert_eq!(sistema.saga_terminada(&una).await["fase"], "compensada");
    let asiento = libro_de(&sistema, &una).await;
    assert!(asiento.es_coherente(), "{asiento:?}");

    // What an abandoned saga left is the operator's to clear, and the system has forgotten none of it.
    let suscripcion = id(&otra, "id_suscripcion");
    let libro = async || libros::leer(&sistema, std::slice::from_ref(&suscripcion)).await.remove(&suscripcion);
    esperar("el comando que esperaba se ejecuta", PLAZO, async || {
        libro().await.filter(|asiento| asiento.servicio == "creado").map(drop)
    })
    .await;
    let cuerpo = json!({"id_suscripcion": suscripcion, "motivo": "INC-3"});
    for ruta in ["/serviciodatos/terminar-comando", "/suscripciones/cancelar-comando"] {
        assert_eq!(sistema.publicar(ruta, &cuerpo).await.estado, StatusCode::ACCEPTED, "{ruta}");
    }
    esperar("no queda nada en pie", PLAZO, async || {
        let asiento = libro().await?;
        let limpio = asiento.suscripcion == "cancelada" && asiento.servicio == "terminado";
        (limpio && !asiento.ocupa && asiento.pagos == 0).then_some(())
    })
    .await;
    esperar_en_el_registro(&sistema, &ordenes).await;
}

#[tokio::test]
async fn una_orden_a_muchas_se_muestra_antes_y_no_alcanza_a_la_que_cambio() {
    let sistema = Sistema::tomar().await;
    crate::carga::hacer_sitio(&sistema).await;
    let plan = format!("lote-{}", &cliente_nuevo()[24..]);
    poner_plan(&sistema, &plan, "suscripcion-pro").await;
    let datos = sistema.proceso("servicio-datos");
    datos.detener().await;
    let mut recursos = Vec::new();
    for _ in 0..5 {
        recursos.push(sistema.suscribir(&cliente_nuevo(), &plan).await);
    }
    let filtro = json!({"codigo_plan": plan, "fase": "avanzando", "paso": "crear_servicio"});
    let pedido = json!({"mando": "pausar", "motivo": "mantenimiento", "filtro": filtro});
    let propuesta = ordenar(&sistema, "/sagas/mandos", &pedido).await;
    assert_eq!(propuesta.estado, StatusCode::OK, "{:#}", propuesta.cuerpo);
    let (total, aplicables) = (&propuesta.cuerpo["total"], &propuesta.cuerpo["aplicables"]);
    assert_eq!((total, aplicables), (&json!(5), &json!(5)), "{:#}", propuesta.cuerpo);
    assert!(listar(&sistema, &format!("pausada=true&codigo_plan={plan}")).await.is_empty(), "mirar no cambia nada");

    let cambiada = id(&recursos[0], "id_saga");
    mandar(&sistema, &cambiada, json!({"mando": "compensar"})).await;
    let testigo = json!({ "testigo": propuesta.cuerpo["testigo"] });
    let ajena = ordenar_como(&sistema, "otra-operadora", "/sagas/mandos", &testigo).await;
    assert_eq!((ajena.estado, &ajena.cuerpo["code"]), (StatusCode::CONFLICT, &json!("testigo_ajeno")));
    let inventado = json!({ "testigo": contratos::id_nuevo() });
    assert_eq!(ordenar(&sistema, "/sagas/mandos", &inventado).await.estado, StatusCode::NOT_FOUND);
    let (lote, ordenes) = llevar_a_cabo(&sistema, &testigo).await;
    let cuenta = ["total", "aplicados", "rechazados", "cambiadas"].map(|campo| lote[campo].as_i64());
    assert_eq!(cuenta, [5, 4, 0, 1].map(Some), "{lote:#}");
    assert!(ordenes.iter().all(|(saga, _)| *saga != cambiada));
    assert_eq!(listar(&sistema, &format!("pausada=true&codigo_plan={plan}")).await.len(), 4);

    let filtro = json!({"codigo_plan": plan, "pausada": true});
    let propuesta = ordenar(&sistema, "/sagas/mandos", &json!({"mando": "reanudar", "filtro": filtro})).await.cuerpo;
    assert_eq!(propuesta["aplicables"], 4, "{propuesta:#}");
    let (_, reanudadas) = llevar_a_cabo(&sistema, &json!({ "testigo": propuesta["testigo"] })).await;
    datos.arrancar(&[]);
    datos.esperar_listo().await;
    for recursos in &recursos {
        let fase = if id(recursos, "id_saga") == cambiada { "compensada" } else { "completada" };
        assert_eq!(sistema.saga_terminada_en(recursos, PLAZO).await["fase"], fase);
        let asiento = libro_de(&sistema, recursos).await;
        assert!(asiento.es_coherente(), "{asiento:?}");
    }
    esperar_en_el_registro(&sistema, &[ordenes, reanudadas].concat()).await;
}

/// Confirms a proposal and waits for its end: what the batch says, and the entries that its orders became.
async fn llevar_a_cabo(sistema: &Sistema, testigo: &Value) -> (Value, Vec<Transicion>) {
    let aceptada = ordenar(sistema, "/sagas/mandos", testigo).await;
    assert_eq!(aceptada.estado, StatusCode::ACCEPTED, "{:#}", aceptada.cuerpo);
    let ruta = aceptada.cabecera("location").to_owned();
    let lote = esperar("el lote termina", PLAZO, async || {
        let lote = sistema.leer(&ruta).await.cuerpo;
        (lote["estado"] == "terminado").then_some(lote)
    })
    .await;
    let id = lote["id"].as_str().expect("lote");
    let mandos = sistema.leer(&format!("/admin/mandos?lote={id}&resultado=aplicado")).await.cuerpo;
    let mandos = mandos["elementos"].as_array().expect("mandos").iter();
    let transicion = |mando: &Value| {
        (mando["id_saga"].as_str().expect("saga").to_owned(), mando["version"].as_i64().expect("versión"))
    };
    (lote, mandos.map(transicion).collect())
}
