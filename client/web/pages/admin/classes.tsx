import { useState } from 'preact/hooks';
import type { ClassAdded, Project } from '../../../../shared/api/schemas.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { NewClass } from '../../parts/new-class.tsx';
import { token } from '../../parts/token.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { words as drawing } from '../../text/playground.ts';
import { classes, refresh, removeClass } from './model.ts';

/** What the model can answer: the base classes, those added later, and the way to add one. */
export function Classes({ project }: { project: Project }) {
  const [asked, setAsked] = useState<string | null>(null);
  const [added, setAdded] = useState<ClassAdded | null>(null);
  const base = classes.value.filter(({ kind }) => kind === 'base');
  const novel = classes.value.filter(({ kind }) => kind === 'novel');
  return (
    <section class="card" aria-labelledby="classes-title">
      <h2 id="classes-title">{say(words.classes)}</h2>
      <h3>{say(words.base)}</h3>
      <ul class="chips">
        {base.map(({ name }) => (
          <li key={name} class="tag">
            {name}
          </li>
        ))}
      </ul>
      <h3>{say(words.novel)}</h3>
      {novel.length === 0 && <p class="quiet">{say(words.noNovel)}</p>}
      <ul class="novel">
        {novel.map(({ name, examples, addedIn }) => (
          <li key={name}>
            <strong>{name}</strong>
            <span class="quiet small">
              {say(drawing.examplesCount, { n: examples })}, {say(words.addedIn, { n: addedIn })}
            </span>
            <button
              type="button"
              class="small danger"
              disabled={token.value === ''}
              aria-label={`${say(words.remove)}: ${name}`}
              onClick={() => setAsked(name)}
            >
              {say(words.remove)}
            </button>
          </li>
        ))}
      </ul>
      <details class="add-class">
        <summary>{say(words.addClass)}</summary>
        <NewClass
          project={project}
          withToken={false}
          onAdded={(known) => {
            setAdded(known);
            void refresh(project.id);
          }}
        />
      </details>
      <div aria-live="polite">{added && <p class="done">{say(words.classAdded, added)}</p>}</div>
      {asked !== null && (
        <Confirm
          title={say(words.removeTitle, { name: asked })}
          text={say(words.removeText)}
          action={say(words.remove)}
          onConfirm={() => void removeClass(project.id, asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
