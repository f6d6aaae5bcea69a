import { computed, signal } from '@preact/signals';
import type { Project } from '../../../shared/api/schemas/projects.ts';
import { Api } from '../../net/api.ts';

/** The pages are served by the edge they talk to. */
export const ORIGIN = location.origin;
export const api = new Api(ORIGIN);

/** All projects; null while they are on their way. */
export const projects = signal<Project[] | null>(null);
export const projectsError = signal<unknown>(null);
const wanted = signal(new URLSearchParams(location.search).get('project'));

/** The project the page is about: the one in the address, or the first that is ready. */
export const project = computed<Project | undefined>(() => {
  const all = projects.value ?? [];
  return all.find(({ id }) => id === wanted.value) ?? all.find(({ live }) => live) ?? all[0];
});

export async function loadProjects(): Promise<void> {
  projectsError.value = null;
  try {
    projects.value = await api.call('listProjects');
  } catch (error) {
    projectsError.value = error;
  }
}

/** Kept in the address, so that a link leads to the same project. */
export function chooseProject(id: string): void {
  wanted.value = id;
  const url = new URL(location.href);
  url.searchParams.set('project', id);
  history.replaceState(null, '', url);
}
