use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::entrante::Posicion;

/// Tells which messages may have been in the hands of a process that died.
///
/// The client hides the broker's redelivery count, and the broker forgets it when the last consumer of a
/// subscription leaves. What can be seen is the order: a shared subscription gives each consumer new
/// messages in the order of the topic, and what it gives again comes first to a new consumer, or lies
/// behind what another has received.
pub(super) struct Sospecha {
    inicio: DateTime<Utc>,
    /// How many of the first messages are suspected if they are older than this process: no more than a
    /// process had in its hands at once.
    margen: usize,
    /// The furthest position received of each partition.
    frontera: HashMap<i32, (u64, u64)>,
}

impl Sospecha {
    pub(super) fn nueva(inicio: DateTime<Utc>, margen: usize) -> Self {
        Self { inicio, margen, frontera: HashMap::new() }
    }

    /// Whether a message seen for the first time by this process is suspected.
    pub(super) fn recae_en(&mut self, particion: i32, posicion: Posicion, publicado: DateTime<Utc>) -> bool {
        let posicion = (posicion.ledger, posicion.entry);
        let frontera = self.frontera.entry(particion).or_insert(posicion);
        let repetido = posicion < *frontera;
        *frontera = posicion.max(*frontera);
        let de_los_primeros = self.margen > 0 && publicado < self.inicio;
        self.margen = self.margen.saturating_sub(1);
        repetido || de_los_primeros
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn en(entry: u64) -> Posicion {
        Posicion { ledger: 1, entry, indice: -1 }
    }

    #[test]
    fn solo_los_primeros_y_anteriores_al_arranque_son_sospechosos() {
        let inicio = contratos::ahora();
        let antes = inicio - TimeDelta::seconds(5);
        let mut sospecha = Sospecha::nueva(inicio, 2);
        assert!(sospecha.recae_en(-1, en(1), antes));
        assert!(!sospecha.recae_en(-1, en(2), inicio));
        assert!(!sospecha.recae_en(-1, en(3), antes));
    }

    #[test]
    fn lo_que_queda_detras_de_lo_recibido_es_sospechoso() {
        let inicio = contratos::ahora();
        let mut sospecha = Sospecha::nueva(inicio, 0);
        assert!(!sospecha.recae_en(-1, en(10), inicio));
        assert!(!sospecha.recae_en(-1, en(10), inicio), "another message of the same entry");
        assert!(sospecha.recae_en(-1, en(4), inicio));
        assert!(!sospecha.recae_en(0, en(4), inicio), "partitions do not share an order");
        assert!(!sospecha.recae_en(-1, en(11), inicio));
    }
}
