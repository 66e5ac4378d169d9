import { nearestName } from '../../nearest-name.ts';
import { quote } from '../values.ts';
import { CERTIFICATE_FUNCTIONS } from './certificates.ts';
import { CONVERSION_FUNCTIONS } from './conversion.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import type { FunctionDefinition } from './definition.ts';
import { DIRECTORY_FUNCTIONS } from './directory.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import type { FunctionSignature } from './signature.ts';
import { SPECIAL_FUNCTIONS } from './special.ts';
import { BIT_FUNCTIONS, TEST_FUNCTIONS } from './tests.ts';
import { TEXT_FUNCTIONS } from './text.ts';

/** Every function of the language, by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...TEXT_FUNCTIONS,
    ...CONVERSION_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...DIRECTORY_FUNCTIONS,
    ...TEST_FUNCTIONS,
    ...BIT_FUNCTIONS,
    ...LIST_FUNCTIONS,
    ...CERTIFICATE_FUNCTIONS,
    ...SPECIAL_FUNCTIONS,
  ].map((definition) => [definition.name, definition]),
);

const LONGEST_NAME = 40;

/** Why there is no function of this name, for a person. */
export function explainUnknownFunction(name: string): string {
  // What somebody took for a name may be of any length.
  const nearest = nearestName(name.slice(0, LONGEST_NAME), [...FUNCTIONS.keys()], 1);
  return `There is no function ${quote(name)}${nearest ? `; did you mean ${nearest}?` : '.'} Upper and lower case matter.`;
}

export function signatureOf(name: string): FunctionSignature | undefined {
  return FUNCTIONS.get(name);
}
