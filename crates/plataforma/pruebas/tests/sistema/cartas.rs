//! Messages that nobody can read: a dead letter with its reason, and neighbours unaffected.

use std::collections::BTreeMap;
use std::time::Duration;

use contratos::{Cabecera, ComandoCrearSuscripcion, Mensaje, Saliente, temas};
use mensajeria::{AjustesPulsar, Mensajeria, Publicar};
use pruebas::{Sistema, cliente_nuevo, esperar};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::carga;

/// Publishes raw bytes to a topic of the table, with that topic's schema.
async fn publicar(sistema: &Sistema, tipo: &str, cargas: Vec<Vec<u8>>) {
    let tema = temas::por_tipo(tipo).expect("tema").nombre.to_owned();
    let saliente = |carga| Saliente {
        tema: tema.clone(),
        id: contratos::id_nuevo(),
        clave: "prueba".into(),
        carga,
        propiedades: BTreeMap::new(),
    };
    enviar(sistema, cargas.into_iter().map(saliente).collect()).await;
}

async fn enviar(sistema: &Sistema, salientes: Vec<Saliente>) {
    let (tareas, cierre) = (TaskTracker::new(), CancellationToken::new());
    let ajustes = AjustesPulsar { url: sistema.url_pulsar(), espacio: "public/default".to_owned() };
    let mensajeria = Mensajeria::nueva(&ajustes, &tareas, &cierre);
    let publicador = mensajeria.publicador();
    esperar("se publica", Duration::from_secs(20), async || {
        publicador.publicar(salientes.clone()).await.iter().all(Result::is_ok).then_some(())
    })
    .await;
    cierre.cancel();
    tareas.close();
    tareas.wait().await;
}

async fn muertas(sistema: &Sistema) -> i64 {
    let base = sistema.base("suscripciones").await;
    sqlx::query_scalar("select count(*) from bandejas.dead_letter where estado = 'muerta'")
        .fetch_one(&base)
        .await
        .expect("cartas")
}

#[tokio::test]
async fn lo_indescifrable_es_carta_muerta_y_no_detiene_a_los_demas() {
    let sistema = Sistema::tomar().await;
    let antes = muertas(&sistema).await;
    let basura = vec![b"esto no es avro".to_vec(), vec![0xff; 40], Vec::new()];
    publicar(&sistema, contratos::ComandoCrearSuscripcion::TIPO, basura).await;
    let recursos = sistema.suscribir(&cliente_nuevo(), "basico").await;
    assert_eq!(recursos["suscripcion"], "activa");
    esperar("las tres cartas", Duration::from_secs(20), async || (muertas(&sistema).await == antes + 3).then_some(()))
        .await;
    let lista = sistema.leer("/admin/suscripciones/cartas-muertas?estado=muerta").await;
    let carta = &lista.cuerpo["elementos"][0];
    assert!(!carta["motivo"].is_null() || !carta["codigo"].is_null(), "{carta:#}");
    assert!(!lista.cuerpo.to_string().contains("no es avro"));
}

#[tokio::test]
async fn una_carta_se_descarta_con_motivo_y_sin_motivo_no() {
    let sistema = Sistema::tomar().await;
    publicar(&sistema, contratos::ComandoPagarSuscripcion::TIPO, vec![vec![0xff; 10]]).await;
    let id = esperar("la carta", Duration::from_secs(20), async || {
        let lista = sistema.leer("/admin/suscripciones/cartas-muertas?estado=muerta").await.cuerpo;
        let cartas = lista["elementos"].as_array()?.clone();
        let tema = temas::por_tipo(contratos::ComandoPagarSuscripcion::TIPO)?.nombre;
        let carta = cartas.iter().find(|carta| carta["tema"] == tema)?;
        carta["id"].as_str().map(str::to_owned)
    })
    .await;
    let ruta = format!("/admin/suscripciones/cartas-muertas/{id}/descartar");
    let sin_motivo = sistema.pedir(Method::POST, &ruta, Some(&json!({})), &[]).await;
    assert_eq!(sin_motivo.estado, 422, "{:?}", sin_motivo.cuerpo);
    let descartada =
        sistema.pedir(Method::POST, &ruta, Some(&json!({"motivo": "basura de prueba", "actor": "pruebas"})), &[]).await;
    assert!(descartada.estado.is_success(), "{descartada:?}");
}

/// Runs `cargo xtask cartas` against the system; what it prints, or what it complains of.
async fn xtask_cartas(sistema: &Sistema, argumentos: &[&str]) -> Result<String, String> {
    let salida = tokio::process::Command::new(pruebas::variable("PRUEBAS_XTASK"))
        .args(["cartas", "--entorno"])
        .arg(sistema.carpeta())
        .args(argumentos)
        .output()
        .await
        .expect("xtask");
    let texto = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if salida.status.success() { Ok(texto(&salida.stdout)) } else { Err(texto(&salida.stderr)) }
}

