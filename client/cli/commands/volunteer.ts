import { parseArgs } from 'node:util';
import { loadImages } from '../../data/image-files.ts';
import { contribute, type ContributionEvent } from '../../sdk/contribute.ts';
import { startBackend } from '../../tf.ts';
import { buildKernels } from '../edge/build.ts';
import { clientOf, HERE } from '../asking.ts';
import { Misused, type Command } from '../command.ts';
import { viewThread } from '../thread/open-views.ts';

/** What `--json` prints, a line an event; errors as their message. */
export type VolunteerLine =
  | Exclude<ContributionEvent, { kind: 'failed' }>
  | { kind: 'failed'; round: number; error: string }
  | { kind: 'backend'; backend: string };

/** A volunteer without a browser: the same code as in a tab, on this machine's images. */
export const volunteer: Command = {
  usage:
    'shoal volunteer --project handwriting --images FOLDER|FILE.idx3-ubyte [--origin URL] [--json]',
  summary: 'Contribute from this machine: learn from local images, send back weight deltas only.',
  example: 'npx shoal volunteer --project handwriting --images ~/Pictures/letters',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        origin: { type: 'string', default: process.env['SHOAL_ORIGIN'] ?? HERE },
        project: { type: 'string', default: process.env['SHOAL_PROJECT'] ?? '' },
        images: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (!values.project || !values.images) throw new Misused('--project and --images are needed');
    const say = values.json ? printLine : printWords;
    const { project } = await clientOf(values).call('getProject');
    const data = await loadImages(values.images, project.plan.input);
    await buildKernels((line) => console.error(line));
    const { tf, backend } = await startBackend();
    say({ kind: 'backend', backend });
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const views = viewThread();
    await contribute({
      ...{ origin: values.origin, project: values.project, tf, backend, data, signal: stop.signal },
      viewMaker: views?.make,
      onEvent: (event) =>
        say(event.kind === 'failed' ? { ...event, error: event.error.message } : event),
    }).done.finally(() => views?.close());
  },
};

function printLine(line: VolunteerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function printWords(line: VolunteerLine): void {
  const words = wordsOf(line);
  if (words) console.log(words);
}

function wordsOf(line: VolunteerLine): string | undefined {
  switch (line.kind) {
    case 'backend':
      return `learning on ${line.backend}`;
    case 'joined':
      return `joined as ${line.volunteer}; waiting for a round`;
    case 'waiting':
      return `enough volunteers for now; back at ${new Date(line.until).toLocaleTimeString()}`;
    case 'round':
      return `round ${line.round}: ${line.steps} steps from version ${line.version}`;
    case 'replaced':
      return `round ${line.round}: ${line.lost} was lost; on ${line.backend} from step ${line.step}`;
    case 'sent':
      return `round ${line.receipt.round}: sent ${line.receipt.bytes} bytes, learnt from ${line.images} images; no image left this machine`;
    case 'declined':
    case 'closed':
      return `round ${line.round}: ${line.reason}`;
    case 'failed':
      return `round ${line.round} failed: ${line.error}`;
    case 'disconnected':
      return `the line is down (${line.reason}); trying again`;
    default:
      return undefined;
  }
}
