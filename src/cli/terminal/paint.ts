import { styleText } from 'node:util';

/** What a colour says. Where there are no colours, signs and words say the same. */
export const TONES = ['good', 'bad', 'warn', 'add', 'remove', 'change', 'dim', 'strong'] as const;
export type Tone = (typeof TONES)[number];

export type Paint = (tone: Tone, text: string) => string;

const FORMATS: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  add: 'green',
  remove: 'red',
  change: 'yellow',
  dim: 'gray',
  strong: 'bold',
};

export const PLAIN_PAINT: Paint = (_tone, text) => text;

const COLOUR_PAINT: Paint = (tone, text) =>
  text === '' ? text : styleText(FORMATS[tone], text, { validateStream: false });

/** Colours on a terminal only, and not when NO_COLOR is set to anything (no-color.org) or the terminal is `dumb`. */
export function choosePaint(options: {
  readonly isTerminal: boolean;
  readonly color: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Paint {
  const { isTerminal, color, environment } = options;
  const isRefused = !color || Boolean(environment['NO_COLOR']) || environment['TERM'] === 'dumb';
  return isTerminal && !isRefused ? COLOUR_PAINT : PLAIN_PAINT;
}
