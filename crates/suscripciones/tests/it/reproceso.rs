//! Rebuilding the tables of sagas from what was published, over a real Postgres and topics in memory.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use contratos::{
    ComandoCrearServicioDatos, ComandoPagarSuscripcion, EventoServicioDatosFallida, EventoServicioDatosTerminado,
    EventoSuscripcionCancelada,
};
use sqlx::PgPool;
use suscripciones::aplicacion::Pedido;
use suscripciones::aplicacion::puertos::Contexto;
use suscripciones::aplicacion::reproceso::puertos::{
    ErrorReproceso, EstadoPublicado, Lectura, Lote, Publicado, TransicionPublicada,
};
use suscripciones::aplicacion::reproceso::{Hueco, Informe, Intervalo, Peticion, Reprocesar};
use suscripciones::dominio::{IdSaga, IdSuscripcion, Monto, Pago};
use suscripciones::infraestructura::{Derivadas, TablasSagasPg};
use uuid::Uuid;

use crate::banco::{Banco, crear, ids};
use crate::cambio_de_plan::cambiar;
use crate::circuito::Circuito;
use crate::interferencia::{activa, cancelar};
use crate::publicacion::{Publicando, terminar};
use crate::sagas::{hasta_pagar, iniciada, servicio_creado};

/// What the topics hold, and the replies to undos that came over others.
#[derive(Default, Clone)]
struct Topicos {
    transiciones: Vec<TransicionPublicada>,
    estados: Vec<EstadoPublicado>,
    contestados: HashSet<Uuid>,
}

struct TopicosEnMemoria(Mutex<Topicos>);

struct Leidos<T>(Option<Vec<T>>);

#[async_trait]
impl<T: Send> Lectura<T> for Leidos<T> {
    async fn siguiente(&mut self) -> Result<Option<Lote<T>>, ErrorReproceso> {
        Ok(self.0.take().map(|leidos| Lote { leidos, mensajes: 1, ilegibles: 0 }))
    }
}

#[async_trait]
impl Publicado for TopicosEnMemoria {
    async fn registro(&self) -> Result<Box<dyn Lectura<TransicionPublicada>>, ErrorReproceso> {
        Ok(Box::new(Leidos(Some(self.0.lock().expect("topicos").transiciones.clone()))))
    }

    async fn estados(&self) -> Result<Box<dyn Lectura<EstadoPublicado>>, ErrorReproceso> {
        Ok(Box::new(Leidos(Some(self.0.lock().expect("topicos").estados.clone()))))
    }

    async fn contestados(&self, _: &[String], comandos: &HashSet<Uuid>) -> Result<HashSet<Uuid>, ErrorReproceso> {
        Ok(self.0.lock().expect("topicos").contestados.intersection(comandos).copied().collect())
    }
}

/// A service with its publisher.
struct Escena {
    banco: Banco,
    pool: PgPool,
    publicando: Publicando,
}

impl Escena {
    async fn nueva(pool: PgPool) -> Self {
        let banco = Banco::nuevo(pool.clone()).await;
        let publicando = Publicando::iniciar(&banco).await;
        Self { banco, publicando, pool }
    }

    /// What was published of everything that the tables hold now.
    async fn publicado(&self) -> Topicos {
        let total: i64 =
            sqlx::query_scalar("select count(*) from saga_log").fetch_one(&self.pool).await.expect("registro");
        let total = usize::try_from(total).expect("cuenta");
        self.publicando.hasta("todo publicado", |p| p.transiciones().len() >= total).await;
        let transiciones = self.publicando.transiciones().into_iter().map(|t| t.try_into().expect("legible"));
        let estados = self.publicando.estados().into_iter().map(|estado| estado.try_into().expect("legible"));
        Topicos { transiciones: transiciones.collect(), estados: estados.collect(), contestados: HashSet::new() }
    }

    async fn reprocesar(&self, topicos: &Topicos, peticion: Peticion) -> Informe {
        let caso = Reprocesar::nuevo(
            Arc::new(TopicosEnMemoria(Mutex::new(topicos.clone()))),
            Arc::new(TablasSagasPg::nuevas(self.pool.clone(), self.banco.catalogo.clone())),
            self.banco.sagas.clone(),
            Arc::new(Derivadas),
            contratos::ahora,
        );
        caso.ejecutar(peticion).await.expect("reproceso")
    }

