/** What the acts on classes should come to: a few lines to compare the edge with. */
import { createHash } from 'node:crypto';
import type { ProblemCode } from '../../shared/api/problem.ts';

export type Act =
  | { kind: 'add'; name: string; examples: Uint8Array[] }
  | { kind: 'rename'; name: string; to: string }
  | { kind: 'remove'; name: string }
  | { kind: 'merge'; name: string; from: string }
  | { kind: 'more'; name: string; examples: Uint8Array[] }
  | { kind: 'less'; name: string; index: number }
  | { kind: 'undo' };

/** Added classes by name, each with its examples in their order. */
export type Classes = ReadonlyMap<string, readonly Uint8Array[]>;

export class ClassModel {
  now: Classes;
  /** As it was before the last change; undefined: nothing was changed yet. */
  #before: Classes | undefined;

  constructor(now: Classes = new Map()) {
    this.now = now;
  }

  /** @returns the problem that refuses the act, undefined when it is done */
  act(act: Act): ProblemCode | undefined {
    const next = act.kind === 'undo' ? (this.#before ?? 609) : changed(this.now, act);
    if (typeof next === 'number') return next as ProblemCode;
    [this.#before, this.now] = [this.now, next];
    return undefined;
  }
}

function changed(now: Classes, act: Exclude<Act, { kind: 'undo' }>): Classes | ProblemCode {
  const next = new Map(now);
  const own = now.get(act.name);
  if (act.kind === 'add') return own ? 602 : next.set(act.name, act.examples);
  if (act.kind === 'merge' && act.name === act.from) return 610;
  if (!own) return 603;
  next.delete(act.name);
  if (act.kind === 'remove') return next;
  if (act.kind === 'rename') return now.has(act.to) ? 602 : next.set(act.to, own);
  if (act.kind === 'more') return next.set(act.name, [...own, ...act.examples]);
  if (act.kind === 'merge') {
    const from = now.get(act.from);
    if (!from) return 603;
    next.delete(act.from);
    return next.set(act.name, [...own, ...from]);
  }
  if (act.index >= own.length) return 607;
  if (own.length === 1) return 608;
  return next.set(act.name, own.toSpliced(act.index, 1));
}

/** What the API calls examples: by their content, the same again with a number behind it. */
export function idsOf(examples: readonly Uint8Array[]): string[] {
  const hashes = examples.map((one) => createHash('sha256').update(one).digest('hex').slice(0, 16));
  return hashes.map((hash, i) => {
    const times = hashes.slice(0, i + 1).filter((one) => one === hash).length;
    return times === 1 ? hash : `${hash}-${times}`;
  });
}
