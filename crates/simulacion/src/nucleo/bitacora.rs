use std::fmt::Write;

/// What happened, in order: always as a digest, and as text when somebody will read it.
#[derive(Default)]
pub struct Bitacora {
    huella: Huella,
    lineas: Option<Vec<String>>,
    renglon: String,
}

impl Bitacora {
    pub fn nueva(con_texto: bool) -> Self {
        Self { lineas: con_texto.then(Vec::new), ..Self::default() }
    }

    pub fn anotar(&mut self, ahora_ms: i64, quien: &str, que: std::fmt::Arguments<'_>) {
        self.renglon.clear();
        // Writing to a string cannot fail.
        if write!(self.renglon, "{:>9.3}s {quien:<16} {que}", ahora_ms as f64 / 1000.0).is_err() {
            return;
        }
        self.huella.tragar(self.renglon.as_bytes());
        if let Some(lineas) = &mut self.lineas {
            lineas.push(self.renglon.clone());
        }
    }

    pub fn huella(&self) -> u64 {
        self.huella.0
    }

    pub fn texto(&self) -> &[String] {
        self.lineas.as_deref().unwrap_or_default()
    }
}

/// FNV-1a: enough to tell two runs apart, and cheap.
struct Huella(u64);

impl Default for Huella {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Huella {
    fn tragar(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
