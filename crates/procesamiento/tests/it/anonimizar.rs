use contratos::Mensaje;
use contratos::{
    Cabecera, ComandoAnonimizarImagen, EventoAnonimizacion, Saliente, ahora, codificar, id_nuevo, id_respuesta,
};
use mensajeria::{Desenlace, ErrorManejo};
use sqlx::PgPool;
use uuid::Uuid;

use crate::banco::{ANTECEDENTES, Banco, PACIENTE, cuerpo};

/// A command that brings all the fields, as another producer would send it.
fn ajeno(id: Uuid) -> ComandoAnonimizarImagen {
    let texto = |texto: &str| Some(texto.to_owned());
    ComandoAnonimizarImagen {
        id_imagen: Some(id.to_string()),
        modalidad: texto("CT"),
        patologia: texto("nodulo"),
        region_anatomica: texto("torax"),
        formato_imagen: texto("DICOM"),
        fuente_de_datos: texto("hospital-2"),
        antecedentes: texto(ANTECEDENTES),
        id_paciente: texto(PACIENTE),
        fecha_ingesta: texto("2024-02-01 09:10:00"),
        referencia: None,
        perfil: None,
    }
}

fn mensaje(datos: &ComandoAnonimizarImagen) -> Saliente {
    codificar(&Cabecera::nueva(id_nuevo(), "otro", ahora()), datos).expect("encodes")
}

fn codigo(desenlace: &Desenlace) -> &'static str {
    match desenlace {
        Desenlace::Hecho => "hecho",
        Desenlace::Rechazado(motivo) => motivo.codigo,
    }
}

#[sqlx::test(migrations = false)]
async fn consumir_el_comando_anonimiza_y_cuenta_lo_retirado(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let traza = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    banco.enviar(&cuerpo(), &[("traceparent", traza), ("x-inquilino", "uno")]).await;
    let comandos = banco.salientes::<ComandoAnonimizarImagen>(1).await;

    let desenlaces = banco.consumir(&comandos).await.expect("handled");

    assert_eq!(desenlaces, [Desenlace::Hecho]);
    let evento = banco.publicados::<EventoAnonimizacion>(1).await.remove(0);
    let comando = comandos[0].id;
    assert_eq!(evento.cabecera.id, id_respuesta(comando, EventoAnonimizacion::TIPO));
    assert_eq!(evento.cabecera.causa, Some(comando));
    assert_eq!(evento.cabecera.inquilino.as_deref(), Some("uno"));
    assert_eq!(evento.cabecera.secuencia, Some(2));
    assert_eq!(evento.cabecera.traza.map(|t| t[..36].to_owned()), Some(traza[..36].to_owned()));
    let retirados = evento.datos.retirados.expect("counts");
    assert_eq!((retirados["id_paciente"], retirados["antecedentes"]), (1, 1));
    assert_eq!(evento.datos.perfil.as_deref(), Some("metadatos-v1"));
    assert_eq!(evento.datos.digest.map(|digest| digest.len()), Some(64));
}

#[sqlx::test(migrations = false)]
async fn repetir_el_comando_no_repite_el_hecho(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.enviar(&cuerpo(), &[]).await;
    let comando = banco.salientes::<ComandoAnonimizarImagen>(1).await.remove(0);

    let juntos = banco.consumir(&[comando.clone(), comando.clone()]).await.expect("handled");
    let despues = banco.consumir(&[comando]).await.expect("handled");

    assert_eq!([juntos, despues].concat(), vec![Desenlace::Hecho; 3]);
    banco.publicados::<EventoAnonimizacion>(1).await;
    let version: i64 = sqlx::query_scalar("select version from imagen").fetch_one(&banco.pool).await.expect("reads");
    assert_eq!(version, 2);
}

