/** One thing to say, in both languages of the gateway. Never with a value that a caller or a registry sent. */
export interface Sentence {
  /** In English. */
  readonly detail: string;
  /** The same in Vietnamese. */
  readonly vi: string;
}

export const say = (detail: string, vi: string): Sentence => ({ detail, vi });

/** Several that may each be followed: "… or …". */
export function either(sentences: readonly Sentence[]): Sentence {
  return say(
    sentences.map(({ detail }) => detail).join(', or '),
    sentences.map(({ vi }) => vi).join(', hoặc '),
  );
}
