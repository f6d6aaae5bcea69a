import type { ModelCard, Version } from '../../../../../shared/api/schemas/versions.ts';
import { Facts, type Fact } from '../../../parts/facts.tsx';
import { api, ORIGIN } from '../../../parts/projects.ts';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded } from '../../../parts/work.ts';
import { bytes, moment, percent, say } from '../../../text/language.ts';
import { page } from '../../../text/page.ts';
import { words } from '../../../text/versions.ts';
import { hrefOf } from '../place.ts';
import { Compare } from './compare.tsx';
import { States } from './list.tsx';
import { MakeLive } from './make-live.tsx';

export type CardProps = {
  project: string;
  version: Version;
  all: readonly Version[];
  onChange: () => void;
};

/** Everything there is to know of a version, and what can be done with it. */
export function Card({ project, version, all, onChange }: CardProps) {
  const { number } = version;
  const params = { project, version: String(number) };
  const { value, error, reload } = useLoaded(
    (signal) => api.call('getVersion', { params, signal }),
    [project, number],
  );
  return (
    <section class="card version" aria-labelledby="version-title">
      <p class="crumb">
        <a href={hrefOf('versions')}>← {say(words.all)}</a>
      </p>
      <div class="row">
        <h2 id="version-title">{say(words.version, { n: number })}</h2>
        <States version={version} />
      </div>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {!value && error === null && <p class="quiet waiting">{say(page.loading)}</p>}
      {value && <Known card={value} />}
      <div class="make-live">
        <MakeLive project={project} version={version} onLive={onChange} />
      </div>
      {version.expiredAt === null ? (
        <Downloads project={project} number={number} />
      ) : (
        <p class="quiet">{say(words.gone)}</p>
      )}
      <Compare project={project} version={version} all={all} />
    </section>
  );
}

function Known({ card }: { card: ModelCard }) {
  const { metrics, createdAt, weights, sizes, input, training } = card;
  const [, size, , channels] = input.shape;
  const colour = say(channels === 1 ? words.grey : words.colour);
  const rows: Fact[] = [
    [say(words.made), moment(createdAt)],
    [say(words.from), <Lineage card={card} />],
    ...(training
      ? [
          [
            say(words.learntIn),
            say(words.roundOf, { round: training.number, n: training.accepted }),
          ] as const,
        ]
      : []),
    [say(words.reads), say(words.readsOf, { size, colour })],
    [say(words.size), say(words.sizeOf, { n: sizes.parameters, bytes: bytes(sizes.bytes) })],
    [say(words.hash), <code>{weights}</code>],
  ];
  return (
    <>
      {metrics ? (
        <Facts
          facts={[
            [say(words.accuracy), percent(metrics.accuracy)],
            [say(words.calibrationError), percent(metrics.calibrationError)],
            [say(words.falseAccept), percent(metrics.falseAccept)],
            [say(words.falseReject), percent(metrics.falseReject)],
            [say(words.judgedBy), say(words.images, { n: metrics.images })],
          ]}
        />
      ) : (
        <p class="quiet">{say(words.notMeasured)}</p>
      )}
      <dl class="details">
        {rows.map(([label, content]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{content}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The versions before it, each the next one's base. */
function Lineage({ card: { lineage, origin } }: { card: ModelCard }) {
  if (lineage.length === 0) return <>{say(origin === 'import' ? words.file : words.first)}</>;
  return (
    <>
      {lineage.map((number, i) => (
        <span key={number}>
          {i > 0 && ' ← '}
          <a href={hrefOf('versions', String(number))}>{number}</a>
        </span>
      ))}
    </>
  );
}

function Downloads({ project, number }: { project: string; number: number }) {
  const base = `${ORIGIN}/v1/projects/${encodeURIComponent(project)}/versions/${number}`;
  return (
    <>
      <h3>{say(words.download)}</h3>
      <div class="buttons">
        <a class="button" href={`${base}/model.safetensors`} download>
          safetensors
        </a>
        <a class="button" href={`${base}/tfjs.zip`} download>
          TensorFlow.js (.zip)
        </a>
      </div>
      <p class="hint">{say(words.downloadHint)}</p>
    </>
  );
}
