import { useEffect, useRef } from 'preact/hooks';
import { say } from '../text/language.ts';
import { words } from '../text/playground.ts';

/** The sheet's own resolution; the style sheet says how large it is shown. */
const SIDE = 280;
const PEN = 17;

export type PadProps = {
  label: string;
  /** The drawing after each stroke; null once it is cleared. */
  onChange: (drawing: ImageData | null) => void;
  small?: boolean;
  /** Another number empties the sheet. */
  sheet?: number;
};

/** A sheet of paper: mouse, pen or finger. White in the dark too, as the network's reader expects. */
export function Pad({ label, onChange, small = false, sheet = 0 }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<[number, number] | null>(null);
  const pen = () =>
    canvas.current?.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;

  const wipe = () => {
    const context = pen();
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SIDE, SIDE);
  };
  useEffect(wipe, [sheet]);

  const draw = (event: PointerEvent) => {
    if (!last.current) return;
    const context = pen();
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = '#111';
    // A fast pen moves further than one event a frame tells.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) {
      const to = place(event.currentTarget as HTMLElement, move);
      context.beginPath();
      context.moveTo(...(last.current as [number, number]));
      context.lineTo(...to);
      context.stroke();
      last.current = to;
    }
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const element = event.currentTarget as HTMLElement;
    element.setPointerCapture(event.pointerId);
    last.current = place(element, event);
    draw(event);
  };
  const up = () => {
    if (!last.current) return;
    last.current = null;
    onChange(pen().getImageData(0, 0, SIDE, SIDE));
  };
  const clear = () => {
    wipe();
    onChange(null);
  };

  return (
    <div class={small ? 'pad small' : 'pad'}>
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={label}
        onPointerDown={down}
        onPointerMove={draw}
        onPointerUp={up}
        onPointerCancel={up}
      />
      <div class="row">
        <span class="quiet small">{label}</span>
        <button
          type="button"
          class="link"
          onClick={clear}
          aria-label={`${say(words.clear)}: ${label}`}
        >
          {say(words.clear)}
        </button>
      </div>
    </div>
  );
}

function place(element: HTMLElement, { clientX, clientY }: PointerEvent): [number, number] {
  const box = element.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * SIDE, ((clientY - box.top) / box.height) * SIDE];
}
