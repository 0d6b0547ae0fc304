import { type Random, weighted } from '../random.ts';

/** Most people are Kinh (01). Codes of the national list of ethnic groups, Decision 121-TCTK/PPCĐ. */
const MAJORITY = weighted([
  ['01', 96],
  ['04', 1],
  ['02', 1],
  ['06', 2],
]);
/** Provinces where others are many: the codes there, as often as they are common. */
const ETHNIC_GROUPS: Readonly<Record<string, readonly string[]>> = {
  '04': ['02', '02', '07', '07', '08', '09', '01'],
  '08': ['02', '02', '08', '09', '01', '01'],
  '11': ['03', '03', '08', '08', '01'],
  '12': ['03', '08', '09', '01'],
  '14': ['03', '03', '06', '08', '01'],
  '15': ['01', '01', '08', '09', '02'],
  '20': ['07', '07', '02', '02', '01'],
  '25': ['01', '01', '01', '06'],
  '52': ['01', '01', '01', '10'],
  '66': ['01', '01', '01', '12'],
  '86': ['01', '01', '01', '05'],
};

/** The ethnic group of a family of a province. */
export function ethnicGroupIn(province: string, random: Random): string {
  return random.pick(ETHNIC_GROUPS[province] ?? MAJORITY);
}