#[tokio::test]
async fn la_orden_cartas_lista_simula_reenvia_y_descarta() {
    let sistema = Sistema::tomar().await;
    let anteriores = ids_de_cartas(&sistema).await;
    publicar(&sistema, contratos::ComandoTerminarServicioDatos::TIPO, vec![vec![0xfe; 12]]).await;
    let id = esperar("la carta", Duration::from_secs(20), async || {
        ids_de_cartas(&sistema).await.into_iter().find(|id| !anteriores.contains(id))
    })
    .await;
    let lista = xtask_cartas(&sistema, &["listar", "--servicio", "servicio-datos", "--estado", "muerta"]).await;
    assert!(lista.expect("lista").contains(&id), "la carta está en la lista");
    let simulada = xtask_cartas(&sistema, &["simular", "servicio-datos", &id]).await.expect("simular");
    assert!(simulada.contains("no_sigue_el_esquema"), "{simulada}");
    xtask_cartas(&sistema, &["reenviar", "servicio-datos", &id]).await.expect("reenviar");
    esperar("vuelve a ser carta muerta: sigue sin poderse leer", Duration::from_secs(30), async || {
        let muertas = xtask_cartas(&sistema, &["listar", "--servicio", "servicio-datos", "--estado", "muerta"]).await;
        muertas.ok()?.contains(&id).then_some(())
    })
    .await;
    let descartar = ["descartar", "servicio-datos", &id, "--motivo", "basura de prueba", "--actor", "pruebas"];
    xtask_cartas(&sistema, &descartar).await.expect("descartar");
    let otra_vez = xtask_cartas(&sistema, &["reenviar", "servicio-datos", &id]).await;
    assert!(otra_vez.expect_err("descartada").contains("servicio-datos"), "se dice por qué no");
}

