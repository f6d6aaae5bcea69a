import { useEffect, useRef } from 'preact/hooks';
import type { TurnstileChallenge } from '../../../net/challenge.ts';
import { say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { answer, challenge } from './model.ts';

/** The only script that a page takes from elsewhere, and only where the edge asks for it. */
const SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit';

/** What of Turnstile's widget is used here. */
type Turnstile = {
  render(
    element: HTMLElement,
    options: {
      sitekey: string;
      action: string;
      cData: string;
      callback: (token: string) => void;
      'error-callback': () => void;
    },
  ): string;
  remove(id: string): void;
};

/** Shows Cloudflare's check while the edge waits for one. */
export function Check() {
  const asked = challenge.value;
  return asked && <Widget key={asked.cData} asked={asked} />;
}

function Widget({ asked: { siteKey: sitekey, action, cData } }: { asked: TurnstileChallenge }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let remove = () => {};
    const show = async () => {
      const turnstile = await load();
      if (!place.current) return;
      const id = turnstile.render(place.current, {
        ...{ sitekey, action, cData, callback: answer },
        'error-callback': () => answer(null),
      });
      remove = () => turnstile.remove(id);
    };
    show().catch(() => answer(null));
    return () => remove();
  }, [sitekey, action, cData]);
  return (
    <div role="group" aria-label={say(words.check)}>
      <p class="quiet">{say(words.check)}</p>
      <div ref={place} />
    </div>
  );
}

/** Once a page. @throws when it is blocked or Cloudflare is not there */
function load(): Promise<Turnstile> {
  const here = () => (window as unknown as { turnstile?: Turnstile }).turnstile;
  const there = here();
  if (there) return Promise.resolve(there);
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = SCRIPT;
    script.onload = () => {
      const turnstile = here();
      if (turnstile) resolve(turnstile);
      else reject(new Error(`${SCRIPT} is no Turnstile`));
    };
    script.onerror = () => reject(new Error(`${SCRIPT} cannot be loaded`));
    document.head.appendChild(script);
  });
}
