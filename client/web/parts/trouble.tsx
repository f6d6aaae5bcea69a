import { Unreachable } from '../../net/api.ts';
import { troubleOf, type Trouble } from '../thread/messages.ts';
import { say } from '../text/language.ts';
import { page } from '../text/page.ts';
import { problemText } from '../text/problem-text.ts';

/** Something that went wrong: its number, what was wrong, and what to do about it. */
export function TroubleBox({
  trouble,
  title,
  onRetry,
}: {
  trouble: Trouble;
  title?: string;
  onRetry?: () => void;
}) {
  const known = trouble.code === null ? null : problemText(trouble.code);
  return (
    <div class="trouble" role="alert">
      <p class="trouble-title">
        {title ?? known?.title ?? say(page.failed)}
        {trouble.code !== null && (
          <span class="tag">{say(page.problem, { code: String(trouble.code) })}</span>
        )}
      </p>
      {title && known && <p>{known.title}</p>}
      {trouble.detail && <p class="detail">{trouble.detail}</p>}
      {known && <p>{known.remedy}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {say(page.again)}
        </button>
      )}
    </div>
  );
}

/** The same for an error that was caught here; silence of the server has words of its own. */
export function ErrorBox({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const retry = onRetry ? { onRetry } : {};
  if (!(error instanceof Unreachable)) return <TroubleBox trouble={troubleOf(error)} {...retry} />;
  const trouble = { code: null, detail: say(page.unreachableHint) };
  return <TroubleBox trouble={trouble} title={say(page.unreachable)} {...retry} />;
}
