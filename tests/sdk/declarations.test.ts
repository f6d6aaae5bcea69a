/** The library in somebody else's TypeScript project: its types are there, and say what is wrong. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildTypes, ROOT } from '../../client/cli/edge/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoal-types-'));
beforeAll(() => buildTypes(() => undefined), 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const APP = `import { NotFound, Shoal, type ReplyOf } from 'shoal/sdk';

const shoal = new Shoal({ origin: 'http://127.0.0.1', project: 'reef' });
const answer: ReplyOf<'classify'> = await shoal.classify(new Blob(), { top: 2 });
const best: { name: string; probability: number } = answer.classes[0]!;
const canary: { share: number } | null = await shoal.call('getCanary');
const error: unknown = null;
if (error instanceof NotFound) console.log(best, canary, error.remedy);
`;

const WRONG = `import { Shoal } from 'shoal/sdk';

const shoal = new Shoal({ origin: 'http://127.0.0.1', project: 'reef' });
await shoal.call('noSuchRoute');
const answer = await shoal.classify(new Blob(), { top: 'two' });
answer.labels;
`;

/** @returns where the compiler finds what, as `file(line)` */
function compile(file: string): Promise<string[]> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '--project', file], { cwd: folder }, (_, stdout) => {
      resolve([...stdout.matchAll(/^(\S+\(\d+),\d+\): error/gm)].map(([, place]) => `${place})`));
    });
  });
}

test.each(['nodenext', 'bundler'])(
  'resolved as %s',
  async (resolution) => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    const link = join(folder, 'node_modules/shoal');
    rmSync(link, { force: true });
    symlinkSync(ROOT, link);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    for (const [name, text] of Object.entries({ app: APP, wrong: WRONG })) {
      writeFileSync(join(folder, `${name}.ts`), text);
      const compilerOptions = {
        ...{ strict: true, noEmit: true, target: 'es2022', lib: ['es2023', 'dom'], types: [] },
        ...{ module: resolution === 'bundler' ? 'esnext' : resolution, skipLibCheck: true },
        ...{ moduleResolution: resolution, noUncheckedIndexedAccess: true },
      };
      const project = { compilerOptions, files: [`${name}.ts`] };
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(project));
    }
    expect(await compile('app.json')).toEqual([]);
    const found = await compile('wrong.json');
    expect(found).toEqual(['wrong.ts(4)', 'wrong.ts(5)', 'wrong.ts(6)']);
  },
  120_000,
);
