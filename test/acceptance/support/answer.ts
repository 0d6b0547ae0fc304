/** An answer to a caller. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway answered; the tests look into it
  readonly body: any;
}
