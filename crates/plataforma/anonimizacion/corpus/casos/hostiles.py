"""Malformed and malicious inputs: name -> bytes. None of them may cost much, and none may end the process."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit,
                         JPEGLSLossless, RLELossless)

from . import comprimir as c
from .base import Caso, Fichero, codificar, elemento
from .documentos import informe, pdf
from .metadatos import imagen, insertar
from .pixeles import comprimido, gris

INDEFINIDA = 0xFFFFFFFF
ITEM, FIN_ITEM, FIN_SQ = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
SQ = 0x00081140


def _base(nombre: str) -> Fichero:
    return imagen(Caso(nombre, 1).fichero("CT"))


def con(extra: dict[int, bytes], nombre: str = "hostil") -> bytes:
    """A sound file with some elements replaced by raw bytes."""
    f = _base(nombre)
    return insertar(codificar(f.ds, f.sintaxis), extra)


def us(etiqueta: int, valor: int) -> bytes:
    return elemento(etiqueta, "US", struct.pack("<H", valor))


def abierta(etiqueta: int, vr: bytes, contenido: bytes) -> bytes:
    return struct.pack("<HH", etiqueta >> 16, etiqueta & 0xFFFF) + vr + b"\0\0" + struct.pack("<I", INDEFINIDA) + contenido


def hondo(niveles: int, vr: bytes = b"SQ", *, cerrada: bool = True) -> bytes:
    inicio = struct.pack("<HH", 0x0008, 0x1140) + vr + b"\0\0\xff\xff\xff\xff" + ITEM + b"\xff\xff\xff\xff"
    return con({SQ: inicio * niveles + ((FIN_ITEM + FIN_SQ) * niveles if cerrada else b"")})


def hondo_definido(niveles: int) -> bytes:
    """Lengths that are right at every level."""
    dentro = b""
    for _ in range(niveles):
        item = ITEM + struct.pack("<I", len(dentro)) + dentro
        dentro = struct.pack("<HH", 0x0008, 0x1140) + b"SQ\0\0" + struct.pack("<I", len(item)) + item
    return con({SQ: dentro})


def un_implicita(niveles: int) -> bytes:
    """A UN of undefined length, whose inside is implicit, over and over."""
    nivel = struct.pack("<HHI", 0x0009, 0x1001, INDEFINIDA) + ITEM + b"\xff\xff\xff\xff"
    return con({0x00091001: abierta(0x00091001, b"UN", ITEM + b"\xff\xff\xff\xff" + nivel * niveles)})


def bomba_de_deflate(gigas: int) -> bytes:
    f = _base("bomba")
    f.sintaxis = DeflatedExplicitVRLittleEndian
    crudo = codificar(f.ds, f.sintaxis)
    inicio = 144 + struct.unpack("<I", crudo[140:144])[0]
    compresor = zlib.compressobj(9, zlib.DEFLATED, -15)
    cabeza = compresor.compress(abierta(0x00091001, b"UN", b"")[:8] + struct.pack("<I", INDEFINIDA - 1)) + compresor.flush(zlib.Z_FULL_FLUSH)
    bloque = compresor.compress(bytes(16 << 20)) + compresor.flush(zlib.Z_FULL_FLUSH)
    return crudo[:inicio] + cabeza + bloque * (gigas * 64)


def bomba_de_elementos() -> bytes:
    """Deflated: ten million elements of no value."""
    f = _base("bomba")
    f.sintaxis = DeflatedExplicitVRLittleEndian
    crudo = codificar(f.ds, f.sintaxis)
    inicio = 144 + struct.unpack("<I", crudo[140:144])[0]
    compresor = zlib.compressobj(9, zlib.DEFLATED, -15)
    elementos = elemento(0x00091001, "LO", b"") * 100_000
    return crudo[:inicio] + b"".join(compresor.compress(elementos) for _ in range(100)) + compresor.flush()


def tamano(filas: int, columnas: int, **mas: bytes) -> bytes:
    return con({0x00280010: us(0x00280010, filas), 0x00280011: us(0x00280011, columnas)} | {int(k[1:], 16): v for k, v in mas.items()})


def encapsulado(sintaxis: str, dato: bytes, filas: int = 65535, columnas: int = 65535) -> bytes:
    f = _base("encapsulado")
    f.ds.Rows, f.ds.Columns = filas, columnas
    f.ds.PixelData = encapsulate([dato])
    f.ds["PixelData"].VR = "OB"
    f.ds["PixelData"].is_undefined_length = True
    return codificar(f.ds, sintaxis)


def sof_enorme() -> bytes:
    dato = bytearray(c.jpeg(np.zeros((64, 64), np.uint8)))
    sof = dato.index(b"\xff\xc0")
    dato[sof + 5:sof + 9] = b"\xff\xff\xff\xff"
    return bytes(dato)


def j2k_enorme() -> bytes:
    dato = bytearray(c.encode_array(np.zeros((64, 64), np.uint16), bits_stored=12))
    siz = dato.index(b"\xff\x51")
    dato[siz + 6:siz + 14] = b"\xff\xff\xff\xff" * 2
    return bytes(dato)


def jls_enorme() -> bytes:
    dato = bytearray(c.jpeg_ls.encode_array(np.zeros((64, 64), np.uint8)))
    sof = dato.index(b"\xff\xf7")
    dato[sof + 5:sof + 9] = b"\xff\xff\xff\xff"
    return bytes(dato)


def jpeg_de_mil_pasadas() -> bytes:
    """A progressive picture whose scan comes again and again."""
    from PIL import Image
    salida = io.BytesIO()
    Image.fromarray(np.zeros((2048, 2048), np.uint8)).save(salida, "JPEG", progressive=True)
    dato = salida.getvalue()
    sos = dato.index(b"\xff\xda")
    siguiente = dato.index(b"\xff\xc4", sos) if b"\xff\xc4" in dato[sos:] else dato.index(b"\xff\xd9", sos)
    return dato[:sos] + dato[sos:siguiente] * 2000 + dato[siguiente:]


def dicomdir_circular() -> bytes:
    """Records whose offsets name themselves."""
    f = _base("circular")
    f.ds.SOPClassUID = "1.2.840.10008.1.3.10"
    registro = elemento(0x00041400, "UL", struct.pack("<I", 400)) + elemento(0x00041410, "US", b"\xff\xff") + \
        elemento(0x00041420, "UL", struct.pack("<I", 400)) + elemento(0x00041430, "CS", b"PATIENT ")
    items = ITEM + struct.pack("<I", len(registro)) + registro
    return insertar(codificar(f.ds, f.sintaxis), {
        0x00041200: elemento(0x00041200, "UL", struct.pack("<I", 400)), 0x00041202: elemento(0x00041202, "UL", struct.pack("<I", 400)),
        0x00041220: elemento(0x00041220, "SQ", items * 3)})


def tiff_circular() -> bytes:
    """A directory of a picture that is followed by itself, and whose pages say that they are huge."""
    entradas = b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in ((256, 65535), (257, 65535), (258, 8), (259, 1), (262, 1), (273, 8), (279, 4096)))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 7) + entradas + struct.pack("<I", 8)


def png(ancho: int, alto: int, *trozos: tuple[bytes, bytes]) -> bytes:
    def trozo(tipo: bytes, datos: bytes) -> bytes:
        return struct.pack(">I", len(datos)) + tipo + datos + struct.pack(">I", zlib.crc32(tipo + datos))
    cabeza = trozo(b"IHDR", struct.pack(">IIBBBBB", ancho, alto, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + cabeza + b"".join(trozo(*t) for t in trozos) + trozo(b"IEND", b"")


def bomba_zlib(megas: int) -> bytes:
    compresor = zlib.compressobj(9)
    inicio = compresor.compress(b"") + compresor.flush(zlib.Z_FULL_FLUSH)
    bloque = compresor.compress(bytes(16 << 20)) + compresor.flush(zlib.Z_FULL_FLUSH)
    return inicio + bloque * (megas // 16)


def xml_de_mil_millones() -> bytes:
    entidades = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ja">{entidades}]><ClinicalDocument>&a11;</ClinicalDocument>'.encode()
    f = Caso("xml", 1).fichero("CDA")
    f.ds.MIMETypeOfEncapsulatedDocument, f.ds.EncapsulatedDocument = "text/XML", xml + b"\0" * (len(xml) % 2)
    return codificar(f.ds, f.sintaxis)


def pdf_bomba() -> bytes:
    caso = Caso("pdf", 1)
    pdf(caso, [])
    f = caso.ficheros[0]
    bomba = bomba_zlib(2048)
    dato = b"%PDF-1.4\n1 0 obj\n<< /Length " + str(len(bomba)).encode() + b" /Filter /FlateDecode >>\nstream\n" + bomba + b"\nendstream\nendobj\n"
    f.ds.EncapsulatedDocument = dato + b"\0" * (len(dato) % 2)
    return codificar(f.ds, f.sintaxis)


def sr_ancho(nodos: int) -> bytes:
    nodo = elemento(0x0040A010, "CS", b"CONTAINS") + elemento(0x0040A040, "CS", b"TEXT") + elemento(0x0040A160, "UT", b"nada")
    caso = Caso("sr", 1)
    informe(caso, [])
    items = (ITEM + struct.pack("<I", len(nodo)) + nodo) * nodos
    crudo = codificar(caso.ficheros[0].ds, ExplicitVRLittleEndian)
    return insertar(crudo, {0x0040A730: elemento(0x0040A730, "SQ", items)})


def muchos_elementos(cuantos: int) -> bytes:
    return con({0x00091000: b"".join(elemento(0x00090000 | (0x1000 + n % 0xEFFF), "LO", b"") for n in range(cuantos))})


def palabras(cuantas: int) -> bytes:
    """Every word of a long name is to be looked for in a long text."""
    nombre = "^".join(f"Apellido{n:07}" for n in range(cuantas)).encode()
    texto = (" ".join(f"apellido{n:06}x 1/1/19{n % 100:02} 12-3" for n in range(cuantas * 4))).encode()
    return con({0x00104000: elemento(0x00104000, "UT", texto + b" " * (len(texto) % 2)), 0x00104001: elemento(0x00104001, "UT", nombre + b" " * (len(nombre) % 2)),
                0x00081048: elemento(0x00081048, "UT", nombre + b" " * (len(nombre) % 2))})


def alfabetos_rotos() -> bytes:
    terminos = b"\\".join([b"ISO 2022 IR 87", b"ISO 2022 IR 149", b"NO EXISTE", b"ISO_IR 192"] * 500)
    return con({0x00080005: elemento(0x00080005, "UC", terminos), 0x00100010: elemento(0x00100010, "PN", b"\x1b$B\x1b$)C\x1b\x1b$(D\xff\xfe^=\x1b$="[:20])})


def cuentas(**valores: int) -> bytes:
    return con({int(k[1:], 16): us(int(k[1:], 16), v) for k, v in valores.items()})


def marcos(texto: bytes) -> bytes:
    return con({0x00280008: elemento(0x00280008, "IS", texto + b" " * (len(texto) % 2))})


def fragmentos(cuantos: int) -> bytes:
    f = _base("fragmentos")
    crudo = codificar(f.ds, JPEGBaseline8Bit) if False else codificar(f.ds, ExplicitVRLittleEndian)
    crudo = crudo.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    cuerpo = ITEM + b"\0\0\0\0" + (ITEM + b"\x02\0\0\0\0\0") * cuantos + FIN_SQ
    return insertar(crudo, {0x7FE00010: abierta(0x7FE00010, b"OB", cuerpo)})


def fragmento_infinito() -> bytes:
    f = _base("fragmentos")
    crudo = codificar(f.ds, ExplicitVRLittleEndian).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    return insertar(crudo, {0x7FE00010: abierta(0x7FE00010, b"OB", ITEM + b"\xf0\xff\xff\xff" + b"x" * 64)})


def rle_loco() -> bytes:
    return encapsulado(RLELossless, struct.pack("<16I", INDEFINIDA, *[INDEFINIDA] * 15) + b"\x81" * 4096, 64, 64)


def truncados() -> dict[str, Callable[[], bytes]]:
    """Sound files of several kinds, cut at every KiB."""
    hechos: dict[str, Callable[[], bytes]] = {}
    fuentes = {"nativo": None, "jpeg": (JPEGBaseline8Bit, 8, "YBR_FULL_422"), "j2k": (JPEG2000Lossless, 12, "MONOCHROME2"), "rle": (RLELossless, 12, "MONOCHROME2"),
               "jls": (JPEGLSLossless, 8, "MONOCHROME2"), "deflate": None, "implicito": None, "informe": None}
    for nombre, como in fuentes.items():
        caso = Caso(f"truncado {nombre}", 1)
        if como:
            comprimido(*como)(caso, [])
        elif nombre == "informe":
            informe(caso, [])
        else:
            f = caso.fichero("CR")
            f.pixeles(gris(caso, "cuerpo", 12, (96, 128)), "MONOCHROME2", 12)
            f.sintaxis = {"deflate": DeflatedExplicitVRLittleEndian, "implicito": ImplicitVRLittleEndian}.get(nombre, f.sintaxis)
        entero = codificar(caso.ficheros[0].ds, caso.ficheros[0].sintaxis)
        for corte in range(1024, len(entero), 1024):
            hechos[f"truncado_{nombre}_{corte // 1024:03}k"] = lambda entero=entero, corte=corte: entero[:corte]
    return hechos


HOSTILES: dict[str, Callable[[], bytes]] = {
    "vacio": lambda: b"", "un_byte": lambda: b"D", "sin_prefijo_131": lambda: b"\0" * 131, "solo_prefijo": lambda: b"\0" * 128 + b"DICM",
    "azar": lambda: np.random.default_rng(7).integers(0, 256, 65536).astype(np.uint8).tobytes(), "ceros": lambda: bytes(1 << 20),
    "prefijo_y_azar": lambda: b"\0" * 128 + b"DICM" + np.random.default_rng(8).integers(0, 256, 65536).astype(np.uint8).tobytes(),
    "longitud_mayor_que_el_fichero": lambda: con({0x00091001: elemento(0x00091001, "UN", b"")[:8] + b"\xfe\xff\xff\x7f"}),
    "longitud_casi_indefinida": lambda: con({0x00091001: elemento(0x00091001, "UN", b"")[:8] + b"\xfe\xff\xff\xff"}),
    "longitud_impar": lambda: con({0x00104000: elemento(0x00104000, "LT", b"abc")}),
    "item_mayor_que_su_secuencia": lambda: con({SQ: elemento(SQ, "SQ", ITEM + b"\xff\xff\0\0" + b"\0" * 8)}),
    "grupo_con_longitud_falsa": lambda: con({0x00080000: elemento(0x00080000, "UL", b"\xff\xff\xff\xff")}),
    "secuencia_sin_fin": lambda: con({SQ: abierta(SQ, b"SQ", ITEM + b"\xff\xff\xff\xff")}),
    "items_sin_fin": lambda: con({SQ: abierta(SQ, b"SQ", (ITEM + b"\xff\xff\xff\xff") * 50_000)}),
    "fin_sin_principio": lambda: con({SQ: (FIN_SQ + FIN_ITEM) * 1000}),
    "pixeles_indefinidos_sin_items": lambda: con({0x7FE00010: abierta(0x7FE00010, b"OB", b"")}),
    "hondo_10000": lambda: hondo(10_000), "hondo_10000_sin_cerrar": lambda: hondo(10_000, cerrada=False), "hondo_10000_un": lambda: hondo(10_000, b"UN"),
    "hondo_300000": lambda: hondo(300_000), "hondo_definido_10000": lambda: hondo_definido(10_000), "un_implicita_10000": lambda: un_implicita(10_000),
    "bomba_de_deflate_8g": lambda: bomba_de_deflate(8), "bomba_de_elementos": bomba_de_elementos,
    "imagen_65535": lambda: tamano(65535, 65535), "imagen_65535_rgb": lambda: tamano(65535, 65535, x00280002=us(0x00280002, 3)), "imagen_0": lambda: tamano(0, 0),
    "jpeg_65535": lambda: encapsulado(JPEGBaseline8Bit, sof_enorme()), "jpeg_miente": lambda: encapsulado(JPEGBaseline8Bit, sof_enorme(), 64, 64),
    "j2k_2_32": lambda: encapsulado(JPEG2000Lossless, j2k_enorme()), "jls_65535": lambda: encapsulado(JPEGLSLossless, jls_enorme()),
    "rle_loco": rle_loco, "rle_65535": lambda: encapsulado(RLELossless, struct.pack("<16I", 2, 64, 70, *[0] * 13) + b"\x81\0" * 8),
    "jpeg_de_mil_pasadas": lambda: encapsulado(JPEGBaseline8Bit, jpeg_de_mil_pasadas(), 2048, 2048), "jpeg_vacio": lambda: encapsulado(JPEGBaseline8Bit, b"\xff\xd8\xff\xd9", 64, 64),
    "marcos_2_31": lambda: marcos(b"2147483647"), "marcos_enormes": lambda: marcos(b"99999999999"), "marcos_negativos": lambda: marcos(b"-5"), "marcos_1A": lambda: marcos(b"1A"),
    "multiplicidad_enorme": lambda: con({0x00181271: elemento(0x00181271, "UC", b"\\" * (8 << 20))}),
    "nombre_de_mil_partes": lambda: con({0x00100010: elemento(0x00100010, "PN", b"^=" * 30_000)}),
    "nulos_en_secuencia": lambda: con({SQ: elemento(SQ, "SQ", (ITEM + b"\0\0\0\0") * 500_000)}), "secuencia_vacia": lambda: con({SQ: elemento(SQ, "SQ", b"")}),
    "un_millon_de_elementos": lambda: muchos_elementos(1_000_000), "palabras_20000": lambda: palabras(20_000), "alfabetos_rotos": alfabetos_rotos,
    "overlay_65535": lambda: con({0x60000010: us(0x60000010, 65535), 0x60000011: us(0x60000011, 65535), 0x60003000: elemento(0x60003000, "OW", b"\xff" * 64)}),
    "bits_0": lambda: cuentas(x00280100=0), "bits_255": lambda: cuentas(x00280100=255, x00280101=255, x00280102=254), "bits_guardados_de_mas": lambda: cuentas(x00280101=60, x00280102=59),
    "muestras_65535": lambda: cuentas(x00280002=65535), "muestras_0": lambda: cuentas(x00280002=0),
    "paleta_corta": lambda: con({0x00280004: elemento(0x00280004, "CS", b"PALETTE COLOR "), 0x00281101: elemento(0x00281101, "US", b"\0\0\0\0\x10\0"), 0x00281201: elemento(0x00281201, "OW", b"\0\0")}),
    "fragmentos_millon": lambda: fragmentos(1_000_000), "fragmento_infinito": fragmento_infinito,
    "dicomdir_circular": dicomdir_circular, "sr_de_200000_nodos": lambda: sr_ancho(200_000), "xml_de_mil_millones": xml_de_mil_millones, "pdf_bomba": pdf_bomba,
    "tiff_circular.tif": tiff_circular, "png_65535.png": lambda: png(65535, 65535, (b"IDAT", zlib.compress(bytes(4096)))),
    "png_bomba_de_texto.png": lambda: png(8, 8, (b"zTXt", b"Comment\0\0" + bomba_zlib(2048)), (b"IDAT", zlib.compress(bytes(8 * 25)))),
    "png_bomba.png": lambda: png(40000, 40000, (b"IDAT", bomba_zlib(4576))), "jpeg_enorme.jpg": sof_enorme,
    "jpeg_de_pasadas.jpg": jpeg_de_mil_pasadas, "jpg_exif_circular.jpg": lambda: b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + 6 + len(tiff_circular())) + b"Exif\0\0" + tiff_circular() + c.jpeg(np.zeros((16, 16), np.uint8))[2:],
    "datos_en_orden_inverso": lambda: b"".join([con({})[:340], con({})[-200:], con({})[340:-200]]),
}
