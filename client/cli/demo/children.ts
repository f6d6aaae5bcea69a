import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../edge/build.ts';

/** A process of this project's own, that speaks in lines of JSON. */
export type Child<Line> = {
  /** Resolves with the exit code; rejects when it could not be started. */
  ended: Promise<number | null>;
  /** Asks it to stop, and kills it when it does not within five seconds. */
  stop: () => Promise<void>;
  readonly lines: Line[];
};

/** Starts `node FILE args` of this project. Whatever it writes to stderr is passed on. */
export function startChild<Line>(
  file: string,
  args: string[],
  onLine: (line: Line) => void,
): Child<Line> {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { ended, lines, stop: () => stopChild(child, ended) };
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}
