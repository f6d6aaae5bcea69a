import { readFile, writeFile } from 'node:fs/promises';
import { SAFETENSORS_TYPE, ZIP_TYPE } from '../../../shared/api/media.ts';
import type {
  Canary,
  Comparison,
  ModelCard,
  Version,
} from '../../../shared/api/schemas/versions.ts';
import type { Shoal } from '../../sdk/index.ts';
import { acts, day, need, percent, table, whole, type Said } from '../asking.ts';
import { watchBytes, watchShare } from '../bars.ts';
import { Misused } from '../command.ts';

/** Versions of the student, and which of them answers. */
export const models = acts(
  {
    name: 'models',
    summary: 'List, show, compare, promote, export and import versions; run a canary.',
    example: 'npx shoal models export 7 student.safetensors --project handwriting',
    options: {
      force: { type: 'boolean', default: false },
      weights: { type: 'string' },
    },
  },
  {
    list: {
      usage: '',
      async run({ shoal, words }) {
        need(words);
        const value = await shoal.versions();
        return { value, text: table(value.map(rowOf), 'no version yet') };
      },
    },
    show: {
      usage: 'VERSION',
      async run({ shoal, words }) {
        const [version] = need(words, 'VERSION') as [string];
        const value = await shoal.call('getVersion', { params: { version } });
        return { value, text: cardOf(value) };
      },
    },
    compare: {
      usage: 'VERSION OTHER',
      async run({ shoal, words }) {
        const [version, other] = need(words, 'VERSION', 'OTHER') as [string, string];
        const value = await shoal.call('compareVersions', { params: { version, other } });
        return { value, text: comparisonOf(value) };
      },
    },
    promote: {
      usage: 'VERSION [--force]   (also an earlier one; --force: also a worse one)',
      async run({ shoal, words, values }) {
        const [version] = need(words, 'VERSION') as [string];
        const { force = false } = values;
        const value = await shoal.makeLive(whole(version, 'VERSION'), { force });
        if (value.task) await done(shoal, value.task, 'embedding classes');
        return { value, text: `version ${version} is live` };
      },
    },
    export: {
      usage: 'VERSION FILE.safetensors|FILE.zip   (zip: a tfjs graph model)',
      async run({ shoal, words }) {
        const [version, file] = need(words, 'VERSION', 'FILE') as [string, string];
        const name = typeOf(file) === ZIP_TYPE ? 'exportZip' : 'exportSafetensors';
        const bytes = await watchBytes(file, (onProgress) =>
          shoal.download(name, { params: { version } }, onProgress),
        );
        await writeFile(file, bytes);
        return { value: { file, bytes: bytes.length }, text: `${file}: ${bytes.length} bytes` };
      },
    },
    import: {
      usage:
        'FILE.safetensors|FILE.zip [--weights SHA256]   (refused where its weights have another)',
      async run({ shoal, words, values }) {
        const [file] = need(words, 'FILE') as [string];
        const { weights } = values;
        const begun = await shoal.call('importVersion', {
          ...{ bytes: await readFile(file), type: typeOf(file) },
          query: weights === undefined ? {} : { weights },
        });
        const value = await done(shoal, begun, 'judging');
        return { value, text: `${file} is version ${value.version}; it is not live` };
      },
    },
    canary: {
      usage: '[VERSION SHARE | end]   (how it fares; begin one, as in 7 0.1; end it)',
      async run({ shoal, words }) {
        if (words.length === 0) {
          const value = await shoal.call('getCanary');
          return value
            ? canaryOf(value)
            : { value, text: 'no version is tried beside the live one' };
        }
        if (words.join() === 'end') return canaryOf(await shoal.call('endCanary'));
        const [version, share] = need(words, 'VERSION', 'SHARE') as [string, string];
        const json = { version: whole(version, 'VERSION'), share: Number(share) };
        const value = await shoal.call('putCanary', { json });
        if (value.task) await done(shoal, value.task, 'embedding classes');
        return { value, text: `version ${version} answers ${percent(json.share)} of the requests` };
      },
    },
  },
);

function done(shoal: Shoal, { id }: { id: string }, what: string) {
  return watchShare(what, (onProgress) => shoal.finish(id, { onProgress }));
}

function typeOf(file: string): typeof ZIP_TYPE | typeof SAFETENSORS_TYPE {
  if (file.endsWith('.zip')) return ZIP_TYPE;
  if (file.endsWith('.safetensors')) return SAFETENSORS_TYPE;
  throw new Misused(`"${file}" ends neither in .safetensors nor in .zip`);
}

function rowOf({ number, state, origin, round, validationAccuracy, createdAt }: Version) {
  const from = origin === 'import' ? 'import' : `round ${round}`;
  return [number, state, from, percent(validationAccuracy), day(createdAt)];
}

function cardOf(card: ModelCard): string {
  const { metrics, sizes, lineage, output } = card;
  return [
    rowOf(card).join('  '),
    `weights     ${card.weights}`,
    `made from   ${lineage.join(', ') || 'nothing: the first'}`,
    `size        ${sizes.parameters} parameters, ${sizes.bytes} bytes, ${output.features} features`,
    ...(metrics
      ? [
          `judged by   ${metrics.images} images: calibration error ${percent(metrics.calibrationError)},`,
          `            ${percent(metrics.falseAccept)} of strange images accepted, ${percent(metrics.falseReject)} of known ones not`,
        ]
      : []),
  ].join('\n');
}

function comparisonOf({ versions, accuracy, agreement, images, pValue, counts }: Comparison) {
  const rows = versions.map(({ number, state }, i) => [number, state, percent(accuracy[i]!)]);
  return [
    table(rows, ''),
    `${percent(agreement)} of ${images} images are called the same`,
    `only the first is right on ${counts.first}, only the second on ${counts.second}; chance alone: p = ${pValue.toFixed(3)}`,
  ].join('\n');
}

function canaryOf(value: Canary): Said {
  const { version, share, answered, compared, agreement, latency } = value;
  const same =
    agreement === null ? 'none compared yet' : `${percent(agreement)} of ${compared} alike`;
  const times = [latency.canary.p50, latency.live.p50].map((ms) => ms?.toFixed(1) ?? '?');
  const words = [
    `version ${version}, ${percent(share)} of the requests, ${answered} answered`,
    `beside the live version: ${same}, median ${times[0]} ms and ${times[1]} ms`,
  ];
  return { value, text: words.join('\n') };
}