async fn ids_de_cartas(sistema: &Sistema) -> Vec<String> {
    let lista = sistema.leer("/admin/servicio-datos/cartas-muertas?estado=muerta&limite=200").await.cuerpo;
    let cartas = lista["elementos"].as_array().cloned().unwrap_or_default();
    cartas.iter().filter_map(|carta| carta["id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn de_una_carta_con_datos_personales_se_ve_que_campos_tiene_y_nunca_lo_que_dicen() {
    let sistema = Sistema::tomar().await;
    let comando = ComandoCrearSuscripcion {
        cliente_nombres: Some("Filomena".to_owned()),
        cliente_apellidos: Some("Perez Secreta".to_owned()),
        cliente_email: Some("filomena@domain.com".to_owned()),
        ..ComandoCrearSuscripcion::default()
    };
    let cabecera = Cabecera::nueva(contratos::id_nuevo(), "prueba", contratos::ahora());
    enviar(&sistema, vec![contratos::codificar(&cabecera, &comando).expect("comando")]).await;
    let lista = "/admin/suscripciones/cartas-muertas?estado=muerta&limite=200";
    let carta = esperar("la carta", Duration::from_secs(20), async || {
        let cartas = sistema.leer(lista).await.cuerpo["elementos"].as_array()?.clone();
        cartas.into_iter().find(|carta| carta.to_string().contains(&cabecera.id.to_string()))
    })
    .await;
    let ruta = format!("/admin/suscripciones/cartas-muertas/{}", carta["id"].as_str().expect("id"));
    let entera = sistema.leer(&ruta).await.cuerpo;
    let simulada = sistema.publicar(&format!("{ruta}/simular"), &json!({})).await.cuerpo;
    assert!(simulada.to_string().contains("cliente_apellidos"), "{simulada:#}");
    for vista in [&carta, &entera, &simulada] {
        let texto = vista.to_string().to_lowercase();
        assert!(["filomena", "secreta"].iter().all(|dato| !texto.contains(dato)), "{vista:#}");
    }
    let descarte = json!({"motivo": "sin cliente", "actor": "pruebas"});
    assert_eq!(sistema.publicar(&format!("{ruta}/descartar"), &descarte).await.estado, 204);
}

#[tokio::test]
async fn varias_cartas_se_reenvian_de_una_vez_por_id_o_por_filtro() {
    let sistema = Sistema::tomar().await;
    let anteriores = ids_de_cartas(&sistema).await;
    publicar(&sistema, contratos::ComandoIniciarServicioDatos::TIPO, vec![vec![0xfe; 12]; 3]).await;
    let nuevas = async || {
        let ids = ids_de_cartas(&sistema).await.into_iter().filter(|id| !anteriores.contains(id)).collect::<Vec<_>>();
        (ids.len() == 3).then_some(ids)
    };
    let ids = esperar("las tres cartas", Duration::from_secs(20), nuevas).await;
    let tema = temas::por_tipo(contratos::ComandoIniciarServicioDatos::TIPO).expect("tema").nombre;
    for seleccion in [json!({"ids": ids, "actor": "pruebas"}), json!({"filtro": {"tema": tema}, "actor": "pruebas"})] {
        let reenviadas = sistema.publicar("/admin/servicio-datos/cartas-muertas/reenviar", &seleccion).await;
        assert_eq!((reenviadas.estado.as_u16(), &reenviadas.cuerpo["reenviadas"]), (202, &json!(3)), "{reenviadas:?}");
        esperar("siguen sin poderse leer", Duration::from_secs(30), nuevas).await;
    }
    for id in &ids {
        let ruta = format!("/admin/servicio-datos/cartas-muertas/{id}/descartar");
        let descarte = json!({"motivo": "basura de prueba", "actor": "pruebas"});
        assert_eq!(sistema.publicar(&ruta, &descarte).await.estado, 204);
    }
}

#[tokio::test]
async fn entre_mensajes_envenenados_todas_las_sagas_terminan_y_reenviarlos_dos_veces_no_cambia_nada() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let antes = muertas(&sistema).await;
    let pedidos = carga::preparar(&sistema, 100).await;
    let tipos = [contratos::ComandoPagarSuscripcion::TIPO, contratos::EventoServicioDatosCreada::TIPO];
    let veneno = async {
        for tipo in tipos {
            publicar(&sistema, tipo, vec![vec![0xfd; 20]; 5]).await;
        }
    };
    tokio::join!(carga::enviar(&sistema, &pedidos), veneno);
    carga::esperar_fin(&suscripciones, &pedidos).await;
    let apartadas = async || (muertas(&sistema).await == antes + 10).then_some(());
    esperar("las diez cartas", Duration::from_secs(30), apartadas).await;
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
    let registro = async || -> (i64, i64) {
        sqlx::query_as("select count(*), coalesce(sum(version), 0)::bigint from saga_log")
            .fetch_one(&suscripciones)
            .await
            .expect("registro")
    };
    let escrito = registro().await;
    for tipo in [tipos, tipos].concat() {
        let tema = temas::por_tipo(tipo).expect("tema").nombre;
        let seleccion = json!({"filtro": {"tema": tema}, "actor": "pruebas"});
        let ruta = "/admin/suscripciones/cartas-muertas/reenviar";
        let reenviadas = sistema.publicar(ruta, &seleccion).await;
        assert!(reenviadas.cuerpo["reenviadas"].as_i64() >= Some(5), "{reenviadas:?}");
        esperar("siguen sin poderse leer", Duration::from_secs(30), apartadas).await;
    }
    assert_eq!(registro().await, escrito);
    carga::comprobar(&sistema, &suscripciones, &pedidos).await;
}

/// The database of suscripciones refuses the rows of these clients, as a constraint would that nobody thought of.
async fn rechazar_filas(suscripciones: &PgPool, clientes: &[String]) {
    let lista = clientes.iter().map(|cliente| format!("'{cliente}'")).collect::<Vec<_>>().join(", ");
    let rechazo = format!(
        "create function prueba_veneno() returns trigger language plpgsql as $$ begin
           if new.codigo_cliente in ({lista}) then
             raise exception 'veneno' using errcode = 'data_exception';
           end if;
           return new;
         end $$;
         create trigger prueba_veneno before insert on suscripcion for each row execute function prueba_veneno()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(rechazo)).execute(suscripciones).await.expect("rechazo");
}

#[tokio::test]
async fn mientras_un_mensaje_legible_fracasa_una_y_otra_vez_sus_vecinos_terminan() {
    let sistema = Sistema::tomar().await;
    let suscripciones = sistema.base("suscripciones").await;
    let sanos = carga::preparar(&sistema, 100).await;
    let veneno: Vec<carga::Pedido> = (0..4).map(|_| (cliente_nuevo(), "pro")).collect();
    let clientes: Vec<String> = veneno.iter().map(|(cliente, _)| cliente.clone()).collect();
    rechazar_filas(&suscripciones, &clientes).await;
    // Spread among the healthy ones, so that they share batches.
    let mezcla: Vec<carga::Pedido> =
        sanos.chunks(25).zip(&veneno).flat_map(|(tramo, uno)| tramo.iter().chain([uno])).cloned().collect();
    carga::enviar(&sistema, &mezcla).await;

    carga::esperar_fin(&suscripciones, &sanos).await;
    carga::comprobar(&sistema, &suscripciones, &sanos).await;
    esperar("cada uno ha vuelto a fracasar por sí solo", Duration::from_secs(30), async || {
        let fracasados: i64 = sqlx::query_scalar(
            "select count(*) from bandejas.dead_letter where estado = 'reintento' and intentos >= 1
             and codigo = 'error_de_datos' and tipo = $1",
        )
        .bind(ComandoCrearSuscripcion::TIPO)
        .fetch_one(&suscripciones)
        .await
        .expect("cartas");
        (fracasados == 4).then_some(())
    })
    .await;

    sqlx::query("drop function prueba_veneno cascade").execute(&suscripciones).await.expect("cura");
    carga::esperar_fin(&suscripciones, &veneno).await;
    let asientos = carga::asientos(&sistema, &suscripciones, &veneno).await;
    assert!(asientos.values().all(|asiento| asiento.fase == "completada" && asiento.es_coherente()), "{asientos:#?}");
}
