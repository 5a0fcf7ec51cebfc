"""Compressed pixel data from numpy frames, in every syntax that can be written here."""

import io
import struct

import jpeg_ls
import numpy as np
from openjpeg.utils import encode_array
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import (JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless,
                         RLELossless)

from .base import Fichero

COMENTARIO_JPEG = b"\xff\xfe"


def jpeg(marco: np.ndarray, calidad: int = 90) -> bytes:
    salida = io.BytesIO()
    Image.fromarray(marco).save(salida, "JPEG", quality=calidad, subsampling=1 if marco.ndim == 3 else -1)
    return salida.getvalue()


def rle(marco: np.ndarray) -> bytes:
    """PS3.5, annex G: one segment per byte plane, most significant first."""
    planos = [marco] if marco.ndim == 2 else [marco[..., c] for c in range(marco.shape[-1])]
    segmentos = []
    for plano in planos:
        ancho = plano.dtype.itemsize
        octetos = plano.astype(plano.dtype.newbyteorder("<")).tobytes()
        for n in reversed(range(ancho)):
            filas = np.frombuffer(octetos[n::ancho], np.uint8).reshape(plano.shape)
            segmento = b"".join(_fila_rle(fila.tobytes()) for fila in filas)
            segmentos.append(segmento + b"\0" * (len(segmento) % 2))
    posiciones, posicion = [], 64
    for segmento in segmentos:
        posiciones.append(posicion)
        posicion += len(segmento)
    cabeza = struct.pack("<16I", len(segmentos), *posiciones, *[0] * (15 - len(segmentos)))
    return cabeza + b"".join(segmentos)


def _fila_rle(fila: bytes) -> bytes:
    salida, literal, i = bytearray(), bytearray(), 0

    def soltar() -> None:
        for j in range(0, len(literal), 128):
            trozo = literal[j:j + 128]
            salida.append(len(trozo) - 1)
            salida.extend(trozo)
        literal.clear()

    while i < len(fila):
        n = 1
        while i + n < len(fila) and n < 128 and fila[i + n] == fila[i]:
            n += 1
        if n > 2:
            soltar()
            salida += bytes((257 - n, fila[i]))
        else:
            literal += fila[i:i + n]
        i += n
    soltar()
    return bytes(salida)


def jpeg_sin_perdida(marco: np.ndarray, bits: int) -> bytes:
    """ISO 10918-1 process 14, selection value 1, one component, with a Huffman table of equal code lengths."""
    filas, columnas = marco.shape
    datos = marco.astype(np.int64)
    previo = np.empty_like(datos)
    previo[:, 1:] = datos[:, :-1]
    previo[1:, 0] = datos[:-1, 0]
    previo[0, 0] = 1 << (bits - 1)
    diferencias = ((datos - previo + 32768) % 65536) - 32768
    # 17 categories: codes of five bits, none of them all ones.
    tabla = b"\xff\xc4" + struct.pack(">HB", 19 + 17, 0) + bytes([0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
    trozos = []
    for d in diferencias.reshape(-1).tolist():
        tamano = abs(d).bit_length() if d != -32768 else 16
        trozos.append(f"{tamano:05b}")
        if 0 < tamano < 16:
            trozos.append(f"{d if d > 0 else d + (1 << tamano) - 1:0{tamano}b}")
    flujo = "".join(trozos)
    flujo += "1" * (-len(flujo) % 8)
    entropia = int(flujo, 2).to_bytes(len(flujo) // 8).replace(b"\xff", b"\xff\0")
    sof = b"\xff\xc3" + struct.pack(">HBHHB", 11, bits, filas, columnas, 1) + bytes([1, 0x11, 0])
    sos = b"\xff\xda" + struct.pack(">HB", 8, 1) + bytes([1, 0, 1, 0, 0])
    return b"\xff\xd8" + sof + tabla + sos + entropia + b"\xff\xd9"


def comprimir(f: Fichero, marcos: np.ndarray, fotometria: str, bits: int, sintaxis: str, *, cercano: int = 0, tasa: float = 0,
              comentario: str | None = None, trozos: int = 1) -> None:
    """Gives `f` compressed pixels; `marcos` has the frames first, colours as RGB."""
    color = marcos.shape[-1] == 3 and marcos.ndim > 2
    forma = marcos if marcos.ndim == (4 if color else 3) else marcos[None]
    f.pixeles(forma if len(forma) > 1 else forma[0], "RGB" if color else fotometria, bits)
    f.ds.PhotometricInterpretation = fotometria
    tipo = np.uint16 if bits > 8 else np.uint8
    codificados = []
    for marco in forma.astype(tipo):
        marco = np.ascontiguousarray(marco)
        if sintaxis == JPEGBaseline8Bit:
            dato = jpeg(marco)
        elif sintaxis == RLELossless:
            dato = rle(marco)
        elif sintaxis in (JPEGLSLossless, JPEGLSNearLossless):
            dato = bytes(jpeg_ls.encode_array(marco, lossy_error=cercano, interleave_mode=2 if color else None))
        elif sintaxis == JPEGLosslessSV1:
            dato = jpeg_sin_perdida(marco, bits)
        else:
            pi = 1 if color else 2
            opciones = {"compression_ratios": [tasa]} if tasa else {}
            dato = encode_array(marco, photometric_interpretation=pi, bits_stored=bits, use_mct=color, **opciones)
        if comentario and dato[:2] == b"\xff\xd8":
            texto = comentario.encode()
            dato = dato[:2] + COMENTARIO_JPEG + struct.pack(">H", len(texto) + 2) + texto + dato[2:]
        codificados.append(dato)
    f.ds.PixelData = encapsulate(codificados, fragments_per_frame=trozos)
    f.ds["PixelData"].VR = "OB"
    f.ds["PixelData"].is_undefined_length = True
    f.sintaxis = sintaxis
    if sintaxis in (JPEGBaseline8Bit, JPEG2000, JPEGLSNearLossless):
        f.con_perdida = True
        f.ds.LossyImageCompression, f.ds.LossyImageCompressionRatio, f.ds.LossyImageCompressionMethod = "01", "8", "ISO_10918_1"


__all__ = ["comprimir", "jpeg", "rle", "jpeg_sin_perdida", "JPEG2000", "JPEG2000Lossless", "JPEGBaseline8Bit", "JPEGLosslessSV1",
           "JPEGLSLossless", "JPEGLSNearLossless", "RLELossless"]
