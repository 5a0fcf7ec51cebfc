/// How far the file meta group of a well-formed file reaches, with room to spare.
const ALCANCE: usize = 4096;

/// Which instance a DICOM file says that it holds (PS3.10, 7.1: its file meta group).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instancia {
    pub clase: String,
    pub uid: String,
}

/// Reads the instance from the beginning of a file; nothing where the beginning does not say it.
///
/// The file meta group is always explicit and little endian, so it is read without knowing anything of the data set.
pub fn instancia(cabeza: &[u8]) -> Option<Instancia> {
    let mut resto = cabeza.get(..cabeza.len().min(ALCANCE))?.get(132..)?;
    let (mut clase, mut uid) = (None, None);
    while let Some((elemento, valor, sigue)) = siguiente(resto) {
        match elemento {
            0x0002 => clase = Some(leer_uid(valor)?),
            0x0003 => uid = Some(leer_uid(valor)?),
            _ => {}
        }
        if let (Some(clase), Some(uid)) = (&clase, &uid) {
            return Some(Instancia { clase: clase.clone(), uid: uid.clone() });
        }
        resto = sigue;
    }
    None
}

/// The first element of group 2, its value, and what comes after it.
fn siguiente(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let &[g0, g1, e0, e1, vr0, vr1, l0, l1, ..] = bytes else { return None };
    if u16::from_le_bytes([g0, g1]) != 2 {
        return None;
    }
    let largo = matches!(&[vr0, vr1], b"OB" | b"OW" | b"UN" | b"UT" | b"SQ");
    let (desde, cuantos) = if largo {
        let &[b0, b1, b2, b3] = bytes.get(8..12)? else { return None };
        (12_usize, usize::try_from(u32::from_le_bytes([b0, b1, b2, b3])).ok()?)
    } else {
        (8, usize::from(u16::from_le_bytes([l0, l1])))
    };
    let hasta = desde.checked_add(cuantos)?;
    Some((u16::from_le_bytes([e0, e1]), bytes.get(desde..hasta)?, bytes.get(hasta..)?))
}

/// PS3.5, 9.1: at most 64 digits and dots, padded with a null.
fn leer_uid(valor: &[u8]) -> Option<String> {
    let texto = std::str::from_utf8(valor).ok()?.trim_end_matches(['\0', ' ']);
    let valido = (1..=64).contains(&texto.len()) && texto.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    valido.then(|| texto.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elemento(numero: u16, vr: [u8; 2], valor: &[u8]) -> Vec<u8> {
        let mut bytes = [&[2, 0][..], &numero.to_le_bytes(), &vr].concat();
        match &vr {
            b"OB" => {
                bytes.extend([0, 0]);
                bytes.extend(u32::try_from(valor.len()).expect("short").to_le_bytes());
            }
            _ => bytes.extend(u16::try_from(valor.len()).expect("short").to_le_bytes()),
        }
        bytes.extend(valor);
        bytes
    }

    fn archivo(elementos: &[Vec<u8>]) -> Vec<u8> {
        [vec![0; 128], b"DICM".to_vec(), elementos.concat(), vec![8, 0, 5, 0, b'C', b'S', 0, 0]].concat()
    }

    #[test]
    fn dice_la_clase_y_la_instancia_de_la_cabecera() {
        let bytes = archivo(&[
            elemento(0, *b"UL", &[0; 4]),
            elemento(1, *b"OB", &[0, 1]),
            elemento(2, *b"UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
            elemento(3, *b"UI", b"1.2.3.4\0"),
        ]);
        let esperada = Instancia { clase: "1.2.840.10008.5.1.4.1.1.2".into(), uid: "1.2.3.4".into() };
        assert_eq!(instancia(&bytes), Some(esperada));
    }

    #[test]
    fn lo_que_no_esta_entero_o_no_es_un_uid_no_se_dice() {
        let uid = elemento(2, *b"UI", b"1.2\0");
        for bytes in [
            archivo(&[]),
            archivo(std::slice::from_ref(&uid)),
            archivo(&[uid.clone(), elemento(3, *b"UI", b"Perez^Ana")]),
            archivo(&[uid, elemento(3, *b"UI", &[b'1'; 66])]),
            archivo(&[vec![2, 0, 1, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]]),
            vec![0; 140],
        ] {
            assert_eq!(instancia(&bytes), None);
        }
    }
}
