import type { SectionFacts } from '../connector.ts';
import { type CsvSection, type LdifSection, listColumns } from './config.ts';
import { LDIF_SUBSTITUTES } from './formats.ts';

export const ldifFacts: SectionFacts<LdifSection> = {
  secrets: [],
  files: { path: 'data' },
  spell: (section) => ({
    ...section,
    attributes: Object.fromEntries(
      Object.entries({ ...LDIF_SUBSTITUTES, ...section.attributes }).map(([name, other]) => [
        name.toLowerCase(),
        other.toLowerCase(),
      ]),
    ),
  }),
};

export const csvFacts: SectionFacts<CsvSection> = {
  secrets: [],
  files: { path: 'data' },
  spell: (section) => ({
    ...section,
    columns: Object.fromEntries(
      [...Map.groupBy(listColumns(section.columns), (one) => one.column)].map(([column, mapped]) => [
        column,
        mapped.map(({ attribute, separator, type }) => ({ attribute: attribute.toLowerCase(), separator, type })),
      ]),
    ),
    // With several columns their order makes the anchor, so it stays.
    anchor: section.anchor === undefined ? undefined : [section.anchor].flat(),
    type: section.type ?? (section.typeColumn === undefined ? 'user' : undefined),
  }),
};
