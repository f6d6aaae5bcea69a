import { signal } from '@preact/signals';

/** What an admin comes for, one section each, in the order in which a project grows. */
export const SECTIONS = ['training', 'versions', 'classes', 'access', 'log'] as const;
export type Section = (typeof SECTIONS)[number];

/** Where on the page somebody is: a section, or the form for a new project. `item` is within it: a class's name. */
export type Place = { section: Section | 'new'; item: string | null };

const START: Place = { section: 'training', item: null };

/** In the address behind its #, so that a link, a reload and the browser's Back lead to the same place. */
export const place = signal<Place>(parsePlace(location.hash) ?? START);

/** @returns null for whatever names no place: the link that skips to the content, for one */
export function parsePlace(hash: string): Place | null {
  const [section = '', item] = hash.replace(/^#/, '').split('/');
  if (section !== 'new' && !SECTIONS.some((one) => one === section)) return null;
  return { section: section as Place['section'], item: decoded(item) };
}

export function hrefOf(section: Place['section'], item?: string): string {
  return item === undefined ? `#${section}` : `#${section}/${encodeURIComponent(item)}`;
}

export function go(section: Place['section'], item?: string): void {
  location.hash = hrefOf(section, item);
  // The browser tells of it later; until then the page would go on at the place that is left.
  place.value = { section, item: item ?? null };
}

/** @returns what ends it */
export function followPlace(): () => void {
  const follow = () => {
    const next = location.hash === '' ? START : parsePlace(location.hash);
    if (next) place.value = next;
  };
  addEventListener('hashchange', follow);
  return () => removeEventListener('hashchange', follow);
}

function decoded(item: string | undefined): string | null {
  if (!item) return null;
  try {
    return decodeURIComponent(item);
  } catch {
    return null;
  }
}
