"""The envelope: CloudEvents attributes beside `data`, the main ones repeated as message properties."""

import json
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

from pulsar.schema import AvroSchema

SERVICIO = "servicio-informes"
FUENTE = f"/saludtechalpes/{SERVICIO}"
ESQUEMAS = Path(__file__).parent / "esquemas"
CONTENIDO = "application/avro"


def esquema(tipo):
    """A client's schema of a message type; the schema a message was written with comes from the registry."""
    return AvroSchema(None, json.loads((ESQUEMAS / f"{tipo}.avsc").read_text()))


def cerrar(respuesta, orden):
    """The message that answers an order, and its properties. Its id is the same however often it is sent."""
    ahora = int(time.time() * 1000)
    id_mensaje = str(uuid.uuid5(uuid.UUID(orden["id"]), respuesta.tipo))
    heredados = {campo: orden.get(campo) for campo in ("subject", "correlationid", "traceparent", "tenant")}
    mensaje = heredados | {
        "data": respuesta.datos, "id": id_mensaje, "time": ahora, "ingestion": ahora, "specversion": "1.0",
        "type": respuesta.tipo, "datacontenttype": CONTENIDO, "service_name": SERVICIO, "source": FUENTE,
        "dataschema": f"urn:saludtechalpes:esquema:{respuesta.tipo}:v1", "causationid": orden["id"]}
    instante = datetime.fromtimestamp(ahora / 1000, timezone.utc).isoformat(timespec="milliseconds")
    propiedades = heredados | {
        "id": id_mensaje, "type": respuesta.tipo, "source": FUENTE, "specversion": "1.0", "time": instante,
        "causationid": orden["id"]}
    propiedades = {f"ce_{nombre}": valor for nombre, valor in propiedades.items() if valor is not None}
    return mensaje, propiedades | {"content-type": CONTENIDO}
