import { useState } from 'preact/hooks';
import type { Version } from '../../../../shared/api/schemas.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Curve } from '../../parts/curve.tsx';
import { token } from '../../parts/token.tsx';
import { moment, percent, say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { rollback, versions } from './model.ts';

const STATES = {
  live: words.liveState,
  retired: words.retired,
  'not-promoted': words['not-promoted'],
};
const whole = (share: number) => percent(share, 0);

/** The student's versions: how good each is, and the way back to one. */
export function Versions({ project }: { project: string }) {
  const [asked, setAsked] = useState<number | null>(null);
  const all = versions.value;
  return (
    <section class="card" aria-labelledby="versions-title">
      <h2 id="versions-title">{say(words.versions)}</h2>
      {all.length === 0 && <p class="quiet">{say(words.noVersions)}</p>}
      {all.length > 1 && <Accuracy all={all} />}
      {all.length > 0 && (
        <div class="table" tabIndex={0} role="region" aria-labelledby="versions-title">
          <table>
            <thead>
              <tr>
                <th class="number">{say(words.number)}</th>
                <th>{say(words.state)}</th>
                <th class="number">{say(words.accuracy)}</th>
                <th class="number only-roomy">{say(words.serverLoss)}</th>
                <th class="only-roomy">{say(words.made)}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {all.map((version) => (
                <Row
                  key={version.number}
                  version={version}
                  onRollback={() => setAsked(version.number)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {asked !== null && (
        <Confirm
          title={say(words.rollbackTitle, { n: asked })}
          text={say(words.rollbackText)}
          action={say(words.rollback)}
          onConfirm={() => void rollback(project, asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function Accuracy({ all }: { all: readonly Version[] }) {
  const ordered = all.toSorted((a, b) => a.number - b.number);
  const last = ordered.at(-1)?.validationAccuracy ?? 0;
  return (
    <figure class="loss">
      <figcaption>{say(words.accuracy)}</figcaption>
      <Curve
        points
        x={ordered.map(({ number }) => number)}
        y={ordered.map(({ validationAccuracy }) => validationAccuracy)}
        label={say(words.accuracy)}
        description={say(words.accuracyCurve, { value: percent(last) })}
        format={whole}
        height={180}
      />
    </figure>
  );
}

function Row({ version, onRollback }: { version: Version; onRollback: () => void }) {
  const { number, state, validationAccuracy, serverLoss, createdAt } = version;
  return (
    <tr>
      <td class="number">{number}</td>
      <td>
        <span class={state === 'live' ? 'tag good' : state === 'retired' ? 'tag' : 'tag warn'}>
          {say(STATES[state])}
        </span>
      </td>
      <td class="number">{percent(validationAccuracy)}</td>
      <td class="number only-roomy">{serverLoss === null ? '–' : serverLoss.toFixed(3)}</td>
      <td class="when only-roomy">{moment(createdAt)}</td>
      <td class="end">
        {state === 'retired' && (
          <button type="button" class="small" disabled={token.value === ''} onClick={onRollback}>
            {say(words.rollback)}
          </button>
        )}
      </td>
    </tr>
  );
}
