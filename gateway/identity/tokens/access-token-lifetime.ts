/** Seconds that the gateway's own access tokens live: short, since a token is accepted until it expires. */
export const ACCESS_TOKEN_LIFETIME = 300;
