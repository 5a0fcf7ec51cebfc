use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_lc_rs::digest::{SHA256, digest};
use dicom_core::{Tag, VR};
use dicom_object::DefaultDicomObject;

use crate::{
    claves::Claves,
    conjunto::{Conjunto, Elemento, recortar},
    documentos,
    escritura::{self, Meta},
    informe::Informe,
    lectura::{self, Archivo, Codificacion, ErrorLectura, Forma, Sintaxis},
    palabras,
    perfil::{Opcion, Perfil},
    pixeles::{self, PoliticaPixeles, RechazoPixeles},
    planas::{self, FormatoPlano},
    rechazo::{CodigoRechazo, Rechazo},
    recorrido::{Identidad, Recorrido, marcar},
    tabla::Acciones,
    verificador::{self, Originales},
};

const CLASE: Tag = Tag(0x0008, 0x0016);
const INSTANCIA: Tag = Tag(0x0008, 0x0018);
/// The terms of (0008,0060) that a report may repeat.
#[rustfmt::skip]
const MODALIDADES: [&str; 52] = [
    "AR", "BI", "BMD", "CR", "CT", "DG", "DOC", "DX", "ECG", "EPS", "ES", "FID", "GM", "HC", "HD", "IO", "IOL", "IVOCT",
    "IVUS", "KER", "KO", "LEN", "LP", "M3D", "MG", "MR", "NM", "OAM", "OCT", "OP", "OPM", "OPT", "OPV", "OSS", "OT", "PR",
    "PT", "PX", "REG", "RESP", "RF", "RTDOSE", "RTIMAGE", "RTPLAN", "RTSTRUCT", "SEG", "SM", "SR", "TG", "US", "XA", "XC",
];
const DIRECTORIO: &str = "1.2.840.10008.1.3.10";

/// Removes what identifies a person from images. Built once and shared by threads.
pub struct Anonimizador {
    perfil: Perfil,
    acciones: Acciones,
    claves: Claves,
    politica: PoliticaPixeles,
}

/// An image that passed every check.
pub struct Anonimizado {
    pub bytes: Vec<u8>,
    pub informe: Informe,
}

/// The object that pixel work started from, if there was any.
struct TrabajoPixeles {
    original: DefaultDicomObject,
    bytes: Vec<u8>,
}

impl Anonimizador {
    pub fn nuevo(perfil: Perfil, claves: Claves, politica: PoliticaPixeles) -> Self {
        Self { perfil, acciones: Acciones::nuevas(perfil), claves, politica }
    }

    /// Cleans one input, whole in memory or mapped, and proves it on the written bytes.
    ///
    /// What cannot be proved clean is a [`Rechazo`], whose reason and report carry no personal data.
    pub fn anonimizar(&self, entrada: &[u8]) -> Result<Anonimizado, Rechazo> {
        let mut informe = Informe::nuevo(&self.perfil);
        informe.bytes_entrada = entrada.len() as u64;
        // Decoders of other people's making meet hostile bytes here; what they owe the caller is a typed answer.
        let limpio = catch_unwind(AssertUnwindSafe(|| self.limpiar(entrada, &mut informe)));
        match limpio.unwrap_or(Err(CodigoRechazo::FalloInterno)) {
            Ok(bytes) => {
                informe.bytes_salida = bytes.len() as u64;
                informe.sha256 = Some(hex::encode(digest(&SHA256, &bytes)));
                Ok(Anonimizado { bytes, informe })
            }
            Err(codigo) => Err(Rechazo::nuevo(codigo, informe)),
        }
    }

    fn limpiar(&self, entrada: &[u8], informe: &mut Informe) -> Result<Vec<u8>, CodigoRechazo> {
        let es_dicom = entrada.get(128..132) == Some(b"DICM");
        match FormatoPlano::de(entrada).filter(|_| !es_dicom) {
            Some(formato) => self.plana(entrada, formato, informe),
            None => self.dicom(entrada, informe),
        }
    }

    fn plana(&self, entrada: &[u8], formato: FormatoPlano, informe: &mut Informe) -> Result<Vec<u8>, CodigoRechazo> {
        let (bytes, de_pixeles) = planas::limpiar_plana(entrada, formato, &self.politica)?;
        informe.pixeles = de_pixeles;
        informe.comprobaciones.push("imagen_plana".to_owned());
        Ok(bytes)
    }

    fn dicom(&self, entrada: &[u8], informe: &mut Informe) -> Result<Vec<u8>, CodigoRechazo> {
        let archivo = lectura::leer(entrada)?;
        let mut avisos = archivo.avisos.clone();
        let conjunto = archivo.conjunto(&mut avisos)?;
        informe.avisos = avisos.into_iter().map(str::to_owned).collect();
        let clase = clase(&archivo, &conjunto)?;
        describir(informe, &conjunto, &clase, &archivo.sintaxis);
        let trabajo = self.pixeles(&archivo, &conjunto, &clase, informe)?;
        match &trabajo {
            None => self.metadatos(&archivo, conjunto, &archivo.sintaxis, None, informe),
            Some(trabajo) => {
                let de_pixeles = lectura::leer(&trabajo.bytes)?;
                let nuevo = de_pixeles.conjunto(&mut Vec::new())?;
                let fundido = fundir(conjunto, nuevo);
                self.metadatos(&archivo, fundido, &de_pixeles.sintaxis, Some(&trabajo.original), informe)
            }
        }
    }

