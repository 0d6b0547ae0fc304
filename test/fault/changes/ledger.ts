/**
 * Compares the events of one subscriber with the oracle. Subjects are identified by the fields that the agreement grants of
 * them; a pseudonym is learned with its first state, and has to stay with its subject.
 */
import type { TestAgreement } from './agreements.ts';
import { type Change, registrationIdOf } from './history.ts';
import { digestOf, type Expected, expectedOf } from './oracle.ts';
import type { Pushes } from './provider.ts';

/** One event as it reached a subscriber, in whatever way. */
export interface Delivery {
  readonly id: string;
  /** The agreement's pseudonym. */
  readonly subject: string;
  readonly type: string;
  readonly agreement: string;
  readonly sequence: number;
  readonly version: number;
  readonly data: unknown;
  /** All that came with it but `data`: keys, headers, attributes. */
  readonly around: string;
}

export interface Verdict {
  /** Events that had to come: the acknowledged changes, as they are rendered for this agreement. */
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  readonly lost: number;
  /** First deliveries that came after a newer version of the same subject. */
  readonly outOfOrder: number;
  /** Numbers below the highest `sequence` that never came. */
  readonly gaps: number;
  /** Unexpected events, and events with a wrong content, id, sequence, type or field. */
  readonly wrong: number;
  /** Identifiers in keys, headers or attributes. */
  readonly exposed: number;
  /** Some of each, in words. */
  readonly examples: readonly string[];
}

export interface Ledger {
  readonly agreement: TestAgreement;
  readonly received: number;
  /** Different events among them. */
  readonly distinct: number;
  /** In the order in which they came, as far as one subject is concerned. */
  take(delivery: Delivery): void;
  verdict(): Verdict;
  /** The copy made from these events: the state of each subject, by pseudonym. */
  copy(): ReadonlyMap<string, unknown>;
}

interface LedgerOptions {
  readonly agreement: TestAgreement;
  readonly codes: readonly string[];
  readonly history: (serial: number) => Iterable<Change>;
  readonly pushes: Pushes;
}

interface Account {
  readonly serial: number;
  readonly expected: readonly Expected[];
  /** Indexes of `expected` that have come. */
  readonly came: Set<number>;
  /** Highest version that has come, and what it said; no state: the subject is gone. */
  newest: number;
  state: unknown;
}

const MOST_EXAMPLES = 12;

