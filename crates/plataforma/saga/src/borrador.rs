use std::collections::BTreeMap;

use crate::{
    Cambio, Causa, Clase, Codigo, Definicion, Direccion, Entrada, EstadoPaso, EstadoSaga, Fase, Motivo, Paso, Reversa,
    Salida,
};

/// An entry in the making: each noted change is folded at once, so that the next rule sees it.
pub(crate) struct Borrador<'a> {
    definicion: &'a Definicion,
    estado: EstadoSaga,
    cambios: Vec<Cambio>,
    ahora_ms: i64,
}

impl<'a> Borrador<'a> {
    pub(crate) fn nuevo(definicion: &'a Definicion, estado: &EstadoSaga, ahora_ms: i64) -> Self {
        Self { definicion, estado: estado.clone(), cambios: Vec::new(), ahora_ms }
    }

    /// Whether silence may turn the saga.
    pub(crate) const fn puede_desistir(&self) -> bool {
        !self.estado.restaurada
    }

    pub(crate) const fn fase(&self) -> Fase {
        self.estado.fase
    }

    /// Only the declared outputs enter the log.
    pub(crate) fn hecho(&mut self, paso: &Paso, salida: &Salida) {
        let declarada = |(campo, _): &(&String, &Codigo)| paso.salidas.contains_key(*campo);
        let salida = salida.iter().filter(declarada);
        self.anotar(Cambio::Hecho {
            paso: paso.clave.clone(),
            salida: salida.map(|(campo, codigo)| (campo.clone(), codigo.clone())).collect(),
        });
    }

    pub(crate) fn fallido(&mut self, paso: &Paso, codigo: &Codigo) {
        self.anotar(Cambio::Fallido { paso: paso.clave.clone(), codigo: codigo.clone() });
    }

    pub(crate) fn enviar(&mut self, paso: &Paso, direccion: Direccion, intento: u32) {
        self.anotar(Cambio::Enviado {
            paso: paso.clave.clone(),
            direccion,
            intento,
            vence_ms: paso.vencimiento(self.ahora_ms, intento),
        });
    }

    /// Keeps the refused undo waiting for its backoff instead of repeating it at once.
    pub(crate) fn reversa_rechazada(&mut self, paso: &Paso, intento: u32, codigo: &Codigo) {
        self.anotar(Cambio::ReversaRechazada {
            paso: paso.clave.clone(),
            intento,
            vence_ms: self.tras_rechazo(paso, intento),
            codigo: codigo.clone(),
        });
    }

    /// Takes the step as undone, and with it every step that its undo covers.
    pub(crate) fn deshecho(&mut self, paso: &Paso) {
        self.anotar(Cambio::Deshecho { paso: paso.clave.clone() });
        for cubierto in self.definicion.pasos().iter().rev() {
            let lo_cubre = matches!(&cubierto.reversa, Reversa::Por(otro) if *otro == paso.clave);
            if lo_cubre && self.estado.paso(&cubierto.clave).deja_efecto() {
                self.anotar(Cambio::Deshecho { paso: cubierto.clave.clone() });
            }
        }
    }

    pub(crate) fn terminar(&mut self, fase: Fase, motivo: Option<Motivo>) {
        self.anotar(Cambio::Fase { fase, motivo });
    }

    pub(crate) fn abandonar(&mut self, motivo: Motivo) {
        if self.estado.pausada {
            self.anotar(Cambio::Pausada { pausada: false });
        }
        self.terminar(Fase::Abandonada, Some(motivo));
    }

    pub(crate) fn pausar(&mut self) {
        self.anotar(Cambio::Pausada { pausada: true });
    }

    /// Gives each outstanding command the whole of its time again.
    pub(crate) fn reanudar(&mut self) {
        self.anotar(Cambio::Pausada { pausada: false });
        for paso in self.definicion.pasos() {
            let vence_ms = match self.estado.paso(&paso.clave) {
                EstadoPaso::EnCurso { intento, .. } | EstadoPaso::Deshaciendo { intento, .. } => {
                    paso.vencimiento(self.ahora_ms, *intento)
                }
                EstadoPaso::ReversaRechazada { intento, .. } => self.tras_rechazo(paso, *intento),
                _ => continue,
            };
            self.anotar(Cambio::Rearmado { paso: paso.clave.clone(), vence_ms });
        }
    }

    /// Gives steps the names that another version of the flow has for them.
    pub(crate) fn renombrar(&mut self, pasos: BTreeMap<String, String>) {
        if !pasos.is_empty() {
            self.anotar(Cambio::Renombrados { pasos });
        }
    }

    pub(crate) fn restaurada(&mut self) {
        self.anotar(Cambio::Restaurada);
    }

    /// Sends every outstanding command again, with all its attempts; while it is paused they wait.
    pub(crate) fn reenviar(&mut self) {
        if self.estado.pausada {
            return;
        }
        for paso in self.definicion.pasos() {
            if let Some((direccion, ..)) = self.estado.paso(&paso.clave).en_vuelo() {
                self.enviar(paso, direccion, 1);
            }
        }
    }

