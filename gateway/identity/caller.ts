/** A verified caller: what the authenticate step returns and every later step relies on. Immutable, shared by calls. */
export interface Caller {
  /** `H26` */
  readonly agency: string;
  /** `H26.motcua` */
  readonly system: string;
  /** Names of services and streams in the token's `scope`. */
  readonly scopes: ReadonlySet<string>;
  /** The token's `jti`. */
  readonly tokenId: string;
  /** RFC 7638 thumbprint of the key with which the client authenticated for this token. */
  readonly keyThumbprint: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
