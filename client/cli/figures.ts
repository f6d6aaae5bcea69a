import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { ROOT } from './edge/build.ts';

/** What a benchmark or the demo leaves behind for docs/results.md. Keys of `figures` stay as they are. */
export type Report = {
  name: string;
  machine: string;
  commit: string;
  seeds: number[];
  figures: Record<string, number>;
};

/** Adds where it was measured. */
export function reportOf(name: string, seeds: number[], figures: Record<string, number>): Report {
  return { name, machine: machine(), commit: commit(), seeds, figures };
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} cores, ${all[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, Node ${process.versions.node}`;
}

/** The commit measured, with a + where the tree differed from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : '');
  } catch {
    return 'not a git checkout';
  }
}
