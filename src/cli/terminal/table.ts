import { cutText, padText, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are cut. */
  readonly most?: number;
}

/** Lines of a table: columns as wide as their widest cell, two blanks between them, no blanks at the ends of lines. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    columns.map((column, index) => cutText(row[index] ?? '', column.most ?? Number.POSITIVE_INFINITY)),
  );
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => textWidth(row[index] ?? ''))));
  return cells.map((row) =>
    columns
      .map((column, index) =>
        padText(row[index] ?? '', widths[index] ?? 0, column.align === 'right' ? 'left' : 'right'),
      )
      .join('  ')
      .trimEnd(),
  );
}