    async fn simular(&self, topicos: &Topicos) -> Informe {
        self.reprocesar(topicos, Peticion::default()).await
    }

    async fn rehacer(&self, topicos: &Topicos) -> Informe {
        self.reprocesar(topicos, Peticion { real: true, ..Peticion::default() }).await
    }

    /// Fires every deadline that falls due within so many days.
    async fn vencer_hasta(&self, dias: i64) {
        self.banco.vencer(&self.publicando.orquestador, contratos::ahora() + chrono::Duration::days(dias)).await;
    }

    async fn hacer(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.expect("sentencia");
    }

    /// Every row of a table, by its text.
    async fn filas(&self, tabla: &str) -> BTreeMap<String, String> {
        let consulta = format!("select (to_jsonb(t) - '{{tx,epoca}}'::text[])::text from {tabla} t");
        let filas: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(consulta)).fetch_all(&self.pool).await.expect("filas");
        filas.into_iter().map(|fila| (fila.clone(), fila)).collect()
    }

    async fn version(&self, saga: Uuid) -> i64 {
        sqlx::query_scalar("select version from saga where id = $1")
            .bind(saga)
            .fetch_one(&self.pool)
            .await
            .expect("saga")
    }
}

async fn compensada(banco: &Banco, saga: Uuid) {
    banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    let fallo = EventoServicioDatosFallida { codigo: Some("sin_experto".into()), ..Default::default() };
    banco.responder(saga, "asignar_experto", "hacer", fallo).await;
    banco.responder(saga, "crear_servicio", "deshacer", EventoServicioDatosTerminado::default()).await;
    banco.responder(saga, "crear_suscripcion", "deshacer", EventoSuscripcionCancelada::default()).await;
}

#[sqlx::test(migrations = false)]
async fn un_simulacro_sobre_tablas_intactas_lo_encuentra_todo_igual_y_no_toca_nada(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    terminar(&escena.banco, iniciada(&escena.banco).await).await;
    compensada(&escena.banco, iniciada(&escena.banco).await).await;
    iniciada(&escena.banco).await;
    let (sagas, registro) = (escena.filas("saga").await, escena.filas("saga_log").await);
    let informe = escena.simular(&escena.publicado().await).await;
    assert!(informe.bien(), "{informe:#?}");
    assert_eq!((informe.comparacion.iguales, informe.comparacion.transiciones.iguales), (3, 12));
    assert_eq!((escena.filas("saga").await, escena.filas("saga_log").await), (sagas, registro));
}

#[sqlx::test(migrations = false)]
async fn tras_borrar_las_tablas_lo_terminado_vuelve_igual_y_lo_vivo_repite_sus_ordenes(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    terminar(&escena.banco, iniciada(&escena.banco).await).await;
    compensada(&escena.banco, iniciada(&escena.banco).await).await;
    let (sagas, registro) = (escena.filas("saga").await, escena.filas("saga_log").await);
    let viva = iniciada(&escena.banco).await;
    let topicos = escena.publicado().await;
    let enviadas = escena.banco.de_tipo::<ComandoCrearServicioDatos>().await.len();
    escena.hacer("truncate saga, saga_log").await;
    let informe = escena.rehacer(&topicos).await;
    let hecho = informe.rehecho.clone().expect("hecho");
    assert!(informe.bien(), "{informe:#?}");
    assert_eq!((informe.comparacion.solo_en_pulsar.total, informe.despues.as_ref().expect("despues").iguales), (3, 3));
    assert_eq!((hecho.sagas, hecho.reanimadas, hecho.reenviados, hecho.cola_perdida.total), (3, 1, 1, 0));
    let (despues, registro_despues) = (escena.filas("saga").await, escena.filas("saga_log").await);
    assert!(sagas.keys().all(|fila| despues.contains_key(fila)), "{sagas:#?} {despues:#?}");
    assert!(registro.keys().all(|fila| registro_despues.contains_key(fila)));
    let repetidas = escena.banco.de_tipo::<ComandoCrearServicioDatos>().await;
    assert_eq!(repetidas.len(), enviadas + 1);
    let comando = contratos::id_comando(viva, "crear_servicio", "hacer");
    assert_eq!(repetidas.last().expect("orden").cabecera.id, comando);
    let publicadas = escena.publicado().await.transiciones.len();
    assert_eq!(publicadas, topicos.transiciones.len() + 1, "solo se publica lo nuevo");
    terminar(&escena.banco, viva).await;
    assert_eq!(escena.banco.fase(viva).await, "completada");
}

