/** Where a volunteer's images come from: their own, or a sample shard by its file. */
export type Source = { kind: 'own' } | { kind: 'sample'; file: string };

/** What this tab was contributing when it was last heard of. */
export type Before = { project: string; source: Source; images: number; paused: boolean };

/**
 * In the tab's own storage, which a reload survives and a new tab does not have: only where somebody
 * pressed Start, and has not pressed Stop, does anything go on by itself.
 */
const KEY = 'shoal-contributing';

export function remember(before: Before): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(before));
  } catch {
    // Storage may be switched off; then a reload is a new beginning.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** What was going on in this tab for this project; null when nothing was. */
export function recall(project: string): Before | null {
  try {
    const before = parseBefore(sessionStorage.getItem(KEY));
    return before?.project === project ? before : null;
  } catch {
    return null;
  }
}

/** @returns null for whatever is not one: another version of the page may have written it. */
export function parseBefore(text: string | null): Before | null {
  try {
    const { project, source, images, paused } = JSON.parse(text ?? '') as Partial<Before>;
    const isSource =
      source?.kind === 'own' || (source?.kind === 'sample' && typeof source.file === 'string');
    if (!isSource || typeof project !== 'string' || typeof images !== 'number') return null;
    return { project, source, images, paused: paused === true };
  } catch {
    return null;
  }
}
