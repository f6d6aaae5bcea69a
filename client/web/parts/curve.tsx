import { useEffect, useRef } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import type uPlot from 'uplot';

export type CurveProps = {
  x: readonly number[];
  y: readonly number[];
  label: string;
  /** The description for those who cannot see the plot. */
  description: string;
  height?: number;
  /** Written on the y axis; plain numbers otherwise. */
  format?: (value: number) => string;
  points?: boolean;
  /** The values are shares: the axis stays within 0 and 1. */
  shares?: boolean;
};

/** Steps and versions are counted: no tick at 1.5. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];

/** A live line plot. uPlot comes when the first curve does: most visitors have not started yet. */
export function Curve({
  x,
  y,
  label,
  description,
  height = 200,
  format,
  points = false,
  shares = false,
}: CurveProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = [x, y] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    let gone = false;
    const draw = async () => {
      const { default: Plot } = await import('uplot');
      if (gone) return;
      plot.current?.destroy();
      const drawn = options(element, { label, height, points, shares, format });
      plot.current = new Plot(drawn, latest.current, element);
    };
    const resize = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height }),
    );
    void draw();
    resize.observe(element);
    dark.addEventListener('change', draw);
    return () => {
      gone = true;
      resize.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [label, height, points, shares, format]);

  useEffect(() => plot.current?.setData(data), [x, y]);

  return <div ref={box} class="curve" role="img" aria-label={description} />;
}

/** Around values that are all but the same, a little is seen of what they could have been. */
function withinShares(_: uPlot, low: number, high: number): uPlot.Range.MinMax {
  const room = Math.max(0.05, (high - low) / 10);
  return [Math.max(0, low - room), Math.min(1, high + room)];
}

type Drawn = Required<Pick<CurveProps, 'label' | 'height' | 'points' | 'shares'>> & {
  format: CurveProps['format'] | undefined;
};

function options(
  element: HTMLElement,
  { label, height, points, shares, format }: Drawn,
): uPlot.Options {
  // A canvas knows no custom properties: the page's colours are read off when it is drawn.
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, ...(shares ? { y: { range: withinShares } } : {}) },
    axes: [
      { ...axis, size: 30, grid: { show: false }, incrs: WHOLE },
      {
        ...axis,
        size: 52,
        ...(format
          ? { values: (_: uPlot, values: number[]) => values.map((value) => format(value)) }
          : {}),
      },
    ],
    series: [
      {},
      {
        label,
        stroke: colour('--sea'),
        width: 2,
        points: { show: points, size: 7, fill: colour('--sea') },
      },
    ],
  };
}
