/** The ledger of the fault test: what it must see, it sees. */
import t from 'tap';
import { enterpriseCodes } from '../bench/records/enterprise.ts';
import { agreements } from '../fault/changes/agreements.ts';
import { type Change, historyOf } from '../fault/changes/history.ts';
import { type Delivery, openLedger, type Verdict } from '../fault/changes/ledger.ts';

const SUBJECTS = 40;
const VERSIONS = 8;
const codes = enterpriseCodes(SUBJECTS);
const history = (serial: number) => historyOf(5, serial, codes[serial]!, VERSIONS);
const agreement = agreements.taxes;

/** All events that `agreement` has to receive, in order. Derived without the oracle, from the table in deliver.ts. */
function deliveries(): Delivery[] {
  const events: Delivery[] = [];
  for (const serial of codes.keys()) {
    let inside = false;
    for (const change of history(serial)) {
      const { version, data } = change;
      const was = inside;
      inside = data !== null && ['01', '79'].includes(data.headOffice.provinceCode);
      const touched = change.changedFields.filter((field) =>
        /^\/(name|status|headOffice|charterCapital|members$|members\/\d+\/name)/.test(field),
      );
      const operation = !inside ? 'deleted' : was ? change.operation : 'created';
      if ((!inside && !was) || (operation === 'updated' && touched.length === 0)) continue;
      const sequence = events.length + 1;
      events.push({
        id: `pseudonym-${serial}.${version}`,
        subject: `pseudonym-${serial}`,
        type: `vn.lienthong.business.enterprise.${operation}.v1`,
        agreement: agreement.agreement,
        sequence,
        version,
        data: {
          version,
          operation,
          changedFields: inside ? touched : [],
          ...(inside && { state: stateOf(data) }),
        },
        around: `pseudonym-${serial} ${sequence}`,
      });
    }
  }
  return events;
}

function stateOf(data: Change['data']) {
  const { enterpriseCode, name, status, headOffice, charterCapital, members } = data!;
  return {
    members: members.map((one) => ({ name: one.name })),
    charterCapital,
    headOffice,
    status,
    name,
    enterpriseCode,
  };
}

function verdictOn(events: readonly Delivery[], acknowledged = VERSIONS): Verdict {
  const counts = new Uint16Array(SUBJECTS).fill(acknowledged);
  const pushes = {
    acknowledged: counts,
    attempted: new Uint16Array(SUBJECTS).fill(VERSIONS),
    refusals: new Map(),
    total: 0,
    pushed: 0,
  };
  const ledger = openLedger({ agreement, codes, history, pushes });
  for (const one of events) ledger.take(one);
  return ledger.verdict();
}

const all = deliveries();
const sound = { lost: 0, outOfOrder: 0, gaps: 0, wrong: 0, exposed: 0 };
const without = (at: number) => all.filter((_, index) => index !== at);
const changed = (at: number, change: (one: Delivery) => Partial<Delivery>) =>
  all.map((one, index) => (index === at ? { ...one, ...change(one) } : one));
/** Two events of one subject that come one after the other. */
const pair = all.findIndex((one, index) => index > 5 && one.subject === all[index + 1]?.subject);
/** An event with a state. */
const full = all.findIndex((one, index) => index > 5 && 'state' in (one.data as object));

t.test('all that had to come, and repetitions', async (t) => {
  t.match(verdictOn(all), { ...sound, sent: all.length, received: all.length, duplicates: 0, examples: [] });
  t.match(verdictOn([...all, ...all.slice(7, 20)]), { ...sound, received: all.length + 13, duplicates: 13 });
});

t.test('a change without a 201 may come, and need not', async (t) => {
  t.match(verdictOn([], 0), { ...sound, sent: 0 });
  t.match(verdictOn(all, VERSIONS - 1), sound);
});

t.test('each fault is seen as what it is', async (t) => {
  t.match(verdictOn(without(full)), { ...sound, lost: 1, gaps: 1 }, 'lost');
  t.match(verdictOn(all.slice(0, -1)), { ...sound, lost: 1 }, 'the last one is lost, which no number shows');
  t.match(verdictOn([...all.slice(0, pair), all[pair + 1]!, all[pair]!, ...all.slice(pair + 2)]), {
    ...sound,
    outOfOrder: 1,
  });
  t.match(verdictOn(changed(all.length - 1, ({ sequence }) => ({ sequence: sequence + 3 }))), {
    ...sound,
    gaps: 3,
  });
  const more = ({ data }: Delivery) => ({
    data: { ...(data as object), state: { ...(data as { state: object }).state, foreignName: 'X' } },
  });
  t.match(verdictOn(changed(full, more)), { ...sound, lost: 1, wrong: 1 }, 'a field that is not granted');
  t.match(verdictOn(changed(full, ({ type }) => ({ type: type.replace(/[a-z]+\.v1/, 'deleted.v1') }))), {
    ...sound,
    wrong: 1,
  });
  t.match(verdictOn(changed(full, () => ({ around: `key ${codes[3]}` }))), { ...sound, exposed: 1 });
  t.ok(
    verdictOn(changed(full, () => ({ subject: 'pseudonym-of-two' }))).wrong > 0,
    'a pseudonym that does not stay',
  );
  t.match(
    verdictOn([...all, { ...all[full]!, sequence: all.length + 1 }]).wrong,
    1,
    'one event under two numbers',
  );
  t.match(verdictOn([...all, { ...all[full]!, id: 'other', sequence: all.length + 1, version: 999 }]), {
    ...sound,
    wrong: 1,
  });
});
