import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ROOT } from '../../client/cli/edge/build.ts';
import { findChromium } from '../../client/cli/setup.mjs';

const ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  // WebGPU without a GPU. Without the checks that Dawn compiles into every shader, tfjs starts on
  // it in 8 s of the processor's time, with them in 19.
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-dawn-features=skip_validation,disable_robustness,disable_workgroup_init',
];

/** Chromium as a visitor has it, with WebGPU on a software adapter. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium: run `node client/cli/setup.mjs --chromium`');
  return chromium.launch({ executablePath, args: ARGS });
}

/** Of a name that browsers trust: WebGPU is for secure contexts only. */
const TAB = 'http://tab.localhost';

/**
 * A page of nothing but one module, with the packages' files beside it. Its address is not a
 * network's: every request is answered here.
 * @param ready a global that the module sets when it has run
 */
export async function openModule(browser: Browser, entry: string, ready: string): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    ...{ bundle: true, write: false, format: 'esm', logLevel: 'silent' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = await browser.newPage();
  await page.route(`${TAB}/**`, (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/')
      return route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="/tab.js"></script>',
      });
    if (path === '/tab.js')
      return route.fulfill({ contentType: 'text/javascript', body: outputFiles[0]!.text });
    return route.fulfill({ path: join(ROOT, 'node_modules', path) });
  });
  await page.goto(TAB);
  await page.waitForFunction(`globalThis.${ready}`);
  return page;
}
