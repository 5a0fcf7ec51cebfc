use contratos::id_nuevo;
use mensajeria::Manejador;
use notificaciones::aplicacion::puertos::{AlmacenNotificaciones, Cambio, Guardado, Marca, TurnosDeEnvio};
use notificaciones::dominio::{
    Aplazamiento, CodigoAplazamiento, CodigoRechazo, Comando, Direccion, IdNotificacion, Notificacion, Rechazo,
    Solicitud,
};
use notificaciones::infraestructura::{Entrada, reconstruir};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::apoyo::{Banco, ServidorSmtp, Suscripciones, comando, correo_smtp, hasta};

fn solicitud() -> Solicitud {
    serde_json::from_value(serde_json::json!({
        "id": id_nuevo(), "id_suscripcion": id_nuevo(), "codigo_cliente": "0001",
        "plantilla": "suscripcion_activa", "datos": {"plan": "basico"}, "inquilino": "publico",
        "origen": {"id": id_nuevo(), "clase": "suceso", "correlacion": null, "traza": null, "huella": null},
        "instante": "2026-01-02T03:04:05.006Z",
    }))
    .expect("request")
}

fn cambio(id: IdNotificacion, previa: Marca, estado: &Notificacion, comando: Comando) -> Cambio {
    let hechos = estado.decidir(comando).expect("decides");
    let notificacion = estado.clone().con(&hechos);
    Cambio { id, previa, hechos, notificacion, instante: contratos::ahora() }
}

fn creacion() -> Cambio {
    let solicitud = solicitud();
    cambio(solicitud.id, Marca::INICIO, &Notificacion::Inexistente, Comando::Crear(Box::new(solicitud)))
}

fn envio(previa: Marca, creada: &Cambio) -> Cambio {
    let destinatario = Direccion::try_from("pperez@domain.com".to_owned()).expect("address").enmascarada();
    cambio(creada.id, previa, &creada.notificacion, Comando::RegistrarEnvio { destinatario })
}

async fn escribir(banco: &Banco, cambio: Cambio) -> Guardado {
    banco.almacen.guardar(vec![cambio]).await.expect("writes")[0]
}

fn marca(guardado: Guardado) -> Marca {
    match guardado {
        Guardado::Escrito(marca) => marca,
        Guardado::Conflicto => panic!("conflict"),
    }
}

#[sqlx::test(migrations = false)]
async fn lo_anexado_se_lee_tal_como_se_decidio(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let creada = creacion();
    let primera = marca(escribir(&banco, creada.clone()).await);
    let enviada = envio(primera, &creada);
    let segunda = marca(escribir(&banco, enviada.clone()).await);
    let vacia = IdNotificacion::from(id_nuevo());
    let leidas = banco.almacen.obtener(&[vacia, creada.id]).await.expect("reads");
    assert_eq!((leidas[0].marca, &leidas[0].notificacion), (Marca::INICIO, &Notificacion::Inexistente));
    assert_eq!((leidas[1].marca, &leidas[1].notificacion), (segunda, &enviada.notificacion));
    assert_eq!(segunda.version, 3);
}

#[sqlx::test(migrations = false)]
async fn de_dos_que_anexan_a_la_misma_version_gana_uno(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let creada = creacion();
    let primera = marca(escribir(&banco, creada.clone()).await);
    assert_eq!(escribir(&banco, creada.clone()).await, Guardado::Conflicto);
    let (uno, otro) = (envio(primera, &creada), envio(primera, &creada));
    let (uno, otro) = tokio::join!(escribir(&banco, uno), escribir(&banco, otro));
    assert_eq!([uno, otro].iter().filter(|guardado| **guardado == Guardado::Conflicto).count(), 1);
    assert_eq!(banco.contar("evento").await, 3);
}

#[sqlx::test(migrations = false)]
async fn los_conflictos_de_un_lote_no_detienen_al_resto(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let repetida = creacion();
    escribir(&banco, repetida.clone()).await;
    let guardados = banco.almacen.guardar(vec![creacion(), repetida, creacion()]).await.expect("writes");
    assert!(matches!(guardados[..], [Guardado::Escrito(_), Guardado::Conflicto, Guardado::Escrito(_)]));
    assert_eq!((banco.contar("evento").await, banco.contar("bandejas.outbox").await), (3, 3));
}

#[sqlx::test(migrations = false)]
async fn la_base_de_datos_no_deja_cambiar_ni_borrar_eventos(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    escribir(&banco, creacion()).await;
    for orden in ["update evento set version = version", "delete from evento", "truncate evento"] {
        let error = sqlx::query(orden).execute(&banco.pool).await.expect_err("refused");
        let texto = error.as_database_error().expect("of the database").message().to_owned();
        assert!(texto.contains("append-only"), "{texto}");
    }
    assert_eq!(banco.contar("evento").await, 1);
}

/// Moves every turn into the past.
async fn vencer_turnos(banco: &Banco) {
    sqlx::query("update notificacion set turno_hasta = now() - interval '1 s'")
        .execute(&banco.pool)
        .await
        .expect("writes");
}

