use crate::pixeles::informe::RechazoPixeles;

/// What the markers before the first scan say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cabecera {
    pub precision: u32,
    pub alto: usize,
    pub ancho: usize,
    pub componentes: usize,
    /// MAXVAL, T1, T2, T3 and RESET where the stream sets them; 0 means the default.
    pub(super) preajuste: [i32; 5],
    /// Where the first scan's header begins, after its marker.
    pub(super) primer_barrido: usize,
}

/// One scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Barrido {
    pub componentes: usize,
    pub cercania: i32,
    pub intercalado: u8,
    pub datos: usize,
}

fn par(bytes: &[u8], en: usize) -> Result<usize, RechazoPixeles> {
    let par = bytes.get(en..en + 2).ok_or(RechazoPixeles::FlujoDanado)?;
    Ok(usize::from(par[0]) << 8 | usize::from(par[1]))
}

/// Reads the markers up to the first scan.
pub(crate) fn leer(bytes: &[u8]) -> Result<Cabecera, RechazoPixeles> {
    if bytes.get(..2) != Some(&[0xFF, 0xD8]) {
        return Err(RechazoPixeles::FlujoDanado);
    }
    let mut cabecera = Cabecera::default();
    let mut en = 2;
    loop {
        let marcador = par(bytes, en)?;
        let largo = par(bytes, en + 2)?;
        let cuerpo = bytes.get(en + 4..en + 2 + largo).ok_or(RechazoPixeles::FlujoDanado)?;
        match marcador {
            0xFFF7 => cabecera.marco(cuerpo)?,
            0xFFF8 => cabecera.preajustar(cuerpo)?,
            0xFFDA if cabecera.componentes > 0 => {
                cabecera.primer_barrido = en + 2;
                return Ok(cabecera);
            }
            // Restart intervals, and HP's colour transform, are not decoded.
            0xFFDD => return Err(RechazoPixeles::SintaxisSinDecodificador),
            0xFFE8 if cuerpo.starts_with(b"mrfx") && cuerpo.get(4) != Some(&0) => {
                return Err(RechazoPixeles::SintaxisSinDecodificador);
            }
            0xFFE0..=0xFFEF | 0xFFFE => {}
            _ => return Err(RechazoPixeles::FlujoDanado),
        }
        en += 2 + largo;
    }
}

impl Cabecera {
    fn marco(&mut self, cuerpo: &[u8]) -> Result<(), RechazoPixeles> {
        let [precision, a1, a0, b1, b0, n, ..] = *cuerpo else { return Err(RechazoPixeles::FlujoDanado) };
        self.precision = precision.into();
        self.alto = usize::from(a1) << 8 | usize::from(a0);
        self.ancho = usize::from(b1) << 8 | usize::from(b0);
        self.componentes = n.into();
        let sin_submuestreo = cuerpo.len() == 6 + 3 * self.componentes && cuerpo[6..].chunks(3).all(|c| c[1] == 0x11);
        let posible = (2..=16).contains(&precision) && self.alto > 0 && self.ancho > 0 && matches!(n, 1 | 3);
        if posible && sin_submuestreo { Ok(()) } else { Err(RechazoPixeles::FlujoIncoherente) }
    }

    fn preajustar(&mut self, cuerpo: &[u8]) -> Result<(), RechazoPixeles> {
        if cuerpo.first() != Some(&1) || cuerpo.len() != 11 {
            return Err(RechazoPixeles::SintaxisSinDecodificador);
        }
        for (valor, dos) in self.preajuste.iter_mut().zip(cuerpo[1..].chunks(2)) {
            *valor = i32::from(dos[0]) << 8 | i32::from(dos[1]);
        }
        Ok(())
    }

    /// The header of the scan that begins at `en`, after its marker.
    pub(super) fn barrido(&self, bytes: &[u8], en: usize) -> Result<Barrido, RechazoPixeles> {
        let largo = par(bytes, en)?;
        let cuerpo = bytes.get(en + 2..en + largo).ok_or(RechazoPixeles::FlujoDanado)?;
        let componentes = usize::from(*cuerpo.first().ok_or(RechazoPixeles::FlujoDanado)?);
        let cola = cuerpo.get(1 + 2 * componentes..).ok_or(RechazoPixeles::FlujoDanado)?;
        let [cercania, intercalado, transformacion] = *cola else { return Err(RechazoPixeles::FlujoDanado) };
        if cuerpo[1..1 + 2 * componentes].chunks(2).any(|par| par[1] != 0) || transformacion != 0 {
            return Err(RechazoPixeles::SintaxisSinDecodificador);
        }
        let coherente = match intercalado {
            0 => componentes == 1,
            1 | 2 => componentes == self.componentes,
            _ => false,
        };
        if !coherente {
            return Err(RechazoPixeles::FlujoIncoherente);
        }
        Ok(Barrido { componentes, cercania: cercania.into(), intercalado, datos: en + largo })
    }
}
