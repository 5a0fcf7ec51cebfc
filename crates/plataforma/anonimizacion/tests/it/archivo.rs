//! Files made byte by byte, so that they may also be wrong.

/// A data set in explicit little endian.
#[derive(Clone, Default)]
pub struct Datos(pub Vec<u8>);

impl Datos {
    pub fn con(mut self, grupo: u16, elemento: u16, vr: &str, valor: &[u8]) -> Self {
        let largo = valor.len().next_multiple_of(2);
        self.0.extend(grupo.to_le_bytes());
        self.0.extend(elemento.to_le_bytes());
        self.0.extend(vr.as_bytes());
        if matches!(vr, "OB" | "OW" | "UN" | "UT" | "SQ" | "UC" | "UR") {
            self.0.extend([0, 0]);
            self.0.extend(u32::try_from(largo).expect("a short value").to_le_bytes());
        } else {
            self.0.extend(u16::try_from(largo).expect("a short value").to_le_bytes());
        }
        self.0.extend(valor);
        if valor.len() % 2 == 1 {
            self.0.push(if vr == "UI" { 0 } else { b' ' });
        }
        self
    }

    pub fn texto(self, grupo: u16, elemento: u16, vr: &str, valor: &str) -> Self {
        self.con(grupo, elemento, vr, valor.as_bytes())
    }

    pub fn secuencia(self, grupo: u16, elemento: u16, items: &[Self]) -> Self {
        let mut dentro = Vec::new();
        for item in items {
            dentro.extend([0xFE, 0xFF, 0x00, 0xE0]);
            dentro.extend(u32::try_from(item.0.len()).expect("a short item").to_le_bytes());
            dentro.extend(&item.0);
        }
        self.con(grupo, elemento, "SQ", &dentro)
    }

    /// With a preamble and meta information that say who sent the file.
    pub fn archivo(&self, sintaxis: &str) -> Vec<u8> {
        let meta = Self::default()
            .texto(2, 2, "UI", "1.2.840.10008.5.1.4.1.1.2")
            .texto(2, 3, "UI", "1.2.826.0.1.3680043.8.498.1")
            .texto(2, 0x10, "UI", sintaxis)
            .texto(2, 0x16, "AE", "QUIROGA_AE")
            .con(2, 0x0102, "OB", b"QUIROGA in private meta");
        let mut bytes = b"Quiroga^Pablo".to_vec();
        bytes.resize(128, 0);
        bytes.extend(b"DICM");
        bytes.extend(&meta.0);
        bytes.extend(&self.0);
        bytes
    }
}

/// A CT of a patient whose data stand in every kind of place, also behind the last element.
pub fn tomografia() -> Datos {
    abierta().con(0xFFFC, 0xFFFC, "OB", b"Quiroga")
}

/// The same without anything behind it, so that more elements can follow.
pub fn abierta() -> Datos {
    let anidado = Datos::default()
        .texto(0x0008, 0x0050, "SH", "ACC998877")
        .texto(0x0010, 0x0010, "PN", "Quiroga^Pablo")
        .texto(0x0040, 0xA160, "UT", "Firmado por Quiroga el 3 de marzo de 2024");
    let funcional = Datos::default().secuencia(0x0020, 0x9111, std::slice::from_ref(&anidado));
    Datos::default()
        .texto(0x0008, 0x0005, "CS", "ISO_IR 100")
        .texto(0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
        .texto(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
        .texto(0x0008, 0x0018, "UI", "1.2.826.0.1.3680043.8.498.1")
        .texto(0x0008, 0x0020, "DA", "20240303")
        .texto(0x0008, 0x0021, "DA", "20240304")
        .texto(0x0008, 0x0050, "SH", "ACC998877")
        .texto(0x0008, 0x0060, "CS", "CT")
        .texto(0x0008, 0x0070, "LO", "ACME Imaging")
        .con(0x0008, 0x0080, "LO", b"Cl\xEDnica Valdelagua")
        .texto(0x0008, 0x1030, "LO", "Torax de Quiroga")
        .texto(0x0009, 0x0010, "LO", "ACME PRIVATE")
        .texto(0x0009, 0x1001, "LO", "Quiroga privado")
        .con(0x0010, 0x0010, "PN", b"Quiroga Nu\xF1ez^Pablo")
        .texto(0x0010, 0x0020, "LO", "PX-554433")
        .texto(0x0010, 0x0030, "DA", "19620517")
        .texto(0x0018, 0x0015, "CS", "CHEST")
        .con(0x0018, 0x1020, "LO", b"v7 Nu\xF1ez")
        .texto(0x0020, 0x000D, "UI", "1.2.826.0.1.3680043.8.498.2")
        .texto(0x0020, 0x000E, "UI", "1.2.826.0.1.3680043.8.498.3")
        .texto(0x0020, 0x0013, "IS", "554433")
        .con(0x0028, 0x0002, "US", &[1, 0])
        .texto(0x0028, 0x0004, "CS", "MONOCHROME2")
        .con(0x0028, 0x0010, "US", &[2, 0])
        .con(0x0028, 0x0011, "US", &[2, 0])
        .con(0x0028, 0x0100, "US", &[16, 0])
        .texto(0x0028, 0x1055, "LO", "ventana PX554433")
        .con(0x0028, 0x2000, "OB", b"icc profile of QUIROGA, made 2024-03-03 ")
        .secuencia(0x0040, 0x9096, &[anidado])
        .secuencia(0x5200, 0x9230, &[funcional])
        .con(0x6000, 0x3000, "OW", &[0xAA; 8])
        .con(0x7FE0, 0x0010, "OW", &[1, 2, 3, 4, 5, 6, 7, 8])
}

/// A PDF in the clothes of DICOM.
pub fn documento() -> Datos {
    abierta().texto(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.104.1").con(0x0042, 0x0011, "OB", b"%PDF Quiroga")
}

pub const EXPLICITA: &str = "1.2.840.10008.1.2.1";

pub const PLANTADAS: [&str; 14] = [
    "quiroga",
    "pablo",
    "nuñez",
    "554433",
    "998877",
    "valdelagua",
    "20240303",
    "2024-03-03",
    "19620517",
    "marzo",
    "1.2.826.0.1.3680043",
    "acme private",
    "icc profile of q",
    "privado",
];

/// The planted strings that a file still has, in UTF-8 or Latin-1.
pub fn restos(bytes: &[u8]) -> Vec<&'static str> {
    let latino: String = bytes.iter().map(|byte| char::from(*byte)).collect::<String>().to_lowercase();
    let utf8 = String::from_utf8_lossy(bytes).to_lowercase();
    PLANTADAS.into_iter().filter(|plantada| latino.contains(plantada) || utf8.contains(plantada)).collect()
}
