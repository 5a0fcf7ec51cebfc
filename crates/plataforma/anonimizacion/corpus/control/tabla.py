"""Table E.1-1 of PS3.15 on the written file: what should be gone, replaced or empty, and is not."""

import json
from collections import defaultdict
from pathlib import Path

from .lectura import Leido, canonico

OPCIONES = {
    "113103": "clean_graphics", "113104": "clean_structured_content", "113105": "clean_descriptors",
    "113106": "retain_longitudinal_full_dates", "113107": "retain_longitudinal_modified_dates", "113108": "retain_patient_characteristics",
    "113109": "retain_device_identity", "113110": "retain_uids", "113111": "retain_safe_private", "113112": "retain_institution_identity",
}
# Values that say nothing about anybody: finding them again is no leak.
VANOS = {"", "0", "1", "anonymous", "anonymized", "anon", "anonymisiert", "unknown", "none", "o", "x", "xxxx", "000000", "000000.000000", "00000000",
         "19000101", "19000101000000", "removed", "deidentified", "no", "n/a", "na", "000y"}


class Tabla:
    def __init__(self, ruta: Path):
        self.filas = {r["tag"]: r for r in json.loads(ruta.read_text())["rules"]}

    def fila(self, etiqueta: str) -> dict | None:
        grupo = int(etiqueta[:4], 16)
        if 0x5000 <= grupo <= 0x501E and grupo % 2 == 0:
            return self.filas["50xxxxxx"]
        if 0x6000 <= grupo <= 0x601E and etiqueta[4:] in ("3000", "4000"):
            return self.filas[f"60xx{etiqueta[4:]}"]
        return self.filas.get(etiqueta)

    def accion(self, fila: dict, opciones: set[str]) -> set[str]:
        """What may be done with the attribute under the declared options."""
        acciones = set(fila["basic"].replace("*", "").split("/"))
        return acciones | {fila["options"][o] for o in opciones if o in fila["options"]}


def opciones_de(leido: Leido) -> set[str]:
    secuencia = leido.ds.get("DeidentificationMethodCodeSequence") or []
    return {OPCIONES[str(i.get("CodeValue"))] for i in secuencia if str(i.get("CodeValue")) in OPCIONES}


def infracciones(tabla: Tabla, antes: Leido, despues: Leido) -> list[dict]:
    """Attributes of the table that do not have what the profile demands."""
    opciones = opciones_de(despues)
    originales: dict[str, set[str]] = defaultdict(set)
    for camino, elemento in antes.planos:
        originales[camino[-8:]] |= set(canonico(elemento)) if elemento.VR != "SQ" else set()
    faltas = []
    for camino, elemento in despues.planos:
        etiqueta = camino[-8:]
        fila = tabla.fila(etiqueta)
        if fila is None or camino.startswith("meta/"):
            continue
        acciones = tabla.accion(fila, opciones)
        motivo = _motivo(fila, acciones, elemento, originales[etiqueta], despues)
        if motivo:
            faltas.append({"en": camino, "atributo": fila["name"], "accion": "/".join(sorted(acciones)), "motivo": motivo})
    faltas += [f for f in _perdidas(tabla, antes, despues, opciones)]
    return faltas


def _motivo(fila: dict, acciones: set[str], elemento, originales: set[str], despues: Leido) -> str | None:
    if "K" in acciones:
        return None
    if acciones == {"X"}:
        return "debía quitarse"
    if elemento.VR == "SQ":
        return None
    valores = canonico(elemento)
    if acciones == {"D"} and not any(valores):
        return "debía tener un valor ficticio"
    if "C" in acciones and elemento.VR not in ("DA", "DT", "TM"):
        return None
    iguales = [v for v in valores if v in originales and not _vano(v)]
    return "conserva el valor original" if iguales else None


def _perdidas(tabla: Tabla, antes: Leido, despues: Leido, opciones: set[str]) -> list[dict]:
    """A mandatory attribute that the profile replaces must not vanish."""
    presentes = {camino for camino, _ in despues.planos}
    return [{"en": camino, "atributo": fila["name"], "accion": "D", "motivo": "debía reemplazarse y falta"}
            for camino, elemento in antes.planos
            if "/" not in camino and (fila := tabla.fila(camino)) and fila["basic"] == "D" and canonico_o_items(elemento) and camino not in presentes]


def canonico_o_items(elemento) -> bool:
    return bool(elemento.value) if elemento.VR == "SQ" else any(canonico(elemento))


def _vano(valor: str) -> bool:
    bajo = valor.lower()
    return bajo in VANOS or bajo.startswith(("anonym", "1.2.840.10008.")) or not bajo.strip("0. ")


def privados(despues: Leido) -> list[str]:
    """Private elements at any level, file meta information too."""
    if "retain_safe_private" in opciones_de(despues):
        return []
    return [camino for camino, e in despues.planos if e.tag.group % 2 or camino.startswith("meta/00020100") or camino.startswith("meta/00020102")]


def metodo(despues: Leido, con_texto: bool) -> list[str]:
    """What PS3.15 E.1 wants written about the de-identification, and is not."""
    ds, faltas = despues.ds, []
    codigos = {(str(i.get("CodeValue")), str(i.get("CodingSchemeDesignator"))) for i in ds.get("DeidentificationMethodCodeSequence") or []}
    if ds.get("PatientIdentityRemoved") != "YES":
        faltas.append("(0012,0062) no es YES")
    if not ds.get("DeidentificationMethod"):
        faltas.append("(0012,0063) vacío")
    if ("113100", "DCM") not in codigos:
        faltas.append("(0012,0064) sin 113100")
    if ds.get("LongitudinalTemporalInformationModified") not in ("REMOVED", "MODIFIED", "UNMODIFIED"):
        faltas.append("(0028,0303) vacío")
    if con_texto and ("113101", "DCM") not in codigos:
        faltas.append("(0012,0064) sin 113101")
    if con_texto and ds.get("BurnedInAnnotation") != "NO":
        faltas.append("(0028,0301) no es NO")
    return faltas
