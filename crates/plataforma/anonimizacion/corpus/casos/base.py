"""A case under construction: files, and what the checker must know of each."""

import hashlib
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UID

from .persona import Persona, persona

RAIZ_UID = "1.2.826.0.1.3680043.10.954."

CLASES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "USMF": "1.2.840.10008.5.1.4.1.1.3.1", "CR": "1.2.840.10008.5.1.4.1.1.1", "OT": "1.2.840.10008.5.1.4.1.1.7",
    "MRE": "1.2.840.10008.5.1.4.1.1.4.1", "SR": "1.2.840.10008.5.1.4.1.1.88.33", "PDF": "1.2.840.10008.5.1.4.1.1.104.1",
    "CDA": "1.2.840.10008.5.1.4.1.1.104.2", "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3",
    "RTPLAN": "1.2.840.10008.5.1.4.1.1.481.5", "ECG": "1.2.840.10008.5.1.4.1.1.9.1.1", "PR": "1.2.840.10008.5.1.4.1.1.11.1",
    "KO": "1.2.840.10008.5.1.4.1.1.88.59", "SEG": "1.2.840.10008.5.1.4.1.1.66.4", "XC": "1.2.840.10008.5.1.4.1.1.77.1.4",
    "MFOT": "1.2.840.10008.5.1.4.1.1.7.2", "MFCOLOR": "1.2.840.10008.5.1.4.1.1.7.4",
}
MODALIDAD = {"USMF": "US", "MRE": "MR", "PDF": "DOC", "CDA": "DOC", "MFOT": "OT", "MFCOLOR": "OT"}


def uid(*partes: object) -> str:
    """A UID that only depends on the parts."""
    numero = int.from_bytes(hashlib.sha256("|".join(map(str, partes)).encode()).digest()[:14])
    return f"{RAIZ_UID}{numero}"


@dataclass
class Texto:
    """Letters in the pixels: where, in which frame (None: all), and whether they identify."""
    caja: list[int]
    marco: int | None
    trazos: np.ndarray
    secreto: bool = True


@dataclass
class Fichero:
    caso: "Caso"
    ruta: str
    ds: Dataset
    secretos: list[dict] = field(default_factory=list)
    conservar: list[dict] = field(default_factory=list)
    textos: list[Texto] = field(default_factory=list)
    libres: list[list[int]] = field(default_factory=list)
    graficos: list[np.ndarray] = field(default_factory=list)
    cuarentena: bool = False
    con_perdida: bool = False
    sintaxis: str = ExplicitVRLittleEndian
    bytes_: bytes | None = None

    def s(self, valor: str, lugar: str) -> str:
        """Notes that `valor` identifies, and returns it."""
        self.secretos.append({"valor": valor, "lugar": lugar})
        return valor

    def olvidar(self, *lugares: str) -> None:
        """Forgets what was noted of these places: the case puts something else there."""
        self.secretos = [s for s in self.secretos if s["lugar"] not in lugares]

    def k(self, clave: str, valor: object) -> None:
        """Sets an attribute that must come out as it went in."""
        setattr(self.ds, clave, valor)
        self.conservar.append({"ruta": clave, "valor": texto_de(getattr(self.ds, clave))})

    def pixeles(self, marcos: np.ndarray, fotometria: str, bits: int, *, signo: bool = False, planar: int = 0) -> None:
        """Native pixels: (rows, cols), (frames, rows, cols), and a last axis of 3 for colour."""
        ds, color = self.ds, marcos.shape[-1] == 3
        forma = marcos.shape[:-1] if color else marcos.shape
        self.k("Rows", forma[-2])
        self.k("Columns", forma[-1])
        if len(forma) == 3:
            self.k("NumberOfFrames", forma[0])
        ds.SamplesPerPixel = 3 if color else 1
        ds.PhotometricInterpretation = fotometria
        ds.BitsAllocated = 16 if bits > 8 else 8
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, int(signo)
        if color:
            ds.PlanarConfiguration = planar
            if planar:
                marcos = np.moveaxis(marcos, -1, -3)
        tipo = ("<i2" if signo else "<u2") if bits > 8 else "u1"
        crudo = marcos.astype(tipo).tobytes()
        ds.PixelData = crudo + b"\0" * (len(crudo) % 2)
        ds["PixelData"].VR = "OW" if bits > 8 else "OB"

    def volcar(self, raiz: Path) -> dict:
        destino = raiz / self.ruta
        destino.parent.mkdir(parents=True, exist_ok=True)
        destino.write_bytes(self.bytes_ if self.bytes_ is not None else codificar(self.ds, self.sintaxis))
        verdad = {"ruta": self.ruta, "caso": self.caso.nombre, "secretos": self.secretos, "conservar": self.conservar,
                  "puede_ir_a_cuarentena": self.cuarentena, "con_perdida": self.con_perdida, "libres": self.libres,
                  "textos": [{"caja": t.caja, "marco": t.marco, "secreto": t.secreto} for t in self.textos]}
        trazos = {f"t{i}": np.packbits(t.trazos) for i, t in enumerate(self.textos)}
        trazos |= {f"g{i}": np.packbits(g) for i, g in enumerate(self.graficos)}
        formas = {f"{k}": list((self.textos[int(k[1:])].trazos if k[0] == "t" else self.graficos[int(k[1:])]).shape)
                  for k in trazos}
        verdad["trazos"] = {k: {"forma": formas[k], "bits": v.tobytes().hex()} for k, v in trazos.items()}
        return verdad


