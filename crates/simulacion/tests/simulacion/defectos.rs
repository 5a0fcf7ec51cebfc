use simulacion::{Defecto, correr};

/// Within how many seeds a planted mistake must show.
const SEMILLAS: u64 = 400;

fn se_nota(defecto: Defecto) {
    let nota = (0..SEMILLAS).find(|semilla| !correr(*semilla, defecto).faltas.is_empty());
    assert!(nota.is_some(), "{defecto:?} pasa por {SEMILLAS} semillas sin que se note");
}

macro_rules! se_notan {
    ($($nombre:ident: $defecto:ident,)+) => {
        $(#[test]
        fn $nombre() {
            se_nota(Defecto::$defecto);
        })+
    };
}

se_notan! {
    escribir_una_saga_sin_mirar_su_version_se_nota: SinValla,
    no_guardar_la_respuesta_de_un_comando_se_nota: SinEfectos,
    tomar_un_producto_sin_mirar_quien_lo_tiene_se_nota: ProductoSinMirar,
    no_dejar_lapida_al_deshacer_lo_que_no_ha_llegado_se_nota: SinLapida,
    acusar_antes_de_guardar_se_nota: AcuseAntesDeGuardar,
    acusar_lo_que_la_base_no_admitio_se_nota: AcuseAunqueFalle,
    no_barrer_la_bandeja_se_nota: SinBarrido,
    borrar_de_la_bandeja_sin_recibo_se_nota: BorraSinRecibo,
    no_mirar_los_plazos_se_nota: SinPlazos,
    tomar_un_cupo_sin_mirar_si_lo_hay_se_nota: CuposSinCandado,
    no_devolver_el_cupo_del_experto_se_nota: CupoSinDevolver,
    avisar_por_cada_mensaje_se_nota: AvisoPorMensaje,
}
