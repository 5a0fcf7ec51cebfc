"""What a good neighbour of the reports service does not send; scenario 8 runs it beside the service's own modules.

usage: ajenos.py basura                       sends four messages that nobody can execute
       ajenos.py deshacer ID SUSCRIPCION      undoes the order with that id
       ajenos.py crear ID SUSCRIPCION         orders a report under that id
       ajenos.py apartados                    prints the reasons of the dead letters
"""

import json
import os
import sys
import uuid

import pulsar

from servicio import CARTAS_MUERTAS, COMANDOS
from sobre import esquema

RAIZ = f"persistent://{os.environ['ESPACIO']}/"
CREAR, DESCARTAR = COMANDOS


def enviar(cliente, tipo, *contenidos):
    """Sends messages under the topic's schema; bytes go as they are."""
    declarado, avro = esquema(tipo), esquema(tipo)
    declarado.encode = lambda contenido: contenido if isinstance(contenido, bytes) else avro.encode(contenido)
    productor = cliente.create_producer(RAIZ + COMANDOS[tipo], schema=declarado, batching_enabled=False)
    for contenido in contenidos:
        productor.send(contenido)


def orden(tipo, datos, **sobre):
    return {"id": str(uuid.uuid4()), "type": tipo, "correlationid": str(uuid.uuid4()), "data": datos} | sobre


def informe(id_suscripcion):
    return {"id_suscripcion": id_suscripcion, "codigo_cliente": "ajeno", "tipo": "mensual"}


def basura(cliente):
    datos = informe(str(uuid.uuid4()))
    enviar(
        cliente, CREAR, b"\xff" * 40, orden("ComandoDeOtro", datos), orden(CREAR, None),
        orden(CREAR, datos | {"id_suscripcion": None}))


def deshacer(cliente, id_orden, id_suscripcion):
    enviar(cliente, DESCARTAR, orden(DESCARTAR, {"id_suscripcion": id_suscripcion}, causationid=id_orden))


def crear(cliente, id_orden, id_suscripcion):
    enviar(cliente, CREAR, orden(CREAR, informe(id_suscripcion), id=id_orden))


def apartados(cliente):
    lector = cliente.create_reader(RAIZ + CARTAS_MUERTAS, pulsar.MessageId.earliest)
    motivos = []
    while lector.has_message_available():
        motivos.append(lector.read_next(timeout_millis=5_000).properties()["motivo"])
    print(json.dumps(sorted(motivos)))


def main():
    cliente = pulsar.Client(os.environ["PULSAR_URL"], logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Warn))
    que = {"basura": basura, "deshacer": deshacer, "crear": crear, "apartados": apartados}[sys.argv[1]]
    que(cliente, *sys.argv[2:])
    cliente.close()


if __name__ == "__main__":
    main()
