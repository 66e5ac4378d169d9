import { FUNCTION_GROUPS, type FunctionDefinition } from './definition.ts';
import { signatureText } from './signature.ts';
import { FUNCTIONS } from './table.ts';

const INTRODUCTION = `# Functions of the rule language

Made from the table of functions by \`npm run docs\`; do not edit it by hand. What the language is like otherwise stands in [rules](rules.md).

Types: *text*, *number* (64 bits, or a decimal fraction), *flag* (True or False), *bytes*, *time* (UTC), *reference* (a distinguished name), *any*.
\`[]\` takes or gives all values of an attribute at once; every other function is worked out for each value. Square brackets around an
argument: it may be left out. A text that spells a number is taken as a number, TRUE and FALSE as flags, and a number as a condition.
What is certainly of a wrong type is refused by \`dirbridge rules lint\` and when rules are loaded. Names of functions are spelled exactly. Each example
is worked out by a test.

**Our reading** marks where Microsoft's documentation leaves something open, or where Dirbridge has a reason to differ.
`;

/** The page docs/reference/functions.md: every function of the table, by group and name. */
export function writeFunctionPage(): string {
  const all = [...FUNCTIONS.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups = FUNCTION_GROUPS.map((group) => {
    const entries = all.filter((one) => one.group === group).map(writeEntry);
    return `## ${group}\n\n${entries.join('\n')}`;
  });
  return [INTRODUCTION, ...groups].join('\n');
}

function writeEntry(definition: FunctionDefinition): string {
  const { name, meaning, reading, countsReferences, example, result } = definition;
  const references = countsReferences ? ' May be asked about a reference attribute, e.g. `[member]`.' : '';
  const parts = [
    `### ${name}`,
    `\`${signatureText(definition)}\``,
    escapeText(meaning) + references,
    ...(reading === undefined ? [] : [`**Our reading:** ${escapeText(reading)}`]),
    ['```', `${example}  →  ${result}`, '```'].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Signs that Markdown would take for its own. */
function escapeText(text: string): string {
  return text.replace(/[\\*_<|]/g, '\\$&');
}
