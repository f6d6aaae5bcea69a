/** A curve: its points in order of x. */
export type Series = { name: string; points: readonly (readonly [x: number, y: number])[] };

export type ChartOptions = {
  title: string;
  /** As a person reads a value on the vertical axis. */
  unit: (value: number) => string;
  /** Highest value of the axis; left out, the highest of the data. */
  top?: number;
};

const [WIDTH, HEIGHT] = [640, 260];
const [LEFT, RIGHT, ABOVE, BELOW] = [70, 120, 34, 34];
const LINES = 4;
/** Okabe and Ito's colours, which the colour-blind tell apart too. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/** Curves over rounds as an SVG that stands by itself. */
export function lineChart(series: readonly Series[], { title, unit, top }: ChartOptions): string {
  const points = series.flatMap((one) => one.points);
  const last = Math.max(1, ...points.map(([x]) => x));
  const most = top ?? (Math.max(0, ...points.map(([, y]) => y)) || 1);
  const x = (value: number) => LEFT + (value / last) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BELOW - (value / most) * (HEIGHT - ABOVE - BELOW);
  const heights = Array.from({ length: LINES + 1 }, (_, i) => (i / LINES) * most);
  const ticks = [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last)))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<text x="${LEFT}" y="18" class="title">${escaped(title)}</text>`,
    ...heights.map((value) => gridLine(y(value), unit(value))),
    ...ticks.map((tick) => text(x(tick), HEIGHT - 14, `${tick}`, 'middle')),
    ...series.map((one, i) => curve(one, COLOURS[i % COLOURS.length]!, x, y)),
    '</svg>',
  ].join('\n');
}

function gridLine(at: number, label: string): string {
  const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" class="grid"/>`;
  return line + text(LEFT - 8, at + 4, label, 'end');
}

type Scale = (value: number) => number;

function curve({ name, points }: Series, colour: string, x: Scale, y: Scale): string {
  const end = points.at(-1);
  if (!end) return '';
  const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
  const dots = points.map(
    ([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="2" fill="${colour}"/>`,
  );
  const label = `<text x="${x(end[0]) + 8}" y="${y(end[1]) + 4}" fill="${colour}">${escaped(name)}</text>`;
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** Words as HTML and SVG may hold them, in attributes too. */
export function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