    fn tras_rechazo(&self, paso: &Paso, intento: u32) -> i64 {
        self.ahora_ms.saturating_add(paso.reintento.espera_ms(intento))
    }

    /// Turns the saga. Commands without an answer become uncertain: they are undone too, and with them, in a
    /// restored saga, those that it may have sent without knowing.
    pub(crate) fn retroceder(&mut self, motivo: Motivo) {
        self.anotar(Cambio::Fase { fase: Fase::Deshaciendo, motivo: Some(motivo) });
        for paso in self.definicion.pasos() {
            let sin_respuesta = matches!(self.estado.paso(&paso.clave), EstadoPaso::EnCurso { .. });
            if sin_respuesta || self.pudo_enviarse(paso) {
                self.anotar(Cambio::Incierto { paso: paso.clave.clone() });
            }
        }
        self.seguir();
    }

    /// Whether the lost end of the log may have sent a step that what is left of it knows nothing of.
    fn pudo_enviarse(&self, paso: &Paso) -> bool {
        let pudo_hacerse =
            |previo: &String| matches!(self.estado.paso(previo), EstadoPaso::Hecho | EstadoPaso::Incierto);
        self.estado.restaurada
            && paso.clase == Clase::Compensable
            && *self.estado.paso(&paso.clave) == EstadoPaso::Pendiente
            && paso.despues_de.iter().all(pudo_hacerse)
    }

    /// Sends whatever the changes so far have made possible, or ends the saga; nothing while it is paused.
    pub(crate) fn seguir(&mut self) {
        match self.estado.fase {
            _ if self.estado.pausada => {}
            Fase::Avanzando => self.avanzar(),
            Fase::Deshaciendo => self.desandar(),
            Fase::Completada | Fase::CompletadaConAvisos | Fase::Compensada | Fase::Abandonada => {}
        }
    }

    /// Closes the entry. The saga is stuck while an unanswered command is past its step's limit.
    pub(crate) fn cerrar(mut self, causa: Causa) -> Entrada {
        let sin_salida = |(clave, _, intento, _): (&str, Direccion, u32, i64)| {
            self.definicion.paso(clave).is_some_and(|paso| intento > paso.limite())
        };
        let atascada = self.estado.en_vuelo().any(sin_salida);
        if atascada != self.estado.atascada {
            self.anotar(Cambio::Atascada { atascada });
        }
        Entrada { causa, cambios: self.cambios }
    }

    /// The state that the entry would lead to.
    pub(crate) fn resultado(self) -> EstadoSaga {
        self.estado
    }

    fn anotar(&mut self, cambio: Cambio) {
        self.estado.cambiar(&cambio);
        self.cambios.push(cambio);
    }

    fn avanzar(&mut self) {
        for paso in self.definicion.pasos() {
            let hecho = |previo: &String| *self.estado.paso(previo) == EstadoPaso::Hecho;
            let pendiente = *self.estado.paso(&paso.clave) == EstadoPaso::Pendiente;
            if pendiente && paso.despues_de.iter().all(hecho) {
                self.enviar(paso, Direccion::Hacer, 1);
            }
        }
        if self.estado.en_vuelo().next().is_none() {
            match self.primer_fallo() {
                None => self.terminar(Fase::Completada, None),
                aviso => self.terminar(Fase::CompletadaConAvisos, aviso),
            }
        }
    }

    fn desandar(&mut self) {
        for paso in self.definicion.pasos().iter().rev() {
            let tiene_reversa = matches!(paso.reversa, Reversa::Propia(_));
            let por_deshacer = matches!(self.estado.paso(&paso.clave), EstadoPaso::Hecho | EstadoPaso::Incierto);
            if tiene_reversa && por_deshacer && self.despejado(&paso.clave) {
                self.enviar(paso, Direccion::Deshacer, 1);
            }
        }
        let limpio = |paso: &Paso| !self.estado.paso(&paso.clave).deja_efecto();
        if self.definicion.pasos().iter().all(limpio) {
            self.terminar(Fase::Compensada, self.estado.motivo.clone());
        }
    }

    /// Whether nothing that ran after the step stands in the way of its undo. A step that another
    /// one's undo covers does not.
    fn despejado(&self, clave: &str) -> bool {
        self.definicion.posteriores(clave).into_iter().all(|posterior| {
            let cubierto = matches!(posterior.reversa, Reversa::Por(_));
            cubierto || !self.estado.paso(&posterior.clave).deja_efecto()
        })
    }

    fn primer_fallo(&self) -> Option<Motivo> {
        self.definicion.pasos().iter().find_map(|paso| {
            let EstadoPaso::Fallido { codigo } = self.estado.paso(&paso.clave) else {
                return None;
            };
            Some(Motivo { paso: paso.clave.clone(), codigo: codigo.clone() })
        })
    }
}
