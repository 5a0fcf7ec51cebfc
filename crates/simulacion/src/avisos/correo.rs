use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use notificaciones::aplicacion::puertos::{
    Acuse, Carta, Contacto, Contactos, ContactosNoDisponibles, Contenido, Correo, Plantillas, Variables,
};
use notificaciones::dominio::{
    Aplazamiento, ClaveCliente, CodigoAplazamiento, CodigoRechazo, IdNotificacion, NombrePlantilla, Rechazo,
};

use crate::nucleo::cerrojo;
use crate::tuberia::Via;

/// The client that nobody knows, and the one whose mail is refused for ever.
pub const DESCONOCIDO: &str = "nadie";
pub const SIN_BUZON: &str = "sin-buzon";

/// What the mail server received, by notification: the same letter twice is one letter.
pub type Buzon = Arc<Mutex<BTreeMap<IdNotificacion, u32>>>;

/// The world outside: contacts, templates and mail, as one instance reaches them.
#[derive(Clone)]
pub struct Exterior {
    pub via: Via,
    pub buzon: Buzon,
}

#[async_trait]
impl Contactos for Exterior {
    async fn buscar(
        &self,
        clientes: BTreeSet<ClaveCliente>,
    ) -> Result<HashMap<ClaveCliente, Contacto>, ContactosNoDisponibles> {
        self.via.paso().await;
        let caos = self.via.nucleo.caos();
        if self.via.nucleo.azar(|azar| azar.ocurre(caos.fallo_antes)) {
            return Err(ContactosNoDisponibles);
        }
        let conocidos = clientes.into_iter().filter(|clave| !clave.codigo.como_texto().starts_with(DESCONOCIDO));
        let contacto = |clave: ClaveCliente| {
            let email = format!("{}@ejemplo.org", clave.codigo.como_texto());
            (clave, Contacto { nombres: String::new(), apellidos: String::new(), email })
        };
        Ok(conocidos.map(contacto).collect())
    }
}

impl Plantillas for Exterior {
    fn redactar(&self, _: &NombrePlantilla, _: &Variables<'_>) -> Result<Contenido, CodigoRechazo> {
        Ok(Contenido { asunto: String::new(), texto: String::new(), html: String::new() })
    }
}

#[async_trait]
impl Correo for Exterior {
    async fn enviar(&self, cartas: Vec<Carta>) -> Vec<Acuse> {
        let mut acuses = Vec::with_capacity(cartas.len());
        for carta in cartas {
            self.via.paso().await;
            acuses.push(self.repartir(&carta));
        }
        acuses
    }
}

impl Exterior {
    fn repartir(&self, carta: &Carta) -> Acuse {
        if carta.destinatario.como_texto().starts_with(SIN_BUZON) {
            return Acuse::Rechazada(Rechazo::from(CodigoRechazo::DireccionRechazada));
        }
        let caos = self.via.nucleo.caos();
        let (falla, llega) = self.via.nucleo.azar(|azar| (azar.ocurre(caos.correo), azar.ocurre(5_000)));
        if !falla || llega {
            *cerrojo(&self.buzon).entry(carta.id).or_default() += 1;
        }
        if falla {
            let codigo = CodigoAplazamiento::CanalNoDisponible;
            Acuse::Aplazada(Aplazamiento { codigo, codigo_canal: None })
        } else {
            Acuse::Aceptada
        }
    }
}
