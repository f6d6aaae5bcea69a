import { useState } from 'preact/hooks';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import type { Skipped } from '../../../../data/files.ts';
import { token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/admin.ts';
import { page } from '../../../text/page.ts';
import { ClassRows, emptyClass } from './classes.tsx';
import { defaultFields, planOf, slugOf } from './draft.ts';
import { PlanFields } from './plan-fields.tsx';
import { isSlug, sendProject } from './send.ts';

const EVERY = [0, 2, 3, 4, 5, 10];

/** A new project: what it is called, what it starts from, how it learns. */
export function CreateForm({
  onCreated,
  onCancel,
}: {
  onCreated: (project: Project, skipped: Skipped[]) => void;
  onCancel: () => void;
}) {
  const [title, setTitle] = useState('');
  const [id, setId] = useState<string | null>(null);
  const [description, setDescription] = useState('');
  const [classes, setClasses] = useState(() => [emptyClass(), emptyClass()]);
  const [every, setEvery] = useState(4);
  const [fields, setFields] = useState(defaultFields);
  const [reading, setReading] = useState<{ done: number; total: number } | null>(null);
  const [error, setError] = useState<unknown>(null);

  const slug = id ?? slugOf(title);
  const usable = classes.filter(({ name, files }) => name.trim() !== '' && files.length > 0);
  const planned = planOf(fields, usable.length);
  const missing =
    title.trim() === '' || !isSlug(slug)
      ? words.needTitle
      : usable.length < 2
        ? words.needTwo
        : null;
  const complete = missing === null && 'plan' in planned;

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!('plan' in planned)) return;
    setError(null);
    setReading({ done: 0, total: 0 });
    try {
      const draft = {
        id: slug,
        title: title.trim(),
        description,
        plan: planned.plan,
        classes: usable,
        validationEvery: every,
      };
      const { project, skipped } = await sendProject(draft, (done, total) =>
        setReading({ done, total }),
      );
      onCreated(project, skipped);
    } catch (problem) {
      setError(problem);
    } finally {
      setReading(null);
    }
  };
  return (
    <form class="card create" onSubmit={submit}>
      <h2>{say(words.newProject)}</h2>
      <div class="two">
        <Text label={say(words.title)} value={title} maxLength={120} onChange={setTitle} />
        <Text
          label={say(words.id)}
          hint={say(words.idHint)}
          value={slug}
          maxLength={48}
          wrong={slug !== '' && !isSlug(slug)}
          onChange={setId}
        />
      </div>
      <Text
        label={say(words.description)}
        value={description}
        maxLength={2000}
        onChange={setDescription}
      />
      <ClassRows classes={classes} onChange={setClasses} />
      <label class="field narrow">
        <span>{say(words.validationEvery)}</span>
        <select value={every} onChange={(event) => setEvery(Number(event.currentTarget.value))}>
          {EVERY.map((n) => (
            <option key={n} value={n}>
              {n === 0 ? say(words.everyNone) : say(words.every, { n })}
            </option>
          ))}
        </select>
        <span class="hint">{say(words.validationHint)}</span>
      </label>
      <PlanFields
        fields={fields}
        error={'error' in planned ? planned.error : null}
        onChange={setFields}
      />
      <p class="hint">{say(words.sentHint)}</p>
      <div class="buttons">
        <button
          type="submit"
          class="primary"
          disabled={!complete || reading !== null || token.value === ''}
        >
          {say(words.create)}
        </button>
        <button type="button" onClick={onCancel}>
          {say(page.cancel)}
        </button>
        <span class="quiet" aria-live="polite">
          {reading &&
            (reading.done < reading.total ? say(words.readingImages, reading) : say(words.sending))}
          {!reading && missing && say(missing)}
        </span>
      </div>
      {error !== null && <ErrorBox error={error} />}
    </form>
  );
}

type TextProps = {
  label: string;
  value: string;
  maxLength: number;
  hint?: string;
  wrong?: boolean;
  onChange: (value: string) => void;
};

function Text({ label, value, maxLength, hint, wrong = false, onChange }: TextProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        value={value}
        maxLength={maxLength}
        aria-invalid={wrong}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {hint && <span class="hint">{hint}</span>}
    </label>
  );
}
