//! Moving live sagas to another version of their flow, over HTTP.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use contratos::{EventoNotificacionEnviada, EventoSuscripcionPagada};
use saga::migracion::{Clasificacion, Planificador};
use saga::modelo::Cotas;
use serde_json::{Value, json};
use sqlx::PgPool;
use suscripciones::aplicacion::puertos::{ErrorRepositorio, RepositorioSagas, Saga};
use suscripciones::aplicacion::{Encargo, Mandar, MandarLotes, Mudador, Mudanza, Prevision};
use suscripciones::dominio::IdSaga;
use suscripciones::infraestructura::{Comprobaciones, Mudanzas};
use uuid::Uuid;

use crate::api::{enviar, leer};
use crate::banco::{Banco, ids};
use crate::informes;

const RUTA: &str = "/admin/definiciones/suscripcion-informes/1/migraciones";

async fn activar(banco: &Banco, documento: &Value) {
    let version = &documento["version"];
    assert_eq!(enviar(banco, "POST", "/admin/definiciones", documento).await.0, StatusCode::CREATED);
    for orden in ["verificar", "activar"] {
        let ruta = format!("/admin/definiciones/suscripcion-informes/{version}/{orden}");
        let (estado, cuerpo) = enviar(banco, "POST", &ruta, &json!({})).await;
        assert_eq!(estado, StatusCode::OK, "{cuerpo:#}");
    }
}

/// The first version at work, with a plan that uses it.
async fn con_informes(pool: PgPool) -> Banco {
    let banco = Banco::nuevo(pool).await;
    activar(&banco, &informes::documento()).await;
    enviar(&banco, "PUT", "/admin/planes/informes", &informes::plan("INFORMES")).await;
    banco
}

/// A saga that waits for its report.
async fn iniciada(banco: &Banco) -> Uuid {
    let comando = contratos::id_nuevo();
    banco.crear(comando, &comando.simple().to_string()[20..], "informes").await;
    ids(comando)["saga"]
}

async fn informe_creado(banco: &Banco, saga: Uuid) {
    let creado = json!({ "id_informe": "inf-1" });
    banco.responder_con(saga, "crear_informe", "hacer", "EventoInformeCreado", creado).await;
}

/// `crear_informe` under another name, and a second report beside it.
fn renombrada() -> Value {
    let texto = informes::version(2).to_string().replace("crear_informe", "hacer_informe");
    let mut documento: Value = serde_json::from_str(&texto).expect("json");
    let mut anexo = documento["pasos"][1].clone();
    anexo["clave"] = json!("anexo");
    anexo["deshacer"]["carga"]["id_informe"] = json!("salida.anexo.id_informe");
    documento["pasos"][2]["despues_de"].as_array_mut().expect("previos").push(json!("anexo"));
    documento["pasos"].as_array_mut().expect("pasos").push(anexo);
    documento
}

fn pedido(mapa: Value) -> Value {
    json!({ "a": 2, "mapa": mapa, "motivo": "mejora" })
}

async fn plan(banco: &Banco, pedido: &Value) -> Value {
    let (estado, plan) = enviar(banco, "POST", RUTA, pedido).await;
    assert_eq!(estado, StatusCode::OK, "{plan:#}");
    plan
}

/// Confirms a plan and carries it out; the card of its batch.
async fn llevar(banco: &Banco, testigo: &Value) -> Value {
    let (estado, aceptada) = enviar(banco, "POST", RUTA, &json!({ "testigo": testigo })).await;
    assert_eq!((estado, &aceptada["lote"]), (StatusCode::ACCEPTED, testigo), "{aceptada:#}");
    while banco.lotes.avanzar(contratos::ahora()).await.expect("lotes") {}
    leer(banco, &format!("/admin/mandos/lotes/{}", testigo.as_str().expect("testigo"))).await.1
}

fn cuantas(plan: &Value) -> (u64, usize, usize) {
    let grupos = |clase: &str| plan[clase].as_array().expect("grupos").len();
    (plan["seguras"]["cuantas"].as_u64().expect("cuenta"), grupos("requieren_mapa"), grupos("fijadas"))
}

