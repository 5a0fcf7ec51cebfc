"""The examiner examined: a clean output scores zero, and each planted defect is counted where it belongs.

    python autoprueba.py [--tabla FILE]
"""

import argparse
import base64
import copy
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from casos.base import Caso, codificar, uid
from casos.graficos import _overlay
from casos.pixeles import gris, rotulos
from comprobar import CUENTAS, comprobar
from generar import TABLA

DEFECTOS: dict[str, tuple[set[str], Callable]] = {}


def defecto(*clases: str):
    """Registers a way to spoil a clean output, with the counts it must raise and no other."""
    def apuntar(funcion: Callable) -> Callable:
        DEFECTOS[funcion.__name__] = (set(clases), funcion)
        return funcion
    return apuntar


class Prueba:
    """Two files of one study, and what a faultless tool would make of them."""

    def __init__(self, raiz: Path):
        self.raiz = raiz
        caso = Caso("autoprueba", 1)
        self.persona = caso.persona
        verdades, self.limpios, self.registros = [], [], []
        for n in range(2):
            f = caso.fichero("CR")
            marcos = gris(caso, "cuerpo", 12)
            rotulos(f, marcos, 4095)
            f.pixeles(marcos, "MONOCHROME2", 12)
            _overlay(f, 0x6000, self.persona.apellido)
            f.ds.TimezoneOffsetFromUTC = "-0500"
            f.ds.XRayDetectorID = f.s(f"DET{n}88776655", "XRayDetectorID")
            verdades.append(f.volcar(raiz / "entrada"))
            self.limpios.append(self._limpio(f.ds, f.textos))
        (raiz / "verdad.json").write_text(json.dumps({"ficheros": verdades}))
        self.verdades = verdades

    def _limpio(self, ds: Dataset, textos: list) -> Dataset:
        salida = Dataset()
        for clave in ("SOPClassUID", "Modality", "Manufacturer", "ManufacturerModelName", "InstanceNumber", "SeriesNumber", "BodyPartExamined",
                      "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
            setattr(salida, clave, getattr(ds, clave))
        for clave in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            setattr(salida, clave, uid("nuevo", getattr(ds, clave)))
        salida.PatientName = salida.PatientID = "SUJETO1"
        for clave in ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "ReferringPhysicianName"):
            setattr(salida, clave, "")
        salida.XRayDetectorID = "DETECTOR"
        salida.PatientIdentityRemoved, salida.DeidentificationMethod = "YES", "prueba"
        codigos = []
        for codigo in ("113100", "113101"):
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = codigo, "DCM", "x"
            codigos.append(item)
        salida.DeidentificationMethodCodeSequence = Sequence(codigos)
        salida.LongitudinalTemporalInformationModified, salida.BurnedInAnnotation = "REMOVED", "NO"
        marcos = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy()
        for texto in textos:
            x, y, ancho, alto = texto.caja
            marcos[max(0, y - 3):y + alto + 3, max(0, x - 3):x + ancho + 3] = 0
        salida.PixelData = marcos.tobytes()
        salida["PixelData"].VR = "OW"
        return salida

    def examinar(self, estropear: Callable | None, tabla: Path) -> dict[str, int]:
        salida = self.raiz / "salida"
        salida.mkdir(exist_ok=True)
        registros = []
        for n, ds in enumerate(self.limpios):
            bytes_ = codificar(copy.deepcopy(ds), "1.2.840.10008.1.2.1")
            destino = salida / f"{n}.dcm"
            destino.write_bytes(bytes_)
            registros.append({"entrada": self.verdades[n]["ruta"], "salida": str(destino), "estado": "limpio", "razon": None})
        texto = (estropear(self, registros) if estropear else None) or ""
        return comprobar(self.raiz, registros, texto, tabla)["cuentas"]

    def cambiar(self, registros: list[dict], hacer: Callable[[Dataset], None]) -> None:
        ds = copy.deepcopy(self.limpios[0])
        hacer(ds)
        Path(registros[0]["salida"]).write_bytes(codificar(ds, "1.2.840.10008.1.2.1"))


