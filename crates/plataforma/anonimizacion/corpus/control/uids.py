"""One old UID, one new UID, in every file; and so for the patient."""

from collections import defaultdict

from .lectura import Leido, valores


class Registro:
    """What each old identifier became, over all files."""

    def __init__(self) -> None:
        self.uids: dict[str, dict[str, str]] = defaultdict(dict)
        self.pacientes: dict[str, dict[str, str]] = defaultdict(dict)

    def anotar(self, ruta: str, antes: Leido, despues: Leido, es_identificador) -> list[str]:
        """Takes note of a pair of files; returns what is wrong within it."""
        faltas = []
        nuevo = dict(despues.planos)
        for camino, elemento in antes.planos:
            par = nuevo.get(camino)
            if elemento.VR != "UI" or not es_identificador(camino) or par is None or not _alineado(camino, antes, despues):
                continue
            for viejo, actual in zip(map(str, valores(elemento)), map(str, valores(par))):
                if viejo and actual and not viejo.startswith("1.2.840.10008.") and viejo != actual:
                    self.uids[viejo].setdefault(actual, ruta)
        meta = getattr(despues.ds, "file_meta", None)
        if meta is not None and "SOPInstanceUID" in despues.ds and meta.get("MediaStorageSOPInstanceUID") != despues.ds.SOPInstanceUID:
            faltas.append("MediaStorageSOPInstanceUID no es SOPInstanceUID")
        viejo, actual = (str(x.ds.get("PatientID") or "").strip() for x in (antes, despues))
        if viejo and actual:
            self.pacientes[viejo].setdefault(actual, ruta)
        return faltas

    def incoherentes(self) -> list[dict]:
        """Old identifiers with two replacements, and replacements of two old ones."""
        faltas = []
        for clase, mapa in (("UID", self.uids), ("PatientID", self.pacientes)):
            faltas += [{"clase": clase, "viejo": v, "nuevos": list(n), "ruta": list(n.values())[-1]} for v, n in mapa.items() if len(n) > 1]
            inverso = defaultdict(set)
            for viejo, nuevos in mapa.items():
                for nuevo in nuevos:
                    inverso[nuevo].add(viejo)
            faltas += [{"clase": clase, "nuevo": n, "viejos": sorted(v), "ruta": mapa[min(v)][n]} for n, v in inverso.items() if len(v) > 1]
        return faltas


def _alineado(camino: str, antes: Leido, despues: Leido) -> bool:
    """Whether the sequences on the way have as many items as before, so that an index means the same item."""
    while "[" in camino:
        camino = camino[:camino.rindex("[")]
        if _items(antes, camino) != _items(despues, camino):
            return False
    return True


def _items(leido: Leido, camino: str) -> int:
    ds = leido.ds
    *padres, hoja = camino.split("/")
    for padre in padres:
        if padre == "meta":
            return -1
        ds = ds[int(padre[:8], 16)].value[int(padre[9:-1])]
    return len(ds[int(hoja, 16)].value or []) if int(hoja, 16) in ds else -1
