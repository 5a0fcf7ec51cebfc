use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cifrado::{Cifrador, ClaveEnvuelta};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::errores::{de_datos, de_sql};
use crate::aplicacion::puertos::{ClaveCliente, ErrorRepositorio};
use crate::dominio::{CodigoCliente, Condiciones, DatosCliente, Monto};

/// The one table with clients' personal data, encrypted with a key per person, and what they are allowed.
pub struct Clientes {
    pool: PgPool,
    cifrador: Arc<Cifrador>,
}

/// What notificaciones needs to write to a client.
#[derive(Serialize)]
pub struct Contacto {
    pub nombres: String,
    pub apellidos: String,
    pub email: String,
}

/// The columns of encrypted clients.
#[derive(Default)]
struct Filas {
    inquilinos: Vec<String>,
    codigos: Vec<String>,
    claves: Vec<Vec<u8>>,
    datos: Vec<Vec<u8>>,
}

/// The encrypted document.
#[derive(Serialize, Deserialize)]
struct Documento {
    nombres: String,
    apellidos: String,
    usuario: String,
    rut: String,
    cedula: String,
    email: String,
}

impl Clientes {
    pub fn nuevo(pool: PgPool, cifrador: Arc<Cifrador>) -> Self {
        Self { pool, cifrador }
    }

