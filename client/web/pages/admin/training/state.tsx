import { useEffect, useState } from 'preact/hooks';
import type { TrainingState } from '../../../../../shared/protocol/messages.ts';
import { Facts, type Fact } from '../../../parts/facts.tsx';
import { adminApi, token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { language, say } from '../../../text/language.ts';
import { words } from '../../../text/admin.ts';
import { phases } from '../../../text/page.ts';
import { atWork, connected, training } from '../watch.ts';

/** Where training stands, live, and the two buttons that move it. */
export function State({ project }: { project: string }) {
  const state = training.value;
  const now = useClock();
  const [count, setCount] = useState(5);
  const { error, run } = useWork();
  const params = { project };
  const start = async () => {
    const json = { rounds: count };
    training.value = await adminApi().call('startTraining', { params, json });
  };
  const stop = async () => {
    training.value = await adminApi().call('stopTraining', { params });
  };
  const locked = token.value === '';
  return (
    <section class="card" aria-labelledby="training-title">
      <div class="row">
        <h2 id="training-title">{say(words.live)}</h2>
        {!connected.value && (
          <span class="tag warn" role="status">
            {say(words.lineLost)}
          </span>
        )}
      </div>
      {state && (
        <>
          <p class="stage" role="status" aria-live="polite">
            {say(phases[state.phase])}
          </p>
          <Facts facts={factsOf(state, now)} />
          {state.serverProgress !== null && (
            <label class="bar">
              <span>{say(words.server)}</span>
              <progress value={state.serverProgress} max={1} />
            </label>
          )}
          {state.notice && <p class="warn">{say(words.notice, { notice: state.notice })}</p>}
        </>
      )}
      <AtWork />
      <div class="buttons actions">
        <label class="field inline">
          <span>{say(words.rounds)}</span>
          <input
            type="number"
            min={1}
            max={10_000}
            value={count}
            onInput={(event) => setCount(event.currentTarget.valueAsNumber)}
          />
        </label>
        <button
          type="button"
          class="primary"
          disabled={locked || !(count >= 1)}
          onClick={() => void run(start)}
        >
          {say(words.start)}
        </button>
        <button
          type="button"
          disabled={locked || !state || state.round >= state.until}
          onClick={() => void run(stop)}
        >
          {say(words.stop)}
        </button>
        {locked && <span class="quiet">{say(words.needsKey)}</span>}
      </div>
      {error !== null && <ErrorBox error={error} />}
    </section>
  );
}

function factsOf(state: TrainingState, now: number): Fact[] {
  const facts: Fact[] = [
    [say(words.round), `${state.round} / ${Math.max(state.until, state.round)}`],
    [say(words.version), state.version.toLocaleString(language.value)],
    [say(words.volunteers), state.volunteers.toLocaleString(language.value)],
    [say(words.accepted), `${state.accepted} / ${state.goal}`],
  ];
  if (state.deadline !== null) {
    const left = Math.max(0, Math.round((state.deadline - now) / 1000));
    facts.push([say(words.deadline), say(words.seconds, { n: left })]);
  }
  return facts;
}

function AtWork() {
  const all = [...atWork.value];
  if (all.length === 0) return null;
  return (
    <>
      <h3>{say(words.atWork)}</h3>
      <ul class="at-work">
        {all.map(([volunteer, { step, steps, loss }]) => (
          <li key={volunteer}>
            <code>{volunteer.slice(0, 8)}</code>
            <progress value={step} max={steps} aria-label={volunteer.slice(0, 8)} />
            <span class="quiet small">
              {loss === null ? '' : say(words.loss, { loss: loss.toFixed(2) })}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function useClock(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