#[sqlx::test(migrations = false)]
async fn el_plan_dice_que_sagas_se_mudan_cuales_piden_mapa_y_cuales_se_quedan(pool: PgPool) {
    let banco = con_informes(pool).await;
    let (esperando, _) = (iniciada(&banco).await, iniciada(&banco).await);
    let mut nueva = renombrada();
    nueva["pasos"][2]["carga"]["medio_pago"] = json!("= tarjeta");
    activar(&banco, &nueva).await;
    let plano = plan(&banco, &pedido(json!({}))).await;
    assert_eq!((cuantas(&plano), &plano["total"]), ((0, 1, 0), &json!(2)), "{plano:#}");
    let grupo = &plano["requieren_mapa"][0];
    assert_eq!((&grupo["codigo"], &grupo["cuantas"]), (&json!("requiere_mapa"), &json!(2)));
    assert_eq!(grupo["pasos"], json!([{ "paso": "crear_informe", "candidatos": ["hacer_informe", "anexo"] }]));
    let diferencias = plano["diferencias"].to_string();
    assert!(diferencias.contains("paso anexo: es nuevo"), "{diferencias}");

    informe_creado(&banco, esperando).await;
    let con_mapa = plan(&banco, &pedido(json!({ "crear_informe": "hacer_informe" }))).await;
    assert_eq!(cuantas(&con_mapa), (1, 0, 1), "{con_mapa:#}");
    let fijada = &con_mapa["fijadas"][0];
    assert_eq!((&fijada["codigo"], &fijada["sagas"]), (&json!("orden_invertido"), &json!([esperando])));
    assert!(fijada["razon"].as_str().is_some_and(|razon| razon.contains("anexo")), "{fijada:#}");
    let (_, saga) = leer(&banco, &format!("/sagas/{esperando}")).await;
    assert_eq!(saga["definicion_version"], 1, "un plan no mueve nada");
}

#[sqlx::test(migrations = false)]
async fn una_saga_mudada_sigue_en_la_nueva_version_con_lo_que_tenia_en_vuelo(pool: PgPool) {
    let banco = con_informes(pool).await;
    let saga = iniciada(&banco).await;
    activar(&banco, &renombrada()).await;
    let plan = plan(&banco, &pedido(json!({ "crear_informe": "hacer_informe" }))).await;
    let ficha = llevar(&banco, &plan["testigo"]).await;
    assert_eq!((&ficha["estado"], &ficha["aplicados"]), (&json!("terminado"), &json!(1)), "{ficha:#}");
    assert_eq!(ficha["orden"]["mapa"], json!({ "crear_informe": "hacer_informe" }));
    assert_eq!((&ficha["actor"], &ficha["motivo"]), (&json!("prueba@pruebas"), &json!("mejora")));

    let (_, vista) = leer(&banco, &format!("/sagas/{saga}")).await;
    assert_eq!(vista["definicion_version"], 2);
    let hito = &vista["linea_de_tiempo"][1];
    assert_eq!((&hito["causa"], &hito["actor"]), (&json!("migrada"), &json!("prueba@pruebas")), "{hito:#}");
    let tema = informes::documento()["esquemas"]["ComandoCrearInforme"]["tema"].clone();
    let pedidos = banco.publicados().await;
    let pedidos = pedidos.iter().filter(|saliente| saliente.tema == tema).count();
    assert_eq!(pedidos, 2, "la mudanza pide en el acto lo que la nueva version hace posible");

    informe_creado(&banco, saga).await;
    let anexo = json!({ "id_informe": "inf-2" });
    banco.responder_con(saga, "anexo", "hacer", "EventoInformeCreado", anexo).await;
    banco.responder(saga, "pagar", "hacer", EventoSuscripcionPagada::default()).await;
    banco.responder(saga, "notificar", "hacer", EventoNotificacionEnviada::default()).await;
    assert_eq!(banco.fase(saga).await, "completada");
}

