import { useEffect } from 'preact/hooks';
import type { Project } from '../../../../shared/api/schemas/projects.ts';
import { forgetExpired } from '../../../sdk/browser-memory.ts';
import { Facts, type Fact } from '../../parts/facts.tsx';
import { ProjectPicker, WithProject } from '../../parts/project-picker.tsx';
import { loadProjects, project } from '../../parts/projects.ts';
import { Shell } from '../../parts/shell.tsx';
import { language, say, type Entry } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { UnknownBackend } from './backend.tsx';
import { Check } from './check.tsx';
import { Choose } from './choose.tsx';
import {
  before,
  chosen,
  goOn,
  loadOverview,
  loadSamples,
  overview,
  run,
  start,
  steer,
} from './model.ts';
import { Preview } from './preview.tsx';
import { Progress } from './progress.tsx';
import type { Run } from './run.ts';
import { Trust } from './trust.tsx';

export function ContributePage() {
  useEffect(() => {
    void loadProjects();
    void loadSamples();
    // A browser that has no database has kept nothing.
    forgetExpired().catch(() => undefined);
  }, []);
  return (
    <Shell current="contribute" project={project.value?.id}>
      <div class={run.value.status === 'idle' ? 'hero' : 'hero unseen'}>
        <h1>{say(words.headline)}</h1>
        <p class="lead">{say(words.lead)}</p>
      </div>
      <WithProject>{(one) => <Contribute key={one.id} project={one} />}</WithProject>
    </Shell>
  );
}

function Contribute({ project: one }: { project: Project }) {
  useEffect(() => {
    void loadOverview(one.id);
    void goOn(one);
  }, [one.id]);
  const { status } = run.value;
  const busy = status !== 'idle' && status !== 'ended';
  const images = chosen.value;
  return (
    <>
      <section class="card" aria-labelledby="project-title">
        <div class="row">
          <h2 id="project-title">{one.title}</h2>
          <ProjectPicker disabled={busy} />
        </div>
        {one.description && <p class="quiet">{one.description}</p>}
        <UnknownBackend />
        <Reloaded />
        {status === 'idle' && <Facts facts={overviewFacts(one)} />}
        {status !== 'idle' && (
          <Progress run={run.value}>
            <Check />
            <Buttons project={one} busy={busy} />
          </Progress>
        )}
        {images && images.count > 0 ? (
          <Preview images={images} project={one} locked={busy} />
        ) : (
          <Choose project={one} />
        )}
        {status === 'idle' && <Buttons project={one} busy={busy} />}
      </section>
      <Trust sent={run.value.sent} images={images?.count ?? 0} />
    </>
  );
}

/** This tab was contributing when it was reloaded: that it goes on, or what it needs to. */
function Reloaded() {
  if (!before.value) return null;
  const { source, images } = before.value;
  if (source.kind === 'sample')
    return run.value.status === 'idle' ? null : (
      <p class="quiet" role="status">
        {say(words.reloadedGoesOn)}
      </p>
    );
  // Once it is started again, nothing is missing any more.
  if (run.value.status !== 'idle') return null;
  return (
    <p class="warn" role="status">
      {say(words.reloadedOwn, { n: images })}
    </p>
  );
}

function overviewFacts({ id, live }: Project): Fact[] {
  const training = overview.value?.project.id === id ? overview.value.training : null;
  const whole = (value: number | undefined) => value?.toLocaleString(language.value) ?? '–';
  return [
    [say(words.versionFact), live ? whole(live.version) : say(words.none)],
    [say(words.volunteersFact), whole(training?.volunteers)],
    [say(words.roundFact), whole(training?.round)],
  ];
}

function startWord(status: Run['status']): Entry {
  if (status === 'ended') return words.startAgain;
  return before.value ? words.goOn : words.start;
}

function Buttons({ project: { id }, busy }: { project: Project; busy: boolean }) {
  const { status, paused } = run.value;
  if (busy)
    return (
      <div class="buttons">
        <button
          type="button"
          onClick={() => steer(paused ? 'resume' : 'pause')}
          disabled={status === 'stopping'}
        >
          {say(paused ? words.resume : words.pause)}
        </button>
        <button type="button" onClick={() => steer('stop')} disabled={status === 'stopping'}>
          {say(words.stop)}
        </button>
      </div>
    );
  const ready = (chosen.value?.count ?? 0) > 0;
  return (
    <div class={status === 'idle' ? 'buttons actions' : 'buttons'}>
      <button
        type="button"
        class="primary"
        disabled={!ready}
        onClick={() => start(id)}
        aria-describedby="start-hint"
      >
        {say(startWord(status))}
      </button>
      {status === 'idle' && (
        <span id="start-hint" class="quiet">
          {say(ready ? words.startPromise : words.startFirst)}
        </span>
      )}
    </div>
  );
}