#[sqlx::test(migrations = false)]
async fn las_tablas_eliminadas_se_hacen_otra_vez_con_sus_indices_y_restricciones(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    terminar(&escena.banco, iniciada(&escena.banco).await).await;
    let (sagas, topicos) = (escena.filas("saga").await, escena.publicado().await);
    let forma = "select string_agg(d, e'\n' order by d) from (
          select tabla from unnest(array['saga', 'saga_log', 'cursor_publicacion', 'publicacion_estado']) as t (tabla)) as t
        cross join lateral (
          select indexdef as d from pg_indexes where schemaname = 'public' and tablename = tabla
          union all
          select conname || pg_get_constraintdef(oid) from pg_constraint where conrelid = to_regclass(tabla)) as f";
    let antes: String = sqlx::query_scalar(forma).fetch_one(&escena.pool).await.expect("forma");
    escena.hacer("drop table saga, saga_log, cursor_publicacion, publicacion_estado").await;
    let simulacro = escena.simular(&topicos).await;
    assert_eq!((simulacro.bien(), simulacro.comparacion.solo_en_pulsar.total), (false, 1));
    let informe = escena.rehacer(&topicos).await;
    assert!(informe.bien(), "{informe:#?}");
    assert_eq!(escena.filas("saga").await, sagas);
    let despues: String = sqlx::query_scalar(forma).fetch_one(&escena.pool).await.expect("forma");
    assert_eq!(antes, despues);
    iniciada(&escena.banco).await;
    assert_eq!(escena.publicado().await.transiciones.len(), topicos.transiciones.len() + 1, "solo se publica lo nuevo");
}

#[sqlx::test(migrations = false)]
async fn de_una_cola_perdida_vuelve_un_prefijo_y_el_libro_delata_lo_que_falta(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let saga = iniciada(&escena.banco).await;
    escena.banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    let topicos = escena.publicado().await;
    hasta_pagar(&escena.banco, saga).await;
    pagar(&escena.banco, saga).await;
    escena.hacer("truncate saga, saga_log").await;
    let informe = escena.rehacer(&topicos).await;
    let hecho = informe.rehecho.expect("hecho");
    assert_eq!(hecho.cola_perdida.ejemplos, [saga], "el pago consta en el libro y no en el registro");
    assert_eq!((hecho.reanimadas, hecho.se_deshacian.total, escena.version(saga).await), (1, 0, 3));
    for dia in 1..=10 {
        escena.vencer_hasta(dia).await;
    }
    assert_eq!(escena.banco.fase(saga).await, "avanzando", "el silencio no la hace retroceder");
    terminar(&escena.banco, saga).await;
    assert_eq!(escena.banco.fase(saga).await, "completada");
}

/// Carries out the payment that the saga asked for.
async fn pagar(banco: &Banco, saga: Uuid) {
    let orden = banco.de_tipo::<ComandoPagarSuscripcion>().await.pop().expect("orden de pago");
    let (cabecera, datos) = (orden.cabecera, orden.datos);
    assert_eq!(cabecera.correlacion, Some(saga));
    let pago = Pago {
        numero: datos.factura_numero.expect("numero"),
        monto: Monto::try_from(datos.monto.expect("monto").as_str()).expect("monto"),
        moneda: datos.moneda.expect("moneda"),
        medio_pago: datos.medio_pago.expect("medio"),
    };
    let suscripcion = Uuid::parse_str(&datos.id_suscripcion.expect("id")).expect("id");
    let pedido = Pedido::Pagar { id: IdSuscripcion(suscripcion), pago };
    let contexto = crate::banco::contexto(cabecera.id, "ComandoPagarSuscripcion");
    banco.atender.ejecutar(&[(contexto, pedido)]).await.expect("pagada");
}

