use super::*;
use crate::dominio::Disponibilidad;
use uuid::Uuid;

fn nube() -> CodigoNube {
    CodigoNube::try_from("nube-a").expect("codigo")
}

fn dataset() -> CodigoDataset {
    CodigoDataset::try_from("torax").expect("codigo")
}

fn especialidad(nombre: &str) -> Especialidad {
    Especialidad::try_from(nombre).expect("codigo")
}

fn experto(codigo: &str) -> CodigoExperto {
    CodigoExperto::try_from(codigo).expect("codigo")
}

fn titular() -> Titular {
    Titular { suscripcion: IdSuscripcion(Uuid::from_u128(1)), inquilino: Inquilino::publico() }
}

fn contrato() -> Contrato {
    Contrato {
        titular: titular(),
        cliente: CodigoCliente::try_from("0001").expect("codigo"),
        plan: CodigoPlan::try_from("pro").expect("codigo"),
        nube: nube(),
        dataset: dataset(),
    }
}

fn asignacion() -> Asignacion {
    Asignacion { experto: experto("e1"), especialidad: especialidad("radiologia") }
}

/// One free place of the cloud, the data set on offer and two radiologists, the second with more time.
fn catalogo() -> Catalogo {
    let radiologia = [especialidad("radiologia")];
    Catalogo::default()
        .con_nube(nube(), 1)
        .con_dataset(dataset(), Disponibilidad::Disponible)
        .con_experto(experto("e1"), radiologia.clone().into(), 1)
        .con_experto(experto("e2"), radiologia.into(), 2)
}

fn creado() -> Hecho {
    Hecho::Creado(contrato())
}

fn asignado() -> Hecho {
    Hecho::ExpertoAsignado(asignacion())
}

fn terminado() -> Hecho {
    Hecho::Terminado { motivo: None }
}

fn dados(hechos: &[Hecho]) -> ServicioDatos {
    hechos.iter().fold(ServicioDatos::default(), ServicioDatos::aplicar)
}

fn pedir_radiologo() -> Comando {
    Comando::AsignarExperto(Busqueda::DeEspecialidad(especialidad("radiologia")))
}

fn decidir(hechos: &[Hecho], comando: Comando) -> Result<Vec<Hecho>, Rechazo> {
    dados(hechos).decidir(&titular(), &comando, &catalogo())
}

#[test]
fn un_servicio_recorre_su_vida_entera() {
    assert_eq!(decidir(&[], Comando::Crear(contrato())), Ok(vec![creado()]));
    assert!(matches!(decidir(&[creado()], pedir_radiologo()).as_deref(), Ok([Hecho::ExpertoAsignado(_)])));
    assert_eq!(decidir(&[creado(), asignado()], Comando::Iniciar), Ok(vec![Hecho::Iniciado]));
    let iniciado = [creado(), asignado(), Hecho::Iniciado];
    assert_eq!(decidir(&iniciado, Comando::Terminar { motivo: None }), Ok(vec![terminado()]));
}

#[test]
fn pedir_lo_que_ya_es_no_repite_el_hecho() {
    assert_eq!(decidir(&[creado(), asignado()], pedir_radiologo()), Ok(vec![]));
    assert_eq!(decidir(&[creado(), asignado(), Hecho::Iniciado], Comando::Iniciar), Ok(vec![]));
    assert_eq!(decidir(&[creado(), terminado()], Comando::Terminar { motivo: None }), Ok(vec![]));
    assert_eq!(decidir(&[creado(), terminado()], Comando::Deshacer { motivo: None }), Ok(vec![]));
}

#[test]
fn deshacer_lo_que_no_existe_no_es_un_fallo_y_terminarlo_si() {
    assert_eq!(decidir(&[], Comando::Deshacer { motivo: None }), Ok(vec![]));
    assert_eq!(decidir(&[], Comando::Terminar { motivo: None }), Err(Rechazo::NoExiste));
}

#[test]
fn se_puede_deshacer_desde_cualquier_estado() {
    for hechos in [vec![creado()], vec![creado(), asignado()], vec![creado(), asignado(), Hecho::Iniciado]] {
        assert_eq!(decidir(&hechos, Comando::Deshacer { motivo: None }), Ok(vec![terminado()]), "{hechos:?}");
    }
}

#[test]
fn un_servicio_terminado_no_vuelve() {
    for comando in [Comando::Crear(contrato()), pedir_radiologo(), Comando::Iniciar] {
        assert_eq!(decidir(&[creado(), terminado()], comando), Err(Rechazo::EstadoInvalido));
    }
}

