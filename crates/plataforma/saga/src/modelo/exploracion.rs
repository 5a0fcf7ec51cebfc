use std::collections::HashMap;

use super::defecto::Defecto;
use super::mundo::{Clave, Mundo};
use super::relato::{self, Traza};
use super::simetria::Simetrias;
use super::suceso::{self, Suceso};
use super::{Cotas, Motor, Resultado, Seguir, final_alcanzable};
use crate::{Definicion, Entrada};

/// A breadth-first walk over the worlds, so that the first bad one has the shortest history.
pub(super) struct Exploracion<'a> {
    pub definicion: &'a Definicion,
    cotas: Cotas,
    motor: Motor,
    pub(super) seguir: Seguir<'a>,
    pub(super) simetrias: Simetrias,
    mundos: Vec<Visita>,
    indice: HashMap<Clave, usize>,
}

struct Visita {
    clave: Clave,
    /// The permutation that made the world that was reached into this one, which stands for it.
    permutacion: usize,
    /// The world it was first reached from, and by what.
    origen: Option<(usize, Suceso)>,
}

impl<'a> Exploracion<'a> {
    pub(super) fn nueva(definicion: &'a Definicion, cotas: Cotas, motor: Motor, seguir: Seguir<'a>) -> Self {
        let simetrias = Simetrias::de(definicion);
        Self { definicion, cotas, motor, seguir, simetrias, mundos: Vec::new(), indice: HashMap::new() }
    }

    pub(super) fn recorrer(mut self, inicial: Mundo) -> Resultado {
        let mut hallado = self.visitar(&inicial, None);
        let mut siguiente = 0;
        while hallado.is_none() && siguiente < self.mundos.len() && self.cabe() {
            hallado = self.expandir(siguiente);
            siguiente += 1;
        }
        let mut completo = hallado.is_some() || siguiente == self.mundos.len();
        if hallado.is_none() && completo {
            let sin_final = final_alcanzable::primero_sin_final(&self);
            completo = sin_final.is_ok();
            hallado = sin_final.unwrap_or(None);
        }
        let contraejemplo = hallado.map(|mundo| self.traza(inicial, mundo));
        Resultado { estados: self.mundos.len(), completo, contraejemplo }
    }

    fn cabe(&self) -> bool {
        self.mundos.len() < self.cotas.estados && (self.seguir)()
    }

    /// Visits everything that may follow a world; the first that is bad, if one is.
    fn expandir(&mut self, origen: usize) -> Option<usize> {
        let mundo = self.mundo(origen);
        suceso::posibles(&mundo, self.definicion, self.cotas).into_iter().find_map(|suceso| {
            let (siguiente, _) = self.ocurrir(&mundo, suceso)?;
            self.visitar(&siguiente, Some((origen, suceso)))
        })
    }

    fn visitar(&mut self, mundo: &Mundo, origen: Option<(usize, Suceso)>) -> Option<usize> {
        let (clave, permutacion) = self.simetrias.canonica(&mundo.empacar(self.definicion));
        let visto = self.mundos.len();
        if self.indice.contains_key(&clave) {
            return None;
        }
        self.indice.insert(clave.clone(), visto);
        self.mundos.push(Visita { clave, permutacion, origen });
        Defecto::de(mundo, self.definicion).map(|_| visto)
    }

    pub(super) fn ocurrir(&self, mundo: &Mundo, suceso: Suceso) -> Option<(Mundo, Option<Entrada>)> {
        suceso::ocurrir(mundo, self.definicion, self.cotas.participantes, self.motor, suceso)
    }

    pub(super) fn posibles(&self, mundo: &Mundo) -> Vec<Suceso> {
        suceso::posibles(mundo, self.definicion, self.cotas)
    }

    pub(super) fn visitados(&self) -> usize {
        self.mundos.len()
    }

    pub(super) fn mundo(&self, indice: usize) -> Mundo {
        Mundo::desempacar(&self.mundos[indice].clave, self.definicion)
    }

    pub(super) fn indice(&self, mundo: &Mundo) -> Option<usize> {
        let (clave, _) = self.simetrias.canonica(&mundo.empacar(self.definicion));
        self.indice.get(&clave).copied()
    }

    /// Tells the way to a world from the state that the walk began with, under the names that the steps
    /// had before any permutation.
    fn traza(&self, inicial: Mundo, hasta: usize) -> Traza {
        let mut camino = vec![hasta];
        while let Some((previo, _)) = self.mundos[camino[camino.len() - 1]].origen {
            camino.push(previo);
        }
        let mut nombres = self.simetrias.identidad();
        let mut mundo = inicial;
        let mut sucesos = Vec::new();
        for indice in camino.into_iter().rev() {
            let visita = &self.mundos[indice];
            if let Some((_, suceso)) = visita.origen {
                let suceso = suceso.con_nombres(&nombres);
                let Some((siguiente, entrada)) = self.ocurrir(&mundo, suceso) else { break };
                sucesos.push(relato::contar(self.definicion, &mundo, suceso, entrada.as_ref()));
                mundo = Mundo::desempacar(&siguiente.empacar(self.definicion), self.definicion);
            }
            nombres = self.simetrias.deshacer(&nombres, visita.permutacion);
        }
        Traza { sucesos, defecto: Defecto::de(&mundo, self.definicion).unwrap_or(Defecto::SinFinal) }
    }
}
