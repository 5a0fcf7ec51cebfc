//! What a de-identified object says about itself (PS3.15 E.1.1, PS3.3 C.12.1.1.1).

use dicom_core::{Tag, VR};

use crate::{
    conjunto::{Conjunto, Elemento},
    perfil::{CODIGO_PERFIL_BASICO, CodigoMetodo, Opcion, Perfil},
};

/// What was done to pixels is said by who did it, not by who asked for it.
const DE_PIXELES: [Opcion; 2] = [Opcion::LimpiarPixeles, Opcion::LimpiarRasgosReconocibles];

/// Writes (0012,0062), (0012,0063), (0012,0064), (0028,0303) and, for pixels that were looked at, (0028,0301).
pub(crate) fn marcar(conjunto: &mut Conjunto<'_>, perfil: Perfil, pixeles_revisados: bool) {
    conjunto.poner(Elemento::texto(Tag(0x0012, 0x0062), VR::CS, "YES"));
    let metodo = format!("SaludTechAlpes anonimizacion {}\\DICOM PS3.15 2026d", env!("CARGO_PKG_VERSION"));
    conjunto.poner(Elemento::texto(Tag(0x0012, 0x0063), VR::LO, metodo));
    let opciones = perfil.opciones().into_iter().filter(|opcion| !DE_PIXELES.contains(opcion));
    let pixeles = pixeles_revisados.then_some(Opcion::LimpiarPixeles);
    let codigos = std::iter::once(CODIGO_PERFIL_BASICO).chain(opciones.chain(pixeles).map(Opcion::codigo));
    conjunto.poner(Elemento::secuencia(Tag(0x0012, 0x0064), codigos.map(item).collect()));
    let tiempo = if perfil.tiene(Opcion::ConservarFechas) {
        "UNMODIFIED"
    } else if perfil.tiene(Opcion::ModificarFechas) {
        "MODIFIED"
    } else {
        "REMOVED"
    };
    conjunto.poner(Elemento::texto(Tag(0x0028, 0x0303), VR::CS, tiempo));
    if pixeles_revisados {
        conjunto.poner(Elemento::texto(Tag(0x0028, 0x0301), VR::CS, "NO"));
    }
}

fn item<'a>(codigo: CodigoMetodo) -> Conjunto<'a> {
    Conjunto {
        elementos: vec![
            Elemento::texto(Tag(0x0008, 0x0100), VR::SH, codigo.valor),
            Elemento::texto(Tag(0x0008, 0x0102), VR::SH, "DCM"),
            Elemento::texto(Tag(0x0008, 0x0104), VR::LO, codigo.significado),
        ],
    }
}
