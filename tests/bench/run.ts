import { parseArgs } from 'node:util';
import { buildKernels } from '../../client/cli/edge/build.ts';
import { reportOf, writeReport } from '../../client/cli/figures.ts';
import { accumulate } from './accumulate.ts';
import { aggregate } from './aggregate.ts';
import { classify } from './classify.ts';
import { crash } from './crash.ts';
import { crowd } from './crowd.ts';
import { hostile } from './hostile.ts';
import { learn } from './learn.ts';
import { scale } from './scale.ts';
import { train } from './train.ts';
import { webgpu } from './webgpu.ts';
import { wire } from './wire.ts';

/** A benchmark: measures and returns flat figures under keys that stay as they are. */
export type Bench = (context: {
  options: Record<string, string | undefined>;
  /** Progress, for a person. */
  say: (line: string) => void;
}) => Promise<{ seeds: number[]; figures: Record<string, number> }>;

const BENCHES: Record<string, Bench> = {
  wire,
  accumulate,
  aggregate,
  crash,
  crowd,
  scale,
  classify,
  hostile,
  train,
  webgpu,
  learn,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    data: { type: 'string' },
    seeds: { type: 'string' },
    volunteers: { type: 'string' },
    parameters: { type: 'string' },
    suite: { type: 'string' },
    rung: { type: 'string' },
    only: { type: 'string' },
    steps: { type: 'string' },
    kills: { type: 'string' },
    requests: { type: 'string' },
    schemes: { type: 'string' },
  },
});
const name = positionals[0];
const bench = name === undefined ? undefined : BENCHES[name];
if (!bench || name === undefined) {
  console.error(
    `Usage: npm run bench -- NAME [--json FILE]\n\nNAME: ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(2);
}
const say = (line: string) => console.error(line);
// What learns in this process has them from there; seconds, and only where they have changed.
await buildKernels(say);
const { seeds, figures } = await bench({ options: values, say });
const report = reportOf(name, seeds, figures);
for (const [key, value] of Object.entries(figures))
  console.log(key.padEnd(32), Number(value.toPrecision(6)));
console.log(
  `\n${report.machine}, commit ${report.commit}${seeds.length > 0 ? `, seeds ${seeds.join(', ')}` : ''}`,
);
if (values.json) writeReport(values.json, report);
process.exit(0);
