import { useEffect, useState } from 'preact/hooks';
import type { Project } from '../../../../shared/api/schemas.ts';
import type { Skipped } from '../../../data/files.ts';
import { LeftOut } from '../../parts/left-out.tsx';
import { ProjectPicker, WithProject } from '../../parts/project-picker.tsx';
import { chooseProject, loadProjects, project } from '../../parts/projects.ts';
import { Shell } from '../../parts/shell.tsx';
import { TokenField } from '../../parts/token.tsx';
import { ErrorBox } from '../../parts/trouble.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { Classes } from './classes.tsx';
import { CreateForm } from './create/form.tsx';
import { error, watch } from './model.ts';
import { Rounds } from './rounds.tsx';
import { Training } from './training.tsx';
import { Versions } from './versions.tsx';

export function AdminPage() {
  const [creating, setCreating] = useState(false);
  /** Files that a project just created could not use. */
  const [skipped, setSkipped] = useState<Skipped[]>([]);
  useEffect(() => void loadProjects(), []);
  const created = async ({ id }: Project, left: Skipped[]) => {
    setSkipped(left);
    await loadProjects();
    chooseProject(id);
    setCreating(false);
  };
  return (
    <Shell current="admin" project={project.value?.id}>
      <div class="hero">
        <h1>{say(words.headline)}</h1>
      </div>
      <section class="card" aria-label={say(words.access)}>
        <div class="two">
          <TokenField />
          <div class="buttons end">
            <ProjectPicker disabled={creating} />
            {!creating && (
              <button type="button" onClick={() => setCreating(true)}>
                {say(words.newProject)}
              </button>
            )}
          </div>
        </div>
      </section>
      {!creating && <LeftOut skipped={skipped} />}
      {creating ? (
        <CreateForm
          onCreated={(one, left) => void created(one, left)}
          onCancel={() => setCreating(false)}
        />
      ) : (
        <WithProject>{(one) => <Detail key={one.id} project={one} />}</WithProject>
      )}
    </Shell>
  );
}

function Detail({ project: one }: { project: Project }) {
  useEffect(() => watch(one.id), [one.id]);
  return (
    <>
      <div class="row detail-title">
        <h2>{one.title}</h2>
        <code>{one.id}</code>
      </div>
      {error.value !== null && <ErrorBox error={error.value} />}
      <Training project={one.id} />
      <Versions project={one.id} />
      <Rounds />
      <Classes project={one} />
    </>
  );
}
