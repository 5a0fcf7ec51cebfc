use crate::dominio::IdSaga;

/// Into how many partitions sagas are spread.
pub const PARTICIONES: usize = 16;

/// The partition of a saga: what `particion_saga` says in the database.
pub const fn particion(saga: IdSaga) -> i16 {
    (saga.0.as_bytes()[15] & 15) as i16
}

/// The partitions that an instance holds, each with the epoch under which it does.
///
/// It is a belief: the store compares the epochs whenever something is written on its strength.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tenencia([Option<i64>; PARTICIONES]);

impl Tenencia {
    pub fn epoca(&self, particion: i16) -> Option<i64> {
        self.0.get(usize::try_from(particion).ok()?).copied().flatten()
    }

    /// Partition and epoch of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (i16, i64)> {
        (0_i16..).zip(self.0).filter_map(|(particion, epoca)| Some((particion, epoca?)))
    }

    pub fn particiones(&self) -> Vec<i16> {
        self.iter().map(|(particion, _)| particion).collect()
    }

    pub fn epocas(&self) -> Vec<i64> {
        self.iter().map(|(_, epoca)| epoca).collect()
    }

    pub fn cuantas(&self) -> usize {
        self.iter().count()
    }

    /// The same without these partitions.
    #[must_use]
    pub fn sin(&self, particiones: &[i16]) -> Self {
        self.iter().filter(|(particion, _)| !particiones.contains(particion)).collect()
    }

    /// Only these partitions, of those that are held.
    #[must_use]
    pub fn solo(&self, particiones: &[i16]) -> Self {
        self.iter().filter(|(particion, _)| particiones.contains(particion)).collect()
    }
}

impl FromIterator<(i16, i64)> for Tenencia {
    /// A partition that does not exist is left out.
    fn from_iter<I: IntoIterator<Item = (i16, i64)>>(pares: I) -> Self {
        let mut epocas = [None; PARTICIONES];
        for (particion, epoca) in pares {
            if let Some(lugar) = usize::try_from(particion).ok().and_then(|particion| epocas.get_mut(particion)) {
                *lugar = Some(epoca);
            }
        }
        Self(epocas)
    }
}
