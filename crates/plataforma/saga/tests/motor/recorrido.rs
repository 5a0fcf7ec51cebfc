//! One saga and the participants that answer it.

use std::collections::VecDeque;

use saga::{
    Cambio, Codigo, Definicion, Desenlace, Direccion, Entrada, EstadoPaso, EstadoSaga, Evento, Fase, Intencion, Mando,
    MandoRechazado, Reversa, Salida, aplicar, decidir, intenciones, ordenar,
};

/// How a participant takes a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaccion {
    Exito,
    Fallo,
    Silencio,
}

/// A saga's run: its log, its state and the commands that nobody has answered yet.
#[derive(Clone)]
pub struct Recorrido<'a> {
    pub definicion: &'a Definicion,
    pub estado: EstadoSaga,
    pub log: Vec<Entrada>,
    /// When each entry of `log` was written; an instant per entry that this run wrote itself.
    pub instantes: Vec<i64>,
    pub enviados: Vec<(String, Direccion, u32)>,
    pub ahora_ms: i64,
    por_responder: VecDeque<(String, Direccion, u32)>,
}

impl<'a> Recorrido<'a> {
    /// A saga whose initial step succeeded.
    pub fn iniciado(definicion: &'a Definicion) -> Self {
        let mut recorrido = Self::vacio(definicion);
        assert!(recorrido.dar(Evento::Iniciada { desenlace: exito("0") }));
        recorrido
    }

    pub fn vacio(definicion: &'a Definicion) -> Self {
        Self {
            definicion,
            estado: EstadoSaga::default(),
            log: Vec::new(),
            instantes: Vec::new(),
            enviados: Vec::new(),
            ahora_ms: 1_000,
            por_responder: VecDeque::new(),
        }
    }

    /// Picks a saga up from its log alone: every outstanding command goes out again.
    pub fn reanudado(definicion: &'a Definicion, log: &[Entrada]) -> Self {
        let mut recorrido = Self::vacio(definicion);
        recorrido.estado = plegar(log);
        recorrido.log = log.to_vec();
        recorrido.por_responder = recorrido
            .estado
            .en_vuelo()
            .map(|(paso, direccion, intento, _)| (paso.to_owned(), direccion, intento))
            .collect();
        recorrido
    }

    /// Gives the saga one event; false if it ignored it.
    pub fn dar(&mut self, evento: Evento) -> bool {
        let Some(entrada) = decidir(self.definicion, &self.estado, &evento, self.ahora_ms) else {
            return false;
        };
        self.anotar(entrada);
        true
    }

    /// Gives the saga an operator's order, with a reason.
    pub fn mandar(&mut self, mando: &Mando) -> Result<(), MandoRechazado> {
        let entrada = ordenar(self.definicion, &self.estado, mando, "ana.perez", Some("revision"), self.ahora_ms)?;
        self.anotar(entrada);
        Ok(())
    }

    pub fn anotar(&mut self, entrada: Entrada) {
        let anterior = self.estado.clone();
        verificar_entrada(self.definicion, &anterior, &entrada);
        self.estado = aplicar(anterior, &entrada);
        for intencion in intenciones(&entrada) {
            let Intencion::Enviar { paso, direccion, intento } = intencion;
            self.enviados.push((paso.clone(), direccion, intento));
            self.por_responder.push_back((paso, direccion, intento));
        }
        self.log.push(entrada);
        self.instantes.push(self.ahora_ms);
    }

    pub fn responder(&mut self, paso: &str, direccion: Direccion, desenlace: Desenlace) -> bool {
        self.dar(Evento::Respuesta { paso: paso.to_owned(), direccion, desenlace })
    }

    /// Lets the earliest deadline pass.
    pub fn vencer(&mut self) -> bool {
        let Some(plazo) = self.estado.proximo_plazo() else {
            return false;
        };
        self.ahora_ms = self.ahora_ms.max(plazo);
        let vencido = self.estado.vencidos(self.ahora_ms).next().map(str::to_owned);
        vencido.is_some_and(|paso| self.dar(Evento::PlazoVencido { paso }))
    }

    /// Runs to a terminal phase, asking `reaccion` how each command that arrives is taken. A paused saga
    /// is resumed once nobody has anything left to answer.
    pub fn correr(mut self, mut reaccion: impl FnMut(&str, Direccion, u32) -> Reaccion) -> Self {
        for _ in 0..1_000 {
            if self.estado.fase.es_terminal() {
                return self;
            }
            let Some((paso, direccion, intento)) = self.por_responder.pop_front() else {
                if self.estado.pausada {
                    self.mandar(&Mando::Reanudar).expect("a paused saga resumes");
                    continue;
                }
                assert!(self.vencer(), "a live saga without a command waits for nothing");
                continue;
            };
            match reaccion(&paso, direccion, intento) {
                Reaccion::Exito => self.responder(&paso, direccion, exito(&paso)),
                Reaccion::Fallo => self.responder(&paso, direccion, fallo("rechazo")),
                Reaccion::Silencio => true,
            };
        }
        panic!("the saga does not end: {:?}", self.estado);
    }

    /// The steps whose undo was sent, in order, without repeats.
    pub fn reversas(&self) -> Vec<&str> {
        let mut pasos: Vec<&str> = Vec::new();
        for (paso, direccion, _) in &self.enviados {
            if *direccion == Direccion::Deshacer && !pasos.contains(&paso.as_str()) {
                pasos.push(paso);
            }
        }
        pasos
    }

    pub fn fase(&self) -> Fase {
        self.estado.fase
    }
}

pub fn siempre_bien(_: &str, _: Direccion, _: u32) -> Reaccion {
    Reaccion::Exito
}

pub fn exito(id: &str) -> Desenlace {
    let id = Codigo::try_from(id).expect("a code");
    Desenlace::Exito { salida: Salida::from([("id".to_owned(), id)]) }
}

pub fn fallo(codigo: &str) -> Desenlace {
    Desenlace::Fallo { codigo: Codigo::try_from(codigo).expect("a code") }
}

pub fn plegar(log: &[Entrada]) -> EstadoSaga {
    log.iter().fold(EstadoSaga::default(), aplicar)
}

/// What must hold of every entry: no command to a step that never ran, and an undo only once
/// everything after it is clean or covered by another undo.
fn verificar_entrada(definicion: &Definicion, anterior: &EstadoSaga, entrada: &Entrada) {
    let mut parcial = anterior.clone();
    for cambio in &entrada.cambios {
        if let Cambio::Enviado { paso, direccion: Direccion::Deshacer, .. } = cambio {
            assert_ne!(*parcial.paso(paso), EstadoPaso::Pendiente, "{paso} never ran");
            for posterior in posteriores(definicion, paso) {
                let cubierto = matches!(definicion.paso(posterior).map(|p| &p.reversa), Some(Reversa::Por(_)));
                let sucio = parcial.paso(posterior).deja_efecto();
                assert!(cubierto || !sucio, "{paso} undone before {posterior}");
            }
        }
        let solo = Entrada { causa: entrada.causa.clone(), cambios: vec![cambio.clone()] };
        parcial = aplicar(parcial, &solo);
    }
}

/// Every step that follows the given one, found independently of the engine.
pub fn posteriores<'a>(definicion: &'a Definicion, clave: &str) -> Vec<&'a str> {
    let directos = definicion.pasos().iter().filter(|paso| paso.despues_de.iter().any(|previo| previo == clave));
    let mut todos = Vec::new();
    for paso in directos {
        todos.push(paso.clave.as_str());
        todos.extend(posteriores(definicion, &paso.clave));
    }
    todos
}