    /// Text in pixels, before anything else: its rules read attributes that go afterwards.
    fn pixeles(
        &self,
        archivo: &Archivo<'_>,
        conjunto: &Conjunto<'_>,
        clase: &str,
        informe: &mut Informe,
    ) -> Result<Option<TrabajoPixeles>, CodigoRechazo> {
        let hay = conjunto.elementos.iter().any(|elemento| elemento.etiqueta.group() == 0x7FE0);
        if !hay || self.politica.comprobados_aparte {
            return Ok(None);
        }
        let sintaxis = escribible(&archivo.sintaxis);
        let publicos: Vec<_> = conjunto.elementos.iter().filter(|elemento| !elemento.es_privado()).cloned().collect();
        let meta = Meta { clase, instancia: "2.25.1", sintaxis: &sintaxis };
        let bytes = escritura::escribir(&meta, &Conjunto { elementos: publicos }, archivo.datos.len());
        let leer = || verificador::leer(&bytes).ok_or(CodigoRechazo::PixelesIlegibles);
        let original = leer()?;
        let mut limpio = leer()?;
        informe.pixeles = pixeles::limpiar(&mut limpio, &self.politica)?;
        let mut escritos = Vec::with_capacity(bytes.len());
        limpio.write_all(&mut escritos).map_err(|_| CodigoRechazo::PixelesIlegibles)?;
        Ok(Some(TrabajoPixeles { original, bytes: escritos }))
    }

    fn metadatos(
        &self,
        archivo: &Archivo<'_>,
        conjunto: Conjunto<'_>,
        sintaxis: &Sintaxis,
        de_pixeles: Option<&DefaultDicomObject>,
        informe: &mut Informe,
    ) -> Result<Vec<u8>, CodigoRechazo> {
        let palabras =
            palabras::recoger(&conjunto, &archivo.meta, &self.acciones).map_err(|_| CodigoRechazo::LimiteExcedido)?;
        let originales = Originales::de(&conjunto, &self.acciones);
        let clase = clase(archivo, &conjunto)?;
        let identidad = self.identidad(&conjunto)?;
        documentos::comprobar_encapsulado(&conjunto, &clase)?;

        let mut recorrido = Recorrido::nuevo(self.perfil, &self.acciones, &self.claves, &palabras, &identidad);
        let mut limpio = recorrido.limpiar(conjunto);
        informe.cuentas.sumar(&recorrido.cuentas);
        let instancia = self.instancia(archivo, &limpio);
        limpio.poner(Elemento::texto(CLASE, VR::UI, clase.as_str()));
        limpio.poner(Elemento::texto(INSTANCIA, VR::UI, instancia.as_str()));
        marcar(&mut limpio, self.perfil, informe.pixeles.revisados);
        if self.perfil.tiene(Opcion::LimpiarRasgosReconocibles) {
            informe.avisos.push("rasgos_reconocibles_sin_limpiar".to_owned());
        }

        let sintaxis = escribible(sintaxis);
        let meta = Meta { clase: &clase, instancia: &instancia, sintaxis: &sintaxis };
        let escrito = escritura::escribir(&meta, &limpio, archivo.datos.len());
        informe.instancia = Some(instancia);
        informe.sintaxis = Some(sintaxis.uid);
        let prueba = verificador::Prueba {
            acciones: &self.acciones,
            perfil: self.perfil,
            palabras: &palabras,
            originales: &originales,
            identidad: &identidad,
            esperado: &limpio,
        };
        let objeto = prueba.verificar(&escrito, informe)?;
        if let Some(original) = de_pixeles {
            pixeles::verificar(original, &objeto, &informe.pixeles)?;
            informe.comprobaciones.push("pixeles".to_owned());
        }
        Ok(escrito)
    }

    /// Who the object is about, as far as secrets go: the patient's id, or what else tells patients apart.
    fn identidad(&self, conjunto: &Conjunto<'_>) -> Result<Identidad, CodigoRechazo> {
        let codificacion = conjunto.ascii(Tag(0x0008, 0x0005)).map_or_else(Codificacion::default, Codificacion::de);
        let texto = |etiqueta: Tag| {
            let bytes = conjunto.obtener(etiqueta).and_then(|elemento| elemento.bytes()).unwrap_or_default();
            recortar(&codificacion.leer(bytes)).to_owned()
        };
        let id = texto(Tag(0x0010, 0x0020));
        let nombre = texto(Tag(0x0010, 0x0010));
        let clave = if !id.is_empty() { id } else { format!("{nombre}\u{0}{}", texto(Tag(0x0010, 0x0030))) };
        if clave.trim_matches(['\0', ' ']).is_empty() {
            return Ok(Identidad { seudonimo: String::new(), dias: self.claves.dias(&texto(Tag(0x0020, 0x000D))) });
        }
        let seudonimo = self.claves.paciente(&clave).map_err(|_| CodigoRechazo::Criptografia)?;
        Ok(Identidad { seudonimo: seudonimo.as_str().to_owned(), dias: self.claves.dias(&clave) })
    }

