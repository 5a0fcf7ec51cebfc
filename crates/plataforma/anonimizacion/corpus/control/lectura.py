"""What a file says, at every level, however it was written."""

import io
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

PLANAS = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
TOPE_INFLADO = 32 << 20


@dataclass
class Leido:
    """A file: its bytes, its data set if it has one, and why not otherwise."""
    ruta: Path
    crudo: bytes
    ds: Dataset | None = None
    error: str | None = None
    planos: list[tuple[str, DataElement]] = field(default_factory=list)

    @property
    def plana(self) -> bool:
        return self.ruta.suffix.lower() in PLANAS or self.crudo[:3] == b"\xff\xd8\xff" or self.crudo[:4] in (b"\x89PNG", b"II*\0", b"MM\0*")


def leer(ruta: Path) -> Leido:
    leido = Leido(ruta, ruta.read_bytes())
    if leido.plana and leido.crudo[128:132] != b"DICM":
        return leido
    try:
        leido.ds = pydicom.dcmread(io.BytesIO(leido.crudo), force=True)
        leido.planos = list(recorrer(leido.ds))
        if not leido.planos:
            leido.error = "sin elementos"
    except Exception as error:
        leido.error = f"{type(error).__name__}: {error}"[:120]
    return leido


def recorrer(ds: Dataset, camino: str = "") -> Iterator[tuple[str, DataElement]]:
    """Every element with its path, file meta information included."""
    if not camino and getattr(ds, "file_meta", None):
        yield from recorrer(ds.file_meta, "meta/")
    for etiqueta in sorted(ds.keys()):
        elemento = ds[etiqueta]
        aqui = f"{camino}{etiqueta.group:04X}{etiqueta.element:04X}"
        yield aqui, elemento
        if elemento.VR == "SQ":
            for n, item in enumerate(elemento.value or []):
                yield from recorrer(item, f"{aqui}[{n}]/")


def valores(elemento: DataElement) -> list[object]:
    valor = elemento.value
    if isinstance(valor, (list, MultiValue)):
        return list(valor)
    return [] if valor is None or valor == "" or valor == b"" else [valor]


def canonico(elemento: DataElement) -> list[str]:
    """The values as texts that compare across encodings."""
    return [v.rstrip(b"\0 ").hex() if isinstance(v, bytes) else str(v).strip(" \0") for v in valores(elemento)]


def textos(leido: Leido) -> Iterator[tuple[str, str]]:
    """Every decoded value, and values of several parts also as one."""
    for camino, elemento in leido.planos:
        if elemento.VR == "SQ" or isinstance(elemento.value, bytes) and len(elemento.value) > 1 << 16:
            continue
        partes = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in valores(elemento)]
        for parte in partes:
            yield camino, parte
            if any(s in parte for s in "^="):
                yield camino, parte.replace("^", " ").replace("=", " ")
        if len(partes) > 1:
            yield camino, " ".join(partes)


def bloques(leido: Leido) -> Iterator[tuple[str, bytes]]:
    """The file's bytes, and those that are compressed inside: a deflated data set, streams of PDF and PNG."""
    yield "bytes", leido.crudo
    ds = leido.ds
    if ds is not None and getattr(ds.file_meta, "TransferSyntaxUID", "") == "1.2.840.10008.1.2.1.99":
        inicio = 144 + int.from_bytes(leido.crudo[140:144], "little")
        yield "deflate", _inflar(leido.crudo[inicio:], -15)
    if leido.crudo[:4] == b"\x89PNG":
        yield from ((f"zlib@{n}", b) for n, b in _flujos(leido.crudo.split(b"IDAT")[0] + leido.crudo.rsplit(b"IDAT")[-1]))
    for camino, elemento in leido.planos:
        if isinstance(elemento.value, bytes) and not camino.endswith("7FE00010") and len(elemento.value) > 8:
            yield from ((f"{camino}>zlib", b) for _, b in _flujos(elemento.value))


def _flujos(datos: bytes) -> Iterator[tuple[int, bytes]]:
    for hallado in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", datos):
        inflado = _inflar(datos[hallado.start():], 15)
        if inflado:
            yield hallado.start(), inflado


def _inflar(datos: bytes, ventana: int) -> bytes:
    try:
        return zlib.decompressobj(ventana).decompress(datos, TOPE_INFLADO)
    except zlib.error:
        return b""
