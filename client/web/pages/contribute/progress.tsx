import type { ComponentChildren } from 'preact';
import { Curve } from '../../parts/curve.tsx';
import { Facts, type Fact } from '../../parts/facts.tsx';
import { TroubleBox } from '../../parts/trouble.tsx';
import { bytes, language, say, type Entry } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { page, phases } from '../../text/page.ts';
import { Backend } from './backend.tsx';
import { stageOf, type Note, type Run, type Stage } from './run.ts';

const STAGES: Record<Exclude<Stage, 'idle'>, Entry> = {
  starting: words.stageStarting,
  proving: words.stageProving,
  connecting: words.stageConnecting,
  reconnecting: words.stageReconnecting,
  paused: words.stagePaused,
  waiting: words.stageWaiting,
  resting: words.stageResting,
  looking: words.stageLooking,
  learning: words.stageLearning,
  sending: words.stageSending,
  stopping: words.stageStopping,
  stopped: words.stageStopped,
  failed: words.stageFailed,
};

/** What this tab is doing now, and how the crowd is doing. */
export function Progress({ run, children }: { run: Run; children: ComponentChildren }) {
  const stage = stageOf(run);
  if (stage === 'idle') return null;
  return (
    <div class="progress">
      <div class="row stage-row">
        <p class={`stage ${stage}`} role="status" aria-live="polite">
          {say(STAGES[stage], { round: run.work?.round ?? 0, time: clock(run.backAt) })}
        </p>
        {children}
      </div>
      {run.trouble && <TroubleBox trouble={run.trouble} />}
      <Bars run={run} />
      {(run.training || run.status !== 'ended') && <Facts facts={factsOf(run)} />}
      <Loss run={run} />
      <Notes notes={run.notes} />
      {run.backend && <Backend {...run.backend} />}
    </div>
  );
}

/** The time of the day, with seconds: it may be less than a minute away. */
function clock(at: number | null): string {
  if (at === null) return '';
  return new Intl.DateTimeFormat(language.value, { timeStyle: 'medium' }).format(at);
}

function Bars({ run: { work, training, status } }: { run: Run }) {
  if (status === 'ended') return null;
  return (
    <div class="bars">
      {work ? (
        <Bar
          label={say(work.from > 0 ? words.roundContinued : words.roundProgress, work)}
          detail={say(words.step, work)}
          value={work.step}
          max={work.steps}
        />
      ) : (
        <p class="quiet">{say(words.backgroundHint)}</p>
      )}
      {training && training.goal > 0 && (
        <Bar
          label={`${say(words.crowd)}: ${say(phases[training.phase])}`}
          detail={say(words.crowdProgress, { accepted: training.accepted, goal: training.goal })}
          value={Math.min(training.accepted, training.goal)}
          max={training.goal}
        />
      )}
    </div>
  );
}

function Bar({
  label,
  detail,
  value,
  max,
}: {
  label: string;
  detail: string;
  value: number;
  max: number;
}) {
  return (
    <label class="bar">
      <span>{label}</span>
      <span class="quiet">{detail}</span>
      <progress value={value} max={max} />
    </label>
  );
}

function factsOf({ training, imagesPerSecond, memory, bytesDown, bytesUp }: Run): Fact[] {
  const dash = '–';
  const whole = (value: number | undefined) => value?.toLocaleString(language.value) ?? dash;
  return [
    [say(words.factRound), training ? `${whole(training.round)} / ${whole(training.until)}` : dash],
    [say(words.factVersion), whole(training?.version)],
    [say(words.factVolunteers), whole(training?.volunteers)],
    [say(words.factSpeed), imagesPerSecond === null ? dash : whole(Math.round(imagesPerSecond))],
    [say(words.factMemory), memory ? say(words.memoryOf, inBytes(memory)) : dash],
    [say(words.factDown), bytes(bytesDown)],
    [say(words.factUp), bytes(bytesUp)],
  ];
}

const inBytes = ({ used, most }: { used: number; most: number }) => ({
  used: bytes(used),
  most: bytes(most),
});

function Loss({ run: { curve, status } }: { run: Run }) {
  const last = curve.loss.at(-1);
  if (last === undefined && status === 'ended') return null;
  if (last === undefined) return <p class="quiet curve-empty">{say(words.curveEmpty)}</p>;
  return (
    <figure class="loss">
      <figcaption>{say(words.curve)}</figcaption>
      <Curve
        x={curve.steps}
        y={curve.loss}
        label={say(words.curve)}
        description={say(page.lossCurve, { value: last.toFixed(3) })}
      />
    </figure>
  );
}

function sentence(note: Exclude<Note, { kind: 'failed' }>): string {
  const { round } = note;
  if (note.kind !== 'replaced') return say(words[note.kind], { round, reason: note.reason });
  const { lost, backend, step } = note;
  return say(words.replaced, { round, step, lost: say(words[lost]), now: say(words[backend]) });
}

function Notes({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes">
      {notes.slice(0, 3).map((note) => (
        <li key={`${note.kind}${note.round}${note.kind === 'replaced' ? note.backend : ''}`}>
          {note.kind === 'failed' ? (
            <TroubleBox
              trouble={note.trouble}
              title={say(words.roundFailed, { round: note.round })}
            />
          ) : (
            <span class="quiet">{sentence(note)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
