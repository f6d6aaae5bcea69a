import { useRef, useState } from 'preact/hooks';
import { say } from '../text/language.ts';
import { page } from '../text/page.ts';

/** A text to take along, with the button that copies it. Where the browser does not copy, it is selected. */
export function Copyable({ text, label, block }: { text: string; label: string; block?: boolean }) {
  const shown = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid(say(page.copied));
    } catch {
      // Browsers copy on pages that came by HTTPS only.
      getSelection()?.selectAllChildren(shown.current as HTMLElement);
      setSaid(say(page.copyYourself));
    }
  };
  return (
    <div class={block ? 'copyable block' : 'copyable'}>
      {block ? (
        // Focusable, because it scrolls: a keyboard has no other way along.
        <pre tabIndex={0} role="region" aria-label={label}>
          <code ref={shown}>{text}</code>
        </pre>
      ) : (
        <code ref={shown}>{text}</code>
      )}
      <div class="buttons">
        <button
          type="button"
          class="small"
          onClick={() => void copy()}
          aria-label={`${say(page.copy)}: ${label}`}
        >
          {say(page.copy)}
        </button>
        <span class="quiet small" role="status">
          {said}
        </span>
      </div>
    </div>
  );
}
