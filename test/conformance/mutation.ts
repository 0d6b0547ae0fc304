/** One thing that is wrong with a text. */
export interface Mutation {
  readonly what: string;
  /** Written when it is asked for: there are thousands. */
  body(): string;
}
