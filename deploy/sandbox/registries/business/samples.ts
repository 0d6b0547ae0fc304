/** Enterprises to try the business registry with. */
import { drawn, type SampleSet, spread } from '../sample-set.ts';
import { checkDigit } from './enterprise-code.ts';
import { spelledNames } from './name-spellings.ts';
import { allEnterprises, enterpriseByCode } from './registry.ts';

interface NotableEnterprise {
  label: string;
  enterpriseCode: string;
  name: string;
}

export function samples(): {
  sets: { enterprises: SampleSet<string> };
  notable: { enterprises: NotableEnterprise[] };
} {
  return { sets: { enterprises: enterpriseSamples() }, notable: { enterprises: notable() } };
}

function notable(): NotableEnterprise[] {
  return spelledNames(allEnterprises()).map(({ label, code }) => ({
    label,
    enterpriseCode: code,
    name: enterpriseByCode(code)!.name,
  }));
}

function enterpriseSamples(): SampleSet<string> {
  const enterprises = allEnterprises();
  const unit = enterprises.find(({ code }) => code.includes('-'))!;
  return {
    present: [...spread(enterprises), unit].map(({ code }) => code),
    absent: drawn((random) => {
      const digits = `01${String(random.below(10_000_000)).padStart(7, '0')}`;
      const check = checkDigit(digits);
      const code = `${digits}${check}`;
      return check === undefined || enterpriseByCode(code) !== undefined ? undefined : code;
    }),
    malformed: [
      '',
      '010010910',
      '01001091060',
      // The check digit of 0100109106 is 6.
      '0100109107',
      '0100109160',
      'O100109106',
      '0100109106-000',
      '0100109106-1',
      '0100109106-0001',
      '0100109106001',
      // Seven zeros, although the check digit is right.
      '0100000003',
      // Σ mod 11 is 0: no check digit fits.
      '0100000170',
      ' 0100109106',
    ],
  };
}