#[sqlx::test(migrations = false)]
async fn se_muda_lo_que_se_mostro_y_lo_que_cambio_se_decide_otra_vez(pool: PgPool) {
    let banco = con_informes(pool).await;
    let (quieta, avanza, fijada) = (iniciada(&banco).await, iniciada(&banco).await, iniciada(&banco).await);
    informe_creado(&banco, fijada).await;
    activar(&banco, &renombrada()).await;
    let plan = plan(&banco, &pedido(json!({ "crear_informe": "hacer_informe" }))).await;
    assert_eq!(cuantas(&plan), (2, 0, 1));
    informe_creado(&banco, avanza).await;
    activar_otra_vez(&banco).await;
    let tardia = iniciada(&banco).await;
    let ficha = llevar(&banco, &plan["testigo"]).await;
    let cuenta = ["total", "aplicados", "rechazados", "cambiadas"].map(|campo| ficha[campo].as_i64());
    assert_eq!(cuenta, [2, 1, 1, 0].map(Some), "{ficha:#}");
    let (_, mandos) = leer(&banco, &format!("/admin/mandos?id_saga={avanza}")).await;
    assert_eq!(mandos["elementos"][0]["codigo"], "orden_invertido");
    for (saga, version) in [(quieta, 2), (avanza, 1), (fijada, 1), (tardia, 1)] {
        assert_eq!(leer(&banco, &format!("/sagas/{saga}")).await.1["definicion_version"], version);
    }
    let ficha = llevar(&banco, &plan["testigo"]).await;
    assert_eq!(ficha["aplicados"], 1, "confirmar otra vez no muda nada mas");
    assert_eq!(banco.consultas.transiciones(quieta, 0).await.expect("log").len(), 2);
}

/// New sagas begin with the first version again.
async fn activar_otra_vez(banco: &Banco) {
    let ruta = "/admin/definiciones/suscripcion-informes/1/activar";
    assert_eq!(enviar(banco, "POST", ruta, &json!({})).await.0, StatusCode::OK);
}

#[sqlx::test(migrations = false)]
async fn una_mudanza_que_acabaria_mal_se_descubre_en_el_ensayo(pool: PgPool) {
    let banco = con_informes(pool).await;
    iniciada(&banco).await;
    let mut nueva = informes::version(2);
    nueva["pasos"][1]["participante"] = json!({ "lapidas": false });
    enviar(&banco, "POST", "/admin/definiciones", &nueva).await;
    // No operator can put it to work; whoever writes the table can.
    sqlx::query("update definicion_saga set estado = 'retirada' where clave = 'suscripcion-informes' and version = 2")
        .execute(&banco.pool)
        .await
        .expect("retirada");
    suscripciones::aplicacion::puertos::CatalogoEditable::olvidar(banco.catalogo.as_ref()).await;
    let plan = plan(&banco, &pedido(json!({}))).await;
    assert_eq!(cuantas(&plan), (0, 0, 1), "{plan:#}");
    assert_eq!(plan["fijadas"][0]["codigo"], "acaba_mal");
    let sucesos = plan["fijadas"][0]["contraejemplo"]["sucesos"].as_array().expect("sucesos");
    assert!(sucesos.len() > 2, "{plan:#}");
}