def _en(clave: str, valor: object):
    return lambda p, r: p.cambiar(r, lambda ds: setattr(ds, clave, valor(p) if callable(valor) else valor))


def _item(**valores: object) -> Sequence:
    ds = Dataset()
    for clave, valor in valores.items():
        setattr(ds, clave, valor)
    return Sequence([ds])


DEFECTOS["nombre_en_mayusculas_en_otro_atributo"] = ({"cadenas"}, _en("ConvolutionKernel", lambda p: p.persona.apellido.upper()))
DEFECTOS["nombre_en_una_secuencia"] = ({"cadenas"}, _en("ViewCodeSequence", lambda p: _item(CodeMeaning=f"de {p.persona.nombre}")))
DEFECTOS["nombre_en_utf16"] = ({"cadenas"}, _en("RedPaletteColorLookupTableData", lambda p: p.persona.apellido.encode("utf-16-le").ljust(64, b"\0")))
DEFECTOS["nombre_en_base64"] = ({"cadenas"}, _en("RedPaletteColorLookupTableData", lambda p: base64.b64encode(b"xy" + p.persona.apellido.encode() + b"zz").ljust(64, b"\0")))
DEFECTOS["nombre_en_hexadecimal"] = ({"cadenas"}, _en("RedPaletteColorLookupTableData", lambda p: p.persona.apellido.encode().hex().upper().encode().ljust(64, b"\0")))
DEFECTOS["fecha_conservada"] = ({"cadenas", "tabla"}, _en("StudyDate", lambda p: p.persona.estudio))
DEFECTOS["atributo_que_debia_quitarse"] = ({"tabla"}, _en("TimezoneOffsetFromUTC", "-0500"))
DEFECTOS["sexo_conservado"] = ({"tabla"}, _en("PatientSex", "F"))
DEFECTOS["ficticio_vacio"] = ({"tabla"}, _en("XRayDetectorID", ""))
DEFECTOS["hora_conservada"] = ({"cadenas", "tabla"}, _en("StudyTime", lambda p: p.persona.hora))
DEFECTOS["sin_identidad_retirada"] = ({"metodo"}, _en("PatientIdentityRemoved", "NO"))
DEFECTOS["sin_codigos"] = ({"metodo"}, _en("DeidentificationMethodCodeSequence", Sequence([])))
DEFECTOS["util_perdido"] = ({"conservados"}, _en("Manufacturer", ""))
DEFECTOS["estudio_con_otro_uid"] = ({"uids"}, _en("StudyInstanceUID", "1.2.3.4.5"))
DEFECTOS["dos_instancias_un_uid"] = ({"uids"}, lambda p, r: p.cambiar(r, lambda ds: setattr(ds, "SOPInstanceUID", p.limpios[1].SOPInstanceUID)))
DEFECTOS["paciente_con_dos_codigos"] = ({"uids"}, _en("PatientID", "SUJETO2"))


@defecto("privados")
def elemento_privado_hondo(p: Prueba, r: list[dict]) -> None:
    def hacer(ds: Dataset) -> None:
        ds.ViewCodeSequence = _item(CodeMeaning="x")
        ds.ViewCodeSequence[0].private_block(0x0009, "ACME", create=True).add_new(1, "LO", "x")
    p.cambiar(r, hacer)


@defecto("cadenas")
def preambulo(p: Prueba, r: list[dict]) -> None:
    ruta = Path(r[0]["salida"])
    ruta.write_bytes(p.persona.apellido.encode().ljust(128, b"\0") + ruta.read_bytes()[128:])


@defecto("cadenas", "tabla")
def cola(p: Prueba, r: list[dict]) -> None:
    ruta = Path(r[0]["salida"])
    ruta.write_bytes(ruta.read_bytes() + b"\xfc\xff\xfc\xffOB\0\0\x20\0\0\0" + p.persona.cedula.encode().ljust(32, b"\0"))


@defecto("cadenas")
def nombre_de_la_salida(p: Prueba, r: list[dict]) -> None:
    ruta = Path(r[0]["salida"])
    nueva = ruta.with_name(f"{p.persona.apellido}.dcm")
    ruta.rename(nueva)
    r[0]["salida"] = str(nueva)


