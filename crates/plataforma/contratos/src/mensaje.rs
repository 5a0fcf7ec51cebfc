use serde::{Serialize, de::DeserializeOwned};

/// A payload of the published language; topic and schema come from the table of topics by `TIPO`.
pub trait Mensaje: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// The CloudEvents `type`, which is also the name of the Avro record.
    const TIPO: &'static str;
}

/// Declares a wire record: every field optional, `Debug` silent because payloads may hold personal data.
macro_rules! registro {
    ($(#[$doc:meta])* $nombre:ident { $($(#[$campo_doc:meta])* $campo:ident: $tipo:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $nombre {
            $($(#[$campo_doc])* pub $campo: Option<$tipo>,)*
        }

        impl std::fmt::Debug for $nombre {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($nombre))
            }
        }
    };
}

/// Declares a message: a wire record with its `TIPO`.
macro_rules! mensaje {
    ($(#[$doc:meta])* $nombre:ident { $($campos:tt)* }) => {
        $crate::mensaje::registro!($(#[$doc])* $nombre { $($campos)* });

        impl $crate::Mensaje for $nombre {
            const TIPO: &'static str = stringify!($nombre);
        }
    };
}

pub(crate) use {mensaje, registro};
