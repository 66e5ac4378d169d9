const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PLAIN = /^[\x20-\x7e]*$/;
/** East Asian Width W and F (UAX 11) as far as names hold them, and what terminals draw as pictures. */
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji}\ufe0f/u;
/** Zero width joiner: part of many emoji, harmless alone. */
const JOINER = '\u200d';

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text in at most `columns` columns, with an ellipsis where something was cut off. */
export function cutText(text: string, columns: number): string {
  if (PLAIN.test(text) && text.length <= columns) return text;
  let width = 0;
  let kept = '';
  for (const { segment } of SEGMENTER.segment(text)) {
    const next = width + (WIDE.test(segment) ? 2 : 1);
    if (next > columns - 1) {
      const rest = text.slice(kept.length);
      return next <= columns && rest === segment ? text : `${kept}…`;
    }
    kept += segment;
    width = next;
  }
  return text;
}

/** The text filled up with blanks to `columns`; longer texts stay as they are. */
export function padText(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const fill = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return side === 'right' ? text + fill : fill + text;
}

/**
 * What a directory holds, fit for a terminal: control characters (which could move the cursor or change colours) and invisible
 * formatting characters (which could turn a name around) are written as \u{...}.
 */
export function printableText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === JOINER ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
