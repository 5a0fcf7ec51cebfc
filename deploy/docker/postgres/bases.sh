#!/bin/sh
# One role and one database per service, made when the server starts on an empty volume.
set -eu

crear() {
    psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v nombre="$1" -v contrasena="$2" <<'SQL'
create role :"nombre" login password :'contrasena';
create database :"nombre" owner :"nombre";
revoke all on database :"nombre" from public;
SQL
}

crear suscripciones "$CONTRASENA_SUSCRIPCIONES"
crear servicio_datos "$CONTRASENA_SERVICIO_DATOS"
crear procesamiento "$CONTRASENA_PROCESAMIENTO"
crear notificaciones "$CONTRASENA_NOTIFICACIONES"
