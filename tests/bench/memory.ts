import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory of another process since the watch began, in MB (1e6 bytes). */
export type MemoryWatch = {
  /** What it held when the watch began. */
  idleMb: number;
  /** The most that it held since. Ends the watch. */
  stop(): number;
};

const SAMPLE_MS = 50;

/**
 * Watches a process by Linux's /proc. Its high-water mark is set back first, so that a peak between
 * two samples counts too; where the kernel forbids that (another user's process, some containers),
 * the samples alone have to do.
 * @returns undefined where there is no /proc or no process.
 */
export function watchMemory(pid: number | undefined): MemoryWatch | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  const resident = () => readStatus(pid, 'VmRSS');
  const idleMb = resident();
  const marked = resetMark(pid);
  let most = idleMb;
  const sample = () => (most = Math.max(most, resident()));
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    idleMb,
    stop() {
      clearInterval(timer);
      sample();
      return marked ? Math.max(most, readStatus(pid, 'VmHWM')) : most;
    },
  };
}

/** Sets the high-water mark back to what is resident now (proc(5), clear_refs). */
function resetMark(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

function readStatus(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (!found) throw new Error(`/proc/${pid}/status has no ${field}`);
  return (Number(found) * 1024) / 1e6;
}