#[sqlx::test(migrations = false)]
async fn una_saga_que_se_deshacia_en_lo_perdido_sigue_deshaciendose(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let saga = iniciada(&escena.banco).await;
    let mut topicos = escena.publicado().await;
    for dia in 1..=6 {
        escena.vencer_hasta(dia).await;
    }
    assert_eq!(escena.banco.fase(saga).await, "deshaciendo", "nadie contestó");
    topicos.contestados.insert(contratos::id_comando(saga, "crear_servicio", "deshacer"));
    escena.hacer("truncate saga, saga_log").await;
    let informe = escena.rehacer(&topicos).await;
    assert_eq!(informe.rehecho.expect("hecho").se_deshacian.ejemplos, [saga]);
    assert_eq!(escena.banco.fase(saga).await, "deshaciendo");
}

#[sqlx::test(migrations = false)]
async fn una_saga_de_la_que_nada_se_publico_renace_del_libro(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let topicos = escena.publicado().await;
    let comando = contratos::id_nuevo();
    escena.banco.atender.ejecutar(&[crear(comando, "0007", "pro")]).await.expect("atendida");
    let saga = ids(comando)["saga"];
    escena.hacer("truncate saga, saga_log").await;
    let informe = escena.rehacer(&topicos).await;
    assert_eq!(informe.rehecho.expect("hecho").renacidas.ejemplos, [saga]);
    terminar(&escena.banco, saga).await;
    assert_eq!(escena.banco.fase(saga).await, "completada");
    let topicos = escena.publicado().await;
    assert!(escena.simular(&topicos).await.bien());
    let publicadas = topicos.transiciones;
    let versiones: Vec<i64> = publicadas.iter().filter(|t| t.saga == IdSaga(saga)).map(|t| t.version).collect();
    assert_eq!(versiones.iter().max(), Some(&7), "{versiones:?}");
}

#[sqlx::test(migrations = false)]
async fn una_cancelacion_de_la_que_nada_se_publico_renace_con_su_propio_flujo(pool: PgPool) {
    renace(pool, cancelar, "cancelacion-pro").await;
}

#[sqlx::test(migrations = false)]
async fn un_cambio_de_plan_del_que_nada_se_publico_renace_con_el_flujo_de_sus_dos_planes(pool: PgPool) {
    renace(pool.clone(), |suscripcion| cambiar(suscripcion, "pro_plus"), "cambio-entre-pro").await;
    let plan: String = sqlx::query_scalar("select codigo_plan from suscripcion").fetch_one(&pool).await.expect("una");
    assert_eq!(plan, "pro_plus");
}

/// An operation on a PRO subscription, whose saga begins and is lost before anything of it is published.
async fn renace(pool: PgPool, pedir: fn(Uuid) -> (Contexto, Pedido), flujo: &str) {
    let escena = Escena::nueva(pool.clone()).await;
    let mut circuito = Circuito::de(&escena.banco);
    let orden = pedir(activa(&escena.banco, &mut circuito).await);
    let saga = ids(orden.0.comando)["saga"];
    let topicos = escena.publicado().await;
    escena.banco.atender.ejecutar(&[orden]).await.expect("atendida");
    let primera = "select definicion, entrada::text from saga join saga_log l on l.saga = id
                   where id = $1 and l.version = 1";
    let empezada = || async {
        let fila: (String, String) = sqlx::query_as(primera).bind(saga).fetch_one(&pool).await.expect("saga");
        fila
    };
    let antes = empezada().await;
    assert_eq!(antes.0, flujo);
    escena.hacer("truncate saga, saga_log").await;
    let informe = escena.rehacer(&topicos).await;
    assert_eq!(informe.rehecho.expect("hecho").renacidas.ejemplos, [saga]);
    let despues = empezada().await;
    assert_eq!(despues.0, antes.0);
    let sin_plazos = |texto: &str| {
        let mut entrada: serde_json::Value = serde_json::from_str(texto).expect("entrada");
        for cambio in entrada["cambios"].as_array_mut().expect("cambios") {
            cambio.as_object_mut().expect("cambio").remove("vence_ms");
        }
        entrada
    };
    assert_eq!(sin_plazos(&despues.1), sin_plazos(&antes.1));
    circuito.correr().await;
    assert_eq!(escena.banco.fase(saga).await, "completada");
}

