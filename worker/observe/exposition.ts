import { BOUNDS_MS } from './buckets.ts';

type Labels = Record<string, string | number>;

/** One time series' value now. */
export type Sample = { labels: Labels; value: number };

/** A histogram's: observations a bucket of `BOUNDS_MS`, the last one for what is longer; their sum in ms. */
export type Distribution = { labels: Labels; buckets: readonly number[]; sum: number };

/**
 * Prometheus' text format (version 0.0.4). Written out here: its client library keeps the counters of
 * one process, and an edge is many isolates.
 */
export function family(
  { name, type, help }: { name: string; type: 'counter' | 'gauge'; help: string },
  samples: readonly Sample[],
): string {
  return head(name, type, help) + samples.map((one) => line(name, one)).join('');
}

/** In seconds, as Prometheus wants times. */
export function histogram(name: string, help: string, all: readonly Distribution[]): string {
  return head(name, 'histogram', help) + all.map((one) => lines(name, one)).join('');
}

function lines(name: string, { labels, buckets, sum }: Distribution): string {
  let below = 0;
  const upTo = buckets.map((count, i) => {
    below += count;
    const bound = BOUNDS_MS[i];
    const le = bound === undefined ? '+Inf' : bound / 1000;
    return line(`${name}_bucket`, { labels: { ...labels, le }, value: below });
  });
  return [
    ...upTo,
    line(`${name}_sum`, { labels, value: sum / 1000 }),
    line(`${name}_count`, { labels, value: below }),
  ].join('');
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, { labels, value }: Sample): string {
  const inside = Object.entries(labels).map(([key, text]) => `${key}="${escape(String(text))}"`);
  return `${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${value}\n`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
