import preact from '@preact/preset-vite';
import { fileURLToPath } from 'node:url';
import {
  build,
  defineConfig,
  type BuildEnvironmentOptions,
  type Plugin,
  type Rolldown,
} from 'vite';
import { encodeIdx } from './client/data/idx.ts';
import type { Route } from './shared/api/route.ts';

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

/**
 * The library for other people's programs. /sdk.js is one file that a plain page can import; beside it,
 * in /sdk/, lies what only a contribution loads. Built apart from the pages, whose shared chunks would
 * make one import many requests. dist/sdk is the same for Node, with the packages left outside.
 */
function sdk(): Plugin {
  return {
    name: 'shoal sdk',
    apply: 'build',
    async generateBundle() {
      const { output } = await library({
        target: 'es2022',
        write: false,
        rolldownOptions: {
          input: { sdk: SDK },
          preserveEntrySignatures: 'allow-extension',
          output: {
            entryFileNames: '[name].js',
            chunkFileNames: 'sdk/[name]-[hash].js',
            assetFileNames: 'sdk/[name]-[hash][extname]',
          },
        },
      });
      for (const file of output) {
        const source = file.type === 'chunk' ? file.code : file.source;
        this.emitFile({ type: 'asset', fileName: file.fileName, source });
      }
      await library({ target: 'node20', ssr: SDK, outDir: at('dist/sdk'), emptyOutDir: true });
    },
  };
}

const SDK = at('client/sdk/index.ts');

async function library(options: BuildEnvironmentOptions): Promise<Rolldown.RolldownOutput> {
  const common = {
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 1500,
  } as const;
  const built = await build({
    ...{ configFile: false, root: at('client/sdk'), logLevel: 'warn', plugins: [slimRoutes()] },
    // Addresses relative to the file itself: it runs on pages of other sites.
    base: './',
    build: { ...common, ...options },
  });
  return built as Rolldown.RolldownOutput;
}

/**
 * Of the route table a caller needs where to go, not the schemas, which types have checked: with them
 * /sdk.js is three times as large.
 */
function slimRoutes(): Plugin {
  const table = at('shared/api/routes.ts');
  return {
    name: 'shoal routes',
    async load(id) {
      if (id !== table) return undefined;
      const { ROUTES } = await import('./shared/api/routes.ts');
      const slim = Object.entries<Route>(ROUTES).map(([name, { method, path, reply, query }]) => {
        const names = query && 'entries' in query ? Object.keys(query.entries as object) : [];
        const entries = Object.fromEntries(names.map((key) => [key, true]));
        return [name, { method, path, reply: { json: Boolean(reply.json) }, query: { entries } }];
      });
      return `export const ROUTES = ${JSON.stringify(Object.fromEntries(slim))};`;
    },
  };
}

/** The pages: three entries, and the worker threads that Vite finds by their `new Worker(new URL(...))`. */
export default defineConfig({
  root: at('client/web'),
  plugins: [preact(), samples(), sdk()],
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
