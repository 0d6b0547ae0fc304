/** Of the gateway's own access tokens, seconds: short, since a token that was issued is believed until it ends. */
export const ACCESS_TOKEN_LIFETIME = 300;
