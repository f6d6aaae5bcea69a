import { useEffect, useRef } from 'preact/hooks';
import type { ClassInfo } from '../../../../../shared/api/schemas/classes.ts';
import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { adminApi, token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';
import { page } from '../../../text/page.ts';
import { words as drawing } from '../../../text/playground.ts';
import { hrefOf } from '../place.ts';
import { stand } from '../watch.ts';
import { Alter } from './alter.tsx';
import { lastChange } from './changes.ts';
import { Examples } from './examples.tsx';
import { Check } from './check.tsx';

export type DetailProps = {
  project: Project;
  name: string;
  classes: readonly ClassInfo[];
  /** The page's own change after which they were listed. */
  after: number | undefined;
};

/** One class: what it was shown, how well that holds up, and what can be done about it. */
export function Detail({ project, name, classes, after }: DetailProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const one = classes.find((other) => other.name === name);
  // A new name is not among those of before.
  const isNewest = after === lastChange.value?.revision;
  return (
    <section class="card" aria-labelledby="class-title">
      <p class="crumb">
        <a href={hrefOf('classes')}>← {say(words.all)}</a>
      </p>
      <h2 id="class-title" tabIndex={-1} ref={title}>
        {name}
      </h2>
      {one ? (
        <Known project={project} one={one} classes={classes} after={after} />
      ) : (
        <p class="quiet">{isNewest ? say(words.gone, { name }) : say(page.loading)}</p>
      )}
    </section>
  );
}

type KnownProps = Omit<DetailProps, 'name'> & { one: ClassInfo };

function Known({ project, one, classes, after }: KnownProps) {
  const { kind, examples, addedIn } = one;
  return (
    <>
      <p class="quiet">
        {say(drawing.examplesCount, { n: examples })}
        {kind === 'novel' && `, ${say(words.addedIn, { n: addedIn })}`}
      </p>
      {kind === 'base' && <p class="quiet">{say(words.isBase)}</p>}
      {token.value === '' ? (
        <p class="quiet">{say(words.examplesNeedKey)}</p>
      ) : (
        <Looked project={project} one={one} classes={classes} after={after} />
      )}
    </>
  );
}

/** What only an admin may see of it, and change. */
function Looked({ project, one: { name, kind }, classes, after }: KnownProps) {
  const params = { project: project.id, class: name };
  // By the list's revision, not by the change itself: the class may have gone with it.
  const keys = [project.id, name, stand.value, after, token.value];
  const { value, error, reload } = useLoaded(async (signal) => {
    const [examples, report] = await Promise.all([
      adminApi().call('listExamples', { params, signal }),
      adminApi().call('checkClass', { params, signal }),
    ]);
    return { ids: examples.map(({ id }) => id), report };
  }, keys);
  if (error !== null) return <ErrorBox error={error} onRetry={reload} />;
  if (!value) return <p class="quiet waiting">{say(page.loading)}</p>;
  const place = { project: project.id, name };
  return (
    <>
      <Check place={place} report={value.report} changeable={kind === 'novel'} />
      <Examples
        place={place}
        ids={value.ids}
        doubtful={value.report.doubtful}
        input={project.plan.input}
        changeable={kind === 'novel'}
      />
      {kind === 'novel' && (
        <Alter
          project={project.id}
          name={name}
          others={classes.filter((other) => other.kind === 'novel' && other.name !== name)}
        />
      )}
    </>
  );
}
