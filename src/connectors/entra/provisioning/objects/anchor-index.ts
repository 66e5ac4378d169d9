import { readCloudAnchor } from '../cloud-anchor.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { anchorsOf, readBack } from './read-back.ts';

/**
 * Which object carries which source anchor. References may come by source anchors, which are no ids of ours; the service looks up nothing, so that for the
 * first of them everything is read once. Two short texts for each object, and nothing else of it, are held.
 */
export class AnchorIndex {
  readonly #client: ProvisioningClient;
  readonly #ids = new Map<string, string>();
  #isComplete = false;

  constructor(client: ProvisioningClient) {
    this.#client = client;
  }

  learn(source: string | undefined, id: string): void {
    if (source !== undefined) this.#ids.set(source, id);
  }

  /** The id of each of these, whichever kind of anchor it is; those of objects that are not there are left out. */
  async resolve(anchors: readonly string[]): Promise<readonly string[]> {
    if (!this.#isComplete && anchors.some((anchor) => this.#known(anchor) === undefined)) await this.#readAll();
    return anchors.flatMap((anchor) => this.#known(anchor) ?? []);
  }

  #known(anchor: string): string | undefined {
    return readCloudAnchor(anchor)?.id ?? this.#ids.get(anchor);
  }

  async #readAll(): Promise<void> {
    for await (const { objects } of readBack(this.#client, null)) {
      for (const { cloud, source } of objects.map(anchorsOf)) {
        const known = readCloudAnchor(cloud ?? '');
        if (known !== null) this.learn(source, known.id);
      }
    }
    this.#isComplete = true;
  }
}
