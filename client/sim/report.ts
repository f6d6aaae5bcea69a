import { escaped, lineChart, type Series } from './chart.ts';
import type { SimulatedRound } from './log.ts';

/** What a report says above its curves: a name and a value each. */
export type Facts = Readonly<Record<string, string | number>>;

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem }
dt { color: #555 } dd { margin: 0 }
svg { width: 100%; margin: 1rem 0; font: 12px system-ui, sans-serif; fill: #444 }
svg .title { font-weight: 600; font-size: 14px; fill: #1b1b1b }
svg .grid { stroke: #ddd }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: 0.1rem 0.5rem; border-bottom: 1px solid #eee }
`;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const bytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;

/** A simulation as one HTML file that needs nothing else: facts, curves, all rounds. */
export function reportPage(title: string, facts: Facts, log: readonly SimulatedRound[]): string {
  return pageOf(title, facts, [...charts(log), table(log)]);
}

/** A page of a title, facts, and whatever else, which is HTML already. */
export function pageOf(title: string, facts: Facts, parts: readonly string[]): string {
  const rows = Object.entries(facts).map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(`${value}`)}</dd>`,
  );
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style>`,
    `<h1>${escaped(title)}</h1><dl>${rows.join('')}</dl>`,
    ...parts,
    '</html>\n',
  ].join('\n');
}

function charts(log: readonly SimulatedRound[]): string[] {
  const of = (name: string, value: (line: SimulatedRound) => number | null): Series => ({
    name,
    points: log.flatMap((line) => {
      const y = value(line);
      return y === null ? [] : [[line.round, y] as const];
    }),
  });
  let sum = 0;
  const sent = of('sent', (line) => (sum += line.bytes));
  const labels = [of('precision', (l) => l.precision), of('coverage', (l) => l.coverage)];
  return [
    lineChart([of('validation', (line) => line.accuracy)], {
      ...{ title: 'Validation images recognised, by round', unit: percent, top: 1 },
    }),
    lineChart(
      labels.filter(({ points }) => points.length > 0),
      {
        title: 'Labels: right of those given, and images learnt from of those held',
        ...{ unit: percent, top: 1 },
      },
    ),
    lineChart([sent], { title: 'Bytes that volunteers have sent, in all', unit: bytes }),
  ];
}

function table(log: readonly SimulatedRound[]): string {
  const share = (value: number | null) => (value === null ? '' : percent(value));
  const head = ['round', 'validation', 'precision', 'coverage', 'deltas', 'images', 'bytes', 's'];
  const rows = log.map((line) => [
    ...[line.round, percent(line.accuracy), share(line.precision), share(line.coverage)],
    ...[line.deltas, line.images, line.bytes, line.seconds.toFixed(1)],
  ]);
  const row = (cells: readonly (string | number)[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}
