/// How much goes wrong. Frequencies are per ten thousand; all zero is a quiet world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caos {
    /// A process dies at a step.
    pub muerte: u32,
    /// The store refuses, and nothing was done.
    pub fallo_antes: u32,
    /// The store did it, and says that it failed.
    pub fallo_despues: u32,
    /// A message is lost on the way to the broker, and the sender gets no receipt.
    pub perdida: u32,
    /// A message arrives, and its receipt is lost.
    pub sin_recibo: u32,
    /// The broker delivers a message again.
    pub duplicado: u32,
    /// The mail server takes no mail, or takes it and says that it did not.
    pub correo: u32,
    /// Undoing is refused for now.
    pub reversa_rechazada: u32,
    /// Longest delay of a message, and of a call to a store.
    pub retardo_mensaje_ms: i64,
    pub retardo_base_ms: i64,
}

impl Caos {
    /// A world without faults, where things still take a moment.
    pub fn calma() -> Self {
        Self { retardo_mensaje_ms: 20, retardo_base_ms: 3, ..Self::default() }
    }

    pub fn hay_calma(&self) -> bool {
        *self == Self::calma()
    }
}
