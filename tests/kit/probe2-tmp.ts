import { build, preview, createServer } from 'vite';
import { chromium } from 'playwright-core';
const root = '/tmp/t/page';
const dev = process.argv[2] === 'dev';
let url: string, close: () => Promise<void>;
const common = {
  root,
  configFile: false as const,
  logLevel: 'warn' as const,
  worker: { format: 'es' as const },
  resolve: { preserveSymlinks: false },
};
if (dev) {
  const s = await createServer({
    ...common,
    root: '/work/main',
    cacheDir: '/tmp/t/vitecache',
    server: { port: 5199, fs: { allow: ['/'] } },
  });
  await s.listen();
  url = 'http://localhost:5199/@fs/tmp/t/page/index.html';
  close = () => s.close();
} else {
  await build({
    ...common,
    logLevel: 'info',
    build: { outDir: '/tmp/t/page/dist', target: 'es2023' },
  });
  const s = await preview({
    ...common,
    build: { outDir: '/tmp/t/page/dist' },
    preview: { port: 5198 },
  });
  url = 'http://localhost:5198/';
  close = async () => {
    await s.close();
  };
}
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    ...(process.argv[3] ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : []),
  ],
});
const page = await b.newPage();
page.on('console', (m) => console.log('console', m.type(), m.text().slice(0, 300)));
page.on('requestfailed', (r) => console.log('failed', r.url()));
page.on('response', (r) => {
  if (r.url().includes('wasm')) console.log(r.status(), r.url());
});
await page.goto(url);
await page.waitForFunction('window.result', null, { timeout: 120000 });
console.log(JSON.stringify(await page.evaluate('window.result'), null, 1));
await b.close();
await close();
process.exit(0);
