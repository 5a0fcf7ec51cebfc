/// Why a value could not be encrypted or opened. No variant tells more, so that none helps an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorCifrado {
    #[error("the master key is not 32 bytes in base64")]
    ClaveMaestra,
    #[error("the wrapped key does not open with this master key")]
    ClaveEnvuelta,
    #[error("the ciphertext has an unknown version or is too short")]
    Formato,
    #[error("the ciphertext does not open with this key and context")]
    Autenticacion,
    #[error("the cryptographic library failed")]
    Biblioteca,
}
