"""Writes the small sound files that the fuzz targets begin from: python semillas.py DIR."""

import io
import sys
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless,
                         JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, RLELossless)

from casos import comprimir as c
from casos.alfabetos import CASOS as ALFABETOS
from casos.base import Caso, codificar
from casos.documentos import informe, pdf
from casos.graficos import curvas, ondas, overlays


def _pixeles(nombre: str, sintaxis: str, bits: int) -> bytes:
    caso = Caso(nombre, 1)
    f = caso.fichero("CT")
    marcos = (np.add.outer(np.arange(32), np.arange(32)) * ((1 << bits) // 70)).astype(np.int64)
    if sintaxis in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian):
        f.pixeles(marcos, "MONOCHROME2", bits)
        f.sintaxis = sintaxis
    else:
        c.comprimir(f, marcos, "MONOCHROME2", bits, sintaxis)
    interno = Dataset()
    interno.ReferencedSOPClassUID, interno.ReferencedSOPInstanceUID = f.ds.SOPClassUID, f.ds.SOPInstanceUID
    f.ds.ReferencedImageSequence = Sequence([interno])
    f.ds.private_block(0x0009, "ACME", create=True).add_new(1, "LO", caso.persona.apellido)
    return codificar(f.ds, f.sintaxis)


def main() -> None:
    warnings.simplefilter("ignore")
    destino = Path(sys.argv[1])
    destino.mkdir(parents=True, exist_ok=True)
    for nombre, sintaxis, bits in (
            ("explicito", ExplicitVRLittleEndian, 12), ("implicito", ImplicitVRLittleEndian, 12), ("big_endian", ExplicitVRBigEndian, 16),
            ("deflate", DeflatedExplicitVRLittleEndian, 8), ("rle", RLELossless, 12), ("jpeg", JPEGBaseline8Bit, 8), ("jpeg_sin_perdida", JPEGLosslessSV1, 12),
            ("jpegls", JPEGLSLossless, 8), ("j2k", JPEG2000Lossless, 12)):
        (destino / f"{nombre}.dcm").write_bytes(_pixeles(nombre, sintaxis, bits))
    for nombre, construir in (("informe", informe), ("pdf", pdf), ("ondas", ondas), ("curvas", curvas), ("overlays", overlays),
                              ("japones", ALFABETOS["c16_japones_87"])):
        caso = Caso(nombre, 1)
        construir(caso, [])
        f = caso.ficheros[0]
        (destino / f"{nombre}.dcm").write_bytes(codificar(f.ds, f.sintaxis))
    rampa = Image.fromarray((np.add.outer(np.arange(24), np.arange(24)) * 5).astype(np.uint8))
    for formato in ("PNG", "JPEG", "TIFF"):
        salida = io.BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "Paciente"
        rampa.save(salida, formato, **({} if formato == "TIFF" else {"exif": exif}))
        (destino / f"rampa.{formato.lower()}").write_bytes(salida.getvalue())


if __name__ == "__main__":
    main()
