use async_trait::async_trait;
use bandejas::efecto::{self, Efecto, Estado as EstadoEfecto};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::cadena::{Eslabon, es_integra};
use super::pg_errores::{ErrorFila, tecnico};
use super::pg_eventos;
use crate::aplicacion::consultas::{
    Avance, ConsultasNotificaciones, EventoGuardado, Ficha, Filtro, Historia, Operacion,
};
use crate::aplicacion::puertos::ErrorAlmacen;
use crate::dominio::{CodigoCliente, Estado, IdNotificacion, IdSuscripcion, Inquilino};

/// Questions to the projection, the streams and the effects.
pub struct PgConsultas {
    pool: PgPool,
}

impl PgConsultas {
    pub fn nuevas(pool: PgPool) -> Self {
        Self { pool }
    }
}

struct Fila {
    id: Uuid,
    version: i32,
    estado: String,
    intentos: i32,
    id_suscripcion: Option<Uuid>,
    codigo_cliente: String,
    plantilla: String,
    inquilino: String,
    origen: Uuid,
    correlacion: Option<Uuid>,
    destinatario: Option<String>,
    motivo: Option<String>,
    proximo_intento: Option<DateTime<Utc>>,
    creada: DateTime<Utc>,
    actualizada: DateTime<Utc>,
}

impl TryFrom<Fila> for Ficha {
    type Error = ErrorFila;

    fn try_from(fila: Fila) -> Result<Self, ErrorFila> {
        let columna = |columna| ErrorFila::Columna { tabla: "notificacion", id: fila.id, columna };
        Ok(Self {
            id: IdNotificacion::from(fila.id),
            version: u32::try_from(fila.version).map_err(|_| columna("version"))?,
            estado: Estado::try_from(fila.estado.as_str()).map_err(|_| columna("estado"))?,
            intentos: u32::try_from(fila.intentos).map_err(|_| columna("intentos"))?,
            id_suscripcion: fila.id_suscripcion.map(IdSuscripcion::from),
            codigo_cliente: fila.codigo_cliente,
            plantilla: fila.plantilla,
            inquilino: fila.inquilino,
            origen: fila.origen,
            correlacion: fila.correlacion,
            destinatario: fila.destinatario,
            motivo: fila.motivo,
            proximo_intento: fila.proximo_intento,
            creada: fila.creada,
            actualizada: fila.actualizada,
        })
    }
}

fn fichas(filas: Vec<Fila>) -> Result<Vec<Ficha>, ErrorAlmacen> {
    Ok(filas.into_iter().map(Ficha::try_from).collect::<Result<_, _>>()?)
}

