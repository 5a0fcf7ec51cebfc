use crate::aplicacion::{PARTICIONES, Tenencia};

/// What an instance does to come to its share.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Movimiento {
    Nada,
    /// Give these up: somebody else wants them.
    Soltar(Vec<i16>),
    /// Take up to this many of those that nobody holds.
    Tomar(i64),
}

/// How many partitions falls to the instance in that place, of so many; what does not divide goes to the first.
fn cuota(lugar: usize, instancias: usize) -> usize {
    PARTICIONES / instancias + usize::from(lugar < PARTICIONES % instancias)
}

/// The next move of an instance that holds `tenencia` and is the one in that place, oldest first.
pub(super) fn mover(tenencia: &Tenencia, lugar: usize, instancias: usize) -> Movimiento {
    let (tiene, quiere) = (tenencia.cuantas(), cuota(lugar, instancias.max(1)));
    if tiene > quiere {
        Movimiento::Soltar(tenencia.particiones().split_off(quiere))
    } else if tiene < quiere {
        Movimiento::Tomar((quiere - tiene) as i64)
    } else {
        Movimiento::Nada
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets everybody move in turn until nobody does; none may hold what another does.
    fn asentar(tenencias: &mut [Tenencia]) {
        for _ in 0..3 {
            for lugar in 0..tenencias.len() {
                match mover(&tenencias[lugar], lugar, tenencias.len()) {
                    Movimiento::Nada => {}
                    Movimiento::Soltar(sobran) => tenencias[lugar] = tenencias[lugar].sin(&sobran),
                    Movimiento::Tomar(cuantas) => {
                        let ajena = |particion: &i16| tenencias.iter().any(|t| t.epoca(*particion).is_some());
                        let libres: Vec<i16> = (0..16).filter(|particion| !ajena(particion)).collect();
                        let tomadas = libres.into_iter().take(usize::try_from(cuantas).expect("positiva"));
                        tenencias[lugar] = tenencias[lugar].iter().chain(tomadas.map(|p| (p, 1))).collect();
                    }
                }
            }
        }
    }

    #[test]
    fn vengan_y_vayan_las_que_sean_cada_particion_tiene_una_duena_y_nadie_tiene_dos_mas_que_otra() {
        let mut tenencias: Vec<Tenencia> = Vec::new();
        for instancias in [1, 2, 3, 5, 16, 20, 4, 1] {
            tenencias.resize(instancias, Tenencia::default());
            asentar(&mut tenencias);
            let cuantas: Vec<usize> = tenencias.iter().map(Tenencia::cuantas).collect();
            assert_eq!(cuantas.iter().sum::<usize>(), PARTICIONES, "{cuantas:?}");
            let (mayor, menor) = (cuantas.iter().max().expect("una"), cuantas.iter().min().expect("una"));
            assert!(mayor - menor <= 1, "{cuantas:?}");
        }
    }

    #[test]
    fn quien_tiene_lo_suyo_no_se_mueve() {
        let ocho: Tenencia = (0..8).map(|particion| (particion, 3)).collect();
        assert_eq!(mover(&ocho, 1, 2), Movimiento::Nada);
        assert_eq!(mover(&ocho, 0, 1), Movimiento::Tomar(8));
        assert_eq!(mover(&ocho, 3, 3), Movimiento::Soltar(vec![5, 6, 7]));
    }
}
