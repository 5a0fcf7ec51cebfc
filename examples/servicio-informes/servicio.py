"""The reports service: takes its commands from Pulsar, keeps its ledger, answers with events.

A message is acknowledged when its answer has been published, or when it lies in the dead letter topic because nobody
can execute it. Whatever ends in between makes the broker deliver it again, and the ledger knows it.

environment: PULSAR_URL, ESPACIO (public/default), LIBRO (informes.sqlite)
"""

import logging
import os
import signal
import sys
import threading
import uuid

import pulsar

from libro import DatosInvalidos, Libro
from sobre import SERVICIO, cerrar, esquema

COMANDOS = {"ComandoCrearInforme": "comandos-crear-informe", "ComandoDescartarInforme": "comandos-descartar-informe"}
EVENTOS = {
    "EventoInformeCreado": "eventos-informe-creado",
    "EventoInformeDescartado": "eventos-informe-descartado",
    "EventoInformeFallido": "eventos-informe-fallido",
}
CARTAS_MUERTAS = "servicio-informes-cartas-muertas"

ESPERA_MS = 250
REPETIR_TRAS_MS = 1_000

log = logging.getLogger(SERVICIO)


class Inservible(Exception):
    """A message that no attempt can execute; its text is a code."""


class Salida:
    """The producers, one per topic; they may be used from any thread."""

    def __init__(self, cliente, espacio):
        def productor(tema, **opciones):
            return cliente.create_producer(f"persistent://{espacio}/{tema}", batching_enabled=False, **opciones)

        self.eventos = {tipo: productor(tema, schema=esquema(tipo)) for tipo, tema in EVENTOS.items()}
        self.muertas = productor(CARTAS_MUERTAS)

    def responder(self, respuesta, orden):
        mensaje, propiedades = cerrar(respuesta, orden)
        self.eventos[respuesta.tipo].send(mensaje, properties=propiedades, partition_key=orden.get("subject"))

    def apartar(self, mensaje, tipo, motivo):
        origen = {"tema": mensaje.topic_name(), "posicion": str(mensaje.message_id()), "tipo": tipo, "motivo": motivo}
        self.muertas.send(mensaje.data(), properties=mensaje.properties() | origen)


class Consumidor(threading.Thread):
    """Takes the commands of one type, one at a time, until it is told to stop."""

    def __init__(self, cliente, espacio, tipo, salida, ruta_del_libro, fin):
        super().__init__(name=tipo)
        self.tipo, self.salida, self.ruta, self.fin = tipo, salida, ruta_del_libro, fin
        self.consumidor = cliente.subscribe(
            f"persistent://{espacio}/{COMANDOS[tipo]}", SERVICIO, schema=esquema(tipo),
            consumer_type=pulsar.ConsumerType.Shared, initial_position=pulsar.InitialPosition.Earliest,
            negative_ack_redelivery_delay_ms=REPETIR_TRAS_MS)

    def run(self):
        libro = Libro(self.ruta)
        while not self.fin.is_set():
            try:
                mensaje = self.consumidor.receive(timeout_millis=ESPERA_MS)
            except pulsar.Timeout:
                continue
            except pulsar.PulsarException:
                log.exception("nothing can be received")
                self.fin.wait(REPETIR_TRAS_MS / 1000)
                continue
            try:
                self.atender(libro, mensaje)
                self.consumidor.acknowledge(mensaje)
            except Exception:
                # The disk or the broker: the message is not to blame, and comes again.
                log.exception("a %s was not attended; it comes again", self.tipo)
                self.consumidor.negative_acknowledge(mensaje)

    def atender(self, libro, mensaje):
        try:
            orden = abrir(mensaje, self.tipo)
            respuesta = libro.atender(self.tipo, orden["id"], orden.get("causationid"), orden["data"])
        except (Inservible, DatosInvalidos) as motivo:
            log.warning("a %s is a dead letter: %s", self.tipo, motivo)
            self.salida.apartar(mensaje, self.tipo, str(motivo))
            return
        self.salida.responder(respuesta, orden)
        log.info("%s %s: %s", self.tipo, orden["id"], respuesta.tipo)


def abrir(mensaje, tipo):
    """The message as it was written, if it is one."""
    try:
        orden = mensaje.value()
    except Exception:
        raise Inservible("indescifrable") from None
    if orden.get("type") != tipo:
        raise Inservible("tipo_ajeno" if orden.get("type") else "sobre_incompleto")
    if not orden.get("data"):
        raise Inservible("sin_datos")
    for campo in ("id", "causationid"):
        try:
            if orden.get(campo) or campo == "id":
                uuid.UUID(orden.get(campo) or "")
        except ValueError:
            raise Inservible(f"{campo}_ilegible") from None
    return orden


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    espacio, ruta = os.environ.get("ESPACIO", "public/default"), os.environ.get("LIBRO", "informes.sqlite")
    Libro(ruta).preparar()
    fin = threading.Event()
    for senal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(senal, lambda *_: fin.set())
    cliente = pulsar.Client(os.environ["PULSAR_URL"], logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Warn))
    salida = Salida(cliente, espacio)
    consumidores = [Consumidor(cliente, espacio, tipo, salida, ruta, fin) for tipo in COMANDOS]
    for consumidor in consumidores:
        consumidor.start()
    log.info("ready")
    while not fin.wait(1) and all(consumidor.is_alive() for consumidor in consumidores):
        pass
    pedido = fin.is_set()
    fin.set()
    for consumidor in consumidores:
        consumidor.join()
    cliente.close()
    log.info("stopped")
    return 0 if pedido else 1


if __name__ == "__main__":
    sys.exit(main())
