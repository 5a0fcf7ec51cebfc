//! Tells a failure of the infrastructure from a failure that one message causes.

use mensajeria::ErrorManejo;

/// A database refused the data of a message.
///
/// It names where, never what: the text of the database may quote values, and these are health data.
/// For the same reason the original error is not kept as its source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorDatos {
    #[error("database error {sqlstate} (table {tabla}, constraint {restriccion})")]
    Sentencia { sqlstate: String, tabla: String, restriccion: String },
    #[error("a row is missing that the statement expects")]
    FilaAusente,
    #[error("a value cannot be written or read as the type of its column")]
    Conversion,
    #[error("the statement could not be executed")]
    Otro,
}

/// Sorts a database error for the consumer: retry everything later, or find the message that causes it.
///
/// Lost connections, exhausted resources and serialization failures are `Infraestructura`; the rest is `Datos`.
pub fn clasificar(error: sqlx::Error) -> ErrorManejo {
    if es_de_infraestructura(&error) {
        ErrorManejo::Infraestructura(Box::new(error))
    } else {
        ErrorManejo::Datos(Box::new(ErrorDatos::from(&error)))
    }
}

pub(crate) fn es_de_infraestructura(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => true,
        Error::Database(error) => error.code().is_some_and(|codigo| estado_de_infraestructura(&codigo)),
        _ => false,
    }
}

/// Postgres manual, appendix A: 08 connection, 53 resources, 57P shutdown, 58 system, 28 authorization;
/// and single codes that say "again": serialization, deadlock, unknown completion, lock timeout, a standby
/// that does not take writes, a table that somebody dropped and has to make again.
fn estado_de_infraestructura(sqlstate: &str) -> bool {
    const CLASES: [&str; 5] = ["08", "53", "57P", "58", "28"];
    const CODIGOS: [&str; 6] = ["40001", "40P01", "40003", "55P03", "25006", "42P01"];
    CODIGOS.contains(&sqlstate) || CLASES.iter().any(|clase| sqlstate.starts_with(clase))
}

impl From<&sqlx::Error> for ErrorDatos {
    fn from(error: &sqlx::Error) -> Self {
        use sqlx::Error;
        match error {
            Error::Database(error) => Self::Sentencia {
                sqlstate: error.code().as_deref().unwrap_or("unknown").to_owned(),
                tabla: error.table().unwrap_or("unknown").to_owned(),
                restriccion: error.constraint().unwrap_or("none").to_owned(),
            },
            Error::RowNotFound => Self::FilaAusente,
            Error::Encode(_) | Error::Decode(_) | Error::ColumnDecode { .. } => Self::Conversion,
            _ => Self::Otro,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn es_infraestructura(error: sqlx::Error) -> bool {
        matches!(clasificar(error), ErrorManejo::Infraestructura(_))
    }

    #[test]
    fn lo_que_pide_repetir_es_infraestructura() {
        for sqlstate in ["08006", "53300", "57P01", "57P03", "58030", "40001", "40P01", "55P03", "25006", "42P01"] {
            assert!(estado_de_infraestructura(sqlstate), "{sqlstate}");
        }
    }

    #[test]
    fn lo_que_causa_un_mensaje_son_datos() {
        for sqlstate in ["22P02", "22001", "23505", "23514", "57014"] {
            assert!(!estado_de_infraestructura(sqlstate), "{sqlstate}");
        }
    }

    #[test]
    fn una_conexion_perdida_o_ninguna_libre_es_infraestructura() {
        assert!(es_infraestructura(sqlx::Error::PoolTimedOut));
        assert!(es_infraestructura(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())));
        assert!(!es_infraestructura(sqlx::Error::RowNotFound));
    }
}
