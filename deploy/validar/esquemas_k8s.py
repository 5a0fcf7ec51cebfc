"""Writes the Kubernetes schemas that kubernetes-validate carries in the form that kubeconform reads.

kubeconform takes a schema that does not compile for one that is missing, so references become relative and the
identifier, against which they would be resolved, goes.

usage: esquemas_k8s.py VERSION FOLDER
"""

import json
import pathlib
import sys

import kubernetes_validate

version, carpeta = sys.argv[1], pathlib.Path(sys.argv[2])
carpeta.mkdir(parents=True, exist_ok=True)
paquete = pathlib.Path(kubernetes_validate.__file__).parent
for esquema in (paquete / "kubernetes-json-schema" / f"v{version}.0-local-strict").glob("*.json"):
    texto = esquema.read_text().replace('"$ref": "/api/_definitions.json#', '"$ref": "_definitions.json#')
    valor = json.loads(texto)
    valor.pop("$id", None)
    (carpeta / esquema.name).write_text(json.dumps(valor))
