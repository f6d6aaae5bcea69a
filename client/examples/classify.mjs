// What is in these images?
//
//   node client/examples/classify.mjs letter.png another.jpg
//
// SHOAL_ORIGIN says where the edge is, SHOAL_PROJECT which project is asked, and SHOAL_KEY by which
// key, where the project wants one.
import { readFile } from 'node:fs/promises';
import { argv, env, exit } from 'node:process';
import { NotFound, Shoal } from 'shoal/sdk';

const shoal = new Shoal({
  origin: env.SHOAL_ORIGIN ?? 'http://127.0.0.1:8787',
  project: env.SHOAL_PROJECT ?? 'handwriting',
  key: env.SHOAL_KEY,
});

try {
  for (const file of argv.slice(2)) {
    const { label, classes } = await shoal.classify(await readFile(file), { top: 1 });
    console.log(`${file}: ${label} (${(100 * classes[0].probability).toFixed(1)} %)`);
  }
} catch (error) {
  if (!(error instanceof NotFound)) throw error;
  console.error(`${error.message}. ${error.remedy}`);
  exit(1);
}
