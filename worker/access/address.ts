import type { Env } from '../env.ts';

/**
 * Where a request comes from, for limits: as the header says that the edge's own front sets, and no
 * other; anybody can write X-Forwarded-For. @returns null where no front is named: callers cannot be
 * told apart, and are not limited by address.
 */
export function addressOf(env: Pick<Env, 'ADDRESS_HEADER'>, headers: Headers): string | null {
  return env.ADDRESS_HEADER ? (headers.get(env.ADDRESS_HEADER) ?? 'unknown') : null;
}

/** IPv6 by its first 64 bits: that is what one subscriber gets, to number machines in as it likes. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
