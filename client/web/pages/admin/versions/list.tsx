import type { Version } from '../../../../../shared/api/schemas/versions.ts';
import { Curve } from '../../../parts/curve.tsx';
import { moment, percent, say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';
import { hrefOf } from '../place.ts';
import { MakeLive } from './make-live.tsx';

const TONES: Record<Version['state'], string> = {
  live: 'tag good',
  retired: 'tag',
  'not-promoted': 'tag warn',
};

export type ListProps = { project: string; versions: readonly Version[]; onChange: () => void };

/** All versions, newest first, and how they have come along. */
export function List({ project, versions, onChange }: ListProps) {
  return (
    <section class="card" aria-labelledby="versions-title">
      <h2 id="versions-title">{say(words.versions)}</h2>
      {versions.length === 0 && <p class="quiet">{say(words.noVersions)}</p>}
      {versions.length > 1 && <Accuracy versions={versions} />}
      {versions.length > 0 && (
        <div class="table" tabIndex={0} role="group" aria-labelledby="versions-title">
          <table>
            <thead>
              <tr>
                <th class="number">{say(words.number)}</th>
                <th>{say(words.state)}</th>
                <th class="number">{say(words.accuracy)}</th>
                <th class="only-roomy">{say(words.made)}</th>
                <th>
                  <span class="unseen">{say(words.makeLive)}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {versions.map((version) => (
                <Row key={version.number} {...{ project, version, onChange }} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Accuracy({ versions }: { versions: readonly Version[] }) {
  const ordered = versions.toSorted((a, b) => a.number - b.number);
  const last = ordered.at(-1)?.validationAccuracy ?? 0;
  return (
    <figure class="loss">
      <figcaption>{say(words.accuracy)}</figcaption>
      <Curve
        points
        shares
        x={ordered.map(({ number }) => number)}
        y={ordered.map(({ validationAccuracy }) => validationAccuracy)}
        label={say(words.accuracy)}
        description={say(words.accuracyCurve, { value: percent(last) })}
        format={percent}
        height={180}
      />
    </figure>
  );
}

type RowProps = { project: string; version: Version; onChange: () => void };

function Row({ project, version, onChange }: RowProps) {
  const { number, state, validationAccuracy, createdAt } = version;
  return (
    <tr>
      <td class="number">
        <a href={hrefOf('versions', String(number))}>{number}</a>
      </td>
      <td>
        <States version={version} />
      </td>
      <td class="number">{percent(validationAccuracy)}</td>
      <td class="when only-roomy">{moment(createdAt)}</td>
      <td class="end">
        {state === 'retired' && <MakeLive project={project} version={version} onLive={onChange} />}
      </td>
    </tr>
  );
}

/** What a version is now, and what is special about it. */
export function States({ version: { state, origin, expiredAt } }: { version: Version }) {
  return (
    <span class="tags">
      {(state !== 'not-promoted' || origin === 'round') && (
        <span class={TONES[state]}>{say(words[state])}</span>
      )}
      {origin === 'import' && <span class="tag">{say(words.imported)}</span>}
      {expiredAt !== null && <span class="tag">{say(words.letGo)}</span>}
    </span>
  );
}
