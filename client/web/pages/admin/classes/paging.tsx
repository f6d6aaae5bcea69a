import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/classes.ts';

/** How many of a long list are shown, and the button that shows more; null where there are none. */
export function usePaging(total: number, page: number): { shown: number; more: ComponentChildren } {
  const [shown, setShown] = useState(page);
  const next = Math.min(page, total - shown);
  if (next <= 0) return { shown, more: null };
  const more = (
    <button type="button" class="small" onClick={() => setShown(shown + page)}>
      {say(words.showMore, { n: next })}
    </button>
  );
  return { shown, more };
}
