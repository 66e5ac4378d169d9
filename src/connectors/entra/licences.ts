import type { Licence } from '../../model/licence.ts';
import type { HeldLicences } from '../connector.ts';
import { readMany } from './batch.ts';
import type { Graph, GraphAnswer } from './graph.ts';
import { isJson, type Json, listOf } from './graph-object.ts';
import { readRefusal } from './graph-refusal.ts';
import type { Pace } from './pace.ts';

/**
 * Reads what users hold directly: one request for each, twenty in a batch, and only of users who are about to be deleted or are back. To have it in
 * users/delta instead would save these few and cost every cycle: each licence that anybody is given or loses, by a group of 100,000 too,
 * would be one changed user to read and to store.
 */
export class LicenceReader {
  readonly #graph: Graph;
  readonly #pace: Pace;
  #names: ReadonlyMap<string, string> | null = null;

  constructor(graph: Graph, pace: Pace) {
    this.#graph = graph;
    this.#pace = pace;
  }

  async read(ids: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>> {
    const urls = ids.map((id) => `/users/${id}?$select=id,licenseAssignmentStates`);
    const answers = await readMany(this.#graph, urls, this.#pace);
    const states = answers.map((answer) =>
      answer.status === 200 && isJson(answer.body) ? directStates(answer.body) : [],
    );
    const names = states.some((one) => one.length > 0) ? await this.#readNames() : new Map<string, string>();
    return new Map(ids.map((id, at) => [id, describe(answers[at], states[at] ?? [], names)]));
  }

  /** The names of the tenant's products, once. A tenant that does not tell leaves people with the ids. */
  async #readNames(): Promise<ReadonlyMap<string, string>> {
    if (this.#names !== null) return this.#names;
    const answer = await this.#graph.read('/subscribedSkus?$select=skuId,skuPartNumber');
    const skus = answer.status === 200 && isJson(answer.body) ? listOf(answer.body) : [];
    this.#names = new Map(skus.map((sku) => [String(sku['skuId']), String(sku['skuPartNumber'])]));
    return this.#names;
  }
}

/** What a group assigned comes back with the membership. */
function directStates(user: Json): readonly Json[] {
  const states = user['licenseAssignmentStates'];
  if (!Array.isArray(states)) return [];
  return listOf(user, 'licenseAssignmentStates').filter((state) => (state['assignedByGroup'] ?? null) === null);
}

function describe(
  answer: GraphAnswer | undefined,
  states: readonly Json[],
  names: ReadonlyMap<string, string>,
): HeldLicences {
  if (answer?.status === 404) return { outcome: 'gone' };
  if (answer?.status === 200) return { outcome: 'read', licences: states.map((state) => toLicence(state, names)) };
  const { code, message } = readRefusal(answer?.status ?? 0, answer?.body);
  return { outcome: 'refused', failure: { code, message } };
}

function toLicence(state: Json, names: ReadonlyMap<string, string>): Licence {
  const id = String(state['skuId']);
  const disabled = state['disabledPlans'];
  return { id, name: names.get(id) ?? null, disabledParts: Array.isArray(disabled) ? disabled.map(String).sort() : [] };
}
