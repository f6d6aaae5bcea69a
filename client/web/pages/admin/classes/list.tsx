import { useState } from 'preact/hooks';
import type { ClassInfo } from '../../../../../shared/api/schemas/classes.ts';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { NewClass } from '../../../parts/new-class.tsx';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { words as drawing } from '../../../text/playground.ts';
import { go, hrefOf } from '../place.ts';
import { tellChange } from './changes.ts';
import { usePaging } from './paging.tsx';

/** Fewer are found by looking. */
const SEARCHED_FROM = 12;
/** Rows at once: a project may have ten thousand classes. */
const PAGE = 100;

/** All classes by name, those that were added first, and the way to add one. */
export function List({ project, classes }: { project: Project; classes: readonly ClassInfo[] }) {
  const [wanted, setWanted] = useState('');
  const typed = wanted.trim().toLowerCase();
  const found = classes.filter(({ name }) => name.toLowerCase().includes(typed));
  const base = found.filter(({ kind }) => kind === 'base');
  const novel = found.filter(({ kind }) => kind === 'novel');
  const some = classes.some(({ kind }) => kind === 'novel');
  return (
    <section class="card" aria-labelledby="classes-title">
      <div class="row">
        <h2 id="classes-title">{say(words.classes)}</h2>
        {classes.length >= SEARCHED_FROM && (
          <label class="field inline">
            <span>{say(words.find)}</span>
            <input
              type="search"
              value={wanted}
              onInput={(event) => setWanted(event.currentTarget.value)}
            />
          </label>
        )}
      </div>
      {found.length === 0 && <p class="quiet">{say(words.noneFound)}</p>}
      {(novel.length > 0 || !some) && (
        <>
          <h3>{say(words.novel)}</h3>
          {!some && <p class="quiet">{say(words.noNovel)}</p>}
          <Novel classes={novel} />
        </>
      )}
      {base.length > 0 && (
        <>
          <h3>{say(words.base)}</h3>
          <ul class="chips">
            {base.map(({ name }) => (
              <li key={name}>
                <a class="tag" href={hrefOf('classes', name)}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      <details class="add-class">
        <summary>{say(words.addClass)}</summary>
        <NewClass
          project={project}
          withToken={false}
          onAdded={(added) => {
            tellChange(added, say(words.added, { name: added.name }));
            // Its report is the first thing to look at.
            go('classes', added.name);
          }}
        />
      </details>
    </section>
  );
}

function Novel({ classes }: { classes: readonly ClassInfo[] }) {
  const { shown, more } = usePaging(classes.length, PAGE);
  return (
    <>
      <ul class="novel">
        {classes.slice(0, shown).map(({ name, examples, addedIn }) => (
          <li key={name}>
            <a href={hrefOf('classes', name)}>{name}</a>
            <span class="quiet small">
              {say(drawing.examplesCount, { n: examples })}, {say(words.addedIn, { n: addedIn })}
            </span>
          </li>
        ))}
      </ul>
      {more}
    </>
  );
}
