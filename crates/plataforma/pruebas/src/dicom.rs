/// What identifies the patient of a test image; every one of these must be gone from what comes out.
#[derive(Clone, Debug)]
pub struct Identidad {
    pub nombre: String,
    pub paciente: String,
    pub instancia: String,
}

impl Identidad {
    /// Values that nothing else has, and that a search for their texts finds.
    pub fn canario(sello: &str) -> Self {
        Self {
            nombre: format!("CANARIO{sello}^NOMBRE"),
            paciente: format!("CANARIO-{sello}"),
            instancia: format!("1.2.826.0.1.99.{}", u64::from_str_radix(sello, 16).unwrap_or(1)),
        }
    }
}

/// A small computed tomography of one frame, 16 by 16 pixels of 16 bits: PS3.10, explicit little endian.
pub fn imagen_dicom(identidad: &Identidad) -> Vec<u8> {
    const CLASE: &str = "1.2.840.10008.5.1.4.1.1.2";
    let sintaxis = elemento((2, 0x10), *b"UI", b"1.2.840.10008.1.2.1");
    let meta = [
        elemento((2, 1), *b"OB", &[0, 1]),
        elemento((2, 2), *b"UI", CLASE.as_bytes()),
        elemento((2, 3), *b"UI", identidad.instancia.as_bytes()),
        sintaxis,
        elemento((2, 0x12), *b"UI", b"1.2.826.0.1.99.9"),
    ]
    .concat();
    let largo = u32::try_from(meta.len()).unwrap_or(0).to_le_bytes();
    let corto = |numero: u16| numero.to_le_bytes();
    let pixeles: Vec<u8> = (0..256_u16).flat_map(|n| (n * 16).to_le_bytes()).collect();
    let datos = [
        elemento((0x08, 0x08), *b"CS", b"ORIGINAL\\PRIMARY\\AXIAL"),
        elemento((0x08, 0x16), *b"UI", CLASE.as_bytes()),
        elemento((0x08, 0x18), *b"UI", identidad.instancia.as_bytes()),
        elemento((0x08, 0x20), *b"DA", b"20240201"),
        elemento((0x08, 0x60), *b"CS", b"CT"),
        elemento((0x08, 0x90), *b"PN", identidad.nombre.as_bytes()),
        elemento((0x10, 0x10), *b"PN", identidad.nombre.as_bytes()),
        elemento((0x10, 0x20), *b"LO", identidad.paciente.as_bytes()),
        elemento((0x18, 0x15), *b"CS", b"CHEST"),
        elemento((0x20, 0x0D), *b"UI", format!("{}.1", identidad.instancia).as_bytes()),
        elemento((0x20, 0x0E), *b"UI", format!("{}.2", identidad.instancia).as_bytes()),
        elemento((0x20, 0x13), *b"IS", b"1"),
        elemento((0x28, 0x02), *b"US", &corto(1)),
        elemento((0x28, 0x04), *b"CS", b"MONOCHROME2"),
        elemento((0x28, 0x10), *b"US", &corto(16)),
        elemento((0x28, 0x11), *b"US", &corto(16)),
        elemento((0x28, 0x100), *b"US", &corto(16)),
        elemento((0x28, 0x101), *b"US", &corto(12)),
        elemento((0x28, 0x102), *b"US", &corto(11)),
        elemento((0x28, 0x103), *b"US", &corto(0)),
        elemento((0x28, 0x1050), *b"DS", b"2048"),
        elemento((0x28, 0x1051), *b"DS", b"4096"),
        elemento((0x28, 0x1052), *b"DS", b"0"),
        elemento((0x28, 0x1053), *b"DS", b"1"),
        elemento((0x7FE0, 0x10), *b"OW", &pixeles),
    ]
    .concat();
    [vec![0; 128], b"DICM".to_vec(), elemento((2, 0), *b"UL", &largo), meta, datos].concat()
}

/// PS3.5, 7.1.2: padded to an even length.
fn elemento((grupo, numero): (u16, u16), vr: [u8; 2], valor: &[u8]) -> Vec<u8> {
    let mut valor = valor.to_vec();
    if valor.len() % 2 == 1 {
        valor.push(if &vr == b"UI" { 0 } else { b' ' });
    }
    let mut bytes = [grupo.to_le_bytes(), numero.to_le_bytes(), vr].concat();
    if matches!(&vr, b"OB" | b"OW") {
        bytes.extend([0, 0]);
        bytes.extend(u32::try_from(valor.len()).unwrap_or(0).to_le_bytes());
    } else {
        bytes.extend(u16::try_from(valor.len()).unwrap_or(0).to_le_bytes());
    }
    bytes.extend(valor);
    bytes
}
