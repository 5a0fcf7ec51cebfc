"""Values that must come out as they went in; and the ground truth of files that nobody planted anything in."""

import numpy as np
from pydicom.dataset import Dataset

from .lectura import Leido, canonico
from .tabla import Tabla, _vano

# Who and where, whose text must be nowhere in the output.
PERSONALES = (
    "00100010", "00100020", "00100030", "00101000", "00101001", "00101040", "00102154", "00080050", "00080080", "00080081", "00080090", "00080092",
    "00080094", "00081010", "00081048", "00081050", "00081060", "00081070", "00200010", "00321032", "00321033", "00101060", "00181000", "00102160",
)
UTILES = (
    "SOPClassUID", "Modality", "Rows", "Columns", "NumberOfFrames", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient",
    "SliceThickness", "KVP", "Manufacturer", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "ImageType", "RepetitionTime",
    "EchoTime", "MagneticFieldStrength", "InstanceNumber", "BodyPartExamined", "DoseGridScaling", "SpacingBetweenSlices",
)
MINIMO = 6
PORCION_ADMITIDA = {"US": 1.0, "OT": 1.0, "XA": 1.0, "SC": 1.0}


def verdad_de(antes: Leido, norma: Tabla) -> dict:
    verdad = {"secretos": [], "conservar": [], "textos": [], "libres": [], "trazos": {}, "con_perdida": False, "puede_ir_a_cuarentena": True}
    for camino, elemento in antes.planos:
        fila = norma.fila(camino[-8:])
        if fila is None or elemento.VR == "SQ":
            continue
        if elemento.VR == "UI" and "U" in fila["basic"]:
            verdad["secretos"] += [{"valor": v, "lugar": camino} for v in canonico(elemento) if v and not v.startswith("1.2.840.10008.") and len(v) > 8]
        elif camino[-8:] in PERSONALES and not isinstance(elemento.value, bytes):
            partes = [p for v in canonico(elemento) for p in v.replace("=", "^").split("^")]
            verdad["secretos"] += [{"valor": p.strip(), "lugar": camino} for p in partes if len(p.strip()) >= MINIMO and not _vano(p.strip())]
    if antes.ds is not None and antes.error is None:
        for clave in UTILES:
            if clave in antes.ds and antes.ds.get(clave) not in (None, "", []):
                verdad["conservar"].append({"ruta": clave, "valor": _texto(antes.ds[clave])})
    # A clinic named like the maker of its device cannot be told apart from it.
    utiles = [u["valor"].casefold() for u in verdad["conservar"]]
    verdad["secretos"] = [s for s in verdad["secretos"] if not any(s["valor"].casefold() in u for u in utiles)]
    return verdad


def perdidos(verdad: dict, despues: Leido) -> list[dict]:
    faltas = []
    for util in verdad["conservar"]:
        ahora = _buscar(despues.ds, util["ruta"])
        if ahora != util["valor"] and not _mismos_numeros(ahora, util["valor"]):
            faltas.append({"ruta": util["ruta"], "era": util["valor"][:40], "es": ahora and ahora[:40]})
    return faltas


def _buscar(ds: Dataset, ruta: str) -> str | None:
    *camino, hoja = ruta.split(".")
    try:
        for paso in camino:
            ds = ds[int(paso)] if paso.isdigit() else getattr(ds, paso)
        return _texto(ds[hoja])
    except (AttributeError, KeyError, IndexError, TypeError):
        return None


def _texto(elemento) -> str:
    return "hex:" + elemento.value.hex() if isinstance(elemento.value, bytes) else "\\".join(canonico(elemento))


def _mismos_numeros(uno: str | None, otro: str) -> bool:
    try:
        return uno is not None and np.array_equal([float(x) for x in uno.split("\\")], [float(x) for x in otro.split("\\")])
    except ValueError:
        return False


def pixeles_reales(antes: Leido, original: np.ndarray, escrita: np.ndarray) -> list[dict]:
    """Nobody knows where these have text: only what cannot be right is counted."""
    if original.shape != escrita.shape:
        return [{"motivo": f"forma {original.shape} -> {escrita.shape}"}]
    distintos = original != escrita
    porcion = float((distintos.any(-1) if distintos.ndim == 4 else distintos).mean())
    admitida = PORCION_ADMITIDA.get(str(antes.ds.get("Modality")), 0.05) if antes.ds is not None else 1.0
    return [{"motivo": f"{porcion:.1%} de los píxeles cambiados"}] if porcion > admitida else []
