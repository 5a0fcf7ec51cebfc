use contratos::ComandoAnonimizarImagen;
use serde_json::json;
use sqlx::PgPool;

use crate::banco::{Banco, cuerpo};

const OPERACION: &str = "01932f00-0000-7000-8000-000000000001";

#[sqlx::test(migrations = false)]
async fn una_operacion_dice_su_estado_su_huella_y_su_imagen(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    let recibida = banco.enviar(&cuerpo(), &[("x-operacion-id", OPERACION)]).await;
    let ruta = format!("/interno/operaciones/ComandoAnonimizarImagen/{OPERACION}");

    let antes = banco.leer(&ruta, &[]).await;
    let comandos = banco.salientes::<ComandoAnonimizarImagen>(1).await;
    banco.consumir(&comandos).await.expect("handled");
    let despues = banco.leer(&ruta, &[]).await;

    let recursos = json!({ "id_imagen": recibida.texto("id_imagen") });
    let huella = contratos::huella(&cuerpo());
    assert_eq!(antes.cuerpo, json!({ "estado": "en_proceso", "huella": huella, "recursos": recursos }));
    assert_eq!(despues.cuerpo, json!({ "estado": "hecho", "huella": huella, "recursos": recursos }));
}

#[sqlx::test(migrations = false)]
async fn una_operacion_desconocida_o_de_otro_tipo_es_404(pool: PgPool) {
    let banco = Banco::nuevo(pool).await;
    banco.enviar(&cuerpo(), &[("x-operacion-id", OPERACION)]).await;

    for resto in [
        "ComandoAnonimizarImagen/01932f00-0000-7000-8000-00000000000f",
        "ComandoAnonimizarImagen/uno",
        "ComandoPagarSuscripcion/01932f00-0000-7000-8000-000000000001",
    ] {
        let respuesta = banco.leer(&format!("/interno/operaciones/{resto}"), &[]).await;
        respuesta.es_problema(404, "no_encontrado");
    }
}
