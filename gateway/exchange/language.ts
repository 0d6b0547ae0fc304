import type { Language } from '../errors.ts';

/**
 * The language that is preferred (RFC 9110, section 12.5.4; basic filtering of RFC 4647).
 * @param otherwise for whoever prefers neither: Vietnamese for agencies
 */
export function preferredLanguage(acceptLanguage: string | undefined, otherwise: Language = 'vi'): Language {
  if (!acceptLanguage) return otherwise;
  const weights = { vi: 0, en: 0 };
  for (const range of acceptLanguage.slice(0, 200).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const language = tag.split('-')[0];
    if (language === 'vi' || language === 'en') weights[language] = Math.max(weights[language], weight);
  }
  if (weights.en === weights.vi) return otherwise;
  return weights.en > weights.vi ? 'en' : 'vi';
}