    /// Stores the clients of a batch; the last data of a client wins, and unchanged data is not written again.
    pub async fn guardar<'c>(
        &self,
        con: &mut PgConnection,
        clientes: impl Iterator<Item = &'c (ClaveCliente, DatosCliente)>,
    ) -> Result<(), ErrorRepositorio> {
        let mut unicos: BTreeMap<(&str, &str), &(ClaveCliente, DatosCliente)> =
            clientes.map(|par| ((par.0.inquilino.as_str(), par.0.codigo.as_ref()), par)).collect();
        if unicos.is_empty() {
            return Ok(());
        }
        let claves: Vec<ClaveCliente> = unicos.values().map(|par| par.0.clone()).collect();
        let conocidos = self.leer(con, &claves).await?;
        unicos.retain(|_, par| conocidos.get(&par.0) != Some(&par.1));
        let mut filas = Filas::default();
        for (clave, datos) in unicos.values() {
            let propia = self.cifrador.clave_nueva().map_err(de_datos)?;
            let claro = serde_json::to_vec(&Documento::from(datos)).map_err(de_datos)?;
            filas.inquilinos.push(clave.inquilino.clone());
            filas.codigos.push(clave.codigo.to_string());
            filas.datos.push(self.cifrador.cifrar(&propia, &claro, &contexto(clave)).map_err(de_datos)?);
            filas.claves.push(propia.as_bytes().to_vec());
        }
        sqlx::query!(
            "insert into cliente (inquilino, codigo, clave, datos, actualizado)
             select inquilino, codigo, clave, datos, now()
             from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) as f (inquilino, codigo, clave, datos)
             on conflict (inquilino, codigo)
             do update set clave = excluded.clave, datos = excluded.datos, actualizado = excluded.actualizado",
            &filas.inquilinos,
            &filas.codigos,
            &filas.claves,
            &filas.datos,
        )
        .execute(con)
        .await
        .map_err(de_sql)?;
        Ok(())
    }

    /// The personal data of clients; an unknown or forgotten client is absent.
    pub async fn leer(
        &self,
        con: &mut PgConnection,
        claves: &[ClaveCliente],
    ) -> Result<HashMap<ClaveCliente, DatosCliente>, ErrorRepositorio> {
        let (inquilinos, codigos) = columnas(claves);
        let filas = sqlx::query!(
            r#"select c.inquilino, c.codigo, c.clave, c.datos from cliente c
               join unnest($1::text[], $2::text[]) as f (inquilino, codigo) using (inquilino, codigo)"#,
            &inquilinos,
            &codigos,
        )
        .fetch_all(con)
        .await
        .map_err(de_sql)?;
        let mut leidos = HashMap::with_capacity(filas.len());
        for fila in filas {
            let codigo = CodigoCliente::try_from(fila.codigo.as_str()).map_err(de_datos)?;
            let clave = ClaveCliente { inquilino: fila.inquilino, codigo };
            let claro = self
                .cifrador
                .descifrar(&ClaveEnvuelta::from(fila.clave), &fila.datos, &contexto(&clave))
                .map_err(de_datos)?;
            let documento: Documento = serde_json::from_slice(&claro).map_err(de_datos)?;
            leidos.insert(clave, DatosCliente::from(documento));
        }
        Ok(leidos)
    }

    /// Where to write to clients of a tenant, by code.
    pub async fn contactos(
        &self,
        inquilino: &str,
        codigos: &[CodigoCliente],
    ) -> Result<HashMap<String, Contacto>, ErrorRepositorio> {
        let claves: Vec<_> = codigos
            .iter()
            .map(|codigo| ClaveCliente { inquilino: inquilino.to_owned(), codigo: codigo.clone() })
            .collect();
        let mut con = self.pool.acquire().await.map_err(de_sql)?;
        let leidos = self.leer(&mut con, &claves).await?;
        let contacto =
            |datos: DatosCliente| Contacto { nombres: datos.nombres, apellidos: datos.apellidos, email: datos.email };
        Ok(leidos.into_iter().map(|(clave, datos)| (clave.codigo.to_string(), contacto(datos))).collect())
    }

    /// What the named clients, and those of the named subscriptions, are allowed.
    pub async fn condiciones(
        &self,
        con: &mut PgConnection,
        claves: &[ClaveCliente],
        suscripciones: &[Uuid],
    ) -> Result<HashMap<ClaveCliente, Condiciones>, ErrorRepositorio> {
        let (inquilinos, codigos) = columnas(claves);
        let filas = sqlx::query!(
            r#"select c.inquilino, c.codigo, c.bloqueado, c.limite_pago_centavos from condiciones_cliente c
               where (c.inquilino, c.codigo) in (
                 select inquilino, codigo from unnest($1::text[], $2::text[]) as f (inquilino, codigo)
                 union all
                 select s.inquilino, s.codigo_cliente from suscripcion s where s.id = any($3))"#,
            &inquilinos,
            &codigos,
            suscripciones,
        )
        .fetch_all(con)
        .await
        .map_err(de_sql)?;
        let mut condiciones = HashMap::with_capacity(filas.len());
        for fila in filas {
            let codigo = CodigoCliente::try_from(fila.codigo.as_str()).map_err(de_datos)?;
            let clave = ClaveCliente { inquilino: fila.inquilino, codigo };
            let limite_pago = fila.limite_pago_centavos.and_then(Monto::de_centavos);
            condiciones.insert(clave, Condiciones { bloqueado: fila.bloqueado, limite_pago });
        }
        Ok(condiciones)
    }

    /// Sets what a client is allowed.
    pub async fn fijar_condiciones(
        &self,
        clave: &ClaveCliente,
        condiciones: Condiciones,
    ) -> Result<(), ErrorRepositorio> {
        sqlx::query!(
            "insert into condiciones_cliente (inquilino, codigo, bloqueado, limite_pago_centavos, actualizado)
             values ($1, $2, $3, $4, now())
             on conflict (inquilino, codigo) do update
             set bloqueado = excluded.bloqueado, limite_pago_centavos = excluded.limite_pago_centavos, actualizado = now()",
            clave.inquilino,
            clave.codigo.as_ref(),
            condiciones.bloqueado,
            condiciones.limite_pago.map(Monto::centavos),
        )
        .execute(&self.pool)
        .await
        .map_err(de_sql)?;
        Ok(())
    }

    /// What one client is allowed; the defaults when nothing was set.
    pub async fn condiciones_de(&self, clave: &ClaveCliente) -> Result<Condiciones, ErrorRepositorio> {
        let mut con = self.pool.acquire().await.map_err(de_sql)?;
        let condiciones = self.condiciones(&mut con, std::slice::from_ref(clave), &[]).await?;
        Ok(condiciones.get(clave).copied().unwrap_or_default())
    }
}

fn columnas(claves: &[ClaveCliente]) -> (Vec<String>, Vec<String>) {
    claves.iter().map(|clave| (clave.inquilino.clone(), clave.codigo.to_string())).unzip()
}

/// Ties the ciphertext to its row.
fn contexto(clave: &ClaveCliente) -> Vec<u8> {
    format!("cliente\u{1f}{}\u{1f}{}", clave.inquilino, clave.codigo).into_bytes()
}

impl From<&DatosCliente> for Documento {
    fn from(datos: &DatosCliente) -> Self {
        let datos = datos.clone();
        Self {
            nombres: datos.nombres,
            apellidos: datos.apellidos,
            usuario: datos.usuario,
            rut: datos.rut,
            cedula: datos.cedula,
            email: datos.email,
        }
    }
}

impl From<Documento> for DatosCliente {
    fn from(documento: Documento) -> Self {
        Self {
            nombres: documento.nombres,
            apellidos: documento.apellidos,
            usuario: documento.usuario,
            rut: documento.rut,
            cedula: documento.cedula,
            email: documento.email,
        }
    }
}
