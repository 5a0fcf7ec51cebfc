use serde::{Deserialize, Serialize};

/// A rectangle of pixels: its left top corner and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Recuadro {
    pub x: u32,
    pub y: u32,
    pub ancho: u32,
    pub alto: u32,
}

/// A rectangle of pixels; `cuadro` is a frame counted from zero, none for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caja {
    pub cuadro: Option<u32>,
    pub x: u32,
    pub y: u32,
    pub ancho: u32,
    pub alto: u32,
}

/// What is done about the pixels of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoliticaPixeles {
    /// Looks for text and removes it. Pixels that cannot be decoded are then a rejection; without it, images in which
    /// text is likely are one, unless a reviewer drew boxes.
    pub detectar: bool,
    /// Boxes that a reviewer drew, removed whatever the detector says.
    pub cuadros: Vec<Caja>,
    /// Somebody else answers for the pixels: their bytes go through as they are.
    pub comprobados_aparte: bool,
    /// Says in the report that a head CT or MR could show a face once it is rendered in three dimensions.
    pub avisar_rostro: bool,
}

impl Default for PoliticaPixeles {
    fn default() -> Self {
        Self { detectar: true, cuadros: Vec::new(), comprobados_aparte: false, avisar_rostro: false }
    }
}

impl Caja {
    pub(crate) fn recuadro(&self) -> Recuadro {
        Recuadro::nueva(self.x, self.y, self.ancho, self.alto)
    }
}

impl Recuadro {
    pub const fn nueva(x: u32, y: u32, ancho: u32, alto: u32) -> Self {
        Self { x, y, ancho, alto }
    }

    pub(crate) fn derecha(&self) -> u32 {
        self.x.saturating_add(self.ancho)
    }

    pub(crate) fn abajo(&self) -> u32 {
        self.y.saturating_add(self.alto)
    }

    pub(crate) fn area(&self) -> u64 {
        u64::from(self.ancho) * u64::from(self.alto)
    }

    /// The part inside a picture of that size, if any.
    pub(crate) fn dentro_de(&self, ancho: u32, alto: u32) -> Option<Self> {
        self.comun(&Self::nueva(0, 0, ancho, alto))
    }

    pub(crate) fn comun(&self, otra: &Self) -> Option<Self> {
        let (x, y) = (self.x.max(otra.x), self.y.max(otra.y));
        let (derecha, abajo) = (self.derecha().min(otra.derecha()), self.abajo().min(otra.abajo()));
        (derecha > x && abajo > y).then(|| Self::nueva(x, y, derecha - x, abajo - y))
    }

    /// The smallest box around both.
    pub(crate) fn union(&self, otra: &Self) -> Self {
        let (x, y) = (self.x.min(otra.x), self.y.min(otra.y));
        let (derecha, abajo) = (self.derecha().max(otra.derecha()), self.abajo().max(otra.abajo()));
        Self::nueva(x, y, derecha - x, abajo - y)
    }

    /// Grown by `dx` and `dy` on each side, within a picture of that size.
    pub(crate) fn crecida(&self, dx: u32, dy: u32, ancho: u32, alto: u32) -> Self {
        let (x, y) = (self.x.saturating_sub(dx), self.y.saturating_sub(dy));
        let derecha = self.derecha().saturating_add(dx).min(ancho);
        let abajo = self.abajo().saturating_add(dy).min(alto);
        Self::nueva(x, y, derecha.saturating_sub(x), abajo.saturating_sub(y))
    }

    pub(crate) fn traspuesta(&self) -> Self {
        Self::nueva(self.y, self.x, self.alto, self.ancho)
    }

    pub(crate) fn contiene(&self, x: usize, y: usize) -> bool {
        let (x, y) = (x as u64, y as u64);
        x >= self.x.into() && x < self.derecha().into() && y >= self.y.into() && y < self.abajo().into()
    }
}
