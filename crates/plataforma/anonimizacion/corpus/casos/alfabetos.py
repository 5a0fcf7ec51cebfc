"""Names in every Specific Character Set of PS3.3, C.12.1.1.2."""

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from .base import Caso, codificar, elemento
from .metadatos import imagen, insertar

# Defined terms and, in their script: family name, given name, a comment word. Several terms: ISO 2022 with escapes.
ALFABETOS = {
    "latin1": ("ISO_IR 100", "Böttgerhäuser", "Jürgenhild"), "latin2": ("ISO_IR 101", "Dvořáčková", "Žofiečka"),
    "latin3": ("ISO_IR 109", "Ĉirkaŭjova", "Ĝenerĉjo"), "latin4": ("ISO_IR 110", "Šķēpniecis", "Līgavārds"),
    "cirilico": ("ISO_IR 144", "Люксембурский", "Евстафиан"), "arabe": ("ISO_IR 127", "قباني", "لنزارية"),
    "griego": ("ISO_IR 126", "Διονυσιάδης", "Ξενοφώντιος"), "hebreo": ("ISO_IR 138", "שרונוביץ", "דבוריתה"),
    "latin5": ("ISO_IR 148", "Çavuşoğlular", "İşıldağ"), "latin9": ("ISO_IR 203", "Œuvrardžin", "Šimonœil"),
    "japones_13": ("ISO_IR 13", "ﾔﾏﾀﾞﾓﾄ", "ﾀﾛｳｼﾞﾛ"), "tailandes": ("ISO_IR 166", "นามสกุลยาว", "ชื่อยาว"),
    "utf8": ("ISO_IR 192", "Wáng小东明测", "Ωμέγαλιος"), "gb18030": ("GB18030", "王小东明测", "张伟国华"),
    "gbk": ("GBK", "李明华测试", "赵国强军"),
    "japones_87": ("\\ISO 2022 IR 87", "山田本太", "太郎次郎"), "japones_159": ("\\ISO 2022 IR 87\\ISO 2022 IR 159", "丂丄丅丌", "太郎次郎"),
    "coreano_149": ("\\ISO 2022 IR 149", "김희중동", "길동희민"), "chino_58": ("\\ISO 2022 IR 58", "张伟国华", "小东明测"),
    "japones_13_87": ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞﾓﾄ", "太郎次郎"),
    "mezcla_griego_cirilico": ("ISO 2022 IR 6\\ISO 2022 IR 126\\ISO 2022 IR 144", "Διονυσιάδης", "Люксембургов"),
    "latin1_2022": ("ISO 2022 IR 100\\ISO 2022 IR 126", "Böttgerhäuser", "Διονυσιάδης"),
}


# What pydicom cannot write: given as the Latin-1 reading of its bytes.
A_MANO = {"ISO_IR 203": "iso8859-15", "\\ISO 2022 IR 87\\ISO 2022 IR 159": "iso2022_jp_2"}


def alfabeto(caso: Caso, terminos: str, familia: str, nombre: str) -> None:
    f = imagen(caso.fichero("CR"))
    ds = f.ds
    partes = terminos.split("\\")
    ds.SpecificCharacterSet = partes if len(partes) > 1 else partes[0]
    latino = caso.persona.apellido
    varios = len(partes) > 1 or not terminos.startswith("ISO_IR 1") or terminos in ("ISO_IR 13", "ISO_IR 192")
    f.olvidar("PatientName")
    f.s(familia, "PatientName")
    f.s(nombre, "PatientName")
    utf8 = nombre
    if terminos in A_MANO:
        familia, nombre = (t.encode(A_MANO[terminos]).decode("latin-1") for t in (familia, nombre))
    if varios:
        f.s(latino, "PatientName")
    ds.PatientName = f"{latino}^Prueba={familia}^{nombre}" if varios else f"{familia}^{nombre}"
    ds.PatientComments = f"Nota: {familia}"
    ds.ConvolutionKernel = f"{familia}"[:16]
    ds.PositionReferenceIndicator = f"{nombre} {familia}"
    dentro = Dataset()
    dentro.CodeValue, dentro.CodingSchemeDesignator, dentro.CodeMeaning = "T-D3000", "SRT", f"{familia}"
    otro = Dataset()
    # An item with a character set of its own.
    otro.SpecificCharacterSet = "ISO_IR 192"
    otro.CodeValue, otro.CodingSchemeDesignator, otro.CodeMeaning = "T-D3000", "SRT", utf8
    ds.AnatomicRegionSequence = Sequence([dentro, otro])


def sin_declarar(codificacion: str):
    """Bytes of an alphabet that the file does not announce."""
    def caso_(caso: Caso, _: list[str]) -> None:
        f = imagen(caso.fichero("MR"))
        familia, nombre = "Ñandubaysal", "Íñigaurren"
        f.olvidar("PatientName")
        f.s(familia, "PatientName"), f.s(nombre, "PatientName")
        par = lambda t: (b := t.encode(codificacion)) + b" " * (len(b) % 2)
        f.bytes_ = insertar(codificar(f.ds, f.sintaxis), {
            0x00100010: elemento(0x00100010, "PN", par(f"{familia}^{nombre}")),
            0x00181210: elemento(0x00181210, "SH", par(familia)),
            0x00081090: elemento(0x00081090, "LO", par("Modelo 7")),
            0x00201040: elemento(0x00201040, "LO", par(f"{nombre} {familia}"))})
    return caso_


def _caso(terminos: str, familia: str, nombre: str):
    return lambda caso, _: alfabeto(caso, terminos, familia, nombre)


CASOS = {f"c{n:02}_{clave}": _caso(*datos) for n, (clave, datos) in enumerate(ALFABETOS.items(), 1)}
CASOS |= {"c23_utf8_sin_declarar": sin_declarar("utf-8"), "c24_latin1_sin_declarar": sin_declarar("latin-1")}
