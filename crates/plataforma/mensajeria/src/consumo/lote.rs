use contratos::{Mensaje, Recibido};

use super::contrato::{Desenlace, Motivo};
use super::entrante::Entrante;

/// A batch split into the messages that could be decoded and the rejections of the others.
pub struct Lote<D> {
    /// In the order of the batch.
    pub recibidos: Vec<Recibido<D>>,
    /// One per message of the batch; `None` where it was decoded.
    rechazos: Vec<Option<Motivo>>,
}

/// Decodes a batch of messages of one type.
pub fn tipados<D: Mensaje>(lote: &[Entrante]) -> Lote<D> {
    let mut recibidos = Vec::with_capacity(lote.len());
    let mut rechazos = Vec::with_capacity(lote.len());
    for entrante in lote {
        match entrante.decodificar() {
            Ok(recibido) => {
                recibidos.push(recibido);
                rechazos.push(None);
            }
            Err(error) => rechazos.push(Some(Motivo { codigo: "ilegible", detalle: error.to_string() })),
        }
    }
    Lote { recibidos, rechazos }
}

impl<D> Lote<D> {
    /// One outcome per message of the batch, given one per decoded message in the order of `recibidos`.
    ///
    /// With fewer outcomes than decoded messages the answer is short too, which the caller of the handler
    /// takes for an error.
    pub fn desenlaces(self, por_recibido: Vec<Desenlace>) -> Vec<Desenlace> {
        let mut por_recibido = por_recibido.into_iter();
        self.rechazos
            .into_iter()
            .map_while(|rechazo| rechazo.map(Desenlace::Rechazado).or_else(|| por_recibido.next()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use contratos::{Cabecera, EventoSuscripcionPagada, ahora, codificar, id_nuevo};

    use super::super::entrante::Posicion;
    use super::*;

    fn entrante(carga: Vec<u8>) -> Entrante {
        Entrante {
            tema: Arc::from(contratos::temas::TEMAS[0].nombre),
            posicion: Posicion { ledger: 1, entry: 1, indice: -1 },
            propiedades: BTreeMap::new(),
            carga,
            escritor: None,
            publicado: ahora(),
        }
    }

    fn legible() -> Entrante {
        let cabecera = Cabecera::nueva(id_nuevo(), "pruebas", ahora());
        entrante(codificar(&cabecera, &EventoSuscripcionPagada::default()).expect("encodes").carga)
    }

    #[test]
    fn los_desenlaces_vuelven_al_sitio_de_su_mensaje() {
        let lote = tipados::<EventoSuscripcionPagada>(&[legible(), entrante(vec![9, 9, 9]), legible()]);
        assert_eq!(lote.recibidos.len(), 2);
        let tarde = Desenlace::Rechazado(Motivo { codigo: "tarde", detalle: String::new() });
        let desenlaces = lote.desenlaces(vec![Desenlace::Hecho, tarde.clone()]);
        assert_eq!(desenlaces[0], Desenlace::Hecho);
        assert!(matches!(&desenlaces[1], Desenlace::Rechazado(motivo) if motivo.codigo == "ilegible"));
        assert_eq!(desenlaces[2], tarde);
    }

    #[test]
    fn si_faltan_desenlaces_la_respuesta_queda_corta() {
        let lote = tipados::<EventoSuscripcionPagada>(&[legible(), legible()]);
        assert_eq!(lote.desenlaces(vec![Desenlace::Hecho]).len(), 1);
    }
}
