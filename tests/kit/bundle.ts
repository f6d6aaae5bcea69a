import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/** What Miniflare 5 takes as a worker's `manifest`. */
export type Manifest = {
  mainModule: string;
  modules: Record<string, { type: 'esm' | 'wasm'; contents: string | Uint8Array<ArrayBuffer> }>;
};

const MAIN = 'worker.js';

/**
 * Bundles a worker for Miniflare as wrangler would, in this process and in a fraction of its time:
 * same conditions and target, `.wasm` imports as compiled modules beside the script.
 * @param entry absolute path of the worker's entry file
 * @param options esbuild's own, where a test needs an alias or the metafile's inputs checked
 * @throws esbuild's BuildFailure
 */
export async function bundleWorker(
  entry: string,
  options: Pick<BuildOptions, 'alias' | 'minify'> = {},
): Promise<Manifest & { inputs: string[] }> {
  const modules: Manifest['modules'] = {};
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
    plugins: [wasmModules(modules), builtins],
    ...options,
  });
  modules[MAIN] = { type: 'esm', contents: result.outputFiles[0]!.text };
  return { mainModule: MAIN, modules, inputs: Object.keys(result.metafile.inputs) };
}

/** Leaves `.wasm` imports in the script and puts the files beside it, named by their content. */
function wasmModules(modules: Manifest['modules']): Plugin {
  return {
    name: 'wasm modules',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, pluginData, ...rest }) => {
        if (pluginData === wasmModules) return null;
        const { importer, kind, resolveDir } = rest;
        const file = path.replace('?module', '');
        const found = await resolve(file, { importer, kind, resolveDir, pluginData: wasmModules });
        if (found.errors.length > 0) return { errors: found.errors };
        const contents = Uint8Array.from(await readFile(found.path));
        const digest = createHash('sha256').update(contents).digest('hex').slice(0, 12);
        const name = `${digest}-${basename(found.path)}`;
        modules[name] = { type: 'wasm', contents };
        return { path: `./${name}`, external: true };
      });
    },
  };
}

/** Node's modules under their old names, which workerd knows by `node:` only. */
const builtins: Plugin = {
  name: 'node builtins',
  setup({ onResolve, resolve }) {
    const names = builtinModules.filter((name) => !name.startsWith('_')).join('|');
    onResolve({ filter: new RegExp(`^(${names})$`) }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === builtins) return null;
      const { importer, kind, resolveDir } = rest;
      // A package may say in its `browser` field that it does without.
      const found = await resolve(path, { importer, kind, resolveDir, pluginData: builtins });
      return found.errors.length > 0 ? { path: `node:${path}`, external: true } : null;
    });
  },
};
