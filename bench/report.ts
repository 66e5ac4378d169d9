import { type Figure, isWithin } from './figure.ts';
import type { Measure } from './measure.ts';

/** What came of one measure. */
export interface MeasureResult {
  readonly measure: Measure['name'];
  readonly title: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  /** Why there are no figures. */
  readonly failure: string | null;
}

export function isGood(result: MeasureResult): boolean {
  return result.failure === null && result.figures.every(isWithin);
}

/** The table: figure, value, limit, verdict. */
export function formatTable(results: readonly MeasureResult[]): string {
  const rows = results.flatMap((result) => [
    [result.title, '', '', ''],
    ...result.figures.map((figure) => [
      `  ${figure.name}`,
      formatValue(figure.value, figure.unit),
      figure.limit ? `${figure.limit.kind} ${formatValue(figure.limit.value, figure.unit)}` : '',
      figure.limit ? (isWithin(figure) ? 'ok' : 'MISSED') : '',
    ]),
    ...(result.failure === null ? [] : [[`  failed: ${result.failure.split('\n')[0] ?? ''}`, '', '', 'FAILED']]),
  ]);
  const width = (column: number): number => Math.max(...rows.slice(0).map((row) => (row[column] ?? '').length));
  const widths = [Math.min(width(0), 80), width(1), width(2)] as const;
  return rows
    .map(([name = '', value = '', limit = '', verdict = '']) =>
      `${name.padEnd(widths[0])}  ${value.padStart(widths[1])}  ${limit.padEnd(widths[2])}  ${verdict}`.trimEnd(),
    )
    .join('\n');
}

function formatValue(value: number, unit: Figure['unit']): string {
  const digits = unit === 'count' || Number.isInteger(value) ? 0 : value >= 100 ? 0 : 2;
  const number = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === 'count' ? number : `${number} ${unit}`;
}
