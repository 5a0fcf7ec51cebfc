/// How many services a cloud or an expert may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cupos(u32);

/// More places than one row per place is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no puede pasar de {} cupos", Cupos::MAXIMO)]
pub struct CuposExcesivos;

impl Cupos {
    pub const MAXIMO: u32 = 100_000;
    pub const NINGUNO: Self = Self(0);

    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Cupos {
    type Error = CuposExcesivos;

    fn try_from(cantidad: i64) -> Result<Self, CuposExcesivos> {
        match u32::try_from(cantidad) {
            Ok(cantidad) if cantidad <= Self::MAXIMO => Ok(Self(cantidad)),
            Ok(_) | Err(_) => Err(CuposExcesivos),
        }
    }
}

/// The places of a cloud or an expert as they stand.
///
/// `total` stays above what was asked for while more services than that hold a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ocupacion {
    pub total: u32,
    pub ocupados: u32,
}
