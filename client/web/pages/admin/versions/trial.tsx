import { useState } from 'preact/hooks';
import type { Canary, Version } from '../../../../../shared/api/schemas/versions.ts';
import { Facts } from '../../../parts/facts.tsx';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { moment, percent, say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';
import { stand } from '../watch.ts';
import { MakeLive } from './make-live.tsx';
import { TaskBar, useTask } from './tasks.tsx';

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5];

export type TrialProps = { project: string; versions: readonly Version[]; onChange: () => void };

/** A candidate that answers some of the requests, and how it fares; or the way to begin with one. */
export function Trial({ project, versions, onChange }: TrialProps) {
  const params = { project };
  const { value, error, reload } = useLoaded(
    async (signal) => ({ canary: await adminApi().call('getCanary', { params, signal }) }),
    [project, stand.value],
  );
  const { busy, error: refused, run } = useWork();
  const end = async () => {
    await adminApi().call('endCanary', { params });
    reload();
  };
  const canary = value?.canary;
  return (
    <section class="card" aria-labelledby="trial-title">
      <h2 id="trial-title">{say(words.trial)}</h2>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {canary && (
        <>
          <Running canary={canary} />
          <div class="buttons">
            <button type="button" class="small" onClick={reload}>
              {say(words.refresh)}
            </button>
            <button type="button" class="small" disabled={busy} onClick={() => void run(end)}>
              {say(words.end)}
            </button>
            {versions
              .filter(({ number }) => number === canary.version)
              .map((version) => (
                <MakeLive
                  key={version.number}
                  {...{ project, version }}
                  onLive={() => {
                    reload();
                    onChange();
                  }}
                />
              ))}
          </div>
        </>
      )}
      {value && !canary && <Begin project={project} versions={versions} onBegun={reload} />}
      {refused !== null && <ErrorBox error={refused} />}
    </section>
  );
}

function Running({ canary }: { canary: Canary }) {
  const { version, share, startedAt, answered, compared, agreement, latency } = canary;
  const time = (ms: number | null) =>
    ms === null ? '–' : say(words.milliseconds, { n: Math.round(ms * 10) / 10 });
  return (
    <>
      <p>
        {say(words.trialOf, {
          n: version,
          share: percent(share, 0),
          when: moment(startedAt),
        })}
      </p>
      <Facts
        facts={[
          [say(words.answered), answered],
          [say(words.agreement), agreement === null ? '–' : percent(agreement)],
          [say(words.compared), compared],
          [say(words.latency, { live: time(latency.live.p50) }), time(latency.canary.p50)],
        ]}
      />
    </>
  );
}

type BeginProps = { project: string; versions: readonly Version[]; onBegun: () => void };

function Begin({ project, versions, onBegun }: BeginProps) {
  const usable = versions.filter(({ state, expiredAt }) => state !== 'live' && expiredAt === null);
  const [version, setVersion] = useState('');
  const [share, setShare] = useState(0.1);
  const { busy, error, run } = useWork();
  const { task, follow } = useTask();
  const begin = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      const json = { version: Number(version), share };
      const { task: begun } = await adminApi().call('putCanary', { params: { project }, json });
      if (begun) await follow(project, begun);
      onBegun();
    });
  };
  if (usable.length === 0) return <p class="quiet">{say(words.noTrial)}</p>;
  return (
    <>
      <p class="quiet">{say(words.trialHint)}</p>
      <form class="buttons" onSubmit={(event) => void begin(event)}>
        <label class="field inline">
          <span>{say(words.trialVersion)}</span>
          <select value={version} onChange={(event) => setVersion(event.currentTarget.value)}>
            <option value="">{say(words.choose)}</option>
            {usable.map(({ number, state }) => (
              <option key={number} value={number}>
                {number} ({say(words[state])})
              </option>
            ))}
          </select>
        </label>
        <label class="field inline">
          <span>{say(words.trialShare)}</span>
          <select value={share} onChange={(event) => setShare(Number(event.currentTarget.value))}>
            {SHARES.map((one) => (
              <option key={one} value={one}>
                {percent(one, 0)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="small" disabled={busy || version === ''}>
          {say(words.begin)}
        </button>
      </form>
      <TaskBar task={task} />
      {error !== null && <ErrorBox error={error} />}
    </>
  );
}
