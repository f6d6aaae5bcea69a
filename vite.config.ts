import preact from '@preact/preset-vite';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { encodeIdx } from './client/data/idx.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The sample images of the contribute page: the handwriting shard that the demo's four volunteers
 * leave over, base classes only, without labels.
 */
function samples(): Plugin {
  return {
    name: 'shoal samples',
    apply: 'build',
    async generateBundle() {
      // Here and not above: the renderer is native code that nothing but a build needs.
      const { loadHandwriting, rowsOf } = await import('./client/data/handwriting/load.ts');
      const { splitWriters } = await import('./client/data/handwriting/split.ts');
      const data = loadHandwriting(at('.shoal/handwriting'));
      const rows = rowsOf(data, splitWriters(1).shards[4] as number[]);
      const length = data.images.length / data.n;
      const side = Math.sqrt(length);
      const images = new Uint8Array(rows.length * length);
      rows.forEach((row, i) =>
        images.set(data.images.subarray(row * length, (row + 1) * length), i * length),
      );
      const file = 'handwriting-5.idx3-ubyte';
      const index = [{ project: 'handwriting', title: 'Handwriting', file, count: rows.length }];
      this.emitFile({
        type: 'asset',
        fileName: `samples/${file}`,
        source: encodeIdx([rows.length, side, side], images),
      });
      this.emitFile({
        type: 'asset',
        fileName: 'samples/index.json',
        source: JSON.stringify(index),
      });
    },
  };
}

/** The pages: three entries, and two worker threads that Vite finds by their `new Worker(new URL(...))`. */
export default defineConfig({
  root: at('client/web'),
  plugins: [preact(), samples()],
  worker: { format: 'es' },
  build: {
    outDir: at('dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // The pages' policy allows no data: address, so nothing may be inlined as one.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: {
        index: at('client/web/index.html'),
        admin: at('client/web/admin.html'),
        playground: at('client/web/playground.html'),
      },
    },
  },
});
