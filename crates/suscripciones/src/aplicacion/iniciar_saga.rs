use std::sync::Arc;

use saga::{Datos, Definicion, Desenlace, Evento, Paso};

use super::mesa::{Decidido, Peticion, clave_cliente};
use super::puertos::{Avance, CambioNuevo, Contenido, ErrorRepositorio, Iniciada, Saga};

/// The saga's first entry: its initial step is what this very command did.
pub(super) fn iniciar(saga: Saga, desenlace: Desenlace, peticion: &Peticion<'_>) -> Avance {
    let instante = peticion.contexto.instante;
    let evento = Evento::Iniciada { desenlace };
    let entrada = saga::decidir(&saga.definicion, &saga.estado, &evento, instante.timestamp_millis());
    let entradas: Vec<_> = entrada.into_iter().collect();
    let estado = entradas.iter().fold(saga.estado.clone(), saga::aplicar);
    Avance { saga, entradas, estado, instante }
}

/// Begins the saga that carries an operation out: from here to its end it has the subscription for itself.
pub(super) fn comenzar(
    peticion: &Peticion<'_>,
    reservada: Decidido,
    iniciada: Iniciada,
    definicion: &Arc<Definicion>,
) -> Result<CambioNuevo, ErrorRepositorio> {
    let desenlace = desenlace_inicial(definicion, &iniciada)?;
    let saga = reservada.despues.suscripcion.ficha().map(|ficha| Saga {
        id: iniciada.saga,
        definicion: definicion.clone(),
        suscripcion: peticion.id,
        cliente: clave_cliente(peticion.contexto, &ficha.cliente),
        plan: iniciada.plan.clone(),
        traza: peticion.contexto.traza.clone(),
        estado: saga::EstadoSaga::default(),
    });
    let saga = saga.map(|saga| iniciar(saga, desenlace, peticion));
    let cambio = reservada.con(peticion, Contenido::Iniciada(Box::new(iniciada)));
    Ok(CambioNuevo { saga, ..cambio })
}

/// How the initial step ends, which is what the command itself did.
pub fn desenlace_inicial(definicion: &Definicion, iniciada: &Iniciada) -> Result<Desenlace, ErrorRepositorio> {
    let inicial = definicion.pasos().iter().find(|paso| paso.inicial);
    let salida = inicial.map_or_else(|| Ok(saga::Salida::new()), |paso| salida(paso, iniciada));
    Ok(Desenlace::Exito { salida: salida? })
}

/// What the initial step leaves for later payloads; the names are those of the event that tells the beginning.
fn salida(paso: &Paso, iniciada: &Iniciada) -> Result<saga::Salida, ErrorRepositorio> {
    let datos: Datos = [
        ("codigo_plan_anterior", Some(iniciada.anterior.to_string())),
        ("id_serviciodatos", iniciada.servicio.map(|id| id.to_string())),
    ]
    .into_iter()
    .filter_map(|(campo, valor)| Some((campo.to_owned(), Datos::from(valor?))))
    .collect();
    paso.leer_salidas(&datos).map_err(|error| ErrorRepositorio::Datos(Box::new(error)))
}
