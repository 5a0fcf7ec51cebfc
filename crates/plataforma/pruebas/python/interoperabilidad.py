"""Sends commands and reads events as a service written with the Python client does.

usage: interoperabilidad.py enviar heredada|declarada CLIENTE PLAN
       interoperabilidad.py leer   heredada|declarada CLIENTE
"""

import os
import sys
import time
import uuid

import pulsar
from pulsar.schema import AvroSchema, Long, Record, String

NAMESPACE = "persistent://public/default/"


class Mensaje(Record):
    """The envelope; a Record does not hand its fields down to its subclasses."""

    id = String()
    time = Long()
    ingestion = Long()
    specversion = String()
    type = String()
    datacontenttype = String()
    service_name = String()


class ComandoCrearSuscripcionPayload(Record):
    cliente_codigo = String()
    cliente_nombres = String()
    cliente_apellidos = String()
    cliente_usuario = String()
    cliente_rut = String()
    cliente_cedula = String()
    cliente_email = String()
    plan_codigo = String()
    plan_nombre = String()


class SuscripcionCreadaPayload(Record):
    codigo_cliente = String()
    codigo_plan = String()
    id_suscripcion = String()


def clase(nombre, payload, forma):
    """The message class: only `data` when it inherits the envelope, the envelope first when it declares it."""
    campos = {}
    if forma == "declarada":
        campos = {n: Long() if n in ("time", "ingestion") else String() for n in (
            "id", "time", "ingestion", "specversion", "type", "datacontenttype", "service_name")}
    campos["data"] = payload()
    base = Mensaje if forma == "heredada" else Record
    return type(nombre, (base,), campos)


def enviar(cliente, forma, codigo, plan):
    comando = clase("ComandoCrearSuscripcion", ComandoCrearSuscripcionPayload, forma)
    productor = cliente.create_producer(NAMESPACE + "comandos-crear-suscripcion", schema=AvroSchema(comando))
    datos = ComandoCrearSuscripcionPayload(
        cliente_codigo=codigo, cliente_nombres="Pablo", cliente_apellidos="Perez Prieto", cliente_usuario="pperez",
        cliente_rut="123457890", cliente_cedula="123457890", cliente_email="pperez@domain.com",
        plan_codigo=plan, plan_nombre=plan.upper())
    mensaje = comando(data=datos)
    if forma == "declarada":
        ahora = int(time.time() * 1000)
        mensaje = comando(
            id=str(uuid.uuid4()), time=ahora, ingestion=ahora, specversion="v1", type="ComandoCrearSuscripcion",
            datacontenttype="AVRO", service_name="bff-web", data=datos)
    productor.send(mensaje)
    productor.close()


def leer(cliente, forma, codigo):
    evento = clase("EventoSuscripcionCreada", SuscripcionCreadaPayload, forma)
    consumidor = cliente.subscribe(
        NAMESPACE + "eventos-suscripcion-creada", "python-" + uuid.uuid4().hex, schema=AvroSchema(evento),
        initial_position=pulsar.InitialPosition.Earliest)
    limite = time.time() + 30
    while time.time() < limite:
        mensaje = consumidor.receive(timeout_millis=10_000)
        datos = mensaje.value().data
        consumidor.acknowledge(mensaje)
        if datos.codigo_cliente == codigo:
            print(f"id_suscripcion={datos.id_suscripcion} codigo_plan={datos.codigo_plan}")
            consumidor.unsubscribe()
            return
    consumidor.unsubscribe()
    sys.exit(f"no event of client {codigo}")


def main():
    cliente = pulsar.Client(os.environ["PULSAR_URL"], logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Warn))
    {"enviar": enviar, "leer": leer}[sys.argv[1]](cliente, *sys.argv[2:])
    cliente.close()


if __name__ == "__main__":
    main()
