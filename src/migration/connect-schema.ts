import { descendantsOf, textAt, type XmlElement } from './xml-element.ts';

/** What kind of values an attribute has, as far as a constant has to know. */
export type Syntax = 'text' | 'flag' | 'number' | 'other';

const SYNTAXES: Readonly<Record<string, Syntax>> = {
  '1.3.6.1.4.1.1466.115.121.1.15': 'text',
  '1.3.6.1.4.1.1466.115.121.1.7': 'flag',
  '1.3.6.1.4.1.1466.115.121.1.27': 'number',
};

/** The attributes of a schema (DSML) with the kinds of their values. */
export function readSyntaxes(root: XmlElement | undefined): ReadonlyMap<string, Syntax> {
  return new Map(
    descendantsOf(root, 'attribute-type').map((one) => [
      textAt(one, 'name') || (one.attributes['id'] ?? ''),
      SYNTAXES[textAt(one, 'syntax')] ?? 'other',
    ]),
  );
}