export function openLedger({ agreement, codes, history, pushes }: LedgerOptions): Ledger {
  const serials = new Map(
    codes.flatMap(
      (code, serial) =>
        [
          [code, serial],
          [registrationIdOf(serial), serial],
        ] as const,
    ),
  );
  const byPseudonym = new Map<string, Account>();
  const pseudonyms = new Map<number, string>();
  /** Deliveries without a state, of subjects that are not known yet. */
  const unknown = new Map<string, Delivery[]>();
  const ids = new Map<string, number>();
  const numbers = new Map<number, string>();
  const examples: string[] = [];
  const expectations: Expected[][] = [];
  let received = 0;
  let duplicates = 0;
  let outOfOrder = 0;
  let wrong = 0;
  let exposed = 0;

  function expectedFor(serial: number): readonly Expected[] {
    expectations[serial] ??= expectedOf(history(serial), agreement);
    return expectations[serial];
  }

  function note(what: string, delivery: Delivery): void {
    const { id, sequence, version } = delivery;
    if (examples.length < MOST_EXAMPLES)
      examples.push(`${what}: event ${id}, sequence ${sequence}, version ${version}`);
  }

  function accountOf(delivery: Delivery): Account | undefined {
    const known = byPseudonym.get(delivery.subject);
    const serial = serials.get(identityOf(delivery.data) ?? '');
    if (serial === undefined || known?.serial === serial) return known;
    if (known || pseudonyms.has(serial)) {
      wrong += 1;
      note('one pseudonym, two subjects, or the other way round', delivery);
      return undefined;
    }
    const account = {
      serial,
      expected: expectedFor(serial),
      came: new Set<number>(),
      newest: 0,
      state: undefined,
    };
    byPseudonym.set(delivery.subject, account);
    pseudonyms.set(serial, delivery.subject);
    for (const earlier of unknown.get(delivery.subject) ?? []) enter(account, earlier);
    unknown.delete(delivery.subject);
    return account;
  }

  /** A first delivery. */
  function enter(account: Account, delivery: Delivery): void {
    const { version, type, data } = delivery;
    const at = account.expected.findIndex((one) => one.version === version);
    const expected = account.expected[at];
    if (expected?.digest !== digestOf(data)) {
      wrong += 1;
      note(
        expected
          ? `other content than the agreement grants (${JSON.stringify(data)})`
          : `not for this agreement (${JSON.stringify(data)})`,
        delivery,
      );
      return;
    }
    if (
      type !== `vn.lienthong.business.enterprise.${expected.operation}.v1` ||
      delivery.agreement !== agreement.agreement
    ) {
      wrong += 1;
      note(`type ${type}, agreement ${delivery.agreement}`, delivery);
    }
    if (expected.index >= pushes.attempted[account.serial]!) {
      wrong += 1;
      note('nobody has pushed it yet', delivery);
    }
    account.came.add(at);
    if (version < account.newest) {
      outOfOrder += 1;
      note(`came after version ${account.newest}`, delivery);
    }
    if (version < account.newest) return;
    account.newest = version;
    account.state = (data as { state?: unknown }).state;
  }

  function isExposed({ around }: Delivery): boolean {
    return (around.match(/\d{10}|R\d{7}/g) ?? []).some((word) => serials.has(word));
  }

  return {
    agreement,
    get received() {
      return received;
    },
    get distinct() {
      return ids.size;
    },
    take(delivery) {
      received += 1;
      const { id, sequence } = delivery;
      if (isExposed(delivery)) {
        exposed += 1;
        note('an identifier outside of data', delivery);
      }
      const number = ids.get(id);
      if ((number ?? sequence) !== sequence || (numbers.get(sequence) ?? id) !== id) {
        wrong += 1;
        note(`numbered ${number} before, or the number was that of ${numbers.get(sequence)}`, delivery);
      }
      if (number !== undefined) {
        duplicates += 1;
        return;
      }
      ids.set(id, sequence);
      numbers.set(sequence, id);
      const account = accountOf(delivery);
      if (account) enter(account, delivery);
      else unknown.set(delivery.subject, [...(unknown.get(delivery.subject) ?? []), delivery]);
    },
    copy() {
      const present = [...byPseudonym].filter(([, { state }]) => state !== undefined);
      return new Map(present.map(([pseudonym, { state }]) => [pseudonym, state]));
    },
    verdict() {
      let sent = 0;
      let lost = 0;
      const missing: string[] = [];
      for (const serial of codes.keys()) {
        const account = byPseudonym.get(pseudonyms.get(serial) ?? '');
        for (const [at, { index, version, operation }] of expectedFor(serial).entries()) {
          if (index >= pushes.acknowledged[serial]!) continue;
          sent += 1;
          if (account?.came.has(at)) continue;
          lost += 1;
          if (missing.length < MOST_EXAMPLES)
            missing.push(`lost: subject ${serial}, version ${version}, ${operation}`);
        }
      }
      const strangers = [...unknown.values()].flat();
      for (const delivery of strangers.slice(0, 2))
        missing.push(`of an unknown subject: event ${delivery.id}`);
      const highest = Math.max(0, ...numbers.keys().reduce((most, one) => [Math.max(most[0]!, one)], [0]));
      return {
        ...{ sent, received, duplicates, lost, outOfOrder, exposed },
        gaps: highest - numbers.size,
        wrong: wrong + strangers.length,
        examples: [...examples, ...missing],
      };
    },
  };
}

/** The subject, as the granted state identifies it. */
function identityOf(data: unknown): string | undefined {
  const { state } = data as { state?: { enterpriseCode?: string; registrationId?: string } };
  return state?.enterpriseCode ?? state?.registrationId;
}