#[test]
fn no_se_inicia_sin_experto() {
    assert_eq!(decidir(&[creado()], Comando::Iniciar), Err(Rechazo::EstadoInvalido));
}

#[test]
fn una_nube_llena_o_desconocida_no_admite_servicios() {
    let llena = catalogo().con_nube(nube(), 0);
    let ajena = Contrato { nube: CodigoNube::try_from("otra").expect("codigo"), ..contrato() };
    let decidir = |contrato, catalogo| dados(&[]).decidir(&titular(), &Comando::Crear(contrato), catalogo);
    assert_eq!(decidir(contrato(), &llena), Err(Rechazo::SinCupoNube(nube())));
    assert_eq!(decidir(ajena.clone(), &catalogo()), Err(Rechazo::NubeDesconocida(ajena.nube)));
}

#[test]
fn un_dataset_retirado_se_rechaza_al_iniciar_y_no_al_crear() {
    let retirado = catalogo().con_dataset(dataset(), Disponibilidad::Retirado);
    let crear = dados(&[]).decidir(&titular(), &Comando::Crear(contrato()), &retirado);
    let iniciar = dados(&[creado(), asignado()]).decidir(&titular(), &Comando::Iniciar, &retirado);
    assert_eq!(crear, Ok(vec![creado()]));
    assert_eq!(iniciar, Err(Rechazo::DatasetRetirado(dataset())));
}

#[test]
fn un_dataset_desconocido_no_se_puede_contratar() {
    let ajeno = Contrato { dataset: CodigoDataset::try_from("otro").expect("codigo"), ..contrato() };
    let rechazo = Rechazo::DatasetDesconocido(ajeno.dataset.clone());
    assert_eq!(decidir(&[], Comando::Crear(ajeno)), Err(rechazo));
}

#[test]
fn se_asigna_al_experto_con_mas_cupos_contando_los_prometidos() {
    let mut catalogo = catalogo();
    let mut elegidos = vec![];
    for _ in 0..3 {
        let hechos = dados(&[creado()]).decidir(&titular(), &pedir_radiologo(), &catalogo).expect("asignado");
        catalogo.anotar(&hechos[0]);
        elegidos.extend(dados(&[creado(), hechos[0].clone()]).asignacion().map(|a| a.experto.clone()));
    }
    assert_eq!(elegidos, [experto("e2"), experto("e1"), experto("e2")]);
}

#[test]
fn sin_expertos_de_la_especialidad_se_rechaza() {
    let neuro = especialidad("neurorradiologia");
    let pedir_neuro = Comando::AsignarExperto(Busqueda::DeEspecialidad(neuro.clone()));
    assert_eq!(decidir(&[creado()], pedir_neuro), Err(Rechazo::SinExperto(neuro)));
}

#[test]
fn un_experto_nombrado_debe_estar_libre_y_ser_de_la_especialidad() {
    let nombrar = |experto, especialidad| Comando::AsignarExperto(Busqueda::Nombrado { experto, especialidad });
    let ocupado = catalogo().con_experto(experto("e1"), [especialidad("radiologia")].into(), 0);
    let rechazo = Err(Rechazo::ExpertoNoDisponible(experto("e1")));
    assert_eq!(decidir(&[creado()], nombrar(experto("e1"), None)), Ok(vec![asignado()]));
    assert_eq!(decidir(&[creado()], nombrar(experto("e1"), Some(especialidad("oncologia")))), rechazo);
    assert_eq!(dados(&[creado()]).decidir(&titular(), &nombrar(experto("e1"), None), &ocupado), rechazo);
}

#[test]
fn nadie_ve_el_servicio_de_otro() {
    let otro = Titular { inquilino: Inquilino::try_from("otro").expect("codigo"), ..titular() };
    for comando in [pedir_radiologo(), Comando::Iniciar, Comando::Deshacer { motivo: None }] {
        assert_eq!(dados(&[creado()]).decidir(&otro, &comando, &catalogo()), Err(Rechazo::NoExiste));
    }
}

#[test]
fn un_motivo_es_una_linea_corta() {
    let motivo = Motivo::nuevo(&format!(" sin\ncupo {}", "x".repeat(500))).expect("motivo");
    assert!(motivo.as_str().starts_with("sincupo x"));
    assert_eq!(motivo.as_str().chars().count(), 200);
    assert_eq!(Motivo::nuevo(" \n "), None);
}
