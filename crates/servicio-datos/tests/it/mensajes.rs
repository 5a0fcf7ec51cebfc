//! Commands as messages in, answers as messages out, over Postgres.

use crate::apoyo::{servicio, suscripcion};
use crate::banco::Banco;
use contratos::{
    Cabecera, ComandoAsignarExperto, ComandoCrearServicioDatos, ComandoIniciarServicioDatos,
    ComandoTerminarServicioDatos, Dataset, EventoExpertoAsignado, EventoServicioDatosCreada,
    EventoServicioDatosFallida, EventoServicioDatosIniciado, EventoServicioDatosTerminado, Mensaje, Nube, Recibido,
    Suscripcion, codificar, id_comando, id_respuesta,
};
use mensajeria::{Desenlace, Entrante, Manejador, Posicion};
use servicio_datos::composicion::manejador;
use sqlx::PgPool;
use std::sync::Arc;

const TRAZA: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct Servicio {
    banco: Banco,
    manejador: Arc<dyn Manejador>,
}

impl Servicio {
    async fn nuevo(pool: &PgPool) -> Self {
        let banco = Banco::nuevo(pool).await;
        Self { manejador: manejador(pool.clone(), banco.despachador.clone()), banco }
    }

    async fn manejar(&self, lote: &[Entrante]) -> Vec<Desenlace> {
        self.manejador.manejar(lote).await.expect("handled")
    }

    /// Carries out one command and returns its answer.
    async fn pedir<D: Mensaje>(&mut self, comando: &Entrante) -> Recibido<D> {
        assert_eq!(self.manejar(std::slice::from_ref(comando)).await, [Desenlace::Hecho]);
        self.banco.recibir_un().await
    }
}

/// The header of the saga's command for one step of subscription 1.
fn cabecera(paso: &str, direccion: &str) -> Cabecera {
    Cabecera {
        correlacion: Some(suscripcion(1)),
        traza: Some(TRAZA.into()),
        huella: Some("abc".into()),
        ..Cabecera::nueva(id_comando(suscripcion(1), paso, direccion), "suscripciones", contratos::ahora())
    }
}

fn entrante<D: Mensaje>(cabecera: &Cabecera, datos: &D) -> Entrante {
    let saliente = codificar(cabecera, datos).expect("encoded");
    Entrante {
        tema: saliente.tema.into(),
        posicion: Posicion { ledger: 1, entry: 1, indice: -1 },
        propiedades: saliente.propiedades,
        carga: saliente.carga,
        escritor: None,
        publicado: contratos::ahora(),
    }
}

fn datos_de_creacion() -> ComandoCrearServicioDatos {
    ComandoCrearServicioDatos {
        cliente_codigo: Some("0001".into()),
        cliente_nombres: Some("Pablo".into()),
        plan_codigo: Some("PRO".into()),
        nube: Some(Nube { codigo: Some("nube-a".into()), ..Nube::default() }),
        dataset: Some(Dataset { codigo: Some("ds-a".into()), ..Dataset::default() }),
        suscripcion: Some(Suscripcion { codigo: Some(suscripcion(1).to_string()) }),
        ..ComandoCrearServicioDatos::default()
    }
}

fn crear() -> Entrante {
    entrante(&cabecera("crear_servicio", "hacer"), &datos_de_creacion())
}

fn id_suscripcion() -> Option<String> {
    Some(suscripcion(1).to_string())
}

fn asignar(especialidad: &str) -> Entrante {
    let datos = ComandoAsignarExperto {
        id_suscripcion: id_suscripcion(),
        especialidad: Some(especialidad.into()),
        ..ComandoAsignarExperto::default()
    };
    entrante(&cabecera("asignar_experto", "hacer"), &datos)
}

fn iniciar() -> Entrante {
    let datos = ComandoIniciarServicioDatos { id_suscripcion: id_suscripcion(), id_serviciodatos: None };
    entrante(&cabecera("iniciar_servicio", "hacer"), &datos)
}

fn deshacer() -> Entrante {
    let creacion = cabecera("crear_servicio", "hacer").id;
    let datos = ComandoTerminarServicioDatos {
        id_suscripcion: id_suscripcion(),
        motivo: Some("pago_rechazado".into()),
        ..ComandoTerminarServicioDatos::default()
    };
    entrante(&Cabecera { causa: Some(creacion), ..cabecera("crear_servicio", "deshacer") }, &datos)
}

