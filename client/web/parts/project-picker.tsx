import type { ComponentChildren } from 'preact';
import type { Project } from '../../../shared/api/schemas/projects.ts';
import { say } from '../text/language.ts';
import { page } from '../text/page.ts';
import { chooseProject, loadProjects, project, projects, projectsError } from './projects.ts';
import { ErrorBox } from './trouble.tsx';

/** Which project the page is about; shown only when there is a choice. */
export function ProjectPicker({ disabled = false }: { disabled?: boolean }) {
  const all = projects.value ?? [];
  if (all.length < 2) return null;
  return (
    <label class="field inline">
      <span>{say(page.project)}</span>
      <select
        value={project.value?.id ?? ''}
        disabled={disabled}
        onChange={(event) => chooseProject(event.currentTarget.value)}
      >
        {all.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Draws its child once there is a project; says what is missing otherwise. */
export function WithProject({ children }: { children: (project: Project) => ComponentChildren }) {
  if (projectsError.value)
    return <ErrorBox error={projectsError.value} onRetry={() => void loadProjects()} />;
  if (!projects.value)
    return (
      <p class="quiet" aria-live="polite">
        {say(page.loading)}
      </p>
    );
  if (!project.value)
    return (
      <section class="card empty">
        <h2>{say(page.noProject)}</h2>
        <p class="quiet">{say(page.noProjectHint)}</p>
      </section>
    );
  return <>{children(project.value)}</>;
}
