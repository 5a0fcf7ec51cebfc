use contratos::{EventoConsultaAnonimizacion, Mensaje, temas};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::banco::{Banco, PACIENTE, cuerpo};

#[sqlx::test(migrations = false)]
async fn una_imagen_anonimizada_se_muestra_sin_datos_personales(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let id = banco.anonimizada("publico").await;

    let respuesta = banco.leer(&format!("/anonimizado/{id}"), &[]).await;

    assert_eq!(respuesta.estado, 200, "{}", respuesta.cuerpo);
    let vista = &respuesta.cuerpo;
    assert_eq!(vista["estado"], "anonimizada");
    assert_eq!(vista["patologia"], "neumonia");
    assert_eq!(vista["fecha_ingesta"], "2024-02-01 09:10:00");
    assert_eq!(vista["retirados"], json!({ "id_paciente": 1, "antecedentes": 1 }));
    assert_eq!(respuesta.texto("id_paciente").len(), 24);
    let texto = vista.to_string();
    assert!(!texto.contains(PACIENTE) && !texto.contains("penicilina"), "{texto}");
}

#[sqlx::test(migrations = false)]
async fn cada_consulta_deja_dicho_quien_vio_que_imagen(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let id = banco.anonimizada("publico").await;

    banco.leer(&format!("/anonimizado/{id}"), &[("x-actor", "dra-perez")]).await;
    banco.leer(&format!("/anonimizado/{id}"), &[]).await;

    let eventos = banco.publicados::<EventoConsultaAnonimizacion>(2).await;
    let mut quienes: Vec<_> = eventos.iter().map(|evento| evento.datos.quien.clone().expect("somebody")).collect();
    quienes.sort();
    assert_eq!(quienes, ["anonimo", "dra-perez"]);
    for evento in eventos {
        assert_eq!(evento.cabecera.asunto, evento.datos.quien);
        assert_eq!(evento.datos.id_imagen, Some(id.to_string()));
        assert_eq!(evento.datos.operacion.as_deref(), Some("ver"));
        assert_eq!(evento.datos.cuando, Some(evento.cabecera.instante.timestamp_millis()));
    }
}

#[sqlx::test(migrations = false)]
async fn antes_de_anonimizar_solo_se_sabe_que_existe(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let recibida = banco.enviar(&cuerpo(), &[]).await;
    let id = recibida.texto("id_imagen");

    let respuesta = banco.leer(&format!("/anonimizado/{id}"), &[]).await;
    let lista = banco.leer("/anonimizado", &[]).await;

    assert_eq!(respuesta.cuerpo, json!({ "id_imagen": id, "estado": "recibida" }));
    assert_eq!(lista.cuerpo, json!({ "elementos": [], "siguiente": null }));
}

#[sqlx::test(migrations = false)]
async fn lo_de_otro_inquilino_y_lo_que_no_existe_no_se_encuentran_ni_se_anotan(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let id = banco.anonimizada("uno").await;

    for (ruta, inquilino) in [(id.to_string(), "dos"), (Uuid::nil().to_string(), "uno"), ("uno".to_owned(), "uno")] {
        let respuesta = banco.leer(&format!("/anonimizado/{ruta}"), &[("x-inquilino", inquilino)]).await;
        respuesta.es_problema(404, "no_encontrado");
    }

    let tema = temas::por_tipo(EventoConsultaAnonimizacion::TIPO).expect("a topic").nombre;
    assert_eq!(banco.contar(&format!("bandejas.outbox where tema = '{tema}'")).await, 0);
    assert!(banco.salientes::<EventoConsultaAnonimizacion>(0).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn la_lista_se_recorre_por_paginas_y_anota_cada_imagen_una_vez(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(banco.anonimizada("uno").await.to_string());
    }
    banco.anonimizada("dos").await;
    ids.sort();

    let mut vistos = Vec::new();
    let mut ruta = "/anonimizado?limite=2".to_owned();
    loop {
        let pagina = banco.leer(&ruta, &[("x-inquilino", "uno")]).await.cuerpo;
        let elementos = pagina["elementos"].as_array().expect("a list");
        vistos.extend(elementos.iter().map(|e| e["id_imagen"].as_str().expect("a text").to_owned()));
        let Some(siguiente) = pagina["siguiente"].as_str() else { break };
        ruta = format!("/anonimizado?limite=2&cursor={siguiente}");
    }

    assert_eq!(vistos, ids);
    let eventos = banco.publicados::<EventoConsultaAnonimizacion>(5).await;
    let mut anotados: Vec<_> = eventos.into_iter().map(|evento| evento.datos.id_imagen.expect("an id")).collect();
    anotados.sort();
    assert_eq!(anotados, ids);
}