class Caso:
    """One hiding place: its files share a person and a seed of their own."""

    def __init__(self, nombre: str, semilla: int):
        self.nombre = nombre
        self.azar = Random(f"{semilla}|{nombre}")
        self.np = np.random.default_rng(int.from_bytes(hashlib.sha256(f"{semilla}|{nombre}".encode()).digest()[:8]))
        self.persona: Persona = persona(self.azar)
        self.ficheros: list[Fichero] = []

    def uid(self, *partes: object) -> str:
        return uid(self.nombre, *partes)

    def fichero(self, clase: str = "CT", ruta: str | None = None, quien: Persona | None = None) -> Fichero:
        """A file with the usual identifying attributes and the usual technical ones."""
        n = len(self.ficheros)
        ds = Dataset()
        f = Fichero(self, f"{self.nombre}/{ruta or f'IM{n:04}.dcm'}", ds)
        self.ficheros.append(f)
        cabecera(f, clase, n, quien or self.persona)
        return f


def cabecera(f: Fichero, clase: str, n: int, p: Persona) -> None:
    ds, caso = f.ds, f.caso
    ds.SOPClassUID = UID(CLASES[clase])
    ds.SOPInstanceUID, ds.StudyInstanceUID = caso.uid("sop", n), caso.uid("estudio")
    ds.SeriesInstanceUID, ds.FrameOfReferenceUID = caso.uid("serie", clase), caso.uid("marco")
    f.conservar.append({"ruta": "SOPClassUID", "valor": CLASES[clase]})
    for clave in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        f.s(getattr(ds, clave), clave)
    f.k("Modality", MODALIDAD.get(clase, clase))
    f.k("Manufacturer", "Acme Imaging")
    f.k("ManufacturerModelName", "Modelo 7")
    f.k("InstanceNumber", n + 1)
    f.k("SeriesNumber", 4)
    f.k("BodyPartExamined", "CHEST")
    ds.PatientName = p.pn
    for parte in p.partes:
        f.s(parte, "PatientName")
    ds.PatientID, ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = p.cedula, p.nacimiento, "F", "047Y"
    f.s(p.cedula, "PatientID")
    f.s(p.nacimiento, "PatientBirthDate")
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = p.estudio
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = p.hora
    f.s(p.estudio, "StudyDate")
    f.s(p.hora, "StudyTime")
    ds.AccessionNumber, ds.StudyID = f.s(p.acceso, "AccessionNumber"), f.s(f"E{p.acceso[3:]}", "StudyID")
    ds.ReferringPhysicianName = p.medico
    ds.OperatorsName = p.operador
    for lugar, quien_ in (("ReferringPhysicianName", p.medico), ("OperatorsName", p.operador)):
        for parte in quien_.split("^"):
            f.s(parte, lugar)
    ds.InstitutionName, ds.StationName = f.s(p.clinica, "InstitutionName"), f.s(p.estacion, "StationName")
    ds.InstitutionAddress = f.s(p.direccion, "InstitutionAddress")


def codificar(ds: Dataset, sintaxis: str, preambulo: bytes = b"\0" * 128) -> bytes:
    """The bytes of a Part 10 file."""
    meta = getattr(ds, "file_meta", None) or FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = UID(sintaxis)
    meta.ImplementationClassUID, meta.ImplementationVersionName = "1.2.826.0.1.3680043.10.954.1", "CORPUS_1"
    ds.file_meta, ds.preamble = meta, preambulo
    if meta.TransferSyntaxUID == pydicom.uid.ExplicitVRBigEndian and "PixelData" in ds and ds.BitsAllocated == 16:
        crudo = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
        ds.PixelData = crudo
    salida = io.BytesIO()
    ds.save_as(salida, enforce_file_format=True, overwrite=True)
    return salida.getvalue()


def texto_de(valor: object) -> str:
    return "\\".join(map(str, valor)) if isinstance(valor, (list, tuple, pydicom.multival.MultiValue)) else str(valor)


def elemento(etiqueta: int, vr: str, valor: bytes) -> bytes:
    """An element in explicit little endian, whatever its value."""
    grupo, numero = etiqueta >> 16, etiqueta & 0xFFFF
    largo = vr in ("OB", "OW", "UN", "UT", "SQ", "OF", "UC", "UR", "OD", "OL", "OV", "SV", "UV")
    cabeza = struct.pack("<HH", grupo, numero) + vr.encode()
    return cabeza + (struct.pack("<HI", 0, len(valor)) if largo else struct.pack("<H", len(valor))) + valor
