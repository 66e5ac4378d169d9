import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Config, loadConfig } from '../config.ts';
import { DirbridgeError } from '../errors.ts';
import { ruleNamesIn } from '../rules/rule-names.ts';
import { loadRuleSet, reviewRules, standardRuleFiles } from '../rules/rule-set.ts';
import { generalSettings, targetSettings } from './configuration-settings.ts';
import { diffRules, type RuleSide } from './diff-rules.ts';
import { diffSources } from './diff-sources.ts';
import type { Difference } from './difference.ts';
import { compareWithMark, type ShippedComparison } from './export-mark.ts';
import type { SectionKinds } from './section-kind.ts';
import { diffSettings } from './setting.ts';

export interface ConfigurationDiff {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly differences: readonly Difference[];
}

export interface ComparedSide {
  readonly file: string;
  /** Of a configuration that was exported: how the shipped rules here, with which it was compared, differ from those it was made over. */
  readonly exported: ShippedComparison | null;
}

/**
 * Compares two configurations by what they mean. `a`, `b`: files, or folders that hold a dirbridge.yaml. Reads no secret. Throws `config-missing`,
 * `config-invalid` or `rules-invalid` that names which of the two is broken.
 */
export function diffConfigurations(a: string, b: string, kinds: SectionKinds): ConfigurationDiff {
  const [sideA, sideB] = loadBoth(a, b, kinds);
  return {
    a: describe(sideA),
    b: describe(sideB),
    differences: [
      ...diffSettings('setting', '', generalSettings(sideA.config), generalSettings(sideB.config)),
      ...diffSources(sideA.config, sideB.config, kinds),
      ...diffSettings(
        'target',
        '',
        targetSettings(sideA.config.target, sideA.config.folder, kinds),
        targetSettings(sideB.config.target, sideB.config.folder, kinds),
      ),
      ...diffRules(...ruleSides(sideA, sideB)),
    ],
  };
}

interface Side {
  readonly config: Config;
  readonly rules: RuleSide['rules'];
  readonly exported: ShippedComparison | null;
}

function describe({ config, exported }: Side): ComparedSide {
  return { file: config.file, exported };
}

/** Both are read before anything is said, so that what is wrong with both is told at once. */
function loadBoth(a: string, b: string, kinds: SectionKinds): readonly [Side, Side] {
  const sideA = tryLoad('A', a, kinds);
  const sideB = tryLoad('B', b, kinds);
  if (!(sideA instanceof DirbridgeError) && !(sideB instanceof DirbridgeError)) return [sideA, sideB];
  const failures = [sideA, sideB].filter((side) => side instanceof DirbridgeError);
  const { code, cause, remedy } = failures[0] ?? new DirbridgeError('bug', 'a failure went lost');
  throw new DirbridgeError(code, failures.map(({ message }) => message).join('\n'), { cause, remedy });
}

function tryLoad(label: string, path: string, kinds: SectionKinds): Side | DirbridgeError {
  try {
    const config = loadConfig(findFile(path), kinds);
    const rules = loadRuleSet(config.rules, config.identity).all;
    return { config, rules, exported: compareWithMark(dirname(config.file)) };
  } catch (cause) {
    if (!(cause instanceof DirbridgeError)) throw cause;
    const isMissing = cause.code === 'config-missing';
    const remedy = isMissing ? 'Give a dirbridge.yaml, or a folder that holds one.' : cause.remedy;
    return new DirbridgeError(cause.code, `${label} (${path}) cannot be compared:\n${cause.message}`, {
      cause,
      remedy,
    });
  }
}

function findFile(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return resolve(isFolder ? join(path, 'dirbridge.yaml') : path);
}

function ruleSides(a: Side, b: Side): readonly [RuleSide, RuleSide] {
  const asShipped = JSON.stringify(a.config.identity) !== JSON.stringify(b.config.identity);
  const withShipped = [a, b].every(({ config }) => config.rules.includes('standard'));
  return [ruleSide(a, asShipped, withShipped), ruleSide(b, asShipped, withShipped)];
}

/**
 * `asShipped`: without what `identity` makes of the shipped rules. Where it differs it is told as the one setting that it is, not as the rules
 * that it changes. `withShipped`: where one side is without the shipped rules as a whole, they are not told one by one.
 */
function ruleSide({ config, rules }: Side, asShipped: boolean, withShipped: boolean): RuleSide {
  const compared = asShipped ? (reviewRules(config.rules).rules?.all ?? rules) : rules;
  const shipped = new Set(standardRuleFiles());
  let names: ReadonlySet<string> | undefined;
  return {
    rules: withShipped ? compared : compared.filter(({ file }) => !shipped.has(file)),
    isWritten: (name) => {
      names ??= ruleNamesIn(config.rules);
      return names.has(name);
    },
  };
}
