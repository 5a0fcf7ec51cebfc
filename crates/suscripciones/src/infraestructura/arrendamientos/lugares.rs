use uuid::Uuid;

use crate::aplicacion::PARTICIONES;

/// A place in `saga_log`, in the order of its publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lugar {
    pub tx: u64,
    pub saga: Uuid,
    pub version: i64,
}

/// One place per partition; none for those that are not held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lugares([Option<Lugar>; PARTICIONES]);

impl Lugares {
    pub fn primero(&self) -> Option<Lugar> {
        self.0.iter().flatten().min().copied()
    }

    pub fn ultimo(&self) -> Option<Lugar> {
        self.0.iter().flatten().max().copied()
    }

    /// With those that are before `lugar` moved there.
    #[must_use]
    pub fn al_menos(&self, lugar: Lugar) -> Self {
        Self(self.0.map(|suyo| suyo.map(|suyo| suyo.max(lugar))))
    }

    /// How many of them are before theirs in `otros`.
    pub fn detras_de(&self, otros: &Self) -> usize {
        self.0.iter().zip(&otros.0).filter(|(suyo, otro)| suyo < otro).count()
    }

    pub fn columnas(&self) -> Columnas {
        let de = self.0.iter();
        Columnas {
            txs: de.clone().map(|lugar| lugar.map(|lugar| lugar.tx.to_string())).collect(),
            sagas: de.clone().map(|lugar| lugar.map(|lugar| lugar.saga)).collect(),
            versiones: de.map(|lugar| lugar.map(|lugar| lugar.version)).collect(),
        }
    }
}

/// The places as the database is told them: arrays of one element per partition, held or not.
pub struct Columnas {
    pub txs: Vec<Option<String>>,
    pub sagas: Vec<Option<Uuid>>,
    pub versiones: Vec<Option<i64>>,
}

impl FromIterator<(i16, Lugar)> for Lugares {
    /// A partition that does not exist is left out.
    fn from_iter<I: IntoIterator<Item = (i16, Lugar)>>(pares: I) -> Self {
        let mut lugares = Self::default();
        for (particion, lugar) in pares {
            if let Some(suyo) = usize::try_from(particion).ok().and_then(|particion| lugares.0.get_mut(particion)) {
                *suyo = Some(lugar);
            }
        }
        lugares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn en(tx: u64) -> Lugar {
        Lugar { tx, saga: Uuid::nil(), version: 0 }
    }

    #[test]
    fn lo_que_va_por_delante_no_vuelve_atras_y_lo_que_no_se_tiene_no_esta_en_ninguna_parte() {
        let lugares: Lugares = [(2, en(5)), (7, en(9)), (16, en(1))].into_iter().collect();
        assert_eq!((lugares.primero(), lugares.ultimo()), (Some(en(5)), Some(en(9))));
        let movidos = lugares.al_menos(en(7));
        assert_eq!((movidos.primero(), movidos.ultimo()), (Some(en(7)), Some(en(9))));
        assert_eq!((lugares.detras_de(&movidos), movidos.detras_de(&lugares)), (1, 0));
        assert_eq!(lugares.columnas().versiones.into_iter().flatten().count(), 2);
    }
}
