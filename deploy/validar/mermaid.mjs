// Checks diagrams with the parser of Mermaid itself: each file must be one, and `mermaid-roto.mmd`, which is not, proves
// that a broken one does not pass.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Window } from 'happy-dom';

// The parser cleans labels with a library that asks for a browser.
const ventana = new Window();
globalThis.window = ventana;
globalThis.document = ventana.document;
const { default: mermaid } = await import('mermaid');

async function faltaDe(ruta) {
  try {
    const { diagramType } = await mermaid.parse(await readFile(ruta, 'utf8'));
    return diagramType.startsWith('flowchart') ? undefined : `es ${diagramType}`;
  } catch (error) {
    return error.message;
  }
}

const roto = fileURLToPath(new URL('mermaid-roto.mmd', import.meta.url));
if ((await faltaDe(roto)) === undefined) {
  console.error(`${basename(roto)} se admite: el lector no comprueba nada`);
  process.exit(1);
}
const rutas = process.argv.slice(2);
let rotos = 0;
for (const ruta of rutas) {
  const falta = await faltaDe(ruta);
  if (falta !== undefined) {
    rotos += 1;
    console.error(`${ruta}: ${falta}`);
  }
}
if (rutas.length === 0 || rotos > 0) {
  console.error(`${rotos} diagramas rotos de ${rutas.length}`);
  process.exit(1);
}
console.log(`Mermaid: ${rutas.length} diagramas`);
await ventana.happyDOM.close();