#[sqlx::test(migrations = false)]
async fn un_plan_mal_pedido_no_alcanza_a_nadie(pool: PgPool) {
    let banco = con_informes(pool).await;
    iniciada(&banco).await;
    for (cuerpo, campo) in [(json!({ "a": 2 }), "motivo"), (json!({ "a": 0, "motivo": "mejora" }), "a")] {
        let (estado, problema) = enviar(&banco, "POST", RUTA, &cuerpo).await;
        assert_eq!((estado, &problema["errors"][0]["campo"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(campo)));
    }
    let (estado, problema) = enviar(&banco, "POST", RUTA, &pedido(json!({}))).await;
    assert_eq!((estado, &problema["code"]), (StatusCode::CONFLICT, &json!("estado_inadecuado")), "no hay version 2");
    activar(&banco, &renombrada()).await;
    for (filtro, campo) in
        [(json!({ "definicion": "otra" }), "filtro.definicion"), (json!({ "edad": 3 }), "filtro.edad")]
    {
        let mut cuerpo = pedido(json!({}));
        cuerpo["filtro"] = filtro;
        let (estado, problema) = enviar(&banco, "POST", RUTA, &cuerpo).await;
        assert_eq!((estado, &problema["errors"][0]["campo"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(campo)));
    }
    let mut ajeno = pedido(json!({}));
    ajeno["filtro"] = json!({ "codigo_cliente": "nadie" });
    assert_eq!(plan(&banco, &ajeno).await["total"], 0);
}

/// Decides as the real one does, with time for so many looks at the clock in each turn.
struct ConPrisa {
    mudanzas: Arc<Mudanzas>,
    miradas: usize,
}

#[async_trait]
impl Mudador for ConPrisa {
    async fn decidir(
        &self,
        mudanza: &Mudanza,
        encargo: &Encargo,
        sagas: Vec<Saga>,
        ahora: DateTime<Utc>,
    ) -> Result<Vec<Prevision>, ErrorRepositorio> {
        let versiones = self.mudanzas.versiones(mudanza).await?.expect("ambas versiones");
        let vistas = AtomicUsize::new(0);
        let seguir = || vistas.fetch_add(1, Ordering::Relaxed) < self.miradas;
        Ok(versiones.decidir(mudanza, encargo, sagas, ahora, (Cotas::default(), &seguir)))
    }
}

/// The batches of the test's database, carried out in a hurry.
fn con_prisa(banco: &Banco, miradas: usize) -> MandarLotes {
    let mudador = Arc::new(ConPrisa { mudanzas: banco.mudanzas.clone(), miradas });
    let comprobaciones = Arc::new(Comprobaciones::default());
    let mandar = Mandar::nuevo(banco.sagas.clone(), banco.mandos.clone(), mudador, comprobaciones);
    MandarLotes::nuevos(Arc::new(mandar), banco.mandos.clone())
}

/// How often the check of one state looks at the clock, at most.
async fn miradas_de(banco: &Banco, sagas: &[Uuid]) -> usize {
    let mudanza = Mudanza { definicion: "suscripcion-informes".to_owned(), de: 1, a: 2, mapa: BTreeMap::new() };
    let versiones = banco.mudanzas.versiones(&mudanza).await.expect("versiones").expect("ambas");
    let mut mayor = 0;
    for saga in sagas {
        let leida = banco.sagas.obtener(&[IdSaga(*saga)]).await.expect("saga").remove(0);
        let vistas = Cell::new(0);
        let seguir = || vistas.replace(vistas.get() + 1) < usize::MAX;
        let mut planificador = Planificador::nuevo(&versiones.de, &versiones.a, &mudanza.mapa);
        planificador = planificador.acotado(Cotas::default(), &seguir);
        assert_eq!(planificador.clasificar(&leida.estado), Clasificacion::Segura);
        mayor = mayor.max(vistas.get());
    }
    mayor
}

#[sqlx::test(migrations = false)]
async fn una_tanda_sin_tiempo_para_todas_sigue_en_la_siguiente_y_no_niega_ninguna(pool: PgPool) {
    let banco = con_informes(pool).await;
    let (esperan, pagan) =
        ([iniciada(&banco).await, iniciada(&banco).await], [iniciada(&banco).await, iniciada(&banco).await]);
    for saga in pagan {
        informe_creado(&banco, saga).await;
    }
    activar(&banco, &informes::version(2)).await;
    let plan = plan(&banco, &pedido(json!({}))).await;
    assert_eq!(cuantas(&plan), (4, 0, 0), "{plan:#}");
    let (estado, _) = enviar(&banco, "POST", RUTA, &json!({ "testigo": plan["testigo"] })).await;
    assert_eq!(estado, StatusCode::ACCEPTED);
    let lotes = con_prisa(&banco, miradas_de(&banco, &[esperan[0], pagan[0]]).await);
    let ruta = format!("/admin/mandos/lotes/{}", plan["testigo"].as_str().expect("testigo"));
    for aplicados in [2, 4] {
        assert!(lotes.avanzar(contratos::ahora()).await.expect("una tanda"));
        let (_, ficha) = leer(&banco, &ruta).await;
        let cuenta = ["aplicados", "rechazados", "cambiadas"].map(|campo| ficha[campo].as_i64());
        assert_eq!(cuenta, [aplicados, 0, 0].map(Some), "{ficha:#}");
    }
    assert!(!lotes.avanzar(contratos::ahora()).await.expect("nada queda"));
    assert_eq!(leer(&banco, &ruta).await.1["estado"], "terminado");
}
