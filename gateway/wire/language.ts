import type { Language } from '../problems/codes.ts';

/**
 * Chooses a language (RFC 9110, section 12.5.4; basic filtering of RFC 4647). `*` stands for every language that no other
 * range names, so `vi;q=0, *` asks for English.
 * @param otherwise for a caller without a preference: Vietnamese for agencies
 */
export function preferredLanguage(acceptLanguage: string | undefined, otherwise: Language = 'vi'): Language {
  if (!acceptLanguage) return otherwise;
  const weights: { vi?: number; en?: number; '*'?: number } = {};
  for (const range of acceptLanguage.slice(0, 200).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const language = tag.split('-')[0];
    if (language === 'vi' || language === 'en' || language === '*') {
      weights[language] = Math.max(weights[language] ?? 0, weight);
    }
  }
  const { '*': rest = 0, vi = rest, en = rest } = weights;
  if (en === vi) return otherwise;
  return en > vi ? 'en' : 'vi';
}