#[sqlx::test(migrations = false)]
async fn lo_vencido_se_reparte_sin_repetir(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.almacen.guardar((0..20).map(|_| creacion()).collect()).await.expect("writes");
    assert_eq!(banco.almacen.tomar(20).await.expect("takes"), [], "whoever created them has the turn");
    vencer_turnos(&banco).await;
    let (unas, otras) = tokio::join!(banco.almacen.tomar(10), banco.almacen.tomar(10));
    let mut ids: Vec<_> = [unas.expect("takes"), otras.expect("takes")].concat().iter().map(|v| v.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(banco.almacen.tomar(20).await.expect("takes"), []);
}

#[sqlx::test(migrations = false)]
async fn un_turno_se_renueva_mientras_dura_y_haya_que_enviar(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let (pendiente, terminada) = (creacion(), creacion());
    let cambios = vec![pendiente.clone(), terminada.clone()];
    let guardados = banco.almacen.guardar(cambios).await.expect("writes");
    escribir(&banco, envio(marca(guardados[1]), &terminada)).await;
    let leidas = banco.almacen.obtener(&[pendiente.id, terminada.id]).await.expect("reads");
    let renovadas = banco.almacen.renovar(leidas.clone()).await.expect("renews");
    assert_eq!(renovadas.iter().map(|v| v.id).collect::<Vec<_>>(), [pendiente.id]);
    vencer_turnos(&banco).await;
    assert_eq!(banco.almacen.renovar(leidas).await.expect("renews"), []);
}

/// Appends what the commands amount to, one after another, at a fixed instant.
async fn recorrer(banco: &Banco, id: u128, comandos: Vec<Comando>) {
    let mut fija = solicitud();
    fija.id = IdNotificacion::from(Uuid::from_u128(id));
    fija.id_suscripcion = Some(Uuid::from_u128(2).into());
    fija.origen.id = Uuid::from_u128(3);
    let (id, instante) = (fija.id, fija.instante);
    let (mut estado, mut previa) = (Notificacion::Inexistente, Marca::INICIO);
    for paso in std::iter::once(Comando::Crear(Box::new(fija))).chain(comandos) {
        let cambio = Cambio { instante, ..cambio(id, previa, &estado, paso) };
        estado = cambio.notificacion.clone();
        previa = marca(escribir(banco, cambio).await);
    }
}

/// What is in the store of some installation must be readable for ever.
#[sqlx::test(migrations = false)]
async fn la_forma_guardada_de_los_hechos_no_cambia(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let aplazamiento = Aplazamiento { codigo: CodigoAplazamiento::CanalAplaza, codigo_canal: Some(451) };
    let aplazar = Comando::Aplazar { aplazamiento, ahora: solicitud().instante };
    let rechazo = Rechazo { codigo: CodigoRechazo::DireccionRechazada, codigo_canal: Some(550) };
    recorrer(&banco, 1, vec![aplazar, Comando::Rechazar { rechazo, destinatario: None }]).await;
    let destinatario = Direccion::try_from("pperez@domain.com".to_owned()).expect("address").enmascarada();
    recorrer(&banco, 4, vec![Comando::RegistrarEnvio { destinatario }]).await;
    let filas: Vec<Value> = sqlx::query_scalar("select to_jsonb(e) from evento e order by id_notificacion, version")
        .fetch_all(&banco.pool)
        .await
        .expect("reads");
    insta::assert_json_snapshot!(filas);
}

/// Every column of the projection that comes from the events.
async fn proyeccion(banco: &Banco) -> Vec<Value> {
    sqlx::query_scalar("select to_jsonb(n) - 'turno_hasta' from notificacion n order by id")
        .fetch_all(&banco.pool)
        .await
        .expect("reads")
}

#[sqlx::test(migrations = false)]
async fn la_proyeccion_reconstruida_es_la_viva(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let correos = [("buena", "u@domain.com"), ("mala", "rechaza@domain.com"), ("lenta", "aplaza@domain.com")];
    let suscripciones = Suscripciones::con(&correos).await;
    let smtp = ServidorSmtp::iniciar().await;
    let remitente = banco.remitente(suscripciones.url(), correo_smtp(&smtp));
    let entrada = Entrada::de_comandos(banco.crear.clone(), remitente);
    let clientes = correos.iter().map(|(codigo, _)| *codigo).cycle().take(30);
    let lote: Vec<_> = clientes.map(|cliente| comando(id_nuevo(), cliente, "suscripcion_completada")).collect();
    entrada.manejar(&lote).await.expect("handles");
    hasta(async || banco.contar("notificacion where estado = 'creada' and intentos = 0").await == 0).await;
    banco.cierre.cancel();
    banco.tareas.close();
    banco.tareas.wait().await;
    let viva = proyeccion(&banco).await;
    sqlx::query("update notificacion set estado = 'fallida', proximo_intento = null, version = 9, motivo = 'x'")
        .execute(&banco.pool)
        .await
        .expect("spoils");
    assert_ne!(proyeccion(&banco).await, viva);
    assert_eq!(reconstruir(&banco.pool).await.expect("rebuilds"), 30);
    assert_eq!(proyeccion(&banco).await, viva);
}

#[sqlx::test(migrations = false)]
async fn reconstruir_recorre_todas_las_paginas(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let cambios = (0..1100).map(|_| creacion()).collect();
    banco.almacen.guardar(cambios).await.expect("writes");
    let viva = proyeccion(&banco).await;
    sqlx::query("delete from notificacion").execute(&banco.pool).await.expect("spoils");
    assert_eq!(reconstruir(&banco.pool).await.expect("rebuilds"), 1100);
    assert_eq!(proyeccion(&banco).await, viva);
}
