import type { Command } from 'commander';
import type { Explanation } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { writeExplanation } from '../views/explain-page.ts';
import { findingJson } from '../views/finding-json.ts';
import { onlyAttribute, writeTrace } from '../views/trace-text.ts';

export function addExplainCommand(program: Command, session: Session): void {
  program
    .command('explain')
    .description('Where each value of an object comes from, or why the object is not synchronized.')
    .argument('<object>', 'user principal name, DN, GUID, mail address or name')
    .option('--attribute <name>', 'only this attribute, by its name in the tenant or in the rules')
    .option('--rules', 'every rule that looked at it: scope clause by clause, join, flows, winners and losers')
    .addHelpText(
      'after',
      helpTail(
        [
          'explain anna@contoso.com',
          'explain "CN=Anna,OU=People,DC=contoso,DC=com" --attribute department',
          'explain anna@contoso.com --rules',
        ],
        [0, 2, 4, 70],
      ),
    )
    .action((object: string, options: ExplainOptions) => explain(session, object, options));
}

interface ExplainOptions {
  readonly attribute?: string;
  readonly rules?: true;
}

async function explain(session: Session, object: string, { attribute, rules }: ExplainOptions): Promise<void> {
  if (object.trim() === '') throw new DirbridgeError('object-not-found', 'the name of the object is empty');
  const explanations = await session.openApp('explain').explain(object);
  const chosen = attribute === undefined ? explanations : choose(explanations, attribute);
  if (session.json) {
    const shown = chosen.map((one) => ({
      ...one,
      findings: one.findings.map(findingJson),
      history: one.history.map((change) => ({ ...change, what: JSON.parse(change.what) as unknown })),
    }));
    await session.out.line(JSON.stringify({ objects: shown }));
    return;
  }
  if (chosen.length > 1) await session.out.line(`${chosen.length} objects go by this name.\n`);
  for (const [index, one] of chosen.entries()) {
    if (index > 0) await session.out.line();
    await writeExplanation(session, one);
    if (rules === true) await writeTrace(session, one.trace);
  }
}

function choose(explanations: readonly Explanation[], attribute: string): readonly Explanation[] {
  const name = attribute.toLowerCase();
  const chosen = explanations.map((one) => {
    const values = one.values.filter(
      (value) => value.attribute.toLowerCase() === name || value.neutral.toLowerCase() === name,
    );
    const [value] = values;
    if (value === undefined) return { ...one, values };
    const between = value.inbound?.metaverseAttribute ?? value.neutral;
    return { ...one, values, trace: onlyAttribute(one.trace, value.neutral, between) };
  });
  if (chosen.some((one) => one.values.length > 0)) return chosen;
  const known = [...new Set(explanations.flatMap((one) => one.values.map((value) => value.attribute)))];
  throw new DirbridgeError('usage', `it has no value and no rule for "${attribute}"${nearestOf(attribute, known)}`, {
    remedy: known.length === 0 ? 'Leave --attribute away: it has no values at all.' : `It has: ${known.join(', ')}.`,
  });
}
