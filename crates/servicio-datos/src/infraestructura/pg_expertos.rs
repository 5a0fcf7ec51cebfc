use super::errores::{de_base, incoherente, tecnico};
use super::pg_cupos::Recurso;
use super::pg_dotacion;
use crate::aplicacion::{ConCupos, ErrorRepositorio, FichaExperto};
use crate::dominio::{CodigoExperto, CodigoInvalido, Cupos, Especialidad, Experto, Ocupacion, Persona};
use cifrado::{Cifrador, ClaveEnvuelta, Zeroizing};
use sqlx::PgConnection;
use std::collections::BTreeSet;

pub(super) async fn listar(con: &mut PgConnection) -> Result<Vec<FichaExperto>, ErrorRepositorio> {
    let cupos = pg_dotacion::contar(&mut *con, Recurso::Experto).await.map_err(de_base)?;
    let filas = sqlx::query!("select codigo, especialidades from experto order by codigo")
        .fetch_all(con)
        .await
        .map_err(de_base)?;
    let fichas = filas.into_iter().map(|fila| {
        let ocupacion = cupos.get(&fila.codigo).copied().unwrap_or_default();
        let especialidades = especialidades(fila.especialidades).map_err(incoherente("experto", &fila.codigo))?;
        let codigo = CodigoExperto::try_from(fila.codigo.as_str()).map_err(incoherente("experto", fila.codigo))?;
        Ok(FichaExperto { codigo, especialidades, ocupacion })
    });
    fichas.collect()
}

pub(super) fn especialidades(nombres: Vec<String>) -> Result<BTreeSet<Especialidad>, CodigoInvalido> {
    nombres.into_iter().map(Especialidad::try_from).collect()
}

pub(super) async fn poner(
    con: &mut PgConnection,
    cifrador: &Cifrador,
    expertos: &[ConCupos<Experto>],
) -> Result<Vec<Ocupacion>, ErrorRepositorio> {
    let codigos: Vec<&str> = expertos.iter().map(|experto| experto.de.codigo().as_str()).collect();
    // Postgres has no arrays of arrays of different lengths: each set of specialties travels as JSON.
    let especialidades: Vec<_> =
        expertos.iter().map(|experto| serde_json::json!(experto.de.especialidades())).collect();
    let cifradas = expertos.iter().map(|experto| cifrar(cifrador, &experto.de)).collect::<Result<Vec<_>, _>>()?;
    let (claves, personas): (Vec<_>, Vec<_>) = cifradas.into_iter().unzip();
    sqlx::query!(
        "insert into experto (codigo, especialidades, clave, persona)
         select codigo, array(select jsonb_array_elements_text(especialidades)), clave, persona
         from unnest($1::text[], $2::jsonb[], $3::bytea[], $4::bytea[])
             as e (codigo, especialidades, clave, persona) order by codigo
         on conflict (codigo) do update set
             especialidades = excluded.especialidades, clave = excluded.clave, persona = excluded.persona",
        &codigos as &[&str],
        &especialidades,
        &claves,
        &personas,
    )
    .execute(&mut *con)
    .await
    .map_err(de_base)?;
    let metas: Vec<_> = expertos.iter().map(|experto| (experto.de.codigo().as_str(), experto.cupos)).collect();
    pg_dotacion::ajustar(con, Recurso::Experto, &metas).await.map_err(de_base)
}

pub(super) async fn persona(
    con: &mut PgConnection,
    cifrador: &Cifrador,
    codigo: &CodigoExperto,
) -> Result<Option<Persona>, ErrorRepositorio> {
    let fila = sqlx::query!("select clave, persona from experto where codigo = $1", codigo.as_str())
        .fetch_optional(con)
        .await
        .map_err(de_base)?;
    match fila.map(|fila| (fila.clave, fila.persona)) {
        Some((Some(clave), Some(cifrada))) => descifrar(cifrador, codigo, clave, &cifrada).map(Some),
        Some(_) | None => Ok(None),
    }
}

pub(super) async fn olvidar(con: &mut PgConnection, codigo: &CodigoExperto) -> Result<bool, ErrorRepositorio> {
    let hecho = sqlx::query!("update experto set clave = null, persona = null where codigo = $1", codigo.as_str())
        .execute(&mut *con)
        .await
        .map_err(de_base)?;
    let metas = [(codigo.as_str(), Cupos::NINGUNO)];
    pg_dotacion::ajustar(con, Recurso::Experto, &metas).await.map_err(de_base)?;
    Ok(hecho.rows_affected() > 0)
}

/// The decrypted bytes are no person. The parser's message stays out, because it may quote them.
#[derive(Debug, thiserror::Error)]
#[error("the person is not readable")]
struct PersonaIlegible;

fn cifrar(cifrador: &Cifrador, experto: &Experto) -> Result<(Vec<u8>, Vec<u8>), ErrorRepositorio> {
    let claro = Zeroizing::new(serde_json::to_vec(experto.persona()).map_err(tecnico)?);
    let clave = cifrador.clave_nueva().map_err(tecnico)?;
    let cifrada = cifrador.cifrar(&clave, &claro, &contexto(experto.codigo())).map_err(tecnico)?;
    Ok((clave.as_bytes().to_vec(), cifrada))
}

fn descifrar(
    cifrador: &Cifrador,
    codigo: &CodigoExperto,
    clave: Vec<u8>,
    cifrada: &[u8],
) -> Result<Persona, ErrorRepositorio> {
    let claro = cifrador
        .descifrar(&ClaveEnvuelta::from(clave), cifrada, &contexto(codigo))
        .map_err(incoherente("experto", codigo))?;
    serde_json::from_slice(&claro).map_err(|_| incoherente("experto", codigo)(PersonaIlegible))
}

/// Binds the ciphertext to its row.
fn contexto(codigo: &CodigoExperto) -> Vec<u8> {
    format!("experto/{codigo}").into_bytes()
}
