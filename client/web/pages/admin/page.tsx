import { useEffect, useState } from 'preact/hooks';
import type { Project } from '../../../../shared/api/schemas/projects.ts';
import type { Skipped } from '../../../data/files.ts';
import { LeftOut } from '../../parts/left-out.tsx';
import { ProjectPicker, WithProject } from '../../parts/project-picker.tsx';
import { chooseProject, loadProjects, project } from '../../parts/projects.ts';
import { Shell } from '../../parts/shell.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/admin.ts';
import { KeyBar } from './key-bar.tsx';
import { lazy } from './lazy.tsx';
import { followPlace, go, hrefOf, place } from './place.ts';
import { Sections } from './sections.tsx';
import { watch } from './watch.ts';

const CreateForm = lazy(async () => (await import('./create/form.tsx')).CreateForm);

export function AdminPage() {
  /** Files that a project just created could not use. */
  const [skipped, setSkipped] = useState<Skipped[]>([]);
  useEffect(() => {
    void loadProjects();
    return followPlace();
  }, []);
  const creating = place.value.section === 'new';
  const created = async ({ id }: Project, left: Skipped[]) => {
    setSkipped(left);
    await loadProjects();
    chooseProject(id);
    go('versions');
  };
  return (
    <Shell current="admin" project={project.value?.id}>
      <div class="row admin-head">
        <h1>{say(words.headline)}</h1>
        <div class="buttons">
          <ProjectPicker disabled={creating} />
          {!creating && (
            <a class="button" href={hrefOf('new')}>
              {say(words.newProject)}
            </a>
          )}
        </div>
      </div>
      <KeyBar />
      {!creating && <LeftOut skipped={skipped} />}
      {creating ? (
        <CreateForm
          onCreated={(one, left) => void created(one, left)}
          onCancel={() => go('training')}
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
      <Sections project={one} />
    </>
  );
}
