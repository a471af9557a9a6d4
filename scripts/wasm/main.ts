/** `npm run build:wasm`: compiles the chunker's inner loop and writes it into the sources. */
import { writeFile } from 'node:fs/promises';
import { buildFindCut, MODULE_FILE } from './build-find-cut.ts';

await writeFile(MODULE_FILE, await buildFindCut());
