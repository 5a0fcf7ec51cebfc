"""Identifying strings that are still there: in decoded values, in raw bytes, in any encoding, in hexadecimal, in base 64."""

import base64
import unicodedata
from functools import lru_cache

from .lectura import Leido, bloques, textos

CODIFICACIONES = (
    "utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7",
    "iso8859-8", "iso8859-9", "iso8859-11", "iso8859-15", "cp1252", "shift_jis", "iso2022_jp", "iso2022_jp_2", "euc_jp", "euc_kr", "gb18030",
    "gbk", "gb2312", "big5", "koi8-r",
)
MINIMO = 4


@lru_cache(maxsize=None)
def normal(texto: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", texto).casefold().split())


@lru_cache(maxsize=None)
def agujas(valor: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Byte strings that betray the value: without regard to case, and exactly."""
    sin_caja, exactas = set(), set()
    for forma in {valor, valor.upper(), valor.lower(), valor.title(), unicodedata.normalize("NFD", valor)}:
        for codificacion in CODIFICACIONES:
            try:
                crudo = forma.encode(codificacion)
            except UnicodeEncodeError:
                continue
            for escape in (b"\x1b$B", b"\x1b(B", b"\x1b$(D", b"\x1b(J", b"\x1b.F", b"\x1bN"):
                crudo = crudo.replace(escape, b"")
            if len(crudo) >= MINIMO:
                sin_caja.add(crudo.lower())
        crudo = forma.encode()
        sin_caja.add(crudo.hex().encode())
        for desfase in range(3):
            codificado = base64.b64encode(b"\0" * desfase + crudo)
            # The characters that the neighbours also decide are left out.
            util = codificado[(0, 2, 3)[desfase]:len(codificado.rstrip(b"=")) - 1]
            if len(util) >= 6:
                exactas.add(util)
    return tuple(sin_caja), tuple(exactas)


def quedan(leido: Leido, secretos: list[dict], nombre_de_salida: str) -> list[dict]:
    """Which strings are left, and where."""
    visibles = [(camino, normal(texto)) for camino, texto in textos(leido)]
    visibles.append(("nombre del fichero", normal(nombre_de_salida)))
    crudos = [(lugar, datos, datos.lower()) for lugar, datos in bloques(leido)]
    restos = []
    for secreto in {s["valor"]: s for s in secretos}.values():
        valor = secreto["valor"]
        buscado = normal(valor)
        donde = [camino for camino, texto in visibles if buscado in texto]
        if not donde:
            sin_caja, exactas = agujas(valor)
            donde = [lugar for lugar, datos, bajos in crudos
                     if any(a in bajos for a in sin_caja) or any(a in datos for a in exactas)]
        if donde:
            restos.append({"valor": valor, "de": secreto["lugar"], "en": donde[:4]})
    return restos


def en_texto(texto: str, secretos: list[dict]) -> list[str]:
    """The identifying strings of a text that people or other systems read."""
    normalizado = normal(texto)
    return sorted({s["valor"] for s in secretos if normal(s["valor"]) in normalizado})
