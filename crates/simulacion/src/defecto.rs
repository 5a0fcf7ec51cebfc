/// A mistake that somebody could make, planted on purpose: the simulation must notice each of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Defecto {
    #[default]
    Ninguno,
    /// The row of a saga is written whatever version it has.
    SinValla,
    /// The answer to a command is not stored with what it did.
    SinEfectos,
    /// A product is taken without looking at who has it.
    ProductoSinMirar,
    /// An undo that comes first leaves nothing behind.
    SinLapida,
    /// Messages are acknowledged before their effects are committed.
    AcuseAntesDeGuardar,
    /// A batch that the store refused is acknowledged all the same.
    AcuseAunqueFalle,
    /// Nobody sends what stayed behind in an outbox.
    SinBarrido,
    /// Rows of the outbox are deleted without the broker's receipt.
    BorraSinRecibo,
    /// Nobody looks at deadlines.
    SinPlazos,
    /// A place is taken without looking whether there still is one.
    CuposSinCandado,
    /// Ending a data service does not give its expert back.
    CupoSinDevolver,
    /// Each message makes a notification of its own.
    AvisoPorMensaje,
}
