"""The ledger of the reports service: what it was ordered, what it answered, and the reports that exist.

An order has its effect once, whatever its number of deliveries: its row and what it changes are one transaction, and
a repetition gets the stored answer. An undo that comes before its order leaves a tombstone, so that the order, when
it comes at last, does nothing.

usage: libro.py FILE    prints the ledger as JSON
"""

import json
import sqlite3
import sys
import uuid
from dataclasses import dataclass

TIPOS = ("mensual", "trimestral", "anual")

TABLAS = """
create table if not exists orden (
  id text primary key, tipo text not null, estado text not null check (estado in ('hecho', 'rechazado', 'cancelado')),
  respuesta text not null, datos text not null, entregas integer not null) strict;
create table if not exists informe (
  id text primary key, id_suscripcion text not null unique, codigo_cliente text not null, tipo text not null,
  periodicidad text, estado text not null check (estado in ('vigente', 'descartado'))) strict;
"""


@dataclass(frozen=True)
class Respuesta:
    tipo: str
    datos: dict


class DatosInvalidos(Exception):
    """The message lacks what its order needs; its text is a code."""


def id_informe(id_suscripcion):
    """Derivable, so that an undo never needs an answer that got lost."""
    return str(uuid.uuid5(uuid.UUID(id_suscripcion), "informe"))


class Libro:
    """One connection to the ledger; each thread opens its own."""

    def __init__(self, ruta):
        self.base = sqlite3.connect(ruta, isolation_level=None, timeout=30)
        self.base.row_factory = sqlite3.Row
        self.base.execute("pragma synchronous = full")

    def preparar(self):
        """Makes what is not there yet; once, before others open it."""
        self.base.execute("pragma journal_mode = wal")
        self.base.executescript(TABLAS)

    def atender(self, tipo, id_orden, id_deshecha, datos):
        """Executes an order once and answers it; the answer is stored when this returns."""
        self.base.execute("begin immediate")
        with self.base:
            repetida = self.base.execute(
                "update orden set entregas = entregas + 1 where id = ? returning respuesta, datos", (id_orden,)).fetchone()
            if repetida:
                return Respuesta(repetida["respuesta"], json.loads(repetida["datos"]))
            ejecutar = {"ComandoCrearInforme": self._crear, "ComandoDescartarInforme": self._descartar}[tipo]
            estado, respuesta = ejecutar(id_deshecha, datos)
            self._anotar(id_orden, tipo, estado, respuesta, 1)
            return respuesta

    def _crear(self, _, datos):
        id_suscripcion, cliente, tipo = (_exigir(datos, campo) for campo in ("id_suscripcion", "codigo_cliente", "tipo"))
        if tipo not in TIPOS:
            return "rechazado", _fallido(id_suscripcion, cliente, "tipo_desconocido")
        id_nuevo = id_informe(id_suscripcion)
        puesto = self.base.execute(
            "insert into informe values (?, ?, ?, ?, ?, 'vigente') on conflict do nothing",
            (id_nuevo, id_suscripcion, cliente, tipo, datos.get("periodicidad")))
        if puesto.rowcount == 0:
            return "rechazado", _fallido(id_suscripcion, cliente, "informe_existente")
        campos = {"id_informe": id_nuevo, "id_suscripcion": id_suscripcion, "codigo_cliente": cliente, "tipo": tipo}
        return "hecho", Respuesta("EventoInformeCreado", campos)

    def _descartar(self, id_deshecha, datos):
        id_suscripcion = _exigir(datos, "id_suscripcion")
        if id_deshecha and not self.base.execute("select 1 from orden where id = ?", (id_deshecha,)).fetchone():
            lapida = _fallido(id_suscripcion, None, "comando_cancelado")
            self._anotar(id_deshecha, "ComandoCrearInforme", "cancelado", lapida, 0)
        fila = self.base.execute(
            "update informe set estado = 'descartado' where id_suscripcion = ? returning id, codigo_cliente",
            (id_suscripcion,)).fetchone()
        return "hecho", Respuesta("EventoInformeDescartado", {
            "id_informe": fila["id"] if fila else id_informe(id_suscripcion), "id_suscripcion": id_suscripcion,
            "codigo_cliente": fila["codigo_cliente"] if fila else None, "motivo": datos.get("motivo")})

    def _anotar(self, id_orden, tipo, estado, respuesta, entregas):
        self.base.execute("insert into orden values (?, ?, ?, ?, ?, ?)", (
            id_orden, tipo, estado, respuesta.tipo, json.dumps(respuesta.datos), entregas))

    def contenido(self):
        """Everything that it holds."""
        ordenes = self.base.execute("select id, tipo, estado, respuesta, entregas from orden order by id").fetchall()
        informes = self.base.execute("select * from informe order by id").fetchall()
        return {"ordenes": [dict(fila) for fila in ordenes], "informes": [dict(fila) for fila in informes]}


def _exigir(datos, campo):
    if not datos.get(campo):
        raise DatosInvalidos(f"falta_{campo}")
    if campo == "id_suscripcion":
        try:
            uuid.UUID(datos[campo])
        except ValueError:
            raise DatosInvalidos("id_suscripcion_ilegible") from None
    return datos[campo]


def _fallido(id_suscripcion, cliente, codigo):
    return Respuesta("EventoInformeFallido", {
        "id_suscripcion": id_suscripcion, "codigo": codigo, "motivo": codigo, "codigo_cliente": cliente})


if __name__ == "__main__":
    print(json.dumps(Libro(sys.argv[1]).contenido()))
