//! When the audit tells, and what it does not claim.

use super::*;

#[sqlx::test(migrations = false)]
async fn lo_terminado_se_revisa_y_se_dice_hasta_cuando(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.completada().await;
    escena.compensada().await;
    let consistencia = escena.hasta_revisar(2).await;
    assert_eq!((consistencia.inconsistentes, consistencia.en_observacion), (0, 0));
    let fin = escena.fin_de_la_ultima().await;
    let limite = tokio::time::Instant::now() + Duration::from_secs(20);
    while escena.consistencia().await.revisado_hasta <= Some(fin) {
        assert!(tokio::time::Instant::now() < limite, "{:?}", escena.consistencia().await);
        assert_eq!(escena.ronda().await.terminadas, 0);
    }
}

#[sqlx::test(migrations = false)]
async fn lo_que_acaba_de_terminar_espera_a_que_llegue_lo_que_esta_en_camino(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.ronda().await;
    escena.compensada().await;
    escena.pasado("update saga_log set instante = now() + interval '1 minute'").await;
    for _ in 0..3 {
        assert_eq!(escena.ronda().await.terminadas, 0);
    }
    let consistencia = escena.consistencia().await;
    assert!(consistencia.revisado_hasta < Some(escena.fin_de_la_ultima().await), "{consistencia:?}");
}

/// The same subscription once more under another id, in a transaction that has not ended.
async fn copiar(tx: &mut PgConnection, original: Uuid, copia: Uuid) {
    for sentencia in [
        "insert into suscripcion select c.* from suscripcion t,
           jsonb_populate_record(t, jsonb_build_object('id', $2)) c where t.id = $1",
        "insert into factura select c.* from factura t,
           jsonb_populate_record(t, jsonb_build_object('id_suscripcion', $2, 'numero', $2)) c where t.id_suscripcion = $1",
        "insert into saga_log select c.* from saga_log t,
           jsonb_populate_record(t, jsonb_build_object('saga', $2, 'tx', pg_current_xact_id()::text)) c
         where t.saga = (select id from saga where id_suscripcion = $1)",
        "insert into saga select c.* from saga t,
           jsonb_populate_record(t, jsonb_build_object('id', $2, 'id_suscripcion', $2)) c where t.id_suscripcion = $1",
    ] {
        sqlx::query(sentencia).bind(original).bind(copia).execute(&mut *tx).await.expect("sql");
    }
}

#[sqlx::test(migrations = false)]
async fn una_transaccion_que_tarda_no_se_salta(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (original, copia) = (escena.completada().await, IdSuscripcion(contratos::id_nuevo()));
    escena.escribir(copia, servicio("iniciado", true), aviso("suscripcion_completada", "confirmada"));
    let mut tx = escena.banco.pool.begin().await.expect("tx");
    copiar(&mut tx, original.0, copia.0).await;
    escena.compensada().await;
    escena.hasta_revisar(1).await;
    escena.ronda().await;
    let abierta = escena.consistencia().await;
    assert_eq!(abierta.revisadas, 1, "nada pasa por delante de la que tarda: {abierta:?}");
    tx.commit().await.expect("commit");
    let cerrada = escena.hasta_revisar(3).await;
    assert_eq!(cerrada.hallazgos.len(), 0, "{cerrada:?}");
}

#[sqlx::test(migrations = false)]
async fn lo_incoherente_se_observa_se_abre_y_se_resuelve(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    escena.ronda().await;
    let factura: (String, i64, String, String, DateTime<Utc>) = sqlx::query_as(
        "delete from factura where id_suscripcion = $1 returning numero, monto_centavos, moneda, medio_pago, pagada",
    )
    .bind(id.0)
    .fetch_one(&escena.banco.pool)
    .await
    .expect("factura");
    escena.reposar().await;
    escena.ronda().await;
    let vista = escena.consistencia().await;
    assert_eq!((vista.inconsistentes, vista.en_observacion), (0, 1), "{vista:?}");
    escena.reposar().await;
    escena.ronda().await;
    let abierta = escena.consistencia().await;
    assert_eq!((abierta.inconsistentes, abierta.en_observacion), (1, 0), "{abierta:?}");
    let hallazgo = &abierta.hallazgos[0];
    assert_eq!((hallazgo.regla.as_str(), hallazgo.id_suscripcion), ("pago_ausente", id.0));
    assert!(hallazgo.id_saga.is_some());
    sqlx::query(
        "insert into factura (numero, id_suscripcion, monto_centavos, moneda, medio_pago, pagada, estado, codigo_plan,
                              emitida)
         values ($1, $2, $3, $4, $5, $6, 'pagada', 'pro', $6)",
    )
    .bind(&factura.0)
    .bind(id.0)
    .bind(factura.1)
    .bind(&factura.2)
    .bind(&factura.3)
    .bind(factura.4)
    .execute(&escena.banco.pool)
    .await
    .expect("factura");
    escena.reposar().await;
    escena.ronda().await;
    let resuelta = escena.consistencia().await;
    assert_eq!((resuelta.inconsistentes, resuelta.hallazgos.len()), (0, 0), "{resuelta:?}");
    let estados: Vec<String> =
        sqlx::query_scalar("select estado from hallazgo").fetch_all(&escena.banco.pool).await.expect("hallazgos");
    assert_eq!(estados, ["resuelto"]);
}

