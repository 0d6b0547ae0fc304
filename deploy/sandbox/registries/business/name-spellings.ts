/** Spells a few names as registries really have them: shortened, decomposed, with letters and spaces that only look right. */
import { ACTIVITIES } from './activities.ts';
import type { Enterprise } from './enterprise.ts';
import { ENTERPRISE_TYPES } from './enterprise-types.ts';

interface Spelling {
  readonly label: string;
  readonly fits: (enterprise: Enterprise) => boolean;
  readonly spell: (enterprise: Enterprise) => string;
}

const tradeOf = (name: string) => ACTIVITIES.find(({ trade }) => trade[0] === name)!;
const CONSTRUCTION = tradeOf('XÂY DỰNG');
const TRADING = tradeOf('THƯƠNG MẠI');
const MATERIALS = tradeOf('VẬT LIỆU XÂY DỰNG');
const { oneMember, limited, jointStock } = ENTERPRISE_TYPES;

/** By label, as `lienthong sandbox samples` shows them. */
const SPELLINGS: readonly Spelling[] = [
  {
    label: 'name shortened: TNHH MTV XD',
    fits: ({ type, activity }) => type === oneMember && activity === CONSTRUCTION,
    spell: ({ properName }) => `CÔNG TY TNHH MTV XD ${properName}`,
  },
  {
    label: 'name shortened: CTCP TM',
    fits: ({ type, activity }) => type === jointStock && activity === TRADING,
    spell: ({ properName }) => `CTCP TM ${properName}`,
  },
  {
    label: 'name in full: TRÁCH NHIỆM HỮU HẠN',
    fits: ({ type, activity }) => type === limited && activity === MATERIALS,
    spell: ({ properName }) => `CÔNG TY TRÁCH NHIỆM HỮU HẠN VLXD ${properName}`,
  },
  {
    label: 'name decomposed (NFD)',
    fits: ({ type, activity }) => type === limited && activity === CONSTRUCTION,
    spell: ({ name }) => name.normalize('NFD'),
  },
  {
    label: 'name with Ð (U+00D0) for Đ',
    fits: ({ type, properName }) => type === jointStock && properName.includes('Đ'),
    spell: ({ name }) => name.replaceAll('Đ', '\u00d0'),
  },
  {
    label: 'name with two spaces and a no-break space',
    fits: ({ type, activity }) => type === oneMember && activity === TRADING,
    spell: ({ name }) => name.replace(' ', '  ').replace('TNHH ', 'TNHH\u00a0'),
  },
];

/** Rewrites the name of one enterprise of each kind, of those without dependent units. */
export function spellSomeNames(enterprises: Enterprise[]): void {
  for (const { spell, position } of chosen(enterprises)) {
    const enterprise = enterprises[position]!;
    enterprises[position] = { ...enterprise, name: spell(enterprise) };
  }
}

/** Their codes, by label. */
export function spelledNames(enterprises: readonly Enterprise[]): { label: string; code: string }[] {
  return chosen(enterprises).map(({ label, position }) => ({ label, code: enterprises[position]!.code }));
}

function chosen(enterprises: readonly Enterprise[]) {
  const parents = new Set(
    enterprises
      .map(({ code }) => code)
      .filter((code) => code.includes('-'))
      .map((code) => code.slice(0, 10)),
  );
  const taken = new Set<number>();
  return SPELLINGS.map((spelling) => {
    const { index } = enterprises.find(
      (one) =>
        !one.code.includes('-') && !parents.has(one.code) && !taken.has(one.index) && spelling.fits(one),
    )!;
    taken.add(index);
    return { ...spelling, position: index };
  });
}
