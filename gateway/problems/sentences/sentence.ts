/** One sentence in both languages of the gateway. Never with a value from a caller or a registry. */
export interface Sentence {
  /** In English. */
  readonly detail: string;
  /** The same in Vietnamese. */
  readonly vi: string;
}

export const say = (detail: string, vi: string): Sentence => ({ detail, vi });

/** Alternatives: "… or …". */
export function either(sentences: readonly Sentence[]): Sentence {
  return say(
    sentences.map(({ detail }) => detail).join(', or '),
    sentences.map(({ vi }) => vi).join(', hoặc '),
  );
}
