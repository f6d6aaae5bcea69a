import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { ROOT } from '../edge/build.ts';

/** The measurements. They are the tests' and not the client's, so they run as a process of their own. */
export const bench: Command = {
  usage: 'shoal bench NAME [options of that benchmark] [--json]',
  summary: 'Measure: without a name, which measurements there are.',
  example: 'npx shoal bench classify --json',
  async run(args) {
    const json = args.includes('--json');
    const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'));
    const file = join(folder, 'report.json');
    const rest = args.filter((arg) => arg !== '--json');
    try {
      process.exitCode = await run([...rest, ...(json ? ['--json', file] : [])], json);
      if (json && process.exitCode === 0)
        console.log(JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** @param quiet what it prints for people goes to stderr: stdout is a program's */
function run(args: string[], quiet: boolean): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'tests/bench/run.ts'), ...args], {
    cwd: ROOT,
    stdio: ['inherit', quiet ? 2 : 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