#[async_trait]
impl ConsultasNotificaciones for PgConsultas {
    #[tracing::instrument(name = "db.notificaciones.listar", skip_all)]
    async fn listar(&self, filtro: &Filtro, limite: u32) -> Result<Vec<Ficha>, ErrorAlmacen> {
        let filas = sqlx::query_as!(
            Fila,
            "select id, version, estado, intentos, id_suscripcion, codigo_cliente, plantilla, inquilino, origen,
                    correlacion, destinatario, motivo, proximo_intento, creada, actualizada
             from notificacion
             where ($1::uuid is null or id_suscripcion = $1)
               and ($2::text is null or codigo_cliente = $2)
               and ($3::text is null or estado = $3)
               and ($4::text is null or inquilino = $4)
               and ($5::uuid is null or (creada, id) < (select p.creada, p.id from notificacion p where p.id = $5))
             order by creada desc, id desc
             limit $6",
            filtro.id_suscripcion.map(IdSuscripcion::uuid),
            filtro.codigo_cliente.as_ref().map(CodigoCliente::como_texto),
            filtro.estado.map(Estado::como_texto),
            filtro.inquilino.as_ref().map(Inquilino::como_texto),
            filtro.despues_de.map(IdNotificacion::uuid),
            i64::from(limite),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(tecnico)?;
        fichas(filas)
    }

    #[tracing::instrument(name = "db.notificaciones.historia", skip_all, fields(%id))]
    async fn historia(
        &self,
        id: IdNotificacion,
        inquilino: Option<&Inquilino>,
    ) -> Result<Option<Historia>, ErrorAlmacen> {
        let fila = sqlx::query_as!(
            Fila,
            "select id, version, estado, intentos, id_suscripcion, codigo_cliente, plantilla, inquilino, origen,
                    correlacion, destinatario, motivo, proximo_intento, creada, actualizada
             from notificacion where id = $1 and ($2::text is null or inquilino = $2)",
            id.uuid(),
            inquilino.map(Inquilino::como_texto),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(tecnico)?;
        let Some(fila) = fila else { return Ok(None) };
        let mut con = self.pool.acquire().await.map_err(tecnico)?;
        let eslabones = pg_eventos::leer(&mut con, &[id.uuid()]).await?.remove(&id.uuid()).unwrap_or_default();
        let cadena_integra = es_integra(&eslabones);
        let eventos = eslabones.iter().map(evento).collect::<Result<_, _>>()?;
        Ok(Some(Historia { ficha: Ficha::try_from(fila)?, eventos, cadena_integra }))
    }

    #[tracing::instrument(name = "db.notificaciones.libro", skip_all, fields(suscripciones = suscripciones.len()))]
    async fn libro(&self, suscripciones: &[IdSuscripcion]) -> Result<Vec<Ficha>, ErrorAlmacen> {
        let ids: Vec<_> = suscripciones.iter().map(|id| id.uuid()).collect();
        let filas = sqlx::query_as!(
            Fila,
            "select id, version, estado, intentos, id_suscripcion, codigo_cliente, plantilla, inquilino, origen,
                    correlacion, destinatario, motivo, proximo_intento, creada, actualizada
             from notificacion where id_suscripcion = any($1) order by id_suscripcion, creada, id",
            &ids,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(tecnico)?;
        fichas(filas)
    }

    #[tracing::instrument(name = "db.notificaciones.operacion", skip_all, fields(%comando))]
    async fn operacion(&self, comando: Uuid) -> Result<Option<Operacion>, ErrorAlmacen> {
        let mut con = self.pool.acquire().await.map_err(tecnico)?;
        // In this order a notification that ends between the two questions is found by one of them.
        let pendiente = sqlx::query!(
            "select id, id_suscripcion, huella_origen from notificacion where origen = $1 and estado = 'creada'",
            comando,
        )
        .fetch_optional(&mut *con)
        .await
        .map_err(tecnico)?;
        if let Some(efecto) = efecto::buscar(&mut con, &[comando]).await.map_err(tecnico)?.remove(&comando) {
            return Ok(Some(terminada(efecto)));
        }
        Ok(pendiente.map(|fila| Operacion {
            avance: Avance::EnCurso,
            huella: fila.huella_origen,
            id_notificacion: Some(fila.id),
            id_suscripcion: fila.id_suscripcion,
            codigo: None,
        }))
    }
}

fn evento(eslabon: &Eslabon) -> Result<EventoGuardado, ErrorFila> {
    Ok(EventoGuardado {
        version: eslabon.marca()?.version,
        hecho: eslabon.hecho()?,
        instante: eslabon.instante,
        huella: eslabon.huella,
    })
}

fn terminada(efecto: Efecto) -> Operacion {
    let texto = |campo: &str| efecto.respuesta.get(campo).and_then(|valor| valor.as_str());
    let uuid = |campo: &str| texto(campo).and_then(|texto| Uuid::parse_str(texto).ok());
    Operacion {
        avance: match efecto.estado {
            EstadoEfecto::Hecho => Avance::Hecho,
            EstadoEfecto::Rechazado | EstadoEfecto::Cancelado => Avance::Rechazado,
        },
        id_notificacion: uuid("id_notificacion"),
        id_suscripcion: uuid("id_suscripcion"),
        codigo: texto("codigo").map(str::to_owned),
        huella: efecto.huella,
    }
}