#[sqlx::test(migrations = false)]
async fn el_flujo_entero_contesta_paso_a_paso(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    let creada: Recibido<EventoServicioDatosCreada> = servicio.pedir(&crear()).await;
    let asignado: Recibido<EventoExpertoAsignado> = servicio.pedir(&asignar("radiologia")).await;
    let iniciado: Recibido<EventoServicioDatosIniciado> = servicio.pedir(&iniciar()).await;
    let terminado: Recibido<EventoServicioDatosTerminado> = servicio.pedir(&deshacer()).await;
    assert_eq!(creada.datos.nube_codigo.as_deref(), Some("nube-a"));
    assert_eq!(asignado.datos.experto_codigo.as_deref(), Some("e1"));
    assert_eq!(terminado.datos.motivo.as_deref(), Some("pago_rechazado"));
    let secuencias = [creada.cabecera, asignado.cabecera, iniciado.cabecera, terminado.cabecera].map(|c| c.secuencia);
    assert_eq!(secuencias, [Some(1), Some(2), Some(3), Some(4)]);
}

#[sqlx::test(migrations = false)]
async fn una_respuesta_lleva_lo_que_la_saga_espera_de_ella(pool: PgPool) {
    let mut banco = Servicio::nuevo(&pool).await;
    let comando = cabecera("crear_servicio", "hacer");
    let creada: Recibido<EventoServicioDatosCreada> = banco.pedir(&crear()).await;
    assert_eq!(creada.cabecera.id, id_respuesta(comando.id, EventoServicioDatosCreada::TIPO));
    assert_eq!(creada.cabecera.causa, Some(comando.id));
    assert_eq!(creada.cabecera.correlacion, comando.correlacion);
    assert_eq!(creada.cabecera.asunto, id_suscripcion());
    assert_eq!(creada.cabecera.traza.as_deref(), Some(TRAZA));
    assert_eq!(creada.cabecera.inquilino.as_deref(), Some("publico"));
    assert_eq!(creada.datos.id_serviciodatos, Some(servicio(1).to_string()));
}

#[sqlx::test(migrations = false)]
async fn el_servicio_que_nace_con_otro_id_no_es_el_de_su_suscripcion(pool: PgPool) {
    let mut banco = Servicio::nuevo(&pool).await;
    let propio = contratos::id_nuevo();
    let datos = ComandoCrearServicioDatos { id_serviciodatos: Some(propio.to_string()), ..datos_de_creacion() };
    let otro: Recibido<EventoServicioDatosCreada> =
        banco.pedir(&entrante(&cabecera("crear_otro", "hacer"), &datos)).await;
    assert_eq!(otro.datos.id_serviciodatos, Some(propio.to_string()));
    let fin = ComandoTerminarServicioDatos {
        id_serviciodatos: Some(propio.to_string()),
        id_suscripcion: id_suscripcion(),
        motivo: None,
    };
    let fin = entrante(&cabecera("terminar_otro", "hacer"), &fin);
    let terminado: Recibido<EventoServicioDatosTerminado> = banco.pedir(&fin).await;
    assert_eq!(terminado.datos.id_serviciodatos, Some(propio.to_string()));
    let suyo: Recibido<EventoServicioDatosCreada> = banco.pedir(&crear()).await;
    assert_eq!(suyo.datos.id_serviciodatos, Some(servicio(1).to_string()), "ni es el mismo ni acabó con el otro");
}

#[sqlx::test(migrations = false)]
async fn la_misma_orden_recibe_otra_vez_la_misma_respuesta(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    let una: Recibido<EventoServicioDatosCreada> = servicio.pedir(&crear()).await;
    servicio.banco.cupos_de_nube(0).await;
    let otra: Recibido<EventoServicioDatosCreada> = servicio.pedir(&crear()).await;
    assert_eq!(una.cabecera.id, otra.cabecera.id);
    assert_eq!(una.datos, otra.datos);
}

#[sqlx::test(migrations = false)]
async fn un_deshacer_que_llega_antes_cancela_la_creacion(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    let terminado: Recibido<EventoServicioDatosTerminado> = servicio.pedir(&deshacer()).await;
    let fallida: Recibido<EventoServicioDatosFallida> = servicio.pedir(&crear()).await;
    assert_eq!(terminado.datos.id_serviciodatos, Some(self::servicio(1).to_string()));
    assert_eq!(fallida.datos.codigo.as_deref(), Some("comando_cancelado"));
    assert_eq!(fallida.datos.codigo_cliente.as_deref(), Some("0001"));
}

