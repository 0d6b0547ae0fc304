/** Vietnamese unless English is preferred (RFC 9110, section 12.5.4; basic filtering of RFC 4647). */
export function preferredLanguage(acceptLanguage: string | undefined): 'vi' | 'en' {
  if (!acceptLanguage) return 'vi';
  const weights = { vi: 0, en: 0 };
  for (const range of acceptLanguage.slice(0, 200).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const language = tag.split('-')[0];
    if (language === 'vi' || language === 'en') weights[language] = Math.max(weights[language], weight);
  }
  return weights.en > weights.vi ? 'en' : 'vi';
}
