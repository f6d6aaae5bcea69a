import type { LabelledPoints } from '../../shared/evaluate/points.ts';
import { range } from '../../shared/math/random.ts';
import type { Evaluation } from './evaluation.ts';
import { pageOf, type Facts } from './report.ts';

const SIDE = 560;
const EDGE = 16;

/** An evaluation as one HTML file that needs nothing else: figures, the confusion matrix, the picture. */
export function evaluationPage(title: string, facts: Facts, found: Evaluation): string {
  const { picture, confusion, trustworthiness } = found;
  const trust = `trustworthiness ${trustworthiness.toFixed(3)}`;
  return pageOf(title, facts, [
    `<h2>Embeddings of test images, by t-SNE (${trust})</h2>${scatter(picture)}`,
    `<h2>Confusion</h2><p>A row a true class, a column the class named.</p>${matrix(confusion)}`,
  ]);
}

/** Every class in a colour of its own and with its number, so that nobody has to tell thirty colours apart. */
function scatter({ data, count, labels }: LabelledPoints): string {
  const classes = 1 + labels.reduce((a, b) => Math.max(a, b), 0);
  const place = [0, 1].map((axis) => {
    const values = range(count).map((i) => data[2 * i + axis]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => EDGE + ((value - low) / (high - low || 1)) * (SIDE - 2 * EDGE));
  });
  const marks = range(count).map((i) => {
    const hue = Math.round((360 * labels[i]!) / classes);
    const [x, y] = place.map((axis) => axis[i]!.toFixed(1));
    return `<text x="${x}" y="${y}" fill="hsl(${hue} 70% 38%)">${labels[i]}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="t-SNE">${marks.join('')}</svg>`;
}

function matrix(confusion: Uint32Array): string {
  const classes = Math.sqrt(confusion.length);
  const rows = range(classes).map((label) => {
    const row = confusion.subarray(label * classes, (label + 1) * classes);
    const sum = row.reduce((a, b) => a + b, 0) || 1;
    const cells = Array.from(row, (count) => {
      const shade = `rgb(0 114 178 / ${(count / sum).toFixed(2)})`;
      return `<td style="background: ${shade}">${count || ''}</td>`;
    });
    return `<tr><th>${label}</th>${cells.join('')}</tr>`;
  });
  const head = range(classes).map((label) => `<th>${label}</th>`);
  return `<table><tr><th></th>${head.join('')}</tr>${rows.join('')}</table>`;
}