#[sqlx::test(migrations = false)]
async fn dos_instancias_con_los_mismos_mensajes_producen_cada_hecho_una_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    for _ in 0..20 {
        banco.enviar(&cuerpo(), &[]).await;
    }
    let comandos = banco.salientes::<ComandoAnonimizarImagen>(20).await;
    let mut al_reves = comandos.clone();
    al_reves.reverse();

    let (una, otra) = tokio::join!(banco.consumir(&comandos), banco.consumir(&al_reves));

    for desenlaces in [una, otra] {
        assert_eq!(desenlaces.expect("handled"), vec![Desenlace::Hecho; 20]);
    }
    banco.publicados::<EventoAnonimizacion>(20).await;
    assert_eq!(banco.contar("imagen where version = 2").await, 20);
}

#[sqlx::test(migrations = false)]
async fn un_comando_ajeno_con_todos_los_campos_se_recibe_y_anonimiza(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let id = id_nuevo();

    let desenlaces = banco.consumir(&[mensaje(&ajeno(id))]).await.expect("handled");

    assert_eq!(desenlaces, [Desenlace::Hecho]);
    let evento = banco.publicados::<EventoAnonimizacion>(1).await.remove(0);
    assert_eq!(evento.datos.id_imagen, Some(id.to_string()));
    let fila: String =
        sqlx::query_scalar("select imagen::text from imagen").fetch_one(&banco.pool).await.expect("reads");
    assert!(!fila.contains(PACIENTE), "{fila}");
    assert_eq!(banco.contar("antecedentes").await, 1);
    assert!(banco.salientes::<ComandoAnonimizarImagen>(0).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn cada_mensaje_de_un_lote_tiene_su_desenlace(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.enviar(&cuerpo(), &[("x-inquilino", "uno")]).await;
    let propio = banco.salientes::<ComandoAnonimizarImagen>(1).await.remove(0);
    let ilegible = Saliente { carga: vec![9, 9, 9], ..propio.clone() };
    let incompleto = ComandoAnonimizarImagen { patologia: None, ..ajeno(id_nuevo()) };
    let de_otro = ComandoAnonimizarImagen { id_imagen: Some(propio.clave.clone()), ..ajeno(id_nuevo()) };
    let sin_uuid = ComandoAnonimizarImagen { id_imagen: Some("uno".to_owned()), ..ajeno(id_nuevo()) };
    let perfil = ComandoAnonimizarImagen { perfil: Some("otro".to_owned()), ..ajeno(id_nuevo()) };
    let mut lote = vec![ilegible];
    lote.extend([&incompleto, &de_otro, &sin_uuid, &perfil].map(mensaje));
    lote.push(propio);

    let desenlaces = banco.consumir(&lote).await.expect("handled");

    let codigos: Vec<_> = desenlaces.iter().map(codigo).collect();
    let esperados =
        ["ilegible", "datos_incompletos", "inquilino_ajeno", "datos_incompletos", "perfil_desconocido", "hecho"];
    assert_eq!(codigos, esperados);
    let Desenlace::Rechazado(motivo) = &desenlaces[1] else { panic!("it is rejected") };
    assert!(motivo.detalle.ends_with("patologia is missing"), "{}", motivo.detalle);
    assert!(!format!("{desenlaces:?}").contains(PACIENTE));
}

#[sqlx::test(migrations = false)]
async fn una_operacion_que_tiene_otra_imagen_no_bloquea_la_cola(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.enviar(&cuerpo(), &[]).await;
    let propio = banco.salientes::<ComandoAnonimizarImagen>(1).await.remove(0);
    let cabecera = Cabecera::nueva(propio.id, "otro", ahora());
    let usurpador = codificar(&cabecera, &ajeno(id_nuevo())).expect("encodes");

    let error = banco.consumir(&[usurpador]).await.expect_err("cannot be written");

    assert!(matches!(error, ErrorManejo::Datos(_)));
    assert_eq!(banco.contar("imagen").await, 1);
}

#[sqlx::test(migrations = false)]
async fn sin_base_de_datos_nada_se_da_por_hecho(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.pool.close().await;

    let error = banco.consumir(&[mensaje(&ajeno(id_nuevo()))]).await.expect_err("no database");

    assert!(matches!(error, ErrorManejo::Infraestructura(_)));
}