#[sqlx::test(migrations = false)]
async fn una_fila_estropeada_se_repara_y_las_demas_no_se_tocan(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let (rota, sana) = (iniciada(&escena.banco).await, iniciada(&escena.banco).await);
    let (filas, topicos) = (escena.filas("saga").await, escena.publicado().await);
    sqlx::query("update saga set codigo_plan = 'otro', fase = 'completada' where id = $1")
        .bind(rota)
        .execute(&escena.pool)
        .await
        .expect("estropeada");
    let simulacro = escena.simular(&topicos).await;
    assert_eq!((simulacro.comparacion.distintas.ejemplos.clone(), simulacro.comparacion.iguales), (vec![rota], 1));
    let ajena = Peticion { real: true, saga: Some(IdSaga(sana)), ..Peticion::default() };
    assert!(escena.reprocesar(&topicos, ajena).await.bien());
    let propia = Peticion { saga: Some(IdSaga(rota)), ..ajena };
    let informe = escena.reprocesar(&topicos, propia).await;
    assert!(informe.bien(), "{informe:#?}");
    assert_eq!(escena.filas("saga").await, filas);
}

#[sqlx::test(migrations = false)]
async fn un_hueco_se_informa_y_lo_que_pulsar_perdio_se_publica_otra_vez(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let saga = iniciada(&escena.banco).await;
    terminar(&escena.banco, saga).await;
    let completo = escena.publicado().await;
    let mut topicos = completo.clone();
    topicos.transiciones.retain(|transicion| transicion.version != 3);
    topicos.estados.clear();
    let hueco = Hueco { saga, versiones: vec![Intervalo { desde: 3, hasta: 3 }] };
    let simulacro = escena.simular(&topicos).await;
    assert_eq!((simulacro.bien(), simulacro.huecos.clone()), (false, vec![hueco]));
    let informe = escena.rehacer(&topicos).await;
    assert_eq!((informe.bien(), informe.rehecho.expect("hecho").republicadas), (false, 1));
    let republicada = |p: &Publicando| p.transiciones().iter().filter(|t| t.version == Some(3)).count() == 2;
    escena.publicando.hasta("la transición vuelve a publicarse", republicada).await;

    topicos.estados = completo.estados;
    escena.hacer("truncate saga, saga_log").await;
    let sin_estado = escena.rehacer(&topicos).await;
    assert_eq!(sin_estado.rehecho.expect("hecho").sagas, 0, "un prefijo de lo que tiene un hueco no se inventa");
    let salvado = Peticion { real: true, desde_estado: true, ..Peticion::default() };
    assert_eq!(escena.reprocesar(&topicos, salvado).await.rehecho.expect("hecho").sagas, 1);
    assert_eq!(escena.banco.fase(saga).await, "completada");
}

#[sqlx::test(migrations = false)]
async fn de_cada_transicion_vale_la_primera_y_otra_distinta_se_dice(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let saga = iniciada(&escena.banco).await;
    escena.banco.responder(saga, "crear_servicio", "hacer", servicio_creado()).await;
    let mut topicos = escena.publicado().await;
    let repetidas = topicos.transiciones.clone();
    topicos.transiciones.extend(repetidas);
    let informe = escena.simular(&topicos).await;
    assert!(informe.bien(), "{informe:#?}");
    assert_eq!((informe.leido.repetidas, informe.leido.divergentes), (2, 0));
    let mut otra = topicos.transiciones[1].clone();
    otra.entrada = topicos.transiciones[0].entrada.clone();
    topicos.transiciones.push(otra);
    let informe = escena.simular(&topicos).await;
    assert_eq!((informe.bien(), informe.leido.divergentes, informe.comparacion.iguales), (false, 1, 1));
}

#[sqlx::test(migrations = false)]
async fn cada_columna_de_la_saga_entra_en_el_banco(pool: PgPool) {
    let escena = Escena::nueva(pool).await;
    let columnas = |tabla: &'static str| {
        let consulta = "select string_agg(attname || ' ' || atttypid::regtype, ', ' order by attname)
                        from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped";
        sqlx::query_scalar::<_, String>(consulta).bind(tabla).fetch_one(&escena.pool)
    };
    let (tabla, banco) =
        (columnas("public.saga").await.expect("tabla"), columnas("reproceso.saga").await.expect("banco"));
    assert_eq!(tabla, banco, "una columna nueva de saga va también en reproceso.saga, y en lo que se publica");
}
