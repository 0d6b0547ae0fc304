/** A verified caller: the result of the authenticate step, on which every later step relies. Immutable, shared by calls. */
export interface Caller {
  /** `H26` */
  readonly agency: string;
  /** `H26.motcua` */
  readonly system: string;
  /** Names of services and streams in the token's `scope`. */
  readonly scopes: ReadonlySet<string>;
  /** The token's `jti`. */
  readonly tokenId: string;
  /**
   * RFC 7638 thumbprint of the key with which the client authenticated for this token. For a token of an external issuer:
   * the thumbprint to which it is bound, or else of the key that signed it.
   */
  readonly keyThumbprint: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The key or certificate to which the token is bound; a bearer token has none. */
  readonly confirmation?: Confirmation | undefined;
  /** The external server that issued the token; without it, the gateway did. */
  readonly issuer?: string | undefined;
}

/** The `cnf` claim (RFC 7800): the sender of the token must prove to hold these. At least one of the two. */
export interface Confirmation {
  /** RFC 7638 thumbprint of the key that signs a DPoP proof for each call (RFC 9449, 6.1). */
  readonly jkt?: string;
  /** SHA-256 of the client certificate of the connection (RFC 8705, 3.1), base64url. */
  readonly 'x5t#S256'?: string;
}
