import { useState } from 'preact/hooks';
import type { Settings as Values } from '../../../../../shared/api/schemas/settings.ts';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded, useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/access.ts';
import { page } from '../../../text/page.ts';

/** What may be changed of a project after it was made. */
export function Settings({ project }: { project: string }) {
  const { value, error, reload } = useLoaded(
    (signal) => adminApi().call('getSettings', { params: { project }, signal }),
    [project],
  );
  return (
    <section class="card" aria-labelledby="settings-title">
      <h2 id="settings-title">{say(words.settings)}</h2>
      {error !== null && <ErrorBox error={error} onRetry={reload} />}
      {!value && error === null && <p class="quiet waiting">{say(page.loading)}</p>}
      {value && <Form project={project} before={value} />}
    </section>
  );
}

function Form({ project, before }: { project: string; before: Values }) {
  const [answers, setAnswers] = useState(before.answers);
  const [origins, setOrigins] = useState(before.origins.join('\n'));
  const [keepVersions, setKeepVersions] = useState(before.keepVersions);
  const [saved, setSaved] = useState(false);
  const { busy, error, run } = useWork();
  const save = async (event: Event) => {
    event.preventDefault();
    setSaved(false);
    const json = { answers, origins: linesOf(origins), keepVersions };
    const done = await run(() => adminApi().call('changeSettings', { params: { project }, json }));
    setSaved(done);
  };
  const choice = (value: Values['answers'], label: string, hint: string) => (
    <label class="choice">
      <input
        type="radio"
        name="answers"
        checked={answers === value}
        onChange={() => setAnswers(value)}
      />
      <span>
        {label} <span class="hint">{hint}</span>
      </span>
    </label>
  );
  return (
    <form class="settings" onSubmit={(event) => void save(event)} onInput={() => setSaved(false)}>
      <fieldset>
        <legend class="label">{say(words.answers)}</legend>
        {choice('open', say(words.open), say(words.openHint))}
        {choice('keys', say(words.keysOnly), say(words.keysOnlyHint))}
      </fieldset>
      <label class="field">
        <span>{say(words.origins)}</span>
        <textarea
          class="short"
          value={origins}
          spellcheck={false}
          placeholder="https://example.org"
          onInput={(event) => setOrigins(event.currentTarget.value)}
        />
        <span class="hint">{say(words.originsHint)}</span>
      </label>
      <label class="field">
        <span>{say(words.keepVersions)}</span>
        <input
          type="number"
          min={1}
          max={1000}
          value={keepVersions}
          onInput={(event) => setKeepVersions(event.currentTarget.valueAsNumber)}
        />
        <span class="hint">{say(words.keepVersionsHint)}</span>
      </label>
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy || !(keepVersions >= 1)}>
          {say(words.save)}
        </button>
        <span role="status" class="quiet">
          {saved && say(words.saved)}
        </span>
      </div>
      {error !== null && <ErrorBox error={error} />}
    </form>
  );
}

function linesOf(text: string): string[] {
  const lines = text.split(/\s+/).map((line) => line.replace(/\/$/, ''));
  return lines.filter((line) => line !== '');
}
