import { expect, test } from 'vitest';
import { lineChart } from '../../client/sim/chart.ts';
import { NOTHING } from '../../client/sim/crowd.ts';
import { csvOf, lineOf } from '../../client/sim/log.ts';
import { reportPage } from '../../client/sim/report.ts';

const SENT = { deltas: 2, images: 30, held: 40, bytes: 2_000_000, named: 20, right: 15 };
const LOG = [
  lineOf(0, NOTHING, { accuracy: 0.5, seconds: 1 }),
  lineOf(1, SENT, { accuracy: 0.75, seconds: 2 }),
];

test('a line has shares of what was held and named, and none where there was nothing', () => {
  expect(LOG[0]).toMatchObject({ coverage: null, precision: null });
  expect(LOG[1]).toMatchObject({ coverage: 0.75, precision: 0.75, deltas: 2 });
  expect(csvOf(LOG).split('\n').slice(1, 3)).toEqual([
    '0,0.5,,,0,0,0,1',
    '1,0.75,0.75,0.75,2,30,2000000,2',
  ]);
});

test('a curve has a point where its number is: half way across and three quarters up', () => {
  const svg = lineChart(
    [
      {
        name: 'a',
        points: [
          [0, 0],
          [1, 0.75],
          [2, 1],
        ],
      },
    ],
    {
      ...{ title: 'T', unit: String, top: 1 },
    },
  );
  const [first, middle, last] = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );
  expect(middle![0]).toBeCloseTo((first![0] + last![0]) / 2);
  expect((first![1] - middle![1]) / (first![1] - last![1])).toBeCloseTo(0.75);
});

test('a report has all rounds, needs nothing else, and takes no word for markup', () => {
  const html = reportPage('A <b>', { objective: '"x" & <script>' }, LOG);
  expect(html).not.toMatch(/<script|<b>|src=|href=/);
  expect(html).toContain('&#38; &#60;script&#62;');
  expect(html.match(/<tr>/g)).toHaveLength(3);
  expect(html.match(/<svg/g)).toHaveLength(3);
});
