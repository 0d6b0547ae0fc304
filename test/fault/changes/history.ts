/**
 * What happens to one enterprise, made from a seed: created, changed, moved between provinces, struck off, registered
 * again. The provider pushes it and the oracle derives from it, independently, the events that each agreement has to receive.
 */
import { type Random, randomFor } from '../../../deploy/sandbox/registries/random.ts';

export interface Member {
  name: string;
  amount: number;
  ratioPercent: number;
  country: string;
}

/** The registry's record of an enterprise; a part of `enterprise.schema.json`. */
export interface Enterprise {
  enterpriseCode: string;
  registrationId: string;
  name: string;
  shortName: string;
  foreignName?: string;
  numberOfChanges: number;
  status: string;
  legalRepresentatives: { fullName: string }[];
  charterCapital: number;
  headOffice: { provinceCode: string; communeCode: string; street: string };
  activities: { code: string; name: string; main: boolean }[];
  members: Member[];
}

/** As `POST /v1/business/changes` takes it. */
export interface Change {
  readonly entity: 'enterprise';
  readonly subject: string;
  readonly version: number;
  readonly operation: 'created' | 'updated' | 'deleted';
  readonly occurredAt: string;
  readonly changedFields: readonly string[];
  readonly data: Enterprise | null;
}

/** A province, and a commune of it. */
const PLACES = [
  ['01', '00004'],
  ['48', '20194'],
  ['79', '26734'],
  ['92', '31117'],
] as const;

/** The form of the registry's own number of a record, which identifies subjects where the code is withheld. */
export const registrationIdOf = (serial: number): string => `R${String(serial).padStart(7, '0')}`;

type Edit = (data: Enterprise, random: Random, version: number) => string[];

const edits: readonly Edit[] = [
  (data, _, version) => {
    data.name = `CÔNG TY TNHH MẪU THỬ ${data.registrationId} LẦN ${version}`;
    return ['/name'];
  },
  (data, random) => {
    data.status = random.pick(['active', 'suspended', 'dissolving']);
    return ['/status'];
  },
  (data, random) => {
    data.charterCapital = 1_000_000 * random.between(100, 900_000);
    return ['/charterCapital'];
  },
  (data, random) => {
    const [provinceCode, communeCode] = random.pick(PLACES);
    data.headOffice = { ...data.headOffice, provinceCode, communeCode };
    return ['/headOffice/provinceCode', '/headOffice/communeCode'];
  },
  (data, random) => {
    data.headOffice = { ...data.headOffice, street: `Số ${random.between(1, 999)} phố Thử Nghiệm` };
    return ['/headOffice/street'];
  },
  (data, random) => {
    data.members = membersOf(random);
    return ['/members'];
  },
  (data, random) => {
    data.members = data.members.map((member, index) =>
      index ? member : { ...member, country: random.pick(['VN', 'JP', 'KR']) },
    );
    return ['/members/0/country'];
  },
  (data, random) => {
    if (data.foreignName === undefined) data.foreignName = `SAMPLE COMPANY ${random.between(1, 9999)}`;
    else delete data.foreignName;
    return ['/foreignName'];
  },
  (data, random) => {
    data.legalRepresentatives = [{ fullName: random.pick(['Nguyễn Văn Mẫu', 'Trần Thị Ví Dụ', 'Lê Thử']) }];
    return ['/legalRepresentatives'];
  },
];

function membersOf(random: Random): Member[] {
  return Array.from({ length: random.between(1, 3) }, (_, index) => ({
    name: `Thành viên ${random.between(1, 9999)}`,
    amount: 1_000_000 * random.between(1, 9999),
    ratioPercent: random.between(1, 30),
    country: index ? 'VN' : 'JP',
  }));
}

function founded(code: string, serial: number, random: Random): Enterprise {
  const [provinceCode, communeCode] = random.pick(PLACES);
  return {
    enterpriseCode: code,
    registrationId: registrationIdOf(serial),
    name: `CÔNG TY TNHH MẪU THỬ ${registrationIdOf(serial)}`,
    shortName: `MAUTHU ${serial}`,
    numberOfChanges: 0,
    status: 'active',
    legalRepresentatives: [{ fullName: 'Nguyễn Văn Mẫu' }],
    charterCapital: 20_000_000_000,
    headOffice: { provinceCode, communeCode, street: 'Số 12 phố Thử Nghiệm' },
    activities: [{ code: '6201', name: 'Lập trình máy vi tính', main: true }],
    members: membersOf(random),
  };
}

/** The changes of enterprise `serial`, whose code is `code`, oldest first. Versions rise, by one or by more. */
export function* historyOf(seed: number, serial: number, code: string, count: number): Generator<Change> {
  const random = randomFor(seed, serial);
  let data: Enterprise | undefined;
  let version = 0;
  for (let made = 0; made < count; made++) {
    version += random.chance(20) ? random.between(2, 5) : 1;
    const minute = String(made % 60).padStart(2, '0');
    const common = { entity: 'enterprise', subject: code, version } as const;
    const occurredAt = `2026-03-02T09:${minute}:00+07:00`;
    if (data && random.chance(6)) {
      data = undefined;
      yield { ...common, operation: 'deleted', occurredAt, changedFields: [], data: null };
      continue;
    }
    const existed: boolean = data !== undefined;
    data = structuredClone(data) ?? founded(code, serial, random);
    // Some registries call it an update when they take up again what was struck off.
    const updated = existed || (made > 0 && random.chance(50));
    const changedFields = updated ? changed(data, random, version) : [];
    data.numberOfChanges = version;
    yield { ...common, operation: updated ? 'updated' : 'created', occurredAt, changedFields, data };
  }
}

/** One edit or several, and the number of changes, which is the registry's version of the record. */
function changed(data: Enterprise, random: Random, version: number): string[] {
  const fields = Array.from({ length: random.between(1, 3) }, () =>
    random.pick(edits)(data, random, version),
  );
  return [...new Set([...fields.flat(), '/numberOfChanges'])];
}
