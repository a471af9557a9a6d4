import type { Cluster } from './cluster.ts';
import type { Ledger } from './ledger.ts';
import type { Person } from './person.ts';
import type { Random } from './random.ts';

/** Someone who does things until the time is up. */
export interface Actor {
  readonly name: string;
  /** A folder of its own: a device's login and files. */
  readonly home: string;
  readonly cluster: Cluster;
  readonly person: Person;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly running: () => boolean;
}

/** Now and then something kills a client, too. */
export function fate(random: Random, chance: number, most = 2500): () => number | null {
  return () => (random.next() < chance ? random.between(150, most) : null);
}
