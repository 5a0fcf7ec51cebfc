use std::collections::BTreeMap;
use std::env;

use simulacion::{Defecto, contar, correr};

use crate::rango::correr_todas;

const SEMILLAS: u64 = 10_000;

/// What a failure says: how to see it happen again, what is wrong, and what led there.
fn relato(semilla: u64) -> String {
    let informe = contar(semilla, Defecto::Ninguno);
    format!(
        "semilla {semilla} (otra vez: SEMILLA={semilla} cargo test -p simulacion -- --nocapture semilla)\n{}\n\n{}",
        informe.traza.join("\n"),
        informe.faltas.join("\n"),
    )
}

#[expect(clippy::disallowed_methods, reason = "the seed to replay is the choice of whoever runs the test")]
fn pedida() -> Option<u64> {
    env::var("SEMILLA").ok()?.parse().ok()
}

#[test]
fn diez_mil_semillas_acaban_en_reposo_y_con_todos_los_libros_de_acuerdo() {
    let semillas = pedida().map_or(0..SEMILLAS, |semilla| semilla..semilla + 1);
    let informes = correr_todas(semillas.clone(), Defecto::Ninguno);
    assert_eq!(informes.len() as u64, semillas.end - semillas.start);
    let malas: Vec<u64> = informes.iter().filter(|de| !de.faltas.is_empty()).map(|de| de.semilla).collect();
    if let Some(primera) = malas.first() {
        panic!("{} semillas fallan: {malas:?}\n{}", malas.len(), relato(*primera));
    }
}

#[test]
fn una_semilla_se_repite_suceso_a_suceso() {
    for semilla in 0..20 {
        let (una, otra) = (correr(semilla, Defecto::Ninguno), correr(semilla, Defecto::Ninguno));
        assert_eq!(una, otra);
        assert_eq!(una.huella, contar(semilla, Defecto::Ninguno).huella, "contarla no la cambia");
        assert_ne!(una.huella, correr(semilla + 1, Defecto::Ninguno).huella);
    }
}

/// Without it a simulation where nothing happens would pass too.
#[test]
fn en_quinientas_semillas_pasa_de_todo() {
    let mut cuentas: BTreeMap<&str, u64> = BTreeMap::new();
    for informe in correr_todas(0..500, Defecto::Ninguno) {
        for (que, veces) in informe.cuentas {
            *cuentas.entry(que).or_default() += veces;
        }
    }
    let escasas: Vec<&str> =
        SUCESOS.into_iter().filter(|que| cuentas.get(que).is_none_or(|veces| *veces < 5)).collect();
    assert!(escasas.is_empty(), "apenas pasan {escasas:?} en {cuentas:#?}");
}

const SUCESOS: [&str; 41] = [
    "cambio al mismo plan",
    "cambio deshecho",
    "cancelación con saga",
    "carrera perdida por un servicio",
    "carrera perdida por una saga",
    "entrada: plazo vencido",
    "entrada: respuesta",
    "golpe: congelar",
    "golpe: desconectar",
    "golpe: el broker cae",
    "golpe: envenenar",
    "golpe: matar",
    "golpe: reloj",
    "la base falla sin hacer",
    "la base hace y dice que falla",
    "lápida en servicio-datos",
    "mensaje apartado",
    "mensaje doblado",
    "mensaje perdido",
    "mensaje sin recibo",
    "muerte",
    "operación que llegó segunda",
    "orden anulada en servicio-datos",
    "orden hecha por servicio-datos",
    "orden repetida a servicio-datos",
    "orden repetida a suscripciones",
    "orden: abandonar",
    "orden: compensar",
    "orden: pausar",
    "orden: reanudar",
    "orden: reintentar",
    "orden: saltar",
    "pago a mano",
    "plan cambiado en el acto",
    "plan cambiado por una saga",
    "relectura",
    "saga abandonada",
    "saga compensada",
    "saga completada",
    "saga completada con avisos",
    "sin experto",
];