@defecto("cadenas")
def registro_que_habla(p: Prueba, _: list[dict]) -> str:
    return f"anonimizado {p.persona.cedula}"


def _pixeles(hacer: Callable[[np.ndarray, Prueba], None]):
    def estropear(p: Prueba, r: list[dict]) -> None:
        def cambio(ds: Dataset) -> None:
            marcos = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy()
            hacer(marcos, p)
            ds.PixelData = marcos.tobytes()
        p.cambiar(r, cambio)
    return estropear


def _original(marcos: np.ndarray, p: Prueba) -> None:
    from control.lectura import leer
    original = leer(p.raiz / "entrada" / p.verdades[0]["ruta"]).ds.pixel_array
    x, y, ancho, alto = p.verdades[0]["textos"][0]["caja"]
    # A third of the line is enough to know whose it is.
    marcos[y:y + alto, x:x + ancho // 3] = original[y:y + alto, x:x + ancho // 3]


DEFECTOS["texto_a_medias"] = ({"textos"}, _pixeles(_original))
DEFECTOS["un_pixel"] = ({"pixeles"}, _pixeles(lambda m, _: m.__setitem__((120, 160), m[120, 160] ^ 1)))
DEFECTOS["bits_altos"] = ({"graficos"}, _pixeles(lambda m, _: m.__setitem__((120, 160), m[120, 160] | 0x4000)))


@defecto("graficos", "tabla")
def capa(p: Prueba, r: list[dict]) -> None:
    from control.lectura import leer
    original = leer(p.raiz / "entrada" / p.verdades[0]["ruta"]).ds
    p.cambiar(r, lambda ds: ds.add_new(0x60003000, "OW", original[0x60003000].value))


@defecto("ilegibles")
def pixeles_truncados(p: Prueba, r: list[dict]) -> None:
    p.cambiar(r, lambda ds: setattr(ds, "PixelData", ds.PixelData[:1000]))


@defecto("ilegibles")
def fichero_vacio(_: Prueba, r: list[dict]) -> None:
    Path(r[0]["salida"]).write_bytes(b"")


@defecto("sin_razon")
def falta_del_informe(_: Prueba, r: list[dict]) -> None:
    r.pop()


@defecto("sin_razon")
def falta_la_salida(_: Prueba, r: list[dict]) -> None:
    Path(r[0]["salida"]).unlink()


@defecto("retenidos")
def retenido_sin_motivo(_: Prueba, r: list[dict]) -> None:
    Path(r[0]["salida"]).unlink()
    r[0] |= {"estado": "cuarentena", "razon": "texto_sin_verificar", "salida": None}


@defecto("retenidos", "cadenas")
def razon_que_habla(p: Prueba, r: list[dict]) -> None:
    Path(r[0]["salida"]).unlink()
    r[0] |= {"estado": "cuarentena", "razon": f"queda {p.persona.apellido}", "salida": None}


def main() -> int:
    partes = argparse.ArgumentParser(description=__doc__)
    partes.add_argument("--tabla", type=Path, default=TABLA)
    tabla = partes.parse_args().tabla
    warnings.simplefilter("ignore")
    malos = 0
    with tempfile.TemporaryDirectory() as carpeta:
        prueba = Prueba(Path(carpeta))
        for nombre, (clases, estropear) in {"salida_limpia": (set(), None), **DEFECTOS}.items():
            cuentas = prueba.examinar(estropear, tabla)
            vistas = {clave for clave, n in cuentas.items() if n}
            if vistas != clases:
                malos += 1
                print(f"{nombre}: se esperaba {sorted(clases)}, se contó { {k: cuentas[k] for k in sorted(vistas)} }")
    sin_probar = set(CUENTAS) - set().union(*(c for c, _ in DEFECTOS.values()))
    if sin_probar:
        print(f"cuentas sin defecto que las pruebe: {sorted(sin_probar)}")
    print(f"{len(DEFECTOS) + 1 - malos} de {len(DEFECTOS) + 1} comprobaciones del examinador")
    return int(malos > 0 or bool(sin_probar))


if __name__ == "__main__":
    sys.exit(main())
