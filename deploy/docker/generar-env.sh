#!/bin/sh
# Prints ejemplo.env with a random value on every empty line: passwords in hexadecimal, because they travel in URLs,
# and keys as base64 of 32 bytes.
set -eu

cd "$(dirname "$0")"
while IFS= read -r linea; do
    case "$linea" in
        CONTRASENA_*=) printf '%s%s\n' "$linea" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
        CLAVE_*=) printf '%s%s\n' "$linea" "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" ;;
        *) printf '%s\n' "$linea" ;;
    esac
done <ejemplo.env