#[sqlx::test(migrations = false)]
async fn cada_motivo_de_fallo_tiene_su_codigo(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    servicio.pedir::<EventoServicioDatosCreada>(&crear()).await;
    let sin_experto: Recibido<EventoServicioDatosFallida> = servicio.pedir(&asignar("neurorradiologia")).await;
    let temprano: Recibido<EventoServicioDatosFallida> = servicio.pedir(&iniciar()).await;
    assert_eq!(sin_experto.datos.codigo.as_deref(), Some("sin_experto"));
    assert_eq!(sin_experto.datos.paso.as_deref(), Some("asignar_experto"));
    assert_eq!(sin_experto.datos.motivo.as_deref(), Some("no hay expertos disponibles en neurorradiologia"));
    assert_eq!(sin_experto.cabecera.secuencia, None);
    assert_eq!(temprano.datos.codigo.as_deref(), Some("estado_invalido"));
}

#[sqlx::test(migrations = false)]
async fn una_nube_sin_cupo_rechaza_la_creacion(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    servicio.banco.cupos_de_nube(0).await;
    let fallida: Recibido<EventoServicioDatosFallida> = servicio.pedir(&crear()).await;
    assert_eq!(fallida.datos.codigo.as_deref(), Some("sin_cupo_nube"));
}

#[sqlx::test(migrations = false)]
async fn un_dataset_retirado_rechaza_el_inicio(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    servicio.banco.retirar_dataset().await;
    servicio.pedir::<EventoServicioDatosCreada>(&crear()).await;
    servicio.pedir::<EventoExpertoAsignado>(&asignar("radiologia")).await;
    let fallida: Recibido<EventoServicioDatosFallida> = servicio.pedir(&iniciar()).await;
    assert_eq!(fallida.datos.codigo.as_deref(), Some("dataset_retirado"));
}

#[sqlx::test(migrations = false)]
async fn lo_que_falta_se_contesta_si_una_saga_espera(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    let incompleta = ComandoCrearServicioDatos { nube: None, ..datos_de_creacion() };
    let comando = entrante(&cabecera("crear_servicio", "hacer"), &incompleta);
    let fallida: Recibido<EventoServicioDatosFallida> = servicio.pedir(&comando).await;
    assert_eq!(fallida.datos.codigo.as_deref(), Some("datos_incompletos"));
    assert_eq!(fallida.datos.motivo.as_deref(), Some("falta el campo nube.codigo o no es válido"));
}

#[sqlx::test(migrations = false)]
async fn lo_que_falta_se_aparta_si_nadie_espera(pool: PgPool) {
    let servicio = Servicio::nuevo(&pool).await;
    let huerfana = Cabecera { correlacion: None, ..cabecera("crear_servicio", "hacer") };
    let sin_nube = entrante(&huerfana, &ComandoCrearServicioDatos { nube: None, ..datos_de_creacion() });
    let sin_suscripcion = entrante(&cabecera("iniciar_servicio", "hacer"), &ComandoIniciarServicioDatos::default());
    for comando in [sin_nube, sin_suscripcion] {
        let desenlaces = servicio.manejar(&[comando]).await;
        assert!(matches!(&desenlaces[..], [Desenlace::Rechazado(motivo)] if motivo.codigo == "datos_incompletos"));
    }
}

#[sqlx::test(migrations = false)]
async fn un_mensaje_ilegible_no_estorba_a_los_demas_de_su_lote(pool: PgPool) {
    let mut servicio = Servicio::nuevo(&pool).await;
    let ilegible = Entrante { carga: vec![9, 9, 9], ..crear() };
    let ajeno = Entrante { tema: "otro-tema".into(), ..crear() };
    let desenlaces = servicio.manejar(&[ilegible, crear(), ajeno]).await;
    assert!(matches!(&desenlaces[0], Desenlace::Rechazado(motivo) if motivo.codigo == "ilegible"));
    assert_eq!(desenlaces[1], Desenlace::Hecho);
    assert!(matches!(&desenlaces[2], Desenlace::Rechazado(motivo) if motivo.codigo == "tema_ajeno"));
    let creada: Recibido<EventoServicioDatosCreada> = servicio.banco.recibir_un().await;
    assert_eq!(creada.datos.codigo_cliente.as_deref(), Some("0001"));
}

#[sqlx::test(migrations = false)]
async fn ninguna_respuesta_ni_efecto_lleva_datos_personales(pool: PgPool) {
    let servicio = Servicio::nuevo(&pool).await;
    let mut banco = servicio.banco;
    let lote = [crear(), asignar("radiologia"), iniciar(), deshacer()];
    servicio.manejador.manejar(&lote).await.expect("handled");
    for _ in &lote {
        let carga = banco.recibir().await.carga;
        assert!(!String::from_utf8_lossy(&carga).contains("Pablo"));
    }
    let guardado = sqlx::query_scalar::<_, String>("select string_agg(respuesta::text, ' ') from bandejas.efecto");
    let guardado = guardado.fetch_one(&pool).await.expect("effects");
    assert!(!guardado.contains("Pablo") && !guardado.contains("Lucía"));
}
