//! Parking messages that cannot be handled.

use mensajeria::Cuarentena;
use sqlx::PgPool;

use crate::apoyo::{GRUPO, SECRETO, carta, cuarentena, entrante, estados};

#[sqlx::test(migrations = false)]
async fn aparcar_dos_veces_el_mismo_mensaje_deja_una_fila(pool: PgPool) {
    let cartas = cuarentena(&pool).await;

    cartas.aparcar(vec![carta(1, true), carta(2, false)]).await.expect("parked");
    cartas.aparcar(vec![carta(2, true), carta(1, false), carta(1, false)]).await.expect("parked again");

    assert_eq!(estados(&pool).await, ["reintento", "muerta"]);
}

#[sqlx::test(migrations = false)]
async fn dos_grupos_guardan_cada_uno_su_carta_del_mismo_mensaje(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let mut ajena = carta(1, true);
    "notificaciones".clone_into(&mut ajena.grupo);

    cartas.aparcar(vec![carta(1, true), ajena]).await.expect("parked");

    assert_eq!(estados(&pool).await.len(), 2);
}

#[sqlx::test(migrations = false)]
async fn en_la_fila_no_hay_nada_legible_del_mensaje(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let original = entrante(1);
    let claro = SECRETO.as_bytes();
    assert!(original.carga.windows(claro.len()).any(|trozo| trozo == claro), "the message carries the name");

    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");

    let consulta = "select d::text, d.carga from bandejas.dead_letter d";
    let (fila, carga): (String, Vec<u8>) = sqlx::query_as(consulta).fetch_one(&pool).await.expect("row");
    assert!(!fila.contains(SECRETO) && !fila.contains("paciente"));
    assert!(!carga.windows(claro.len()).any(|trozo| trozo == claro));
    assert!(!carga.windows(8).any(|trozo| original.carga.windows(8).any(|otro| otro == trozo)));
}

#[sqlx::test(migrations = false)]
async fn una_cabecera_con_nul_no_detiene_la_cuarentena(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    let mut rara = carta(1, true);
    rara.entrante.propiedades.insert("ce_id".to_owned(), "a\0b".to_owned());
    rara.motivo.detalle = "c\0d".to_owned();

    cartas.aparcar(vec![rara]).await.expect("parked");

    let id: String =
        sqlx::query_scalar("select id_mensaje from bandejas.dead_letter").fetch_one(&pool).await.expect("row");
    assert_eq!(id, "a\u{fffd}b");
}

#[sqlx::test(migrations = false)]
async fn los_intentos_se_cuentan_por_mensaje_hasta_que_se_aparca(pool: PgPool) {
    let cartas = cuarentena(&pool).await;
    for esperados in 1..=3 {
        assert_eq!(cartas.anotar_intento(GRUPO, &entrante(1)).await.expect("recorded"), esperados);
    }
    assert_eq!(cartas.anotar_intento(GRUPO, &entrante(2)).await.expect("recorded"), 1);

    cartas.aparcar(vec![carta(1, true)]).await.expect("parked");

    assert_eq!(cartas.anotar_intento(GRUPO, &entrante(1)).await.expect("recorded"), 1);
    assert_eq!(cartas.anotar_intento(GRUPO, &entrante(2)).await.expect("recorded"), 2);
}
