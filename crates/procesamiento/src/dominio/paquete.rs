use super::{Huella, IdImagen, IdOperacion, Inquilino};

/// Images that came in together, as one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paquete {
    pub operacion: IdOperacion,
    pub inquilino: Inquilino,
    pub huella: Huella,
    /// Files that came along and are no images.
    pub omitidos: u32,
}

/// One line of a packet's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagenDePaquete {
    pub id: IdImagen,
    /// Its place in the packet, from 0.
    pub posicion: u32,
    pub estado: EstadoEnPaquete,
}

/// How far an image of a packet has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EstadoEnPaquete {
    Pendiente,
    Limpia,
    /// With the code of the reason.
    EnCuarentena(String),
    Fallida(String),
}
