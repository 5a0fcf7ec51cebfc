// Checks schemas/asyncapi.json, with the Avro schemas that it refers to, against AsyncAPI 3.0.
import { fileURLToPath } from 'node:url';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { fromFile, Parser } from '@asyncapi/parser';

const ERROR = 0;
const AVISO = 1;

const ruta = fileURLToPath(new URL('../../schemas/asyncapi.json', import.meta.url));
const parser = new Parser();
parser.registerSchemaParser(AvroSchemaParser());
const { document, diagnostics } = await fromFile(parser, ruta).parse();

const faltas = diagnostics.filter(({ severity }) => severity === ERROR || severity === AVISO);
for (const { path, message } of faltas) {
  console.error(`${path?.join('.')}: ${message}`);
}
if (!document || faltas.length > 0) {
  process.exit(1);
}
const canales = document.channels().length;
const operaciones = document.operations().length;
console.log(`AsyncAPI ${document.version()}: ${canales} canales, ${operaciones} operaciones`);