    /// The new name of the object: in its data set, or made from its meta information or its bytes.
    fn instancia(&self, archivo: &Archivo<'_>, limpio: &Conjunto<'_>) -> String {
        if let Some(instancia) = limpio.ascii(INSTANCIA) {
            return instancia.to_owned();
        }
        match archivo.meta.ascii(Tag(0x0002, 0x0003)) {
            Some(de_meta) if self.perfil.tiene(Opcion::ConservarUid) => de_meta.to_owned(),
            Some(de_meta) => self.claves.uid(de_meta),
            None => self.claves.uid(&hex::encode(digest(&SHA256, &archivo.datos))),
        }
    }
}

/// The SOP class of an object that is no directory.
fn clase(archivo: &Archivo<'_>, conjunto: &Conjunto<'_>) -> Result<String, CodigoRechazo> {
    let de_meta = archivo.meta.ascii(Tag(0x0002, 0x0002));
    let clase = conjunto.ascii(CLASE).or(de_meta).ok_or(CodigoRechazo::SinIdentidadSop)?;
    if de_meta == Some(DIRECTORIO) || clase == DIRECTORIO || conjunto.obtener(Tag(0x0004, 0x1220)).is_some() {
        return Err(CodigoRechazo::Dicomdir);
    }
    let valida = clase.len() <= 64 && clase.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if valida { Ok(clase.to_owned()) } else { Err(CodigoRechazo::SinIdentidadSop) }
}

/// What goes into the report: codes that the standard defines, so never something that a person typed.
fn describir(informe: &mut Informe, conjunto: &Conjunto<'_>, clase: &str, sintaxis: &Sintaxis) {
    let conocida = |texto: &&str| MODALIDADES.contains(texto);
    informe.modalidad = conjunto.ascii(Tag(0x0008, 0x0060)).filter(conocida).map(str::to_owned);
    informe.clase_sop = clase.starts_with("1.2.840.10008.").then(|| clase.to_owned());
    informe.sintaxis = Some(sintaxis.uid.clone());
}

/// The syntax of the output: the one of the input, inflated, and encapsulated ones in the encoding that they demand.
fn escribible(sintaxis: &Sintaxis) -> Sintaxis {
    match (sintaxis.deflactada, sintaxis.encapsulada) {
        (true, _) => Sintaxis::de_forma(sintaxis.forma),
        (_, true) => Sintaxis { forma: Forma::EXPLICITA, ..sintaxis.clone() },
        _ => sintaxis.clone(),
    }
}

/// The data set with what pixel work decides: the pixels, what describes them, and what it may have taken out.
fn fundir<'a>(conjunto: Conjunto<'a>, de_pixeles: Conjunto<'a>) -> Conjunto<'a> {
    let suyo = |etiqueta: Tag| {
        matches!(etiqueta.group(), 0x0028 | 0x7FE0 | 0x6000..=0x60FF)
            || matches!(etiqueta, Tag(0x0008, 0x2111) | Tag(0x0088, 0x0200))
    };
    let mut elementos: Vec<_> = conjunto.elementos.into_iter().filter(|elemento| !suyo(elemento.etiqueta)).collect();
    elementos.extend(de_pixeles.elementos.into_iter().filter(|elemento| suyo(elemento.etiqueta)));
    elementos.sort_by_key(|elemento| elemento.etiqueta);
    Conjunto { elementos }
}

impl From<ErrorLectura> for CodigoRechazo {
    fn from(error: ErrorLectura) -> Self {
        match error {
            ErrorLectura::Truncado => Self::Truncado,
            ErrorLectura::Estructura => Self::EstructuraInvalida,
            ErrorLectura::Anidamiento => Self::AnidamientoExcesivo,
            ErrorLectura::Limite => Self::LimiteExcedido,
            ErrorLectura::Formato => Self::FormatoDesconocido,
            ErrorLectura::Sintaxis => Self::SintaxisNoAdmitida,
        }
    }
}

impl From<RechazoPixeles> for CodigoRechazo {
    fn from(rechazo: RechazoPixeles) -> Self {
        match rechazo {
            RechazoPixeles::NoComprobados => Self::PixelesNoComprobados,
            RechazoPixeles::TextoRestante | RechazoPixeles::TextoSinHallar => Self::TextoEnPixeles,
            _ => Self::PixelesIlegibles,
        }
    }
}
