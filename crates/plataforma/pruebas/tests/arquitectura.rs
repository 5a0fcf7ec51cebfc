//! The rules of the tree, held against the tree; `reglas_rotas` shows that each of them can fail.

mod arquitectura {
    pub mod arbol;
    pub mod capas;
    pub mod dependencias;
    pub mod estructura;
    pub mod fallos;
    pub mod fuente;
    pub mod mensajes;
    mod reglas_rotas;
}

use std::path::Path;
use std::sync::LazyLock;

use arquitectura::arbol::{Arbol, Falta};
use arquitectura::mensajes::Fila;
use arquitectura::{capas, dependencias, estructura, fallos, mensajes};

/// The messages of the domain, as the user named them, and the saga's own two.
const PEDIDOS: [&str; 29] = [
    "ComandoCrearSuscripcion",
    "ComandoCambiarPlanSuscripcion",
    "ComandoCancelarSuscripcion",
    "ComandoPagarSuscripcion",
    "EventoSuscripcionCreada",
    "EventoSuscripcionCancelada",
    "EventoSuscripcionPlanModificado",
    "EventoSuscripcionPagada",
    "EventoSuscripcionFallida",
    "ComandoCrearServicioDatos",
    "ComandoIniciarServicioDatos",
    "ComandoAsignarExperto",
    "ComandoTerminarServicioDatos",
    "ComandoEnviarNotificacion",
    "EventoServicioDatosCreada",
    "EventoExpertoAsignado",
    "EventoServicioDatosIniciado",
    "EventoServicioDatosTerminado",
    "EventoServicioDatosFallida",
    "ComandoAnonimizarImagen",
    "EventoAnonimizacion",
    "EventoConsultaAnonimizacion",
    "EventoAnonimizacionFallida",
    "EventoNotificacionCreada",
    "EventoNotificacionEnviada",
    "EventoNotificacionError",
    "EventoNotificacionConfirmacion",
    "RegistroSaga",
    "EstadoSaga",
];

fn raiz() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("the workspace is three folders up")
}

static ARBOL: LazyLock<Arbol> = LazyLock::new(|| Arbol::leer(raiz()));

fn tabla() -> Vec<Fila<'static>> {
    let fila = |tema: &'static contratos::temas::Tema| Fila { tema: tema.nombre, tipo: tema.tipo, avsc: tema.avsc };
    contratos::temas::TEMAS.iter().map(fila).collect()
}

fn se_cumple(faltas: Vec<Falta>) {
    let lineas: Vec<String> = faltas.iter().map(|falta| format!("{}: {}", falta.donde, falta.motivo)).collect();
    assert!(lineas.is_empty(), "\n{}\n", lineas.join("\n"));
}

/// Without them every rule about services would hold by having nothing to look at.
#[test]
fn el_arbol_leido_tiene_los_servicios() {
    let servicios: Vec<&str> = ARBOL.servicios().map(|servicio| servicio.nombre.as_str()).collect();
    for esperado in ["bff-web", "notificaciones", "procesamiento", "servicio-datos", "suscripciones"] {
        assert!(servicios.contains(&esperado), "{esperado} is not among {servicios:?}");
    }
}

#[test]
fn dominio_y_aplicacion_nombran_solo_lo_suyo() {
    se_cumple(capas::capas_interiores(&ARBOL));
}

#[test]
fn solo_composicion_une_puertos_y_adaptadores() {
    se_cumple(capas::solo_composicion_une(&ARBOL));
}

#[test]
fn ningun_servicio_depende_de_otro() {
    se_cumple(dependencias::ningun_servicio_depende_de_otro(&ARBOL));
}

#[test]
fn la_plataforma_no_depende_de_los_servicios() {
    se_cumple(dependencias::la_plataforma_no_depende_de_servicios(&ARBOL));
}

#[test]
fn la_simulacion_conoce_los_servicios_por_dentro_y_nadie_la_conoce_a_ella() {
    assert!(ARBOL.paquetes.iter().any(|paquete| paquete.es_simulacion()), "there is no simulation to look at");
    se_cumple(capas::la_simulacion_ve_solo_el_interior(&ARBOL));
    se_cumple(dependencias::nadie_depende_de_la_simulacion(&ARBOL));
}

#[test]
fn cada_servicio_tiene_cuatro_cuartos_y_nada_mas() {
    se_cumple(estructura::cuatro_cuartos(&ARBOL));
}

#[test]
fn ningun_nombre_carece_de_sentido() {
    se_cumple(estructura::nombres_con_sentido(&ARBOL));
}

#[test]
fn archivos_y_funciones_son_cortos() {
    se_cumple(estructura::tamanos(&ARBOL));
}

#[test]
fn cada_mensaje_tiene_un_esquema_y_cada_esquema_un_mensaje() {
    se_cumple(mensajes::cada_mensaje_tiene_su_esquema(&ARBOL, &tabla()));
}

#[test]
fn los_temas_solo_se_nombran_en_contratos() {
    se_cumple(mensajes::los_temas_solo_se_nombran_en_contratos(&ARBOL, &tabla()));
}

#[test]
fn todo_mensaje_pedido_existe() {
    se_cumple(mensajes::lo_pedido_existe(&PEDIDOS, &tabla()));
}

#[test]
fn cada_prueba_de_la_pagina_de_fallos_existe() {
    let pagina = std::fs::read_to_string(raiz().join(fallos::PAGINA)).expect("the page of failure cases");
    se_cumple(fallos::cada_caso_tiene_pruebas_que_existen(&pagina, &ARBOL));
}
