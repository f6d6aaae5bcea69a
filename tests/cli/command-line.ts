import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../client/cli/edge/build.ts';

export type Ran = { code: number; stdout: string; stderr: string };

/** `npx shoal ...args` as a process of its own, in the project's folder. */
export function shoal(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const file = join(ROOT, 'client/cli/shoal.ts');
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, ...env } };
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** What it prints with `--json`: one line, and it went well. */
export async function json<T>(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<T> {
  const { code, stdout, stderr } = await shoal([...args, '--json'], env);
  if (code !== 0) throw new Error(`shoal ${args.join(' ')} ended with ${code}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`not one line of JSON: ${stdout}`);
  return JSON.parse(lines[0]!) as T;
}
