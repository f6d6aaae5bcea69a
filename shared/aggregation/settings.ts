import { Problem } from '../api/problem.ts';
import type { Setting, Settings } from './contract.ts';

/**
 * The settings of a pipeline's rules with a plan's choices in them, defaults for the rest.
 * @throws Problem 303 for a name that none of the rules has, or a value out of its range.
 */
export function resolve(
  rules: readonly Settings[],
  chosen: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const known = new Map(rules.flatMap((settings) => Object.entries(settings)));
  for (const [name, value] of Object.entries(chosen)) {
    const setting = known.get(name);
    if (!setting) throw new Problem(303, unknown(name, [...known.keys()]));
    check(name, value, setting);
  }
  const defaults = [...known].map(([name, setting]) => [name, setting.default] as const);
  return Object.freeze({ ...Object.fromEntries(defaults), ...chosen });
}

function check(name: string, value: number, { min, max, whole }: Setting): void {
  // Written so that NaN, which JSON cannot hold but a caller can, is refused too.
  if (!(typeof value === 'number' && value >= min && value <= max))
    throw new Problem(303, `aggregation: ${name} is ${value}, its range is ${min} to ${max}`);
  if (whole && !Number.isInteger(value))
    throw new Problem(303, `aggregation: ${name} is ${value}, it has to be a whole number`);
}

function unknown(name: string, known: readonly string[]): string {
  return `aggregation: no rule of this plan has the setting "${name}"; they have ${known.join(', ')}`;
}
