use crate::dominio::Parte;
use axum::routing::MethodFilter;

/// How an answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modo {
    /// Read whole, within the time of a query.
    Entero,
    /// Read whole, within the time that an operator waits for something big.
    Lento,
    /// Piece by piece for as long as it comes, until the process stops.
    Flujo,
}

/// One route and the one of a service that answers it; parameters have the same names in both.
#[derive(Clone, Copy, Debug)]
pub struct Paso {
    pub metodo: MethodFilter,
    pub ruta: &'static str,
    pub parte: Parte,
    /// A path template.
    pub destino: &'static str,
    pub modo: Modo,
}

const fn leer(ruta: &'static str, parte: Parte) -> Paso {
    Paso { metodo: MethodFilter::GET, ruta, parte, destino: ruta, modo: Modo::Entero }
}

const fn poner(ruta: &'static str, parte: Parte) -> Paso {
    Paso { metodo: MethodFilter::PUT, ..leer(ruta, parte) }
}

const fn ordenar(ruta: &'static str, parte: Parte) -> Paso {
    Paso { metodo: MethodFilter::POST, ..leer(ruta, parte) }
}

impl Paso {
    const fn en(self, destino: &'static str) -> Self {
        Self { destino, ..self }
    }

    const fn lento(self) -> Self {
        Self { modo: Modo::Lento, ..self }
    }

    const fn flujo(self) -> Self {
        Self { modo: Modo::Flujo, ..self }
    }
}

/// Every pass-through route but those of the dead letters.
pub const PASOS: &[Paso] = &[
    leer("/planes", Parte::Suscripciones),
    leer("/suscripciones", Parte::Suscripciones),
    leer("/suscripciones/suscripcion-query/{id}", Parte::Suscripciones).en("/suscripciones/{id}"),
    leer("/suscripciones/{id}/facturas", Parte::Suscripciones),
    leer("/sagas", Parte::Suscripciones),
    leer("/sagas/{id}", Parte::Suscripciones),
    leer("/sagas/{id}/diagrama", Parte::Suscripciones),
    leer("/sagas/{id}/eventos", Parte::Suscripciones).flujo(),
    ordenar("/sagas/{id}/mandos", Parte::Suscripciones).lento(),
    ordenar("/sagas/mandos", Parte::Suscripciones).lento(),
    leer("/admin/mandos", Parte::Suscripciones),
    leer("/admin/mandos/lotes/{id}", Parte::Suscripciones),
    leer("/admin/orquestadores", Parte::Suscripciones),
    leer("/auditoria/consistencia", Parte::Suscripciones),
    leer("/admin/planes/{codigo}", Parte::Suscripciones),
    poner("/admin/planes/{codigo}", Parte::Suscripciones),
    leer("/admin/definiciones", Parte::Suscripciones),
    ordenar("/admin/definiciones", Parte::Suscripciones),
    leer("/admin/definiciones/{clave}/{version}", Parte::Suscripciones),
    ordenar("/admin/definiciones/{clave}/{version}/migraciones", Parte::Suscripciones).lento(),
    leer("/admin/definiciones/{clave}/{version}/diagrama", Parte::Suscripciones),
    ordenar("/admin/definiciones/{clave}/{version}/verificar", Parte::Suscripciones).lento(),
    ordenar("/admin/definiciones/{clave}/{version}/activar", Parte::Suscripciones).lento(),
    ordenar("/admin/definiciones/{clave}/{version}/retirar", Parte::Suscripciones),
    leer("/admin/flujos", Parte::Suscripciones),
    poner("/admin/flujos", Parte::Suscripciones),
    leer("/admin/clientes/{codigo}/condiciones", Parte::Suscripciones),
    poner("/admin/clientes/{codigo}/condiciones", Parte::Suscripciones),
    leer("/serviciosdatos", Parte::ServicioDatos),
    leer("/serviciosdatos/{id}", Parte::ServicioDatos),
    leer("/serviciodatos/serviciodatos-query/{id}", Parte::ServicioDatos).en("/serviciosdatos/{id}"),
    leer("/admin/nubes", Parte::ServicioDatos),
    leer("/admin/nubes/{codigo}", Parte::ServicioDatos),
    poner("/admin/nubes/{codigo}", Parte::ServicioDatos),
    leer("/admin/datasets", Parte::ServicioDatos),
    leer("/admin/datasets/{codigo}", Parte::ServicioDatos),
    poner("/admin/datasets/{codigo}", Parte::ServicioDatos),
    leer("/admin/expertos", Parte::ServicioDatos),
    leer("/admin/expertos/{codigo}", Parte::ServicioDatos),
    poner("/admin/expertos/{codigo}", Parte::ServicioDatos),
    leer("/notificaciones", Parte::Notificaciones),
    leer("/notificaciones/{id}", Parte::Notificaciones),
    leer("/anonimizado", Parte::Procesamiento),
    leer("/anonimizado/{id}", Parte::Procesamiento),
    leer("/anonimizado/{id}/archivo", Parte::Procesamiento).flujo(),
];

/// What an operator may do with the dead letters of any service, below its own prefix.
pub const CARTAS_MUERTAS: &[(MethodFilter, &str)] = &[
    (MethodFilter::GET, "/cartas-muertas"),
    (MethodFilter::POST, "/cartas-muertas/reenviar"),
    (MethodFilter::GET, "/cartas-muertas/{id}"),
    (MethodFilter::POST, "/cartas-muertas/{id}/simular"),
    (MethodFilter::POST, "/cartas-muertas/{id}/reenviar"),
    (MethodFilter::POST, "/cartas-muertas/{id}/descartar"),
];