#[sqlx::test(migrations = false)]
async fn lo_que_solo_se_vio_una_vez_se_olvida(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    let avisos = escena.libros.avisos.lock().expect("avisos").remove(&id).expect("avisos");
    escena.ronda().await;
    assert_eq!(escena.consistencia().await.en_observacion, 1);
    escena.libros.avisos.lock().expect("avisos").insert(id, avisos);
    escena.reposar().await;
    escena.ronda().await;
    let guardados: i64 =
        sqlx::query_scalar("select count(*) from hallazgo").fetch_one(&escena.banco.pool).await.expect("hallazgos");
    assert_eq!(guardados, 0);
}

#[sqlx::test(migrations = false)]
async fn con_un_libro_callado_nada_cuenta_como_revisado_ni_como_resuelto(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let id = escena.completada().await;
    escena.libros.avisos.lock().expect("avisos").remove(&id);
    escena.hasta_revisar(1).await;
    escena.reposar().await;
    escena.ronda().await;
    assert_eq!(escena.consistencia().await.inconsistentes, 1);
    *escena.libros.callado.lock().expect("callado") = true;
    escena.escribir(id, servicio("iniciado", true), aviso("suscripcion_completada", "confirmada"));
    escena.completada().await;
    assert_eq!(escena.ronda().await.callados, ["servicio-datos"]);
    let callada = escena.consistencia().await;
    assert_eq!((callada.revisadas, callada.inconsistentes), (1, 1), "{callada:?}");
    assert_eq!(callada.sin_respuesta, ["servicio-datos"]);
    *escena.libros.callado.lock().expect("callado") = false;
    escena.reposar().await;
    let hablada = escena.hasta_revisar(2).await;
    assert_eq!(hablada.inconsistentes, 0, "{hablada:?}");
    assert!(hablada.sin_respuesta.is_empty());
}

#[sqlx::test(migrations = false)]
async fn el_barrido_encuentra_la_saga_y_la_suscripcion_que_faltan(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (sin_saga, sin_suscripcion) = (escena.completada().await, escena.compensada().await);
    escena.ronda().await;
    escena.sql("delete from saga where id_suscripcion = $1", sin_saga.0).await;
    escena.sql("delete from factura where id_suscripcion = $1", sin_suscripcion.0).await;
    escena.sql("delete from suscripcion where id = $1", sin_suscripcion.0).await;
    escena.reposar().await;
    escena.ronda().await;
    let mut vistas: Vec<(Uuid, String)> = escena
        .consistencia()
        .await
        .hallazgos
        .into_iter()
        .map(|hallazgo| (hallazgo.id_suscripcion, hallazgo.regla))
        .collect();
    vistas.sort();
    let mut esperadas =
        vec![(sin_saga.0, "saga_ausente".to_owned()), (sin_suscripcion.0, "suscripcion_ausente".to_owned())];
    esperadas.sort();
    assert_eq!(vistas, esperadas);
}

#[sqlx::test(migrations = false)]
async fn audita_una_instancia_a_la_vez_y_otra_la_releva(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let otra = Escena::auditor(&escena.banco, &escena.libros);
    escena.ronda().await;
    assert_eq!(otra.ronda().await.expect("ronda"), None);
    escena.pasado("update auditoria set vence = now() - interval '1 second'").await;
    assert!(otra.ronda().await.expect("ronda").is_some());
    assert_eq!(escena.vigilar.ronda().await.expect("ronda"), None);
}

#[sqlx::test(migrations = false)]
async fn durante_una_pausa_nadie_audita_y_despues_se_revisa_todo_otra_vez(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    escena.completada().await;
    escena.hasta_revisar(1).await;
    escena.pasado("update reproceso.pausa set turno = turno + 1, desde = now()").await;
    assert_eq!(escena.vigilar.ronda().await.expect("ronda"), None);
    escena.pasado("update reproceso.pausa set desde = null").await;
    assert_eq!(escena.consistencia().await.revisadas, 1);
    assert_eq!(escena.ronda().await.terminadas, 1, "otra vez desde el principio");
    assert_eq!(escena.consistencia().await.revisadas, 1);
}
